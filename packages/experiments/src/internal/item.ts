/**
 * One item of a run: a session, a chain span around the user's function, and the evaluators' spans beside it.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Schema from "effect/Schema"
import type * as Tracer from "effect/Tracer"
import { HoneyHive } from "@honeyhive/tracing/HoneyHive"
import { CurrentSession, type SessionInfo } from "@honeyhive/tracing/Session"
import type { Item } from "../Dataset.ts"
import type { EvaluateOptions, ItemResult } from "../Evaluate.ts"
import { type Evaluator, type EvaluatorResult, run } from "../Evaluator.ts"
import type { ReportItem } from "../Report.ts"
import { weighted } from "../Summary.ts"
import * as Trace from "../Trace.ts"
import { collector } from "./collector.ts"
import { call, type ErrorOf, type OutputOf, type ServicesOf } from "./call.ts"
import { content, describe, json } from "./json.ts"
import type { Limiter } from "./limiter.ts"
import { INPUT, keep, OUTPUT } from "./recorded.ts"

export interface Task<I, G, A, RE> {
  // The dataset has been read
  readonly options: Omit<EvaluateOptions<I, G, A, never, never, RE>, "dataset">
  readonly evaluators: ReadonlyArray<Evaluator<I, OutputOf<A>, G, RE>>
  readonly limiter: Limiter
  readonly runId: string
  readonly datasetId: string
  readonly item: Item<I, G>
  readonly repetition: number
}

/** What came of an item: with its types, and as plain data. */
export interface Done<I, G, A> {
  readonly result: ItemResult<I, OutputOf<A>, G, ErrorOf<A>>
  readonly reported: ReportItem
}

type Outcome<A> = Exit.Exit<OutputOf<A>, ErrorOf<A> | Cause.TimeoutError>

interface Answer<A> {
  readonly exit: Outcome<A>
  readonly attempts: number
  /** Milliseconds since the last rate limit, or the beginning. */
  readonly duration: number
}

/** A stack for each item would take a tenth of what an item costs. */
const quick = { captureStackTrace: false }

/** The user's function with its tries and its deadline, below the span; how it ended. */
const answer = <I, G, A, RE>(
  { item, limiter, options, repetition }: Task<I, G, A, RE>,
  span: Tracer.Span
): Effect.Effect<Answer<A>, never, ServicesOf<A>> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    let attempts = 0
    let [began, ended] = [0n, 0n]
    const attempt = Effect.suspend(() => {
      attempts++
      return call((signal) => options.run(item.inputs, item, { signal, repetition, attempt: attempts }))
    })
    const tried =
      options.retry === undefined
        ? attempt
        : Effect.retry(attempt, { schedule: options.retry, while: (error) => !limiter.isLimit(error) })
    const timed: Effect.Effect<OutputOf<A>, ErrorOf<A> | Cause.TimeoutError, ServicesOf<A>> = options.timeout ===
    undefined
      ? tried
      : Effect.timeout(tried, options.timeout)
    const measured = Effect.suspend(() => {
      attempts = 0
      began = clock.currentTimeNanosUnsafe()
      return Effect.onExit(Effect.withParentSpan(timed, span, quick), () =>
        Effect.sync(() => void (ended = clock.currentTimeNanosUnsafe()))
      )
    })
    const exit = yield* Effect.exit(limiter.call(measured))
    return { exit, attempts, duration: Number(ended - began) / 1e6 }
  })

/** An evaluator that waits for rate limits, which takes nothing of its time. */
const patient = <I, O, G, R>(evaluator: Evaluator<I, O, G, R>, limiter: Limiter): Evaluator<I, O, G, R> => {
  const { timeout, ...options } = evaluator.options
  return {
    ...evaluator,
    options,
    evaluate: (sample) => {
      const judged = Effect.suspend(() => evaluator.evaluate(sample))
      return limiter.inSlot(timeout === undefined ? judged : Effect.timeout(judged, timeout))
    }
  }
}

/** The evaluators of one answer, each with a span of its own that is linked to the answer's. */
const judge = <I, G, A, RE>(
  { evaluators, item, limiter, options }: Task<I, G, A, RE>,
  outputs: OutputOf<A>,
  trace: Trace.Trace,
  span: Tracer.Span
): Effect.Effect<ReadonlyArray<EvaluatorResult>, never, RE> =>
  Effect.forEach(
    evaluators,
    (evaluator) => {
      const judged = Effect.gen(function* () {
        const { groundTruth, inputs } = item
        const result = yield* run(patient(evaluator, limiter), { outputs, inputs, groundTruth, trace, item })
        yield* HoneyHive.enrichSpan({
          type: "tool",
          inputs: { outputs, ground_truth: groundTruth },
          outputs: { value: result.value, passed: result.passed, reason: result.reason },
          error: result.error,
          metadata: { evaluator: evaluator.name, weight: result.weight }
        })
        return result
      })
      const links = [{ span, attributes: {} }]
      return Effect.withSpan(judged, evaluator.name, { root: true, links, ...quick })
    },
    { concurrency: options.evaluatorConcurrency ?? 4 }
  )

const metricsOf = (scores: ReadonlyArray<EvaluatorResult>) =>
  Object.fromEntries(scores.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])))

const statusOf = (exit: Outcome<unknown>): ReportItem["status"] =>
  Exit.isSuccess(exit)
    ? "completed"
    : exit.cause.reasons.some((reason) => Cause.isFailReason(reason) && Cause.isTimeoutError(reason.error))
      ? "timed out"
      : "failed"

/** What an item's session says of it. */
const enrichmentOf = (item: Item<unknown, unknown>, reported: ReportItem) => {
  const { ground_truth, outputs, scores, status } = reported
  const failed = scores.filter(({ status }) => status === "failed")
  const errors = Object.fromEntries(failed.map(({ error = "", name }) => [name, error]))
  return {
    ...(status === "completed" ? { outputs: content(OUTPUT, outputs) } : {}),
    ...(item.groundTruth === undefined ? {} : { feedback: { ground_truth } }),
    metrics: metricsOf(scores),
    metadata: { evaluation: keep(reported), ...(failed.length === 0 ? {} : { evaluator_errors: errors }) }
  }
}

const inSession = <I, G, A, RE>(
  task: Task<I, G, A, RE>,
  session: SessionInfo,
  inputs: Schema.Json,
  take: (durationMs: number) => Trace.Trace
): Effect.Effect<Done<I, G, A>, never, HoneyHive | RE | ServicesOf<A>> =>
  Effect.gen(function* () {
    const { item, options, repetition } = task
    const clock = yield* Clock.Clock
    const span = yield* Effect.makeSpan(options.name, {
      root: true,
      attributes: { honeyhive_event_type: "chain" },
      ...quick
    })
    let end: bigint | undefined
    let outcome: Outcome<A> | undefined
    const finish = (exit: Exit.Exit<unknown, unknown>) =>
      Effect.sync(() => span.end(end ?? clock.currentTimeNanosUnsafe(), outcome ?? exit))

    const body = Effect.gen(function* () {
      const { attempts, duration, exit } = yield* answer(task, span)
      outcome = exit
      end = clock.currentTimeNanosUnsafe()
      const trace = take(duration)
      const usage = Trace.usage(trace)
      const scores = Exit.isSuccess(exit) ? yield* task.limiter.slot(judge(task, exit.value, trace, span)) : []
      const groundTruth = json(item.groundTruth)
      const answered = Exit.isSuccess(exit) ? json(exit.value) : null
      const score = weighted(scores)
      const reported: ReportItem = {
        datapoint_id: item.id,
        index: item.index,
        repetition,
        session_id: session.id,
        status: statusOf(exit),
        ...(Exit.isFailure(exit) ? { error: describe(exit.cause) } : {}),
        inputs,
        outputs: answered,
        ground_truth: groundTruth,
        duration,
        attempts,
        usage,
        scores,
        ...(score === undefined ? {} : { score })
      }
      const told = enrichmentOf(item, reported)
      const { metadata: _, ...buckets } = told
      const ofSpan = { ...buckets, inputs: content(INPUT, inputs), metadata: { attempts, repetition } }
      yield* Effect.withParentSpan(HoneyHive.enrichSpan(ofSpan), span, quick)
      yield* HoneyHive.enrichSession(told)
      const result: ItemResult<I, OutputOf<A>, G, ErrorOf<A>> = {
        item,
        repetition,
        sessionId: session.id,
        exit,
        scores
      }
      const done: Done<I, G, A> = { result, reported }
      return done
    })
    return yield* Effect.onExit(body, (exit) => finish(exit))
  })

/** Of which run an item is. */
export type Place<I, G> = Pick<Task<I, G, unknown, never>, "runId" | "datasetId" | "item"> & { readonly name: string }

const sessionOf = ({ datasetId, item, name, runId }: Place<unknown, unknown>) => ({
  name,
  inputs: content(INPUT, json(item.inputs)),
  runId,
  datasetId,
  datapointId: item.id
})

/** Tells the backend of an item that was evaluated by a process that could not tell it. */
export const tell = <I, G>(place: Place<I, G>, reported: ReportItem): Effect.Effect<void, never, HoneyHive> =>
  Effect.gen(function* () {
    const { duration, session_id: id, status } = reported
    const hive = yield* HoneyHive
    yield* hive.startSession({ ...sessionOf(place), id })
    const { metadata, ...told } = enrichmentOf(place.item, reported)
    const how = status === "completed" ? { status: "ok" } : { status: "error", error: reported.error ?? status }
    yield* HoneyHive.enrichSession(id, { ...told, metadata: { ...metadata, ...how } })
    yield* hive.updateSession({ duration }, id)
  })

export const runItem = <I, G, A, RE>(
  task: Task<I, G, A, RE>
): Effect.Effect<Done<I, G, A>, never, HoneyHive | RE | ServicesOf<A>> =>
  Effect.gen(function* () {
    const hive = yield* HoneyHive
    const spans = collector()
    const inputs = json(task.item.inputs)
    const session = hive.startSession({ ...sessionOf({ ...task, name: task.options.name }), onSpanEnd: spans.add })
    return yield* Effect.acquireUseRelease(
      session,
      (session) => Effect.provideService(inSession(task, session, inputs, spans.take), CurrentSession, session),
      // A failed item is no failed effect, but its session has failed
      (session, exit) => hive.endSession(session, Exit.isSuccess(exit) ? exit.value.result.exit : exit)
    )
  })
