/**
 * Evaluations as tests of vitest. A module of its own: `@honeyhive/experiments/Vitest`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as vitest from "vitest"
import type { HoneyHive } from "@honeyhive/tracing/HoneyHive"
import * as Compare from "./Compare.ts"
import { evaluatePromise, type EvaluatePromiseOptions } from "./Evaluate.ts"
import * as Gate from "./Gate.ts"
import type { ServicesOf } from "./internal/call.ts"
import * as Report from "./Report.ts"
import * as Table from "./Table.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface EvaluationOptions<I, G, A, ED = never> extends EvaluatePromiseOptions<I, G, A, ED>, Expectations {
  /** Milliseconds. Default: 5 minutes. */
  readonly testTimeout?: number | undefined
}

const listOf = (value: string | ReadonlyArray<string> | undefined): ReadonlyArray<string> =>
  value === undefined ? [] : typeof value === "string" ? [value] : value

/**
 * What a report is held against.
 *
 * @category models
 * @since 0.1.0
 */
export interface Expectations {
  /** What has to hold of the run itself, such as `accuracy >= 0.9`. */
  readonly expect?: string | ReadonlyArray<string> | undefined
  /** What must not, such as `accuracy < -0.02` against the baseline. */
  readonly failOn?: string | ReadonlyArray<string> | undefined
  /** A report, or its file. */
  readonly baseline?: Report.Report | string | undefined
  /** A difference counts only where its p is below this. */
  readonly alpha?: number | undefined
}

/**
 * An expectation does not hold; `message` has the table of the run and its comparison.
 *
 * @category errors
 * @since 0.1.0
 */
export class ExpectationError extends Schema.TaggedError<ExpectationError>()("ExpectationError", {
  message: Schema.String
}) {}

/**
 * Fails where an expectation does not hold: for `@effect/vitest`, whose tests are Effects with the services of the
 * application.
 *
 * @example
 * ```ts no-run
 * import { it } from "@effect/vitest"
 * import { Context, Effect } from "effect"
 * import { Dataset, evaluate, Evaluators } from "@honeyhive/experiments"
 * import { expectReport } from "@honeyhive/experiments/Vitest"
 * import { HoneyHive } from "@honeyhive/tracing"
 *
 * class Greeting extends Context.Service<Greeting, string>()("Greeting") {}
 *
 * // `it.live`: the clock of `it.effect` stands still, and with it timeouts and waits
 * it.live("greets", () =>
 *   Effect.gen(function* () {
 *     const { report } = yield* evaluate({
 *       name: "greets",
 *       dataset: Dataset.make([{ inputs: "Ada", ground_truth: "hello Ada" }]),
 *       run: (name) => Greeting.useSync((greeting) => `${greeting} ${name}`),
 *       evaluators: [Evaluators.exactMatch({ name: "accuracy" })]
 *     })
 *     yield* expectReport(report, { expect: "accuracy >= 0.9" })
 *   }).pipe(Effect.provideService(Greeting, "hello"), Effect.provide(HoneyHive.layer({ testMode: true })))
 * )
 * ```
 *
 * @category checking
 * @since 0.1.0
 */
export const expectReport = Effect.fnUntraced(function* (report: Report.Report, options: Expectations) {
  const { alpha } = options
  const baseline = typeof options.baseline === "string" ? yield* Report.fromFile(options.baseline) : options.baseline
  const wrong: Array<string> = []
  const check = (expressions: ReadonlyArray<string>, wanted: boolean, against: Report.Report | undefined) =>
    Effect.forEach(expressions, (expression) =>
      Effect.map(Gate.check(expression, report, { baseline: against, alpha }), ({ clauses, holds }) => {
        const values = clauses.map(({ clause, value }) => `${clause} (is ${value})`).join(", ")
        if (holds !== wanted) wrong.push(`${wanted ? "does not hold" : "must not hold"}: ${values}`)
      })
    )
  // What is expected is said of the run itself
  yield* check(listOf(options.expect), true, undefined)
  yield* check(listOf(options.failOn), false, baseline)
  if (wrong.length === 0) return
  const details = baseline === undefined ? [] : ["", Compare.toText(Compare.reports(baseline, report))]
  return yield* new ExpectationError({ message: [...wrong, "", Table.fromReport(report), ...details].join("\n") })
})

/**
 * Rejects with the table of the run where an expectation does not hold; what {@link evaluation} does in its test.
 *
 * @example
 * ```ts no-run
 * import { Dataset, evaluatePromise } from "@honeyhive/experiments"
 * import { assertReport } from "@honeyhive/experiments/Vitest"
 * import { it } from "vitest"
 *
 * it("is fast", async () => {
 *   const { report } = await evaluatePromise({ name: "echo", dataset: Dataset.make([{ inputs: 1 }]), run: (n) => n })
 *   await assertReport(report, { expect: "duration.p90 < 2000" })
 * })
 * ```
 *
 * @category checking
 * @since 0.1.0
 */
export const assertReport = (report: Report.Report, options: Expectations): Promise<void> =>
  Effect.runPromise(expectReport(report, options))

/**
 * A test that runs an evaluation and holds what is expected of it against its report.
 *
 * @example
 * ```ts no-run
 * import { Dataset, Evaluators } from "@honeyhive/experiments"
 * import { evaluation } from "@honeyhive/experiments/Vitest"
 *
 * evaluation("greets", {
 *   dataset: Dataset.make([{ inputs: "Ada", ground_truth: "hello Ada" }]),
 *   run: async (name) => `hello ${name}`,
 *   evaluators: [Evaluators.exactMatch({ name: "accuracy" })],
 *   expect: "accuracy >= 0.9",
 *   tracing: { testMode: true }
 * })
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const evaluation = <I, G, A, ED = never>(
  name: string,
  options: Omit<EvaluationOptions<I, G, A, ED>, "name"> & ([ServicesOf<A>] extends [HoneyHive] ? unknown : never)
): void => {
  vitest.it(name, { timeout: options.testTimeout ?? 300_000 }, async ({ signal }) => {
    const { report } = await evaluatePromise<I, G, A, ED>({ signal, ...options, name })
    await assertReport(report, options)
  })
}
