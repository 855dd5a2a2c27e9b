import { resolve } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type { Report as Reports } from "@honeyhive/experiments"
import { childEnvironment } from "../childEnvironment.ts"
import { checked, evaluationOf, type Found, load, reportOf, runsAt, started, write } from "../experiments.ts"
import * as journals from "../journals.ts"
import { dataFolder, type Place } from "../location.ts"
import { Output } from "../output.ts"
import { Misuse } from "../problem.ts"
import { plural } from "../text.ts"
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

interface Wanted {
  readonly file: string
  readonly name: string
  readonly limit: number | undefined
  readonly repetitions: number | undefined
}

/** The run to go on with, which is the one that was started then: what is said now counts for its concurrency only. */
const resumed = Effect.fnUntraced(function* (data: string, file: string, reference: string) {
  const found = journals.find(data, { file: resolve(file), reference })
  if (Option.isSome(found)) return found.value
  const others = journals.begun(data).filter((run) => run.file === resolve(file))
  const known = others.map(({ name, run_id }) => `${run_id.slice(0, 8)} (${name})`).join(", ")
  return yield* new Misuse({
    message: `--resume ${reference}: ${known === "" ? `no run of ${file} was stopped before its end` : `not one of ${known}`}`
  })
})

/** Where a new run is kept; none where nothing can be written, which is no reason not to evaluate. */
const begun = Effect.fnUntraced(function* (data: string, { file, limit, name, repetitions }: Wanted) {
  const { note } = yield* Output
  const stopped = journals.begun(data).find((run) => run.file === resolve(file) && !journals.isInWork(run))
  if (stopped !== undefined) {
    const id = stopped.run_id.slice(0, 8)
    yield* note(`run ${id} (${stopped.name}) stopped before its end: --resume ${id} goes on with it`)
  }
  const run = {
    run_id: crypto.randomUUID(),
    name,
    file: resolve(file),
    ...(limit === undefined ? {} : { limit }),
    ...(repetitions === undefined ? {} : { repetitions }),
    started_at: yield* Clock.currentTimeMillis,
    pid: process.pid
  }
  return yield* journals.begin(data, run).pipe(
    Effect.as(run),
    Effect.catch((reason) => Effect.as(note(`the run cannot be resumed, it is kept nowhere: ${reason}`), undefined))
  )
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
    resume: Flag.String("resume").pipe(
      Flag.withDescription(
        "Go on with a run of this file that was interrupted or killed, without evaluating again what it has: its id or the beginning of it, its name, or last"
      ),
      Flag.withMetavar("run"),
      Flag.optional
    ),
    noJournal: Flag.Boolean("no-journal").pipe(
      Flag.withDescription("Do not keep the run in the data folder until it ends: it cannot be resumed then"),
      Flag.withDefault(false)
    ),
    quiet: Flag.Boolean("quiet").pipe(
      Flag.withAlias("q"),
      Flag.withDescription("No progress; there is none in CI and in pipes"),
      Flag.withDefault(false)
    )
  },
  ({ alpha, baseline: reference, failOn, file, junit, markdown, noJournal, output, quiet, resume, ...over }) =>
    Effect.gen(function* () {
      yield* checked(failOn, "--fail-on")
      const here: Place = yield* place
      const data = dataFolder(here)
      const before = Option.isNone(resume) ? undefined : yield* resumed(data, file, resume.value)
      const { key, url } = yield* hiveFor(here)
      setEnvironment(url, Redacted.value(key))
      const evaluation = yield* evaluationOf(file)
      yield* checked(evaluation.failOn, file)
      const { note } = yield* Output
      const runs = yield* runsAt(url, key)
      const wanted: Wanted = {
        file,
        name: before?.name ?? Option.getOrElse(over.name, () => evaluation.name),
        limit: before === undefined ? Option.getOrUndefined(over.limit) : before.limit,
        repetitions: before === undefined ? Option.getOrUndefined(over.repetitions) : before.repetitions
      }
      const { limit, name, repetitions } = wanted
      const earlier: Reports.Report | undefined = Option.isNone(reference)
        ? undefined
        : yield* baselineOf(runs, reference.value, name)
      const kept = before ?? (noJournal ? undefined : yield* begun(data, wanted))
      let done = 0
      const { recorded, report } = yield* started(evaluation, {
        name,
        limit,
        concurrency: Option.getOrUndefined(over.concurrency),
        repetitions,
        progress: quiet ? false : undefined,
        tracing: { apiKey: Redacted.value(key), url },
        onItem: () => void done++,
        ...(kept === undefined ? {} : { runId: kept.run_id, journal: journals.fileOf(data, kept.run_id) })
      }).pipe(
        Effect.onError(() => {
          if (kept === undefined) return Effect.void
          if (done === 0) return before === undefined ? journals.forget(data, kept.run_id) : Effect.void
          return note(
            `run ${kept.run_id} stopped, ${plural(done, "item")} done: hive eval run ${file} --resume ${kept.run_id.slice(0, 8)}`
          )
        })
      )
      if (kept !== undefined) yield* journals.forget(data, kept.run_id)
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
    "Evaluate an application over a dataset, as a file defines it, with the run recorded in a hive: one that runs or one of its own. Exit codes: 0 it passes, 1 --fail-on holds, 2 it could not be run or decided, 130 interrupted (what was done is kept, and --resume goes on)."
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
    { command: "hive eval run support.eval.ts --resume last", description: "Goes on where it was stopped" },
    {
      command: "hive eval run support.eval.ts --url https://api.honeyhive.ai",
      description: "Recorded in HoneyHive, with HH_API_KEY"
    }
  ])
)
