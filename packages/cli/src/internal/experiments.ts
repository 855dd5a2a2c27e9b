/**
 * Runs of experiments, as the commands find them: in a hive or HoneyHive, or as a report in a file.
 *
 * Commands that have nothing to do with experiments do not load them.
 */
import * as Fs from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import type { Evaluation } from "@honeyhive/experiments"
import { explain, reasonOf } from "./backend.ts"
import { Misuse, Problem } from "./problem.ts"

/** The exit code of what could not be run, compared or decided: 1 is a gate that fails. */
const UNDECIDED = 2

export const load = Effect.promise(() => import("@honeyhive/experiments"))

const undecided = (message: string): Problem => new Problem({ message, code: UNDECIDED })

/** The runs of a backend. */
export const runsAt = Effect.fnUntraced(function* (url: string, apiKey: Redacted.Redacted) {
  const { Runs } = yield* load
  const runs = yield* Effect.provide(Runs.Runs, Runs.layer({ url, apiKey }))
  const said = <A>(effect: Effect.Effect<A, InstanceType<typeof Runs.RunsError>>) =>
    Effect.mapError(effect, (error) =>
      undecided(error.cause === undefined ? error.message : explain(url, error.cause).message)
    )
  return {
    list: (options: { readonly limit?: number; readonly name?: string }) => said(runs.list(options)),
    find: (reference: string) => said(runs.find(reference)),
    report: (reference: Parameters<typeof runs.report>[0]) => said(runs.report(reference))
  }
})

export type Found = Effect.Success<ReturnType<typeof runsAt>>

const isFile = (reference: string): boolean => /\.json$|[/\\]/i.test(reference)

/** A run by what it is called, or a report's file. */
export const reportOf = Effect.fnUntraced(function* (runs: Found, reference: string) {
  if (!isFile(reference)) return yield* runs.report(reference)
  const { Report } = yield* load
  return yield* Effect.mapError(Report.fromFile(reference), ({ message }) => undecided(message))
})

/** Writes what a flag asks for. */
export const write = (path: string, text: string): Effect.Effect<void, Problem> =>
  Effect.try({
    try: () => Fs.writeFileSync(path, text),
    catch: (error) => undecided(`cannot write ${path}: ${reasonOf(error)}`)
  })

/** Reads expressions before there is something to hold them against. */
export const checked = Effect.fnUntraced(function* (expressions: ReadonlyArray<string>, from: string) {
  const { Gate } = yield* load
  yield* Effect.forEach(expressions, (expression) =>
    Effect.mapError(Gate.parse(expression), ({ message }) => new Misuse({ message: `${from}: ${message}` }))
  )
})

const EXAMPLE = 'export default defineEvaluation({ name, dataset, run, evaluators }), from "@honeyhive/experiments"'

/** The evaluation that a file exports. What it prints while it is loaded is its own. */
export const evaluationOf = Effect.fnUntraced(function* (file: string) {
  const path = resolve(file)
  if (!Fs.existsSync(path)) return yield* new Misuse({ message: `${file}: there is no such file` })
  const module = yield* Effect.tryPromise({
    // A module's namespace, of which nothing is known
    try: (): Promise<{ readonly default?: unknown }> => import(pathToFileURL(path).href),
    catch: (error) =>
      undecided(`cannot load ${file}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
  })
  const { isEvaluation } = yield* load
  const evaluation = module.default
  if (!isEvaluation(evaluation)) {
    return yield* undecided(`${file} exports no evaluation as its default: ${EXAMPLE}`)
  }
  return evaluation
})

/** Starts it; interrupted, waits until the run is closed. */
export const started = (
  evaluation: Evaluation,
  options: Omit<NonNullable<Parameters<Evaluation["start"]>[0]>, "signal">
): Effect.Effect<Awaited<ReturnType<Evaluation["start"]>>, Problem> =>
  Effect.callback((resume) => {
    const controller = new AbortController()
    const run = evaluation.start({ ...options, signal: controller.signal })
    run.then(
      (done) => resume(Effect.succeed(done)),
      (error: unknown) =>
        resume(
          Effect.fail(
            undecided(`${evaluation.name} could not be run: ${error instanceof Error ? error.message : String(error)}`)
          )
        )
    )
    return Effect.promise(() => {
      controller.abort()
      return run.then(
        () => undefined,
        () => undefined
      )
    })
  })
