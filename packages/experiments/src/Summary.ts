/**
 * A run in numbers: every metric with its mean, its spread and the interval in which the mean lies.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { type EvaluatorResult, toNumber } from "./Evaluator.ts"
import { mean, meanInterval, quantile, wilson } from "./Statistics.ts"

const Interval = Schema.Struct({ low: Schema.Finite, high: Schema.Finite })

/**
 * One metric over all items that have it. Its numbers are 0 where there are only categories.
 *
 * @category schemas
 * @since 0.1.0
 */
export const MetricSummary = Schema.Struct({
  name: Schema.String,
  /** Answers that it was measured on. */
  count: Schema.Int,
  /** Answers on which its evaluator failed. */
  failed: Schema.Int,
  mean: Schema.Finite,
  /** Where the mean lies, at 95 %: bootstrapped over datapoints, so that repetitions do not make it narrower. */
  interval: Interval,
  median: Schema.Finite,
  p90: Schema.Finite,
  min: Schema.Finite,
  max: Schema.Finite,
  /** Absent where nothing says what passes. */
  pass_rate: Schema.optionalKey(Schema.Finite),
  pass_interval: Schema.optionalKey(Interval),
  /** How often each category was given; absent where the values are no categories. */
  categories: Schema.optionalKey(Schema.Record(Schema.String, Schema.Int))
})

/**
 * @category models
 * @since 0.1.0
 */
export type MetricSummary = typeof MetricSummary.Type

/**
 * @category schemas
 * @since 0.1.0
 */
export const Summary = Schema.Struct({
  items: Schema.Int,
  completed: Schema.Int,
  failed: Schema.Int,
  timed_out: Schema.Int,
  input_tokens: Schema.Finite,
  output_tokens: Schema.Finite,
  total_tokens: Schema.Finite,
  cost: Schema.Finite,
  /** One for each evaluator, in their order, then `score` (weighted, over all of them) and `duration` (ms). */
  metrics: Schema.Array(MetricSummary)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Summary = typeof Summary.Type

/** One measurement: of which datapoint, and what. */
export interface Measurement {
  readonly datapoint_id: string
  readonly value?: EvaluatorResult["value"] | undefined
  readonly passed?: boolean | undefined
}

const countBy = (values: ReadonlyArray<string>): { readonly [value: string]: number } =>
  Object.fromEntries([...Map.groupBy(values, (value) => value)].map(([value, all]) => [value, all.length]))

/** The mean of each datapoint's repetitions. */
const byDatapoint = (numbers: ReadonlyArray<readonly [datapoint: string, value: number]>): ReadonlyArray<number> =>
  [...Map.groupBy(numbers, ([datapoint]) => datapoint).values()].map((all) => mean(all.map(([, value]) => value)))

/**
 * One metric in numbers.
 *
 * @example
 * ```ts
 * import { Summary } from "@honeyhive/experiments"
 *
 * const { mean, pass_rate } = Summary.metric("accuracy", [
 *   { datapoint_id: "EXT-1", value: true, passed: true },
 *   { datapoint_id: "EXT-2", value: false, passed: false }
 * ])
 *
 * mean // => 0.5
 * pass_rate // => 0.5
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const metric = (name: string, measurements: ReadonlyArray<Measurement>, failed = 0): MetricSummary => {
  const pairs = measurements.flatMap(({ datapoint_id, value }) => {
    const number = toNumber(value)
    return number === undefined ? [] : [[datapoint_id, number] as const]
  })
  const numbers = pairs.map(([, value]) => value)
  const categories = measurements.flatMap(({ value }) => (typeof value === "string" ? [value] : []))
  const judged = measurements.filter(({ passed }) => passed !== undefined)
  const passed = judged.filter((measurement) => measurement.passed === true).length
  return {
    name,
    count: measurements.length,
    failed,
    mean: mean(numbers),
    interval: meanInterval(byDatapoint(pairs)),
    median: quantile(numbers, 0.5),
    p90: quantile(numbers, 0.9),
    min: quantile(numbers, 0),
    max: quantile(numbers, 1),
    ...(judged.length === 0 ? {} : { pass_rate: passed / judged.length, pass_interval: wilson(passed, judged.length) }),
    ...(categories.length === 0 ? {} : { categories: countBy(categories) })
  }
}

/** What of an item counts; a report's items have more. */
export interface Counted {
  readonly datapoint_id: string
  readonly status: "completed" | "failed" | "timed out"
  readonly duration: number
  readonly usage: {
    readonly input_tokens: number
    readonly output_tokens: number
    readonly total_tokens: number
    readonly cost: number
  }
  readonly scores: ReadonlyArray<EvaluatorResult>
  readonly score?: number
}

/**
 * A run in numbers.
 *
 * @example
 * ```ts
 * import { Summary } from "@honeyhive/experiments"
 *
 * Summary.make([], ["accuracy"]).metrics.map(({ name }) => name) // => ["accuracy", "score", "duration"]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (items: ReadonlyArray<Counted>, evaluators: ReadonlyArray<string>): Summary => {
  const completed = items.filter(({ status }) => status === "completed")
  const byName = Map.groupBy(
    items.flatMap(({ datapoint_id, scores }) => scores.map((score) => ({ ...score, datapoint_id }))),
    ({ name }) => name
  )
  const total = (field: keyof Counted["usage"]): number => items.reduce((sum, { usage }) => sum + usage[field], 0)
  const scored = items.flatMap(({ datapoint_id, score }) =>
    score === undefined ? [] : [{ datapoint_id, value: score }]
  )
  const durations = completed.map(({ datapoint_id, duration }) => ({ datapoint_id, value: duration }))
  return {
    items: items.length,
    completed: completed.length,
    failed: items.filter(({ status }) => status === "failed").length,
    timed_out: items.filter(({ status }) => status === "timed out").length,
    input_tokens: total("input_tokens"),
    output_tokens: total("output_tokens"),
    total_tokens: total("total_tokens"),
    cost: total("cost"),
    metrics: [
      ...evaluators.map((name) => {
        const [ok = [], bad = []] = [true, false].map((wanted) =>
          (byName.get(name) ?? []).filter(({ status }) => (status === "scored") === wanted)
        )
        return metric(name, ok, bad.length)
      }),
      ...(evaluators.length === 0 ? [] : [metric("score", scored)]),
      metric("duration", durations)
    ]
  }
}

/**
 * The weighted mean of an answer's scores. Categories have none, and neither does an evaluator that failed or weighs 0.
 *
 * @example
 * ```ts
 * import { Summary } from "@honeyhive/experiments"
 *
 * const result = { status: "scored", duration: 1 } as const
 * const facts = { ...result, name: "facts", value: true, weight: 3 }
 * const style = { ...result, name: "style", value: 0, weight: 1 }
 *
 * Summary.weighted([facts, style]) // => 0.75
 * ```
 *
 * @category scores
 * @since 0.1.0
 */
export const weighted = (scores: ReadonlyArray<EvaluatorResult>): number | undefined => {
  let [sum, weights] = [0, 0]
  for (const { value, weight } of scores) {
    const number = toNumber(value)
    if (number === undefined) continue
    sum += number * weight
    weights += weight
  }
  return weights === 0 ? undefined : sum / weights
}
