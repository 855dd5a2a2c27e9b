/**
 * Which event type a span is, when nobody said so.
 *
 * Order of the rules (HoneyHive's own): explicit type, `gen_ai.operation.name`, `openinference.span.kind`,
 * `traceloop.span.kind`, Vercel's `ai.operationId`, Langfuse's observation type, effect/ai's own span names, patterns in
 * attributes and name, else `tool`. Better set the type explicitly, or by rules of one's own ({@link fromRules}), which come
 * before all of these.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { type AttributeRecord, Attributes } from "./Attributes.ts"
import type { EventType } from "./Event.ts"
import * as VercelAi from "./internal/vercelAi.ts"

const types: { readonly [said: string]: EventType } = {
  session: "session",
  model: "model",
  tool: "tool",
  chain: "chain",
  // Words of other tools for the same things
  llm: "model",
  generation: "model",
  workflow: "chain",
  task: "chain",
  agent: "chain"
}

/**
 * An event type as programs say it: `workflow` and `agent` are kinds of `chain`.
 *
 * @category models
 * @since 0.1.0
 */
export type EventWord = EventType | "workflow" | "agent"

const genAiOperations: { readonly [operation: string]: EventType } = {
  chat: "model",
  text_completion: "model",
  generate_content: "model",
  invoke_agent: "chain",
  create_agent: "chain",
  invoke_workflow: "chain",
  // Vercel's AI SDK, around each turn
  agent_step: "chain",
  execute_tool: "tool"
}

const openInferenceKinds: { readonly [kind: string]: EventType } = { LLM: "model", CHAIN: "chain", AGENT: "chain" }

const langfuseTypes: { readonly [type: string]: EventType } = {
  generation: "model",
  span: "chain",
  chain: "chain",
  agent: "chain",
  tool: "tool"
}

const modelAttributes = [
  Attributes.GEN_AI_REQUEST_MODEL,
  Attributes.GEN_AI_RESPONSE_MODEL,
  "llm.request.model",
  "llm.response.model",
  "llm.model_name",
  "model_name"
]

// Everyday words stand alone; names of models and operations are also found next to digits and underscores
const modelName =
  /\b(chat|completions?|generate)\b|(chat|text)_?completion|generate_?content|(?<![a-z])(gpt|claude|llama|gemini|mistral)(?![a-z])/i

/** Spans that effect/ai makes itself, whose own attributes do not say what they are. */
const effectAi: ReadonlyArray<readonly [prefix: string, type: EventType]> = [
  ["LanguageModel.", "model"],
  ["EmbeddingModel.", "model"],
  ["Chat.", "chain"],
  ["PersistedChat.", "chain"]
]

const lookup = (table: { readonly [key: string]: EventType }, key: unknown): EventType | undefined =>
  typeof key === "string" && Object.hasOwn(table, key) ? table[key] : undefined

/**
 * The event type that a word means; `undefined` when it means none.
 *
 * @example
 * ```ts
 * import { EventKind } from "@honeyhive/contract"
 *
 * EventKind.fromWord("agent") // => "chain"
 * EventKind.fromWord("banana") // => undefined
 * ```
 *
 * @category detection
 * @since 0.1.0
 */
export const fromWord = (word: unknown): EventType | undefined => lookup(types, word)

/**
 * A rule of the user's own: spans that match are events of this type. All that is said must hold; a `*` in `name` and in a
 * text `value` stands for any text.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { EventKind } from "@honeyhive/contract"
 *
 * const decode = Schema.decodeUnknownOption(EventKind.Rule)
 *
 * decode({ match: { name: "POST /chat*" }, type: "agent" })._tag // => "Some"
 * decode({ match: {}, type: "agent" })._tag // => "None"
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const Rule = Schema.Struct({
  match: Schema.Union([
    Schema.Struct({
      name: Schema.optionalKey(Schema.NonEmptyString),
      /** An attribute that the span has. */
      attribute: Schema.NonEmptyString,
      /** What its value is. Default: anything. */
      value: Schema.optionalKey(Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))
    }),
    Schema.Struct({ name: Schema.NonEmptyString })
  ]),
  type: Schema.Literals(["model", "tool", "chain", "session", "workflow", "agent"])
})

/**
 * @category models
 * @since 0.1.0
 */
export type Rule = typeof Rule.Type

type Test = (name: string, attributes: AttributeRecord) => boolean

const glob = (pattern: string): ((text: string) => boolean) => {
  if (!pattern.includes("*")) return (text) => text === pattern
  const parts = pattern.split("*").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
  const expression = new RegExp(`^${parts.join("[^]*")}$`)
  return (text) => expression.test(text)
}

const testOf = (match: { readonly name?: string; readonly attribute?: string; readonly value?: unknown }): Test => {
  const { attribute, name, value } = match
  const named = name === undefined ? () => true : glob(name)
  if (attribute === undefined) return named
  const isValue = typeof value === "string" ? glob(value) : undefined
  return (name, attributes) => {
    const found = attributes[attribute]
    if (found === undefined || !named(name)) return false
    if (value === undefined) return true
    return isValue === undefined ? found === value : typeof found === "string" && isValue(found)
  }
}

/**
 * Makes one function of rules; the first that matches decides. `undefined` where none does.
 *
 * @example
 * ```ts
 * import { EventKind } from "@honeyhive/contract"
 *
 * const typeOf = EventKind.fromRules([
 *   { match: { name: "POST /chat*" }, type: "agent" },
 *   { match: { attribute: "db.system" }, type: "tool" }
 * ])
 *
 * typeOf("POST /chat/1", {}) // => "chain"
 * typeOf("query", { "db.system": "postgresql" }) // => "tool"
 * typeOf("query", {}) // => undefined
 * ```
 *
 * @category detection
 * @since 0.1.0
 */
export const fromRules = (
  rules: ReadonlyArray<Rule>
): ((name: string, attributes: AttributeRecord) => EventType | undefined) => {
  const tests = rules.map(({ match, type }) => [testOf(match), fromWord(type)] as const)
  return (name, attributes) => tests.find(([test]) => test(name, attributes))?.[1]
}

/**
 * The event type of a span by its name and attributes.
 *
 * @example
 * ```ts
 * import { EventKind } from "@honeyhive/contract"
 *
 * EventKind.detect("agent", { honeyhive_event_type: "chain" }) // => "chain"
 * EventKind.detect("LanguageModel.generateText", { "gen_ai.operation.name": "chat" }) // => "model"
 * EventKind.detect("search", {}) // => "tool"
 * ```
 *
 * @category detection
 * @since 0.1.0
 */
export const detect = (name: string, attributes: AttributeRecord): EventType =>
  lookup(types, attributes[Attributes.EVENT_TYPE_RAW]) ??
  lookup(types, attributes[Attributes.EVENT_TYPE]) ??
  lookup(genAiOperations, attributes[Attributes.GEN_AI_OPERATION_NAME]) ??
  fromOpenInference(attributes[Attributes.OPENINFERENCE_SPAN_KIND]) ??
  lookup(types, attributes[Attributes.TRACELOOP_SPAN_KIND]) ??
  VercelAi.eventType(attributes["ai.operationId"]) ??
  lookup(langfuseTypes, attributes["langfuse.observation.type"]) ??
  effectAi.find(([prefix]) => name.startsWith(prefix))?.[1] ??
  (modelAttributes.some((attribute) => attribute in attributes) || modelName.test(name) ? "model" : "tool")

// Every kind of OpenInference that is neither a model nor a chain (retriever, embedding, guardrail, …) is a tool
const fromOpenInference = (kind: unknown): EventType | undefined =>
  typeof kind === "string" ? (lookup(openInferenceKinds, kind.toUpperCase()) ?? "tool") : undefined
