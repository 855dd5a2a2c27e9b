/**
 * Token counts as buckets that add up.
 *
 * Providers count differently: OpenAI's input already holds what came from its cache, Anthropic's does not; OpenAI's output
 * holds the reasoning, Gemini's does not; and an instrumentation may have changed either. The buckets here are disjoint,
 * so their sum is the total and nothing is paid twice.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const Tokens = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))

/**
 * Tokens of one call, each in exactly one bucket.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Usage = Schema.Struct({
  /** Input that was read afresh. */
  input: Tokens,
  /** Input that came out of the provider's cache. */
  cacheRead: Tokens,
  /** Input that was written into the provider's cache. */
  cacheWrite: Tokens,
  /** Output that nobody sees: the model's thinking. */
  reasoning: Tokens,
  /** Output without the reasoning. */
  output: Tokens
})

/**
 * @category models
 * @since 0.1.0
 */
export type Usage = typeof Usage.Type

/**
 * The sum of the buckets.
 *
 * @example
 * ```ts
 * import { Usage } from "@honeyhive/contract"
 *
 * Usage.total({ input: 20, cacheRead: 80, cacheWrite: 0, reasoning: 5, output: 10 }) // => 115
 * ```
 *
 * @category accessors
 * @since 0.1.0
 */
export const total = (usage: Usage): number =>
  usage.input + usage.cacheRead + usage.cacheWrite + usage.reasoning + usage.output

interface Counting {
  /** Whether the provider's input holds the cached tokens. */
  readonly cacheInInput: boolean
  /** Whether the provider's output holds the reasoning. */
  readonly reasoningInOutput: boolean
}

/** What each provider's own API means; the first whose name is part of what the span says. */
const providers: ReadonlyArray<readonly [part: RegExp, counting: Counting]> = [
  [/openai|azure|deepseek|groq|mistral/, { cacheInInput: true, reasoningInOutput: true }],
  [/anthropic|claude/, { cacheInInput: false, reasoningInOutput: true }],
  [/bedrock/, { cacheInInput: false, reasoningInOutput: true }],
  [/gemini|google|vertex/, { cacheInInput: true, reasoningInOutput: false }],
  [/x[._-]?ai|grok/, { cacheInInput: true, reasoningInOutput: false }]
]

// OpenTelemetry's and OpenInference's rule for whoever is not listed
const usual: Counting = { cacheInInput: true, reasoningInOutput: true }

const countings = (preferred: Counting): ReadonlyArray<Counting> => [
  preferred,
  { ...preferred, cacheInInput: !preferred.cacheInInput },
  { ...preferred, reasoningInOutput: !preferred.reasoningInOutput },
  { cacheInInput: !preferred.cacheInInput, reasoningInOutput: !preferred.reasoningInOutput }
]

/**
 * What a span reports, in whatever way its provider counts.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reported {
  /** The provider, or the model when only that is known. */
  readonly provider?: string | undefined
  readonly input?: number | undefined
  readonly output?: number | undefined
  readonly cacheRead?: number | undefined
  readonly cacheWrite?: number | undefined
  readonly reasoning?: number | undefined
  /** The provider's own total. Left out when somebody merely added up input and output. */
  readonly total?: number | undefined
}

const count = (value: number | undefined): number => (value !== undefined && value > 0 && value < Infinity ? value : 0)

/**
 * The buckets of what was reported; `undefined` when nothing was.
 *
 * The provider's total, where there is one, decides between the ways of counting; then what is possible at all (a part is
 * not larger than its whole); then what the provider's own API means. A total alone counts as input.
 *
 * @example
 * ```ts
 * import { Usage } from "@honeyhive/contract"
 *
 * Usage.from({ provider: "openai", input: 100, cacheRead: 80, output: 10 })
 * // => { input: 20, cacheRead: 80, cacheWrite: 0, reasoning: 0, output: 10 }
 *
 * Usage.from({ provider: "anthropic", input: 20, cacheRead: 80, output: 10 })
 * // => { input: 20, cacheRead: 80, cacheWrite: 0, reasoning: 0, output: 10 }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const from = (reported: Reported): Usage | undefined => {
  const cacheRead = count(reported.cacheRead)
  const cacheWrite = count(reported.cacheWrite)
  const reasoning = count(reported.reasoning)
  const said = count(reported.total)
  const cached = cacheRead + cacheWrite
  const output = count(reported.output)
  const input = reported.input === undefined ? Math.max(0, said - output) : count(reported.input)
  if (input + output + cached + reasoning === 0) return undefined
  // Most calls: whatever is counted how, it is the same
  if (cached + reasoning === 0) return { input, cacheRead, cacheWrite, reasoning, output }
  const provider = reported.provider?.toLowerCase() ?? ""
  const preferred = providers.find(([part]) => part.test(provider))?.[1] ?? usual
  const possible = countings(preferred).filter(
    (counting) => (!counting.cacheInInput || cached <= input) && (!counting.reasoningInOutput || reasoning <= output)
  )
  const sum = (counting: Counting) =>
    input + (counting.cacheInInput ? 0 : cached) + output + (counting.reasoningInOutput ? 0 : reasoning)
  // Counting both apart is always possible
  const counting = possible.find((counting) => sum(counting) === said) ?? possible[0] ?? preferred
  return {
    input: counting.cacheInInput ? input - cached : input,
    cacheRead,
    cacheWrite,
    reasoning,
    output: counting.reasoningInOutput ? output - reasoning : output
  }
}

const number = (...values: ReadonlyArray<unknown>): number | undefined =>
  values.find((value): value is number => typeof value === "number" && Number.isFinite(value))

const text = (...values: ReadonlyArray<unknown>): string | undefined =>
  values.find((value): value is string => typeof value === "string" && value !== "")

/**
 * The buckets of an event, by the names that the projection gives to every convention's counts.
 *
 * @example
 * ```ts
 * import { Usage } from "@honeyhive/contract"
 *
 * Usage.ofEvent({ config: { provider: "openai" }, metadata: { prompt_tokens: 3, completion_tokens: 2 } })
 * // => { input: 3, cacheRead: 0, cacheWrite: 0, reasoning: 0, output: 2 }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const ofEvent = (event: {
  readonly config: { readonly [key: string]: unknown }
  readonly metadata: { readonly [key: string]: unknown }
}): Usage | undefined => {
  const { config, metadata } = event
  return from({
    provider: text(
      config["provider"],
      metadata["provider"],
      metadata["system"],
      metadata["model_name"],
      config["model"]
    ),
    input: number(metadata["prompt_tokens"], metadata["input_tokens"]),
    output: number(metadata["completion_tokens"], metadata["output_tokens"]),
    cacheRead: number(metadata["cache_read_input_tokens"]),
    cacheWrite: number(metadata["cache_write_input_tokens"], metadata["cache_creation_input_tokens"]),
    reasoning: number(metadata["reasoning_tokens"]),
    total: number(metadata["total_tokens"])
  })
}
