/**
 * Evaluates the agent with two settings, and shows what the cheaper one costs in answers.
 *
 * `hive run` sets where the runs are recorded (`HH_API_URL`, `HH_API_KEY`); without a key they are recorded nowhere.
 */
import { Config, Console, Effect, Layer, Option } from "effect"
import { NodeRuntime } from "@effect/platform-node"
import { Compare, Gate, type Report, Table } from "@honeyhive/experiments"
import { HoneyHive, HoneyHiveLive } from "@honeyhive/tracing"
import { evaluation } from "./Evaluation.ts"

/** Without the one metric that differs from run to run. */
const steady = <A extends { readonly metrics: ReadonlyArray<{ readonly name: string }> }>(result: A): A => ({
  ...result,
  metrics: result.metrics.filter(({ name }) => name !== "duration")
})

const show = (report: Report.Report) => Table.fromReport({ ...report, summary: steady(report.summary) })

const program = Effect.gen(function* () {
  const four = yield* evaluation("four passages", { passages: 4 })
  const one = yield* evaluation("one passage", { passages: 1 })
  yield* Console.log(`${show(four.report)}\n\n${show(one.report)}\n`)
  yield* Console.log(Compare.toText(steady(Compare.reports(four.report, one.report))))
  const gate = yield* Gate.decide(["facts < -0.02", "total_tokens > 0"], one.report, { baseline: four.report })
  yield* Console.log(`\n${gate.text}\nexit code ${gate.exitCode}`)
})

const Tracing = Layer.unwrap(
  Effect.map(Config.option(Config.String("HH_API_KEY")), (key) =>
    Option.isSome(key) ? HoneyHiveLive : HoneyHive.layer({ exporter: "none" })
  )
)

program.pipe(Effect.provide(Tracing), NodeRuntime.runMain)
