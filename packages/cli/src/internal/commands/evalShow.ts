import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import { load, reportOf, write } from "../experiments.ts"
import { Output } from "../output.ts"
import { connectedRuns } from "./evalRuns.ts"
import { connected, isJson } from "./root.ts"

const written = (name: string, what: string) =>
  Flag.String(name).pipe(Flag.withDescription(what), Flag.withMetavar("file"), Flag.optional)

export const show = Command.make(
  "show",
  {
    run: Argument.String("run").pipe(
      Argument.withDescription("An id or its beginning, a name, last, or a report's file")
    ),
    output: written("output", "Write the report as JSON").pipe(Flag.withAlias("o")),
    junit: written("junit", "Write the items as JUnit's test cases"),
    markdown: written("markdown", "Write the result as Markdown")
  },
  ({ junit, markdown, output, run }) =>
    Effect.gen(function* () {
      const { json, line } = yield* Output
      const report = yield* reportOf(yield* connectedRuns, run)
      const { JUnit, Markdown, Report, Table } = yield* load
      if (Option.isSome(output)) yield* write(output.value, Report.toJson(report))
      if (Option.isSome(junit)) yield* write(junit.value, JUnit.fromReport(report))
      if (Option.isSome(markdown)) yield* write(markdown.value, Markdown.fromReport(report))
      yield* (yield* isJson) ? json(report) : line(Table.fromReport(report))
    }).pipe(Effect.provide(connected))
).pipe(
  Command.withDescription("Show a run: its metrics with their intervals, and the items that did not complete."),
  Command.withExamples([
    { command: "hive eval show last" },
    { command: "hive eval show last -o main.json", description: "A baseline that can be kept with the code" },
    { command: "hive eval show last --json | jq '.items[] | select(.score < 0.5)'" }
  ])
)
