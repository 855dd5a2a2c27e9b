/**
 * From an ended span to the backend's answer: a bounded queue, batches, retries, and a count of what became of each span.
 *
 * The traced program pays for putting a span into the queue and for nothing else: it never waits.
 *
 * @since 0.1.0
 */
import { ExportResultCode } from "@opentelemetry/core"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { Exporter } from "./Exporter.ts"
import { background } from "./internal/background.ts"
import { within } from "./internal/deadline.ts"
import { untraced } from "./internal/instance.ts"
import { warn } from "./internal/log.ts"
import { type Entry, SpanQueue } from "./internal/spanQueue.ts"
import * as Resilience from "./Resilience.ts"
import { TracerConfig } from "./TracerConfig.ts"

/**
 * Why a span was dropped: it had to leave a full queue, the backend will not have it, the retries ran out, or the instance
 * closed before the backend took it.
 *
 * @category models
 * @since 0.1.0
 */
export type DropReason = "queue full" | "refused" | "retries exhausted" | "closed"

/**
 * What became of the spans that a flush waited for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Receipt {
  readonly accepted: number
  /** Spans by reason; empty when nothing was lost. */
  readonly dropped: { readonly [reason in DropReason]?: number }
  /** Spans still waiting when the flush deadline came. */
  readonly pending: number
}

/**
 * Spans were not delivered, and the level is `strict`.
 *
 * @category errors
 * @since 0.1.0
 */
export class DeliveryError extends Schema.TaggedError<DeliveryError>()("DeliveryError", {
  message: Schema.String,
  dropped: Schema.Int
}) {}

/** A request that failed; `status` is the backend's answer, if there was one. */
class Undelivered extends Schema.TaggedError<Undelivered>()("Undelivered", {
  message: Schema.String,
  status: Schema.optionalKey(Schema.Int)
}) {
  /** 4xx are answers, except those that ask to come back. */
  get isFinal(): boolean {
    const { status } = this
    return status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 429
  }
  /** Too large as a whole, or malformed somewhere: halves find the span that it is about. */
  get isDivisible(): boolean {
    return this.status === 413 || this.status === 400
  }
}

const MAX_IN_FLIGHT = 4
const REPORT_INTERVAL = "10 seconds"

interface Waiting {
  readonly until: number
  remaining: number
  accepted: number
  readonly dropped: { [reason in DropReason]?: number }
  readonly done: Deferred.Deferred<Receipt>
}

const receiptOf = ({ accepted, dropped, remaining }: Waiting): Receipt => ({ accepted, dropped, pending: remaining })

const nothing: Receipt = { accepted: 0, dropped: {}, pending: 0 }

/**
 * The delivery of this instance.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Delivery, MemoryExporter, TracerConfig } from "@honeyhive/tracing"
 *
 * const delivery = Delivery.layer.pipe(Layer.provide(MemoryExporter.layer), Layer.provide(TracerConfig.layer()))
 *
 * await Effect.runPromise(Delivery.use(({ flush }) => flush).pipe(Effect.provide(delivery)))
 * // => { accepted: 0, dropped: {}, pending: 0 }
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Delivery extends Context.Service<
  Delivery,
  {
    /** Takes an ended span; constant time, never fails, never waits. */
    readonly offer: (span: ReadableSpan) => void
    /**
     * Returns when every span that was offered before has been accepted or dropped, or the flush deadline has come, and
     * says how many of each. Fails only where the level is `strict`.
     */
    readonly flush: Effect.Effect<Receipt, DeliveryError>
    /** Takes no more spans, flushes within the shutdown deadline, drops the rest; what its scope does at the end. */
    readonly close: Effect.Effect<Receipt>
  }
>()("@honeyhive/tracing/Delivery") {
  /** Delivers to the instance's exporter. */
  static readonly layer: Layer.Layer<Delivery, never, TracerConfig | Exporter> = Layer.effect(
    Delivery,
    Effect.suspend(() => make)
  )
}

const make = Effect.gen(function* () {
  const settings = yield* TracerConfig
  const exporter = yield* Exporter
  const fibers = yield* FiberSet.make<void>()
  const run = yield* FiberSet.runtime(fibers)()
  const fork = (effect: Effect.Effect<void>) => untraced(() => run(background(Effect.withTracerEnabled(effect, false))))

  const queue = new SpanQueue(settings.batchMaxQueue, settings.batchMaxQueueBytes)
  const batchSize = settings.disableBatch ? 1 : Math.min(settings.batchMaxSize, settings.batchMaxQueue)
  const schedule = Resilience.schedule(settings.resilience)
  let requests = 0
  /** Taken from the queue, not yet accepted or dropped. */
  const underWay = new Set<Entry>()
  const waiting = new Set<Waiting>()
  let timer = false
  let closed = false

  const unreported = new Map<DropReason, number>()
  const report = Effect.suspend(() => {
    const counts = [...unreported].map(([reason, count]) => `${count} (${reason})`)
    unreported.clear()
    return counts.length === 0 ? Effect.void : warn(`HoneyHive: spans dropped: ${counts.join(", ")}`)
  })
  const countDrop = (reason: DropReason, spans: number): void => {
    if (unreported.size === 0 && !closed) fork(Effect.andThen(Effect.sleep(REPORT_INTERVAL), report))
    unreported.set(reason, (unreported.get(reason) ?? 0) + spans)
  }

  const settle = (entries: ReadonlyArray<Entry>, dropped?: DropReason): void => {
    if (dropped !== undefined && entries.length > 0) countDrop(dropped, entries.length)
    for (const entry of entries) underWay.delete(entry)
    // A copy: who is resumed here may flush again before this loop is over, and must not count these spans
    for (const flush of Array.from(waiting)) {
      const mine = entries.reduce((count, entry) => (entry.sequence <= flush.until ? count + 1 : count), 0)
      flush.remaining -= mine
      if (dropped === undefined) flush.accepted += mine
      else if (mine > 0) flush.dropped[dropped] = (flush.dropped[dropped] ?? 0) + mine
      if (flush.remaining > 0) continue
      waiting.delete(flush)
      Deferred.doneUnsafe(flush.done, Effect.succeed(receiptOf(flush)))
    }
  }

  const send = (entries: ReadonlyArray<Entry>): Effect.Effect<void, Undelivered> =>
    Effect.callback((resume) => {
      exporter.export(
        entries.map((entry) => entry.span),
        ({ code, error }) => {
          if (code === ExportResultCode.SUCCESS) return resume(Effect.void)
          const status =
            Predicate.hasProperty(error, "code") && Number.isInteger(error.code) ? Number(error.code) : undefined
          const message = error?.message ?? "unknown reason"
          resume(Effect.fail(new Undelivered({ message, ...(status === undefined ? {} : { status }) })))
        }
      )
    })

  const deliver = (entries: ReadonlyArray<Entry>): Effect.Effect<void> =>
    send(entries).pipe(
      Effect.retry({ schedule, while: (error) => !error.isFinal }),
      Effect.matchEffect({
        onSuccess: () => Effect.sync(() => settle(entries)),
        onFailure: (error) => {
          if (!error.isDivisible || entries.length === 1) {
            return Effect.sync(() => settle(entries, error.isFinal ? "refused" : "retries exhausted"))
          }
          const half = entries.length >> 1
          return Effect.andThen(deliver(entries.slice(0, half)), deliver(entries.slice(half)))
        }
      })
    )

  /** Sends whole batches, and with `all` also what is left. */
  const pump = (all: boolean): void => {
    while (requests < MAX_IN_FLIGHT && queue.length > 0) {
      if (!all && waiting.size === 0 && queue.length < batchSize && queue.bytes < settings.batchMaxBytes) return
      const batch = queue.take(batchSize, settings.batchMaxBytes)
      for (const entry of batch) underWay.add(entry)
      requests++
      // Encoding a batch takes its time: never inside the program's own `end`
      fork(Effect.yieldNow.pipe(Effect.andThen(deliver(batch)), Effect.andThen(Effect.sync(next))))
    }
  }

  const next = (): void => {
    requests--
    pump(false)
    // What stayed behind is older than the timer that was started for it
    if (queue.length > 0) wake()
  }

  const wake = (): void => {
    if (timer) return
    timer = true
    fork(
      Effect.andThen(
        Effect.sleep(settings.batchInterval),
        Effect.sync(() => {
          timer = false
          pump(true)
          if (queue.length > 0) wake()
        })
      )
    )
  }

  const offer = (span: ReadableSpan): void => {
    if (closed) return countDrop("closed", 1)
    const dropped = queue.offer(span)
    if (dropped.length > 0) settle(dropped, "queue full")
    if (queue.length >= batchSize || queue.bytes >= settings.batchMaxBytes) pump(false)
    else if (!timer) wake()
  }

  /** Starts to wait for everything that is queued or on its way now. */
  const wait = (): Waiting | undefined => {
    const remaining = queue.length + underWay.size
    if (remaining === 0) return undefined
    const flush: Waiting = { until: queue.newest, remaining, accepted: 0, dropped: {}, done: Deferred.makeUnsafe() }
    waiting.add(flush)
    pump(true)
    return flush
  }

  const flush = Effect.gen(function* () {
    const mine = wait()
    if (mine === undefined) return nothing
    // The program's own clock: its timer keeps the process alive until the flush is over
    const receipt = yield* Deferred.await(mine.done).pipe(
      Effect.timeoutOption(settings.flushTimeout),
      Effect.map(Option.getOrElse(() => receiptOf(mine))),
      Effect.ensuring(Effect.sync(() => waiting.delete(mine)))
    )
    const dropped = Object.values(receipt.dropped).reduce((sum, count) => sum + count, 0)
    return settings.resilience === "strict" && dropped > 0
      ? yield* new DeliveryError({ message: `${dropped} spans were not delivered`, dropped })
      : receipt
  })

  const close = yield* Effect.cached(
    Effect.gen(function* () {
      closed = true
      const last = wait()
      if (last !== undefined) yield* within(settings.shutdownTimeout, Effect.asVoid(Deferred.await(last.done)))
      yield* FiberSet.clear(fibers)
      settle([...underWay], "closed")
      settle(queue.take(queue.length, Number.POSITIVE_INFINITY), "closed")
      yield* Effect.promise(() => exporter.shutdown().catch(() => {}))
      yield* report
      return last === undefined ? nothing : receiptOf(last)
    })
  )
  yield* Effect.addFinalizer(() => close)
  return Delivery.of({ offer, flush, close })
})
