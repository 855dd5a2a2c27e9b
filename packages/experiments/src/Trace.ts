/**
 * What happened while the application answered: the spans of one item, as the events that HoneyHive makes of them.
 *
 * @since 0.1.0
 */
import type { Event } from "@honeyhive/contract/Event"

/**
 * @category models
 * @since 0.1.0
 */
export interface Trace {
  /** Everything that ended under the function, in the order in which it started; the evaluators' own spans are not in it. */
  readonly events: ReadonlyArray<Event>
  /** Milliseconds that the function took, with all its tries. */
  readonly durationMs: number
  /** Events that were too many to keep. */
  readonly dropped: number
}

/**
 * One call of a tool.
 *
 * @category models
 * @since 0.1.0
 */
export interface ToolCall {
  readonly name: string
  /** As the model gave them, or as the traced function was called. */
  readonly arguments: { readonly [name: string]: unknown }
  readonly result: unknown
  /** Null where the call succeeded. */
  readonly error: string | null
}

/**
 * What the models of a trace used.
 *
 * @category models
 * @since 0.1.0
 */
export interface Usage {
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  /** In whatever currency the events say (`metrics.cost` or `metadata.cost`); 0 where none does. */
  readonly cost: number
}

/**
 * A trace from events, such as those that a backend has.
 *
 * @example
 * ```ts
 * import { Trace } from "@honeyhive/experiments"
 *
 * Trace.toolCalls(Trace.make([])) // => []
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (events: ReadonlyArray<Event>, durationMs = 0): Trace => ({ events, durationMs, dropped: 0 })

const isRecord = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const argumentsOf = ({ inputs }: Event): ToolCall["arguments"] => {
  const said = inputs["arguments"] ?? inputs["_params_"]
  return isRecord(said) ? said : inputs
}

/**
 * The tool calls of a trace, in the order in which they began.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Dataset, evaluate, Trace } from "@honeyhive/experiments"
 * import { HoneyHive, traced } from "@honeyhive/tracing"
 *
 * const search = traced({ name: "search", type: "tool" }, (query: string) => [`${query}.md`])
 * const called: Array<unknown> = []
 *
 * const program = evaluate({
 *   name: "docs",
 *   dataset: Dataset.make([{ inputs: "refunds" }]),
 *   run: (question) => search(question)[0],
 *   evaluators: [
 *     function looked(_outputs, _inputs, _groundTruth, trace) {
 *       called.push(...Trace.toolCalls(trace).map(({ name, arguments: given }) => [name, given]))
 *       return true
 *     }
 *   ]
 * })
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
 *
 * called // => [["search", { query: "refunds" }]]
 * ```
 *
 * @category reading
 * @since 0.1.0
 */
export const toolCalls = (trace: Trace): ReadonlyArray<ToolCall> =>
  trace.events
    .filter((event) => event.event_type === "tool")
    .map((event) => ({
      name: typeof event.metadata["tool_name"] === "string" ? event.metadata["tool_name"] : event.event_name,
      arguments: argumentsOf(event),
      result: event.outputs?.["result"] ?? event.outputs,
      error: event.error
    }))

const numberIn = (event: Event, ...names: ReadonlyArray<string>): number => {
  for (const name of names) {
    const value = event.metrics[name] ?? event.metadata[name]
    if (typeof value === "number") return value
  }
  return 0
}

/**
 * Tokens and cost of the outermost model events: what a wrapper and the call inside it both report is counted once.
 *
 * @example
 * ```ts
 * import { Trace } from "@honeyhive/experiments"
 *
 * Trace.usage(Trace.make([])) // => { input_tokens: 0, output_tokens: 0, total_tokens: 0, cost: 0 }
 * ```
 *
 * @category reading
 * @since 0.1.0
 */
export const usage = (trace: Trace): Usage => {
  const events = new Map(trace.events.map((event) => [event.event_id, event]))
  const inModel = ({ parent_id }: Event): boolean => {
    const parent = parent_id === null ? undefined : events.get(parent_id)
    return parent !== undefined && (parent.event_type === "model" || inModel(parent))
  }
  let [input, output, total, cost] = [0, 0, 0, 0]
  for (const event of trace.events) {
    if (event.event_type !== "model" || inModel(event)) continue
    const read = numberIn(event, "prompt_tokens", "input_tokens")
    const written = numberIn(event, "completion_tokens", "output_tokens")
    input += read
    output += written
    total += numberIn(event, "total_tokens") || read + written
    cost += numberIn(event, "cost")
  }
  return { input_tokens: input, output_tokens: output, total_tokens: total, cost }
}
