/**
 * Judging one answer: a function or an Effect over outputs, inputs, ground truth and trace.
 *
 * Scores are numbers (by convention from 0 to 1), booleans or categories. An evaluator that fails is a result that says so,
 * never the end of the run.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Item } from "./Dataset.ts"
import { call } from "./internal/call.ts"
import { describe } from "./internal/json.ts"
import { mean } from "./Statistics.ts"
import type { Trace } from "./Trace.ts"

/**
 * A number, a boolean (1 or 0 where it is counted), or the name of a category.
 *
 * @category models
 * @since 0.1.0
 */
export type ScoreValue = number | boolean | string

/**
 * @category models
 * @since 0.1.0
 */
export interface Score {
  readonly value: ScoreValue
  /** Default: the value of a boolean, or what the threshold says of a number. */
  readonly passed?: boolean | undefined
  /** Why, for people. */
  readonly reason?: string | undefined
}

/**
 * What is judged.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sample<out I, out O, out G> {
  readonly outputs: O
  readonly inputs: I
  readonly groundTruth: G
  readonly trace: Trace
  readonly item: Item<I, G>
}

/**
 * Which numbers pass, both ends included; a number alone is the least.
 *
 * @category models
 * @since 0.1.0
 */
export type Threshold = number | { readonly min?: number | undefined; readonly max?: number | undefined }

/**
 * How several scores of one answer become one.
 *
 * @category models
 * @since 0.1.0
 */
export type Aggregate = "average" | "sum" | "min" | "max"

/**
 * @category models
 * @since 0.1.0
 */
export interface EvaluatorOptions {
  /** Its share in the item's score. Default: 1; 0 leaves it out. */
  readonly weight?: number | undefined
  readonly threshold?: Threshold | undefined
  /** How often it judges each answer. Default: once. */
  readonly repeat?: number | undefined
  /** What becomes of the repeated scores. Default: their average; of categories, the commonest. */
  readonly aggregate?: Aggregate | undefined
  /** Longest time for one judgement. Default: none. */
  readonly timeout?: Duration.Input | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Evaluator<in I, in O, in G, out R = never> {
  readonly name: string
  readonly options: EvaluatorOptions
  readonly evaluate: (sample: Sample<I, O, G>) => Effect.Effect<Score, unknown, R>
}

/**
 * What a function may return.
 *
 * @category models
 * @since 0.1.0
 */
export type Verdict = ScoreValue | Score

/**
 * An evaluator as a function; its name is the evaluator's.
 *
 * @category models
 * @since 0.1.0
 */
export type EvaluatorFunction<in I, in O, in G, out R = never> = (
  outputs: O,
  inputs: I,
  groundTruth: G,
  trace: Trace
) => Verdict | Promise<Verdict> | Effect.Effect<Verdict, unknown, R>

/**
 * An evaluator in either form.
 *
 * @category models
 * @since 0.1.0
 */
export type AnyEvaluator<I, O, G, R> = Evaluator<I, O, G, R> | EvaluatorFunction<I, O, G, R>

/**
 * What became of one evaluator on one answer.
 *
 * @category schemas
 * @since 0.1.0
 */
export const EvaluatorResult = Schema.Struct({
  name: Schema.String,
  status: Schema.Literals(["scored", "failed"]),
  /** Absent where the evaluator failed. */
  value: Schema.optionalKey(Schema.Union([Schema.Finite, Schema.Boolean, Schema.String])),
  passed: Schema.optionalKey(Schema.Boolean),
  reason: Schema.optionalKey(Schema.String),
  error: Schema.optionalKey(Schema.String),
  weight: Schema.Finite,
  /** Milliseconds. */
  duration: Schema.Finite
})

/**
 * @category models
 * @since 0.1.0
 */
export type EvaluatorResult = typeof EvaluatorResult.Type

/**
 * An evaluator cannot judge this answer: there is no ground truth, or it is no text.
 *
 * @category errors
 * @since 0.1.0
 */
export class EvaluatorError extends Schema.TaggedError<EvaluatorError>()("EvaluatorError", {
  message: Schema.String
}) {}

const isScore = (value: unknown): value is Score => Predicate.hasProperty(value, "value")

const scoreOf = (verdict: unknown): Effect.Effect<Score, EvaluatorError> => {
  const score = isScore(verdict) ? verdict : { value: verdict }
  const { value } = score
  return typeof value === "boolean" ||
    typeof value === "string" ||
    (typeof value === "number" && Number.isFinite(value))
    ? Effect.succeed({ ...score, value })
    : Effect.fail(new EvaluatorError({ message: `not a score: ${String(value)}` }))
}

/**
 * An evaluator from a function.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Evaluator, Trace } from "@honeyhive/experiments"
 *
 * const brief = Evaluator.make("brief", (outputs: string) => 1 / outputs.length, { threshold: 0.1 })
 *
 * const sample = { outputs: "four", inputs: "?", groundTruth: undefined, trace: Trace.make([]) }
 * const item = { id: "EXT-1", index: 0, inputs: "?", groundTruth: undefined, history: [] }
 * const result = await Effect.runPromise(Evaluator.run(brief, { ...sample, item }))
 *
 * result.value // => 0.25
 * result.passed // => true
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <I, O, G, R = never>(
  name: string,
  evaluate: EvaluatorFunction<I, O, G, R>,
  options: EvaluatorOptions = {}
): Evaluator<I, O, G, R> => ({
  name,
  options,
  evaluate: ({ groundTruth, inputs, outputs, trace }) =>
    // Of the three things that the function may return, only an Effect needs something, and that is `R`
    Effect.flatMap(
      call(() => evaluate(outputs, inputs, groundTruth, trace)) as Effect.Effect<unknown, unknown, R>,
      scoreOf
    )
})

/**
 * Either form as an evaluator.
 *
 * @example
 * ```ts
 * import { Evaluator } from "@honeyhive/experiments"
 *
 * Evaluator.from(function polite(outputs: string) {
 *   return outputs.includes("please")
 * }).name // => "polite"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const from = <I, O, G, R>(evaluator: AnyEvaluator<I, O, G, R>): Evaluator<I, O, G, R> =>
  typeof evaluator === "function" ? make(evaluator.name === "" ? "evaluator" : evaluator.name, evaluator) : evaluator

/**
 * A score as a number: booleans count as 1 and 0, categories not at all.
 *
 * @example
 * ```ts
 * import { Evaluator } from "@honeyhive/experiments"
 *
 * [0.5, true, "refund"].map(Evaluator.toNumber) // => [0.5, 1, undefined]
 * ```
 *
 * @category scores
 * @since 0.1.0
 */
export const toNumber = (value: ScoreValue | undefined): number | undefined =>
  typeof value === "number" ? value : typeof value === "boolean" ? Number(value) : undefined

const passes = (threshold: Threshold, value: number): boolean => {
  const { max = Infinity, min = -Infinity } = typeof threshold === "number" ? { min: threshold } : threshold
  return value >= min && value <= max
}

const passedOf = ({ passed, value }: Score, threshold: Threshold | undefined): boolean | undefined => {
  if (passed !== undefined) return passed
  const number = toNumber(value)
  if (threshold !== undefined && number !== undefined) return passes(threshold, number)
  return typeof value === "boolean" ? value : undefined
}

const aggregated = (how: Aggregate, values: ReadonlyArray<number>): number => {
  switch (how) {
    case "average":
      return mean(values)
    case "sum":
      return values.reduce((sum, value) => sum + value, 0)
    case "min":
      return Math.min(...values)
    case "max":
      return Math.max(...values)
  }
}

const commonest = (values: ReadonlyArray<string>): string => {
  const counts = Map.groupBy(values, (value) => value)
  return [...counts].toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0] ?? ""
}

const together = (scores: ReadonlyArray<Score>, how: Aggregate): Score => {
  const [first, ...others] = scores
  if (first !== undefined && others.length === 0) return first
  const numbers = scores.flatMap(({ value }) => toNumber(value) ?? [])
  const reasons = new Set(scores.flatMap(({ reason }) => reason ?? []))
  return {
    value: numbers.length === 0 ? commonest(scores.map(({ value }) => String(value))) : aggregated(how, numbers),
    ...(scores.every(({ passed }) => passed === undefined)
      ? {}
      : { passed: scores.filter(({ passed }) => passed === true).length * 2 > scores.length }),
    ...(reasons.size === 0 ? {} : { reason: [...reasons].join("\n") })
  }
}

/**
 * Judges one answer. Never fails: what went wrong is in the result.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Evaluator, Trace } from "@honeyhive/experiments"
 *
 * const broken = Evaluator.make("broken", () => Effect.fail("no judge"))
 * const sample = { outputs: "", inputs: "", groundTruth: "", trace: Trace.make([]) }
 * const item = { id: "EXT-1", index: 0, inputs: "", groundTruth: "", history: [] }
 * const { error, status } = await Effect.runPromise(Evaluator.run(broken, { ...sample, item }))
 *
 * status // => "failed"
 * error // => "no judge"
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const run = Effect.fnUntraced(function* <I, O, G, R>(evaluator: Evaluator<I, O, G, R>, sample: Sample<I, O, G>) {
  const { aggregate = "average", repeat = 1, threshold, timeout, weight = 1 } = evaluator.options
  const start = yield* Clock.currentTimeNanos
  const judge = Effect.suspend(() => evaluator.evaluate(sample))
  const once = timeout === undefined ? judge : Effect.timeout(judge, timeout)
  const exit = yield* Effect.exit(Effect.forEach(Array.from({ length: Math.max(1, repeat) }), () => once))
  const duration = Number((yield* Clock.currentTimeNanos) - start) / 1e6
  const base = { name: evaluator.name, weight, duration }
  if (Exit.isFailure(exit)) {
    const failed: EvaluatorResult = { ...base, status: "failed", error: describe(exit.cause) }
    return failed
  }
  const score = together(exit.value, aggregate)
  const passed = passedOf(score, threshold)
  const scored: EvaluatorResult = {
    ...base,
    status: "scored",
    value: score.value,
    ...(passed === undefined ? {} : { passed }),
    ...(score.reason === undefined ? {} : { reason: score.reason })
  }
  return scored
})

/**
 * Judges an answer by hand, as in a test of an evaluator: what is not given is empty.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Evaluator, Evaluators } from "@honeyhive/experiments"
 *
 * const judged = Evaluator.judge(Evaluators.levenshtein(), { outputs: "kitten", groundTruth: "sitting" })
 *
 * const { value } = await Effect.runPromise(judged)
 *
 * Number(value).toFixed(2) // => "0.57"
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const judge = <I, O, G, R>(
  evaluator: Evaluator<I, O, G, R>,
  answer: {
    readonly outputs: O
    readonly inputs?: I
    readonly groundTruth?: G
    readonly trace?: Trace
  }
): Effect.Effect<EvaluatorResult, never, R> => {
  // An evaluator that needs what is left out says so itself
  const [inputs, groundTruth] = [answer.inputs as I, answer.groundTruth as G]
  const item = { id: "EXT-0", index: 0, inputs, groundTruth, history: [] }
  return run(evaluator, { outputs: answer.outputs, inputs, groundTruth, trace: answer.trace ?? noTrace, item })
}

const noTrace: Trace = { events: [], durationMs: 0, dropped: 0 }
