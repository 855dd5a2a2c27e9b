/**
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { pythonJson } from "@honeyhive/contract/ExternalIds"
import type { Evaluator, EvaluatorOptions } from "../Evaluator.ts"
import { evaluator } from "../internal/read.ts"
import { type ToolCall, toolCalls as callsOf } from "../Trace.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface ToolExpectations {
  /** Each of these was called. */
  readonly called?: ReadonlyArray<string> | undefined
  /** None of these was. */
  readonly notCalled?: ReadonlyArray<string> | undefined
  /** These were called in this order; others may have been between them. */
  readonly order?: ReadonlyArray<string> | undefined
  /** Some call of the tool had these arguments: what is given has to be equal, others may be there. */
  readonly arguments?: { readonly [tool: string]: unknown } | undefined
  /** No call failed. Default: not asked. */
  readonly noErrors?: boolean | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface ToolCallsOptions extends EvaluatorOptions {
  readonly name?: string | undefined
}

/** Everything in `part` is in `whole`. */
const includes = (whole: unknown, part: unknown): boolean =>
  Predicate.isObject(part) && !Array.isArray(part)
    ? Predicate.isObject(whole) &&
      Object.entries(part).every(([key, value]) => includes(Reflect.get(whole, key), value))
    : typeof part === "function"
      ? part(whole) === true
      : pythonJson(whole) === pythonJson(part)

const inOrder = (names: ReadonlyArray<string>, order: ReadonlyArray<string>): boolean => {
  let next = 0
  for (const name of names) if (name === order[next]) next++
  return next === order.length
}

type Check = readonly [holds: boolean, complaint: string]

const checks = (calls: ReadonlyArray<ToolCall>, expected: ToolExpectations): ReadonlyArray<Check> => {
  const names = calls.map(({ name }) => name)
  return [
    ...(expected.called ?? []).map((name): Check => [names.includes(name), `${name} was not called`]),
    ...(expected.notCalled ?? []).map((name): Check => [!names.includes(name), `${name} was called`]),
    ...(expected.order === undefined
      ? []
      : [[inOrder(names, expected.order), `the order was ${names.join(", ") || "empty"}`] as const]),
    ...Object.entries(expected.arguments ?? {}).map(([tool, part]): Check => {
      const given = calls.filter(({ name }) => name === tool).map((call) => call.arguments)
      return [
        given.some((one) => includes(one, part)),
        `${tool} was called with ${given.map((one) => JSON.stringify(one)).join(", ") || "nothing"}`
      ]
    }),
    ...(expected.noErrors === true
      ? [
          [
            calls.every(({ error }) => error === null),
            calls.flatMap(({ error, name }) => (error === null ? [] : [`${name} failed: ${error}`])).join("; ")
          ] as const
        ]
      : [])
  ]
}

/**
 * Which tools were called, by the spans of the trace. The score is the share of expectations that hold; it passes with all
 * of them, and the reason names the others. What is expected may depend on the ground truth.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Dataset, evaluate, Evaluators } from "@honeyhive/experiments"
 * import { HoneyHive, traced } from "@honeyhive/tracing"
 *
 * const lookupOrder = traced({ name: "lookupOrder", type: "tool" }, (orderId: string) => ({ orderId, status: "shipped" }))
 *
 * const program = evaluate({
 *   name: "orders",
 *   dataset: Dataset.make([{ inputs: "KC-1042", ground_truth: "lookupOrder" }]),
 *   run: (id) => lookupOrder(id).status,
 *   evaluators: [
 *     Evaluators.toolCalls((tool: string) => ({ called: [tool], arguments: { [tool]: { orderId: "KC-1043" } } }))
 *   ]
 * })
 * const { report } = await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
 *
 * report.items[0]?.scores[0]?.value // => 0.5
 * report.items[0]?.scores[0]?.reason // => 'lookupOrder was called with {"orderId":"KC-1042"}'
 * ```
 *
 * @category evaluators
 * @since 0.1.0
 */
export const toolCalls = <G = unknown>(
  expected: ToolExpectations | ((groundTruth: G) => ToolExpectations),
  options: ToolCallsOptions = {}
): Evaluator<unknown, unknown, G> =>
  evaluator("tool_calls", options, ({ groundTruth, trace }) =>
    Effect.sync(() => {
      const expectations = typeof expected === "function" ? expected(groundTruth) : expected
      const all = checks(callsOf(trace), expectations)
      const complaints = all.flatMap(([holds, complaint]) => (holds ? [] : [complaint]))
      return {
        value: all.length === 0 ? 1 : (all.length - complaints.length) / all.length,
        ...(options.threshold === undefined ? { passed: complaints.length === 0 } : {}),
        ...(complaints.length === 0 ? {} : { reason: complaints.join("; ") })
      }
    })
  )
