/**
 * Runs an application over a dataset and judges its answers: a session per item, one item's failure never another's.
 *
 * @since 0.1.0
 */
import type * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Schedule from "effect/Schedule"
import type * as Schema from "effect/Schema"
import type { Content } from "@honeyhive/contract/Bucket"
import { HoneyHive } from "@honeyhive/tracing/HoneyHive"
import type { Options as TracingOptions } from "@honeyhive/tracing/TracerConfig"
import type { Dataset, Item } from "./Dataset.ts"
import { type AnyEvaluator, type EvaluatorResult, from } from "./Evaluator.ts"
import type { ErrorOf, OutputOf, ServicesOf } from "./internal/call.ts"
import * as checkpoint from "./internal/checkpoint.ts"
import { runItem, tell } from "./internal/item.ts"
import * as limits from "./internal/limiter.ts"
import * as progress from "./internal/progress.ts"
import * as runs from "./internal/runs.ts"
import { recorded } from "./internal/sessions.ts"
import { Journal } from "./Journal.ts"
import type { Report, ReportItem } from "./Report.ts"
import * as Summary from "./Summary.ts"

/**
 * What the function is told beside its inputs.
 *
 * @category models
 * @since 0.1.0
 */
export interface RunContext {
  /** Aborted when the item's time is over, or the run is interrupted. */
  readonly signal: AbortSignal
  /** Counted from 0. */
  readonly repetition: number
  /** Counted from 1, and anew after a rate limit. */
  readonly attempt: number
}

/**
 * How many items run at a time, and what becomes of "too many requests": a failure with a status of 429, `effect/ai`'s
 * `RateLimitError` and their like, of the application or of an evaluator.
 *
 * The number is halved, everybody waits as long as the failure says (`Retry-After`; else a second, then two, …), and the call
 * is made again. That is no failure, no try, and takes nothing of the item's time; without limits the number grows again.
 *
 * @category models
 * @since 0.1.0
 */
export interface Concurrency {
  /** Items at a time at most. Default: 10. */
  readonly max?: number | undefined
  /** Default: true; otherwise such a failure is like any other. */
  readonly adaptive?: boolean | undefined
  /** How often one call is made again before its failure counts. Default: 10. */
  readonly retries?: number | undefined
  /** A call that is told to wait longer fails. Default: 5 minutes. */
  readonly longestWait?: Duration.Input | undefined
}

/**
 * @category models
 * @since 0.1.0
 */
export interface EvaluateOptions<I, G, A, ED = never, RD = never, RE = never> {
  /** Name of the run, and of its sessions. */
  readonly name: string
  readonly dataset: Dataset<I, G> | Effect.Effect<Dataset<I, G>, ED, RD>
  /** The application: a value, a promise or an Effect, with its own errors and services. */
  readonly run: (inputs: I, item: Item<I, G>, context: RunContext) => A
  readonly evaluators?: ReadonlyArray<AnyEvaluator<I, OutputOf<A>, G, RE>> | undefined
  /** Items at a time. Default: 10, and fewer while a service says that these are too many. */
  readonly concurrency?: number | Concurrency | undefined
  /** Evaluators of one item at a time. Default: 4. */
  readonly evaluatorConcurrency?: number | undefined
  /** How often each datapoint is run. Default: once. */
  readonly repetitions?: number | undefined
  /** Longest time for one item, with all its tries. Default: none. Code that never yields cannot be stopped by it. */
  readonly timeout?: Duration.Input | undefined
  /** Whether and when a failed item is tried again. Default: never. */
  readonly retry?: Schedule.Schedule<unknown> | undefined
  /** Default: what the {@link Journal} has under the run's name, else a new UUID. */
  readonly runId?: string | undefined
  /** Of outputs that are more than JSON, where a {@link Journal} keeps them: without it they come back as JSON. */
  readonly outputSchema?: Schema.Codec<NoInfer<OutputOf<A>>, unknown> | undefined
  /** Of the run, such as the commit. */
  readonly metadata?: Content | undefined
  /** What was varied, such as the model and the prompt's version. */
  readonly configuration?: Content | undefined
  /** A line on stderr that says how far the run is. Default: on a terminal, but not in CI. */
  readonly progress?: boolean | undefined
  /** Called with every item as soon as it is done; what it throws is ignored. */
  readonly onItem?: ((item: ReportItem) => void) | undefined
}

/**
 * One item with its typed outcome.
 *
 * @category models
 * @since 0.1.0
 */
export interface ItemResult<out I, out O, out G, out E> {
  readonly item: Item<I, G>
  readonly repetition: number
  readonly sessionId: string
  readonly exit: Exit.Exit<O, E | Cause.TimeoutError>
  readonly scores: ReadonlyArray<EvaluatorResult>
}

/**
 * @category models
 * @since 0.1.0
 */
export interface RunResult<out I, out O, out G, out E> {
  readonly runId: string
  /** In the dataset's order, the repetitions of a datapoint beside each other. */
  readonly items: ReadonlyArray<ItemResult<I, O, G, E>>
  /** The same as plain data, and in numbers. */
  readonly report: Report
  /** Whether a backend has the run. */
  readonly recorded: boolean
}

const now = Clock.currentTimeMillis

/** The numbers that a backend shows of a run. */
const summaryContent = (summary: Summary.Summary): Content => ({
  items: summary.items,
  completed: summary.completed,
  failed: summary.failed,
  timed_out: summary.timed_out,
  metrics: Object.fromEntries(
    summary.metrics.map(({ mean, name, pass_rate }) => [name, pass_rate === undefined ? { mean } : { mean, pass_rate }])
  )
})

/** Two metrics of one name would become one: the second gets a number. */
const distinct = <E extends { readonly name: string }>(evaluators: ReadonlyArray<E>): ReadonlyArray<E> => {
  const taken = new Set<string>()
  return evaluators.map((evaluator) => {
    let name = evaluator.name
    for (let number = 2; taken.has(name); number++) name = `${evaluator.name}_${number}`
    taken.add(name)
    return { ...evaluator, name }
  })
}

const quietly = (f: () => void): void => {
  try {
    f()
  } catch {
    // Watching the run does not change it
  }
}

/**
 * Evaluates an application. Fails only where the dataset does: items that fail, hang or cannot be judged are part of the
 * result.
 *
 * The run is created as pending and closed as completed; interrupted, it is closed as failed, with what was done until then.
 * A run that is kept in a {@link Journal} goes on from there when it is started again.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Dataset, evaluate, Evaluators } from "@honeyhive/experiments"
 * import { HoneyHive } from "@honeyhive/tracing"
 *
 * const program = evaluate({
 *   name: "sums",
 *   dataset: Dataset.make([
 *     { inputs: [2, 2], ground_truth: 4 },
 *     { inputs: [2, 3], ground_truth: 6 }
 *   ]),
 *   run: ([a = 0, b = 0]) => Effect.succeed(a + b),
 *   evaluators: [Evaluators.exactMatch(), (outputs, _inputs, expected) => 1 / (1 + Math.abs(outputs - expected))]
 * })
 * const { report } = await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
 *
 * report.summary.completed // => 2
 * report.items.map(({ scores }) => scores.map(({ value }) => value)) // => [[true, 1], [false, 0.5]]
 * report.summary.metrics[0]?.pass_rate // => 0.5
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const evaluate = <I, G, A, ED = never, RD = never, RE = never>(
  options: EvaluateOptions<I, G, A, ED, RD, RE>
): Effect.Effect<RunResult<I, OutputOf<A>, G, ErrorOf<A>>, ED, HoneyHive | RD | RE | ServicesOf<A>> =>
  Effect.gen(function* () {
    const hive = yield* HoneyHive
    const dataset = Effect.isEffect(options.dataset) ? yield* options.dataset : options.dataset
    const evaluators = distinct((options.evaluators ?? []).map(from<I, OutputOf<A>, G, RE>))
    const journal = yield* Journal
    const runId =
      options.runId ?? (Option.isSome(journal) ? yield* journal.value.runId(options.name) : crypto.randomUUID())
    const startedAt = yield* now
    const tasks = dataset.items.flatMap((item) =>
      Array.from({ length: Math.max(1, options.repetitions ?? 1) }, (_, repetition) => ({ item, repetition }))
    )
    const bar = progress.make(options.name, tasks.length, {
      ci: options.progress === false || (process.env["CI"] ?? "") !== "",
      terminal: process.stderr
    })
    const limiter = limits.make(options.concurrency, (text) => quietly(() => bar.note(text)))
    // In the order in which they end, also of a run that does not
    const done: Array<ReportItem> = []

    const rateLimits = () => (limiter.met() === 0 ? {} : { rate_limits: limiter.met() })

    const summarize = (items: ReadonlyArray<ReportItem>): Summary.Summary =>
      Summary.make(
        items,
        evaluators.map(({ name }) => name)
      )

    const close = (run: runs.Run, status: "completed" | "failed", summary: Summary.Summary) =>
      Effect.gen(function* () {
        quietly(bar.end)
        const duration = (yield* now) - startedAt
        // What a backend counts of a closed run should be there
        yield* Effect.ignore(hive.flush)
        const sessions = done.map(({ session_id }) => session_id)
        return yield* run.close({
          status,
          name: options.name,
          event_ids: sessions,
          session_ids: sessions,
          results: { ...summaryContent(summary), ...rateLimits(), duration }
        })
      })

    const announcement = {
      run_id: runId,
      name: options.name,
      status: "pending",
      dataset_id: dataset.id,
      datapoint_ids: dataset.items.map(({ id }) => id),
      evaluators: evaluators.map(({ name, options: { weight = 1 } }) => ({ name, weight })),
      metadata: { ...options.metadata, items: tasks.length },
      ...(options.configuration === undefined ? {} : { configuration: options.configuration })
    } as const

    const items = Effect.gen(function* () {
      const { concurrency, evaluate } = yield* checkpoint.open<I, G, A, HoneyHive | RE | ServicesOf<A>>({
        runId,
        name: options.name,
        evaluators: evaluators.map(({ name }) => name),
        tasks,
        concurrency: limiter.max,
        outputSchema: options.outputSchema,
        evaluate: (task) =>
          runItem<I, G, A, RE>({ options, evaluators, limiter, runId, datasetId: dataset.id, ...task }),
        told: recorded(hive.settings, runId),
        tell: ({ item }, before) =>
          Effect.provideService(
            tell({ name: options.name, runId, datasetId: dataset.id, item }, before),
            HoneyHive,
            hive
          )
      })
      return yield* Effect.forEach(
        tasks,
        (task) =>
          Effect.tap(evaluate(task), ({ reported }) =>
            Effect.sync(() => {
              done.push(reported)
              quietly(() => bar.step(reported.status !== "completed"))
              quietly(() => options.onItem?.(reported))
            })
          ),
        { concurrency }
      )
    }).pipe(Effect.scoped)

    const closing = (run: runs.Run) =>
      Effect.onExit(items, (exit) => (Exit.isSuccess(exit) ? Effect.void : close(run, "failed", summarize(done))))

    return yield* Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const run = yield* runs.open(hive.settings, announcement, { again: Option.isSome(journal) })
        const results = yield* restore(closing(run))
        const reported = results.map((result) => result.reported)
        const summary = summarize(reported)
        const duration = (yield* now) - startedAt
        const recorded = yield* close(run, "completed", summary)
        const report: Report = {
          run_id: runId,
          name: options.name,
          dataset_id: dataset.id,
          ...(dataset.name === undefined ? {} : { dataset_name: dataset.name }),
          started_at: startedAt,
          duration,
          metadata: { ...options.configuration, ...options.metadata, ...rateLimits() },
          summary,
          items: reported
        }
        return { runId, items: results.map(({ result }) => result), report, recorded }
      })
    )
  })

/**
 * Options of {@link evaluatePromise}: those of {@link evaluate}, and what a plain program says in place of a Layer.
 *
 * @category models
 * @since 0.1.0
 */
export interface EvaluatePromiseOptions<I, G, A, ED = never> extends EvaluateOptions<
  I,
  G,
  A,
  ED,
  HoneyHive,
  HoneyHive
> {
  /** The tracer instance of the run, over the environment. */
  readonly tracing?: TracingOptions | undefined
  /** Where the run is kept, such as `Resume.layer({ path })`; rejects where it cannot be opened. Default: nowhere. */
  readonly journal?: Layer.Layer<never, unknown> | undefined
  /** Interrupts the run. */
  readonly signal?: AbortSignal | undefined
}

/**
 * {@link evaluate} for programs that are not written in Effect: it starts a tracer instance and closes it after the run.
 * Rejects where the dataset or the configuration cannot be used, or the signal was aborted.
 *
 * @example
 * ```ts
 * import { Dataset, evaluatePromise, Evaluators } from "@honeyhive/experiments"
 *
 * const { report } = await evaluatePromise({
 *   name: "greetings",
 *   dataset: Dataset.make([{ inputs: "Ada", ground_truth: "hello Ada" }]),
 *   run: async (name) => `hello ${name}`,
 *   evaluators: [Evaluators.exactMatch()],
 *   tracing: { testMode: true }
 * })
 *
 * report.summary.metrics[0]?.mean // => 1
 * ```
 *
 * @category running
 * @since 0.1.0
 */
export const evaluatePromise = <I, G, A, ED = never>(
  options: EvaluatePromiseOptions<I, G, A, ED> & ([ServicesOf<A>] extends [HoneyHive] ? unknown : never)
): Promise<RunResult<I, OutputOf<A>, G, ErrorOf<A>>> => {
  // The type of the options refuses functions that need more
  const program = evaluate(options) as Effect.Effect<RunResult<I, OutputOf<A>, G, ErrorOf<A>>, ED, HoneyHive>
  return Effect.runPromise(
    Effect.provide(program, [HoneyHive.layer(options.tracing), options.journal ?? Layer.empty]),
    options.signal === undefined ? undefined : { signal: options.signal }
  )
}
