import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type { Report as Reports } from "@honeyhive/experiments"
import { childEnvironment } from "../childEnvironment.ts"
import { checked, evaluationOf, type Found, load, reportOf, runsAt, started, write } from "../experiments.ts"
import { Output } from "../output.ts"
import { conclude, flags } from "./evalGate.ts"
import { hiveFor } from "./run.ts"
import { place } from "./root.ts"

/** The environment for the file, which may look at it while it is loaded: its spans go where the run does. */
const setEnvironment = (url: string, key: string): void => {
  const env = childEnvironment(process.env, url, key)
  for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name]
  Object.assign(process.env, env)
}

/** What the run is compared with. `last` is the newest completed run of this name, of which there may be none yet. */
const baselineOf = Effect.fnUntraced(function* (runs: Found, reference: string, name: string) {
  if (reference !== "last") return yield* reportOf(runs, reference)
  const earlier = (yield* runs.list({ name })).find((run) => run.name === name && run.status === "completed")
  return earlier === undefined ? undefined : yield* runs.report(earlier)
})

const atLeast1 = <A extends number>(flag: Flag.Flag<A>) =>
  flag.pipe(
    Flag.filter(
      (count) => count >= 1,
      () => "at least 1"
    ),
    Flag.optional
  )

const written = (name: string, what: string) =>
  Flag.String(name).pipe(Flag.withDescription(what), Flag.withMetavar("file"), Flag.optional)

export const run = Command.make(
  "run",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("TypeScript or JavaScript whose default export is made by defineEvaluation")
    ),
    baseline: Flag.String("baseline").pipe(
      Flag.withDescription(
        "Compare with this run: an id or its beginning, a name, a report's file, or last (the newest of the same name)"
      ),
      Flag.withMetavar("run"),
      Flag.optional
    ),
    ...flags,
    name: Flag.String("name").pipe(Flag.withDescription("Name of the run, in place of the file's"), Flag.optional),
    limit: atLeast1(
      Flag.Int("limit").pipe(Flag.withAlias("n"), Flag.withDescription("Only the first so many datapoints"))
    ),
    concurrency: atLeast1(Flag.Int("concurrency").pipe(Flag.withDescription("Items at a time"))),
    repetitions: atLeast1(Flag.Int("repetitions").pipe(Flag.withDescription("How often each datapoint is run"))),
    output: written("output", "Write the report as JSON, which --baseline takes").pipe(Flag.withAlias("o")),
    junit: written("junit", "Write the items as JUnit's test cases"),
    quiet: Flag.Boolean("quiet").pipe(
      Flag.withAlias("q"),
      Flag.withDescription("No progress; there is none in CI and in pipes"),
      Flag.withDefault(false)
    )
  },
  ({ alpha, baseline: reference, failOn, file, junit, markdown, output, quiet, ...over }) =>
    Effect.gen(function* () {
      yield* checked(failOn, "--fail-on")
      const { key, url } = yield* hiveFor(yield* place)
      setEnvironment(url, Redacted.value(key))
      const evaluation = yield* evaluationOf(file)
      yield* checked(evaluation.failOn, file)
      const { note } = yield* Output
      const runs = yield* runsAt(url, key)
      const name = Option.getOrElse(over.name, () => evaluation.name)
      const earlier: Reports.Report | undefined = Option.isNone(reference)
        ? undefined
        : yield* baselineOf(runs, reference.value, name)
      const { recorded, report } = yield* started(evaluation, {
        name,
        limit: Option.getOrUndefined(over.limit),
        concurrency: Option.getOrUndefined(over.concurrency),
        repetitions: Option.getOrUndefined(over.repetitions),
        progress: quiet ? false : undefined,
        tracing: { apiKey: Redacted.value(key), url }
      })
      const { JUnit, Report, Table } = yield* load
      yield* note(recorded ? `run ${report.run_id}` : `run ${report.run_id} is not recorded`)
      if (Option.isSome(output)) yield* write(output.value, Report.toJson(report))
      if (Option.isSome(junit)) yield* write(junit.value, JUnit.fromReport(report))
      const isFirst = Option.isSome(reference) && earlier === undefined
      if (isFirst) yield* note(`no earlier run of ${name}: there is no difference yet`)
      yield* conclude({
        report,
        // Beside itself, so that a difference is none
        baseline: isFirst ? report : earlier,
        failOn: [...evaluation.failOn, ...failOn],
        alpha,
        markdown,
        table: Table.fromReport(report)
      })
    }).pipe(Effect.scoped)
).pipe(
  Command.withDescription(
    "Evaluate an application over a dataset, as a file defines it, with the run recorded in a hive: one that runs or one of its own. Exit codes: 0 it passes, 1 --fail-on holds, 2 it could not be run or decided, 130 interrupted (what was done is kept)."
  ),
  Command.withExamples([
    { command: "hive eval run support.eval.ts" },
    {
      command: 'hive eval run support.eval.ts --baseline last --fail-on "accuracy < -0.02" --alpha 0.05',
      description: "Fails where the accuracy fell by more than two points, and not by chance"
    },
    {
      command: 'hive eval run support.eval.ts --fail-on "accuracy.mean < 0.8" --junit eval.xml --markdown eval.md',
      description: "For a CI job"
    },
    {
      command: "hive eval run support.eval.ts --url https://api.honeyhive.ai",
      description: "Recorded in HoneyHive, with HH_API_KEY"
    }
  ])
)
