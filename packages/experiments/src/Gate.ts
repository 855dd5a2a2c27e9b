/**
 * A condition on a run that decides whether a change may pass, such as `accuracy < -0.02`.
 *
 * A clause is a metric, maybe a field of it, a comparison and a number: `accuracy.pass_rate < 0.9`, `duration.p90 > 2000`.
 * Clauses are joined by `and` and `or` (`and` binds closer). Names with other characters than letters, digits, `_` and `-`
 * are quoted: `"looked up" < 1`.
 *
 * With a baseline, a metric alone is its difference to it, and with a percent sign the difference as a share of it
 * (`duration > 10%`); without one, it is the mean.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type CompareOptions, type MetricComparison, reports } from "./Compare.ts"
import { short } from "./internal/text.ts"
import type { Report } from "./Report.ts"
import type { MetricSummary } from "./Summary.ts"

/**
 * The expression cannot be read, or asks for what the runs do not have.
 *
 * @category errors
 * @since 0.1.0
 */
export class GateError extends Schema.TaggedError<GateError>()("GateError", {
  message: Schema.String
}) {}

type Operator = "<" | "<=" | ">" | ">=" | "==" | "!="

/**
 * @category models
 * @since 0.1.0
 */
export interface Clause {
  readonly metric: string
  /** Absent: the difference to the baseline, or the mean. */
  readonly field?: string
  readonly operator: Operator
  readonly value: number
  /** Whether the number was written with a percent sign; `value` is the fraction. */
  readonly percent: boolean
}

/**
 * Any of several lists of clauses that all have to hold.
 *
 * @category models
 * @since 0.1.0
 */
export type Expression = ReadonlyArray<ReadonlyArray<Clause>>

const operators: { readonly [O in Operator]: (left: number, right: number) => boolean } = {
  "<": (left, right) => left < right,
  "<=": (left, right) => left <= right,
  ">": (left, right) => left > right,
  ">=": (left, right) => left >= right,
  "==": (left, right) => left === right,
  "!=": (left, right) => left !== right
}

const NAME = String.raw`"(?:[^"\\]|\\.)+"|[A-Za-z_][\w-]*`
const CLAUSE = new RegExp(
  String.raw`^\s*(${NAME})(?:\.([a-z]\w*))?\s*(<=|>=|==|!=|<|>)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(%)?`,
  "i"
)
const JOIN = /^\s*(and|or|&&|\|\|)\s+/i

const nameOf = (text: string): string => (text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, "$1") : text)

/**
 * Reads an expression.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Gate } from "@honeyhive/experiments"
 *
 * const [[clause] = []] = await Effect.runPromise(Gate.parse("accuracy.pass_rate < 90%"))
 *
 * clause // => { metric: "accuracy", field: "pass_rate", operator: "<", value: 0.9, percent: true }
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (expression: string): Effect.Effect<Expression, GateError> =>
  Effect.suspend(() => {
    const any: Array<Array<Clause>> = [[]]
    let rest = expression
    const refuse = (expected: string) => {
      const at = expression.length - rest.trimStart().length
      const message = `${expression}\n${" ".repeat(at)}^ expected ${expected}`
      return Effect.fail(new GateError({ message }))
    }
    for (;;) {
      const [read, metric, field, operator, number, percent] = CLAUSE.exec(rest) ?? []
      if (read === undefined || metric === undefined) return refuse("a clause such as accuracy < -0.02")
      const value = Number(number) / (percent === undefined ? 1 : 100)
      any.at(-1)?.push({
        metric: nameOf(metric),
        ...(field === undefined ? {} : { field }),
        // One of the six that the pattern names
        operator: operator as Operator,
        value,
        percent: percent !== undefined
      })
      rest = rest.slice(read.length)
      if (rest.trim() === "") return Effect.succeed(any)
      const [joined, join] = JOIN.exec(rest) ?? []
      if (joined === undefined || join === undefined) return refuse("and, or, or the end")
      if (/^(or|\|\|)$/i.test(join)) any.push([])
      rest = rest.slice(joined.length)
    }
  })

/**
 * What became of one clause.
 *
 * @category models
 * @since 0.1.0
 */
export interface ClauseResult {
  readonly clause: string
  /** What the runs have. */
  readonly value: number
  /** How likely that is by chance; only where it decides. */
  readonly p?: number
  readonly holds: boolean
}

/**
 * @category models
 * @since 0.1.0
 */
export interface GateResult {
  readonly expression: string
  readonly holds: boolean
  readonly clauses: ReadonlyArray<ClauseResult>
}

/**
 * @category models
 * @since 0.1.0
 */
export interface GateOptions extends CompareOptions {
  /** What the run is compared with. */
  readonly baseline?: Report | undefined
  /** A difference to the baseline counts only where its p is below this, such as 0.05. Default: every difference counts. */
  readonly alpha?: number | undefined
}

const ofRun = (metric: MetricSummary): { readonly [field: string]: number | undefined } => ({
  mean: metric.mean,
  median: metric.median,
  p90: metric.p90,
  min: metric.min,
  max: metric.max,
  count: metric.count,
  failed: metric.failed,
  pass_rate: metric.pass_rate,
  low: metric.interval.low,
  high: metric.interval.high
})

const ofComparison = (metric: MetricComparison): { readonly [field: string]: number | undefined } => ({
  delta: metric.delta,
  relative: metric.relative,
  baseline: metric.baseline,
  candidate: metric.candidate,
  p: metric.p,
  improved: metric.improved,
  regressed: metric.regressed
})

/** Of a run as a whole, under the names that its comparison has, too. */
const whole = ({ items, summary }: Report): { readonly [metric: string]: number } => ({
  success: items.length === 0 ? 0 : summary.completed / items.length,
  cost: summary.cost,
  total_tokens: summary.total_tokens
})

const write = ({ field, metric, operator, percent, value }: Clause): string =>
  `${metric}${field === undefined ? "" : `.${field}`} ${operator} ${percent ? `${short(value * 100)}%` : short(value)}`

/**
 * Whether an expression holds of a run.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Dataset, evaluate, Evaluators, Gate } from "@honeyhive/experiments"
 * import { HoneyHive } from "@honeyhive/tracing"
 *
 * const program = evaluate({
 *   name: "echo",
 *   dataset: Dataset.make([{ inputs: "a", ground_truth: "a" }, { inputs: "b", ground_truth: "c" }]),
 *   run: (text) => text,
 *   evaluators: [Evaluators.exactMatch({ name: "accuracy" })]
 * }).pipe(Effect.flatMap(({ report }) => Gate.check("accuracy < 0.9 and success == 1", report)))
 * const { clauses, holds } = await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
 *
 * holds // => true
 * clauses[0] // => { clause: "accuracy < 0.9", value: 0.5, holds: true }
 * ```
 *
 * @category checking
 * @since 0.1.0
 */
export const check = Effect.fnUntraced(function* (expression: string, report: Report, options: GateOptions = {}) {
  const any = yield* parse(expression)
  const { alpha, baseline } = options
  const comparison = baseline === undefined ? undefined : reports(baseline, report, options)

  const fieldOf = ({ field, percent }: Clause): string =>
    field ?? (comparison === undefined ? "mean" : percent ? "relative" : "delta")
  const differences = new Set(["delta", "relative"])

  /** The p of a difference, where it has to be small. */
  const chance = (clause: Clause): number | undefined =>
    alpha !== undefined && differences.has(fieldOf(clause))
      ? comparison?.metrics.find(({ name }) => name === clause.metric)?.p
      : undefined

  const valueOf = (clause: Clause): Effect.Effect<number, GateError> => {
    const { metric } = clause
    const compared = comparison?.metrics.find(({ name }) => name === metric)
    const summary = report.summary.metrics.find(({ name }) => name === metric)
    const total = whole(report)[metric]
    const fields: { readonly [field: string]: number | undefined } = {
      ...(total === undefined ? {} : { mean: total }),
      ...(summary === undefined ? {} : ofRun(summary)),
      ...(compared === undefined ? {} : ofComparison(compared))
    }
    if (Object.keys(fields).length === 0) {
      const names = [...new Set([...report.summary.metrics.map(({ name }) => name), ...Object.keys(whole(report))])]
      return Effect.fail(new GateError({ message: `there is no metric ${metric}, only ${names.join(", ")}` }))
    }
    const wanted = fieldOf(clause)
    const value = Object.hasOwn(fields, wanted) ? fields[wanted] : undefined
    const has = Object.entries(fields).flatMap(([name, known]) => (known === undefined ? [] : [name]))
    return value === undefined
      ? Effect.fail(new GateError({ message: `${metric} has no ${wanted}, only ${has.join(", ")}` }))
      : Effect.succeed(value)
  }

  const judged = yield* Effect.forEach(any, (all) =>
    Effect.forEach(all, (clause) =>
      Effect.map(valueOf(clause), (value): ClauseResult => {
        const p = chance(clause)
        return {
          clause: write(clause),
          value,
          ...(p === undefined ? {} : { p }),
          holds: operators[clause.operator](value, clause.value) && (p === undefined || p < (alpha ?? 1))
        }
      })
    )
  )
  const result: GateResult = {
    expression,
    holds: judged.some((all) => all.every(({ holds }) => holds)),
    clauses: judged.flat()
  }
  return result
})

/**
 * What a CI job does with a run: its exit code, and why.
 *
 * @category models
 * @since 0.1.0
 */
export interface Decision {
  /** 0: no expression holds. 1: one does. 2: one cannot be decided. */
  readonly exitCode: 0 | 1 | 2
  /** A line for each expression. */
  readonly text: string
}

/**
 * Fails on any of several expressions. Never fails itself: what cannot be decided does not pass.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Dataset, evaluate, Gate } from "@honeyhive/experiments"
 * import { HoneyHive } from "@honeyhive/tracing"
 *
 * const program = evaluate({ name: "echo", dataset: Dataset.make([{ inputs: "a" }]), run: (text) => text }).pipe(
 *   Effect.flatMap(({ report }) => Gate.decide(["success < 1", "duration.p90 > 60000"], report))
 * )
 * const { exitCode } = await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
 *
 * exitCode // => 0
 * ```
 *
 * @category checking
 * @since 0.1.0
 */
export const decide = (
  failOn: ReadonlyArray<string>,
  report: Report,
  options: GateOptions = {}
): Effect.Effect<Decision> =>
  Effect.map(
    Effect.forEach(failOn, (expression) =>
      check(expression, report, options).pipe(
        Effect.map(({ clauses, holds }) => {
          const values = clauses.map(({ clause, p, value }) => {
            const chance = p === undefined ? "" : `, p ${short(p)}`
            return `${clause} (is ${short(value)}${chance})`
          })
          return { code: holds ? (1 as const) : (0 as const), text: `${holds ? "FAIL" : "ok  "}  ${values.join(", ")}` }
        }),
        Effect.catch(({ message }) => Effect.succeed({ code: 2 as const, text: `ERROR ${message}` }))
      )
    ),
    (all) => ({
      exitCode: all.some(({ code }) => code === 2) ? 2 : all.some(({ code }) => code === 1) ? 1 : 0,
      text: all.map(({ text }) => text).join("\n")
    })
  )
