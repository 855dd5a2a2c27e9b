/**
 * Evaluates the agent with two settings, and shows what the cheaper one costs in answers.
 */
import { Console, Effect } from "effect"
import { NodeRuntime } from "@effect/platform-node"
import { Compare, Gate, type Report, Table } from "@honeyhive/experiments"
import { HoneyHive } from "@honeyhive/tracing"
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

// HoneyHiveLive in place of it records both runs in HoneyHive
program.pipe(Effect.provide(HoneyHive.layer({ exporter: "none" })), NodeRuntime.runMain)
