import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import { checked, reportOf } from "../experiments.ts"
import { conclude, flags } from "./evalGate.ts"
import { connectedRuns } from "./evalRuns.ts"
import { connected } from "./root.ts"

const reference = (name: string, what: string) =>
  Argument.String(name).pipe(
    Argument.withDescription(`${what}: an id or its beginning, a name, last, or a report's file`)
  )

export const compare = Command.make(
  "compare",
  {
    baseline: reference("baseline", "The run before"),
    candidate: reference("candidate", "The run after"),
    ...flags
  },
  ({ alpha, baseline: before, candidate: after, failOn, markdown }) =>
    Effect.gen(function* () {
      yield* checked(failOn, "--fail-on")
      const runs = yield* connectedRuns
      const [baseline, report] = yield* Effect.all([reportOf(runs, before), reportOf(runs, after)])
      yield* conclude({ report, baseline, failOn, alpha, markdown, table: undefined })
    }).pipe(Effect.provide(connected))
).pipe(
  Command.withDescription(
    "Compare two runs over their common datapoints: differences with their significance, and the answers that became worse. Exit codes as `hive eval run`."
  ),
  Command.withExamples([
    { command: "hive eval compare 8210f331 last" },
    { command: 'hive eval compare "four passages" "one passage" --fail-on "facts < -0.02"' },
    { command: "hive eval compare main.json last", description: "A report that `eval run -o` wrote" }
  ])
)
