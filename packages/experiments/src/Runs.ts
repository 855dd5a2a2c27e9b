/**
 * The runs that HoneyHive or a hive has: listed, found by what people call them, and read back as reports.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Event } from "@honeyhive/contract/Event"
import type { Run } from "@honeyhive/contract/Experiment"
import { HoneyHive } from "@honeyhive/tracing/HoneyHive"
import { connect, keyOf, quietly } from "./internal/client.ts"
import { describe } from "./internal/json.ts"
import { read } from "./internal/recorded.ts"
import { ofRun } from "./internal/sessions.ts"
import type { Report } from "./Report.ts"
import * as Summary from "./Summary.ts"

/**
 * The backend has no such run, or does not answer; `message` says which and why.
 *
 * @category errors
 * @since 0.1.0
 */
export class RunsError extends Schema.TaggedError<RunsError>()("RunsError", {
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/**
 * @category models
 * @since 0.1.0
 */
export interface ListOptions {
  /** The newest so many. Default: 100. */
  readonly limit?: number | undefined
  /** Only those of this name. */
  readonly name?: string | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface RunsOptions {
  /** Address of HoneyHive's data plane, or of a hive. */
  readonly url: string
  readonly apiKey: Redacted.Redacted
  /** Longest time for one answer. Default: 30 seconds. */
  readonly timeout?: Duration.Input | undefined
}

const PAGE = 100

/** The evaluators in their order, those that only sessions speak of behind them. */
const evaluatorsOf = (run: Run, items: Report["items"]): ReadonlyArray<string> => [
  ...new Set([
    ...run.evaluators.flatMap(({ name }) => (typeof name === "string" ? [name] : [])),
    ...items.flatMap(({ scores }) => scores.map(({ name }) => name))
  ])
]

/**
 * The sessions that are results: an item that was in work when its process ended has one more, of which nothing came. A closed
 * run names its own; in any other those without results are left out, unless none has some, as of HoneyHive's own SDKs.
 */
const resultsOf = ({ event_ids }: Run, sessions: ReadonlyArray<Event>): ReadonlyArray<Event> => {
  const named = new Set(event_ids)
  const candidates = named.size === 0 ? sessions : sessions.filter(({ event_id }) => named.has(event_id))
  const judged = candidates.filter(({ metadata }) => metadata["evaluation"] !== undefined)
  return judged.length === 0 ? candidates : judged
}

const reportOf = (run: Run, sessions: ReadonlyArray<Event>): Report => {
  const items = sessions.map(read).toSorted((a, b) => a.index - b.index || a.repetition - b.repetition)
  const { duration } = run.results
  return {
    run_id: run.run_id,
    name: run.name,
    dataset_id: run.dataset_id ?? "",
    ...(run.dataset_name === null ? {} : { dataset_name: run.dataset_name }),
    started_at: Date.parse(run.created_at),
    duration: typeof duration === "number" ? duration : 0,
    metadata: { ...run.configuration, ...run.metadata },
    summary: Summary.make(items, evaluatorsOf(run, items)),
    items
  }
}

const make = Effect.fnUntraced(function* ({ apiKey, timeout = "30 seconds", url }: RunsOptions) {
  const client = yield* connect(url, apiKey)
  const ask = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, RunsError, R> =>
    effect.pipe(
      quietly({ exportTimeout: Duration.fromInputUnsafe(timeout) }),
      Effect.catchCause((cause) =>
        Effect.fail(
          new RunsError({ message: `${url} did not give its runs: ${describe(cause)}`, cause: Cause.squash(cause) })
        )
      )
    )

  const list = Effect.fnUntraced(function* ({ limit = PAGE, name }: ListOptions = {}) {
    const found: Array<Run> = []
    for (let page = 1; found.length < limit; page++) {
      const { evaluations, pagination } = yield* ask(
        client.runs.list({
          query: {
            sort_by: "created_at",
            sort_order: "desc",
            limit: Math.min(PAGE, limit),
            page,
            ...(name === undefined ? {} : { name })
          }
        })
      )
      found.push(...evaluations)
      if (!pagination.has_next) break
    }
    return found.slice(0, limit)
  })

  const find = Effect.fnUntraced(function* (reference: string) {
    const runs = yield* list({ limit: 1000 })
    const exact = runs.find(({ run_id }) => run_id === reference)
    if (exact !== undefined) return exact
    const [newest] = runs
    if (reference === "last" && newest !== undefined) return newest
    const named = runs.find(({ name }) => name === reference)
    if (named !== undefined) return named
    const begins = reference === "" ? [] : runs.filter(({ run_id }) => run_id.startsWith(reference.toLowerCase()))
    const [first] = begins
    if (first !== undefined && begins.length === 1) return first
    const message =
      begins.length > 1
        ? `${begins.length} runs have an id that begins with ${reference}: give more of it`
        : `${url} has no run ${JSON.stringify(reference)}: an id, the beginning of one, a name, or last`
    return yield* new RunsError({ message })
  })

  return Runs.of({
    list,
    find,
    report: Effect.fnUntraced(function* (reference) {
      const run = typeof reference === "string" ? yield* find(reference) : reference
      const sessions = yield* ofRun((request) => ask(client.events.search(request)), run.run_id)
      return reportOf(
        run,
        resultsOf(run, sessions).toSorted((a, b) => a.start_time - b.start_time)
      )
    })
  })
})

/**
 * The runs of one backend.
 *
 * @example
 * ```ts no-run
 * import { Effect, Redacted } from "effect"
 * import { Compare, Runs } from "@honeyhive/experiments"
 *
 * const program = Effect.gen(function* () {
 *   const runs = yield* Runs.Runs
 *   const [before, after] = yield* Effect.all([runs.report("nightly"), runs.report("last")])
 *   return Compare.reports(before, after).regressed.length
 * })
 *
 * const layer = Runs.layer({ url: "http://127.0.0.1:4318", apiKey: Redacted.make("hh_local") })
 * await Effect.runPromise(program.pipe(Effect.provide(layer)))
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Runs extends Context.Service<
  Runs,
  {
    /** Newest first. */
    readonly list: (options?: ListOptions) => Effect.Effect<ReadonlyArray<Run>, RunsError>
    /** By its id, the beginning of one, its name (the newest of that name), or `last`; among the newest 1,000. */
    readonly find: (reference: string) => Effect.Effect<Run, RunsError>
    /** The run with all its items, in the dataset's order, as `evaluate` reported it. */
    readonly report: (reference: string | Run) => Effect.Effect<Report, RunsError>
  }
>()("@honeyhive/experiments/Runs") {}

/**
 * The runs of the backend at an address.
 *
 * @example
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { Runs } from "@honeyhive/experiments"
 *
 * const layer = Runs.layer({ url: "http://127.0.0.1:9", apiKey: Redacted.make("hh_local"), timeout: "10 millis" })
 * const program = Runs.Runs.use((runs) => runs.find("last")).pipe(Effect.flip, Effect.provide(layer))
 * const error = await Effect.runPromise(program)
 *
 * error._tag // => "RunsError"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: RunsOptions): Layer.Layer<Runs> => Layer.effect(Runs, make(options))

/**
 * The runs of the backend that the tracer sends to.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Runs } from "@honeyhive/experiments"
 * import { HoneyHive } from "@honeyhive/tracing"
 *
 * const layer = Runs.layerTracer.pipe(Layer.provide(HoneyHive.layerMemory()))
 * const error = await Effect.runPromise(Effect.flip(Effect.scoped(Layer.build(layer))))
 *
 * error.message // => "the tracer has no key for HoneyHive (HH_API_KEY)"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layerTracer: Layer.Layer<Runs, RunsError, HoneyHive> = Layer.effect(
  Runs,
  Effect.gen(function* () {
    const { settings } = yield* HoneyHive
    const apiKey = keyOf(settings)
    if (apiKey === undefined) {
      return yield* new RunsError({ message: "the tracer has no key for HoneyHive (HH_API_KEY)" })
    }
    return yield* make({ url: settings.url, apiKey, timeout: settings.exportTimeout })
  })
)
