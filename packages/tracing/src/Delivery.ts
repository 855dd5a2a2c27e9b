/**
 * From an ended span to the backend's answer: a bounded queue, batches, retries, and a count of what became of each span.
 *
 * The traced program pays for putting a span into the queue and for nothing else: it never waits.
 *
 * @since 0.1.0
 */
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Exporter } from "./Exporter.ts"
import * as attempts from "./internal/attempts.ts"
import { background } from "./internal/background.ts"
import { within } from "./internal/deadline.ts"
import { untraced } from "./internal/instance.ts"
import { Ledger, type Outcome, receiptOf } from "./internal/ledger.ts"
import { warn } from "./internal/log.ts"
import { isLoopback } from "./internal/loopback.ts"
import { instanceMetrics } from "./internal/metrics.ts"
import { type Entry, SpanQueue } from "./internal/spanQueue.ts"
import { type Replay, Spool } from "./Spool.ts"
import { TracerConfig } from "./TracerConfig.ts"
import { type ExportError, type Sendable, sizeOf, type Taken } from "./Transport.ts"

/**
 * Why a span was dropped: it had to leave a full queue, it cannot be encoded, the backend will not have it, the retries ran
 * out, or the instance closed before the backend took it.
 *
 * @category models
 * @since 0.1.0
 */
export type DropReason = "queue full" | "not encodable" | "refused" | "retries exhausted" | "closed"

/**
 * What became of the spans that a flush waited for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Receipt {
  /** Spans that the backend took. */
  readonly accepted: number
  /** Spans that are on disk, to be sent later by this process or the next one. */
  readonly spooled: number
  /** Spans by reason; empty when nothing was lost. */
  readonly dropped: { readonly [reason in DropReason]?: number }
  /** Spans still waiting when the flush deadline came. */
  readonly pending: number
}

/**
 * Spans were not delivered, and the level is `strict`.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Exporter, HoneyHive, TracerConfig, Transport } from "@honeyhive/tracing"
 *
 * const down = Layer.succeed(
 *   Exporter,
 *   Transport.fromSpanExporter({
 *     export: (_spans, done) => done({ code: 1, error: new Error("nobody is there") }),
 *     shutdown: () => Promise.resolve()
 *   })
 * )
 * const instance = HoneyHive.layerExporter.pipe(
 *   Layer.provide(down),
 *   Layer.provide(TracerConfig.layer({ resilience: "strict" }))
 * )
 * const dropped = Effect.void.pipe(
 *   Effect.withSpan("step"),
 *   Effect.andThen(HoneyHive.flush),
 *   Effect.as(0),
 *   Effect.catchTag("DeliveryError", (error) => Effect.succeed(error.dropped))
 * )
 *
 * await Effect.runPromise(dropped.pipe(Effect.provide(instance))) // => 1
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class DeliveryError extends Schema.TaggedError<DeliveryError>()("DeliveryError", {
  message: Schema.String,
  dropped: Schema.Int
}) {}

const REPORT_INTERVAL = "10 seconds"
/** Bytes of a span that is encoded as it ends: what that takes is bounded, however long spans may be. */
const MAX_AT_ONCE = 64 * 1024
/** Spans of a segment that are sent in one request again, at most. */
const REPLAY_PAUSE = "30 seconds"

/** Where spans are shown while they run, longest time that the end of one waits for its batch. */
const SOON = Duration.millis(200)

const nothing: Receipt = { accepted: 0, spooled: 0, dropped: {}, pending: 0 }

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
 * // => { accepted: 0, spooled: 0, dropped: {}, pending: 0 }
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Delivery extends Context.Service<
  Delivery,
  {
    /** Counts a span that has begun, for the metrics. */
    readonly started: () => void
    /**
     * Sends spans that still run, once and at once: they are not counted, not kept on disk, and what is not taken is not sent
     * again. Absent where nobody asked for it.
     */
    readonly announce: ((spans: ReadonlyArray<ReadableSpan>) => Effect.Effect<void, ExportError>) | undefined
    /** How many spans have been taken so far. */
    readonly ended: () => number
    /** Takes an ended span, and its size where that is known; bounded time, never fails, never waits. */
    readonly offer: (span: ReadableSpan, bytes?: number) => void
    /**
     * Returns when every span that was offered before has been accepted, spooled or dropped, or the flush deadline has come, and
     * says how many of each. Fails only where the level is `strict`.
     */
    readonly flush: Effect.Effect<Receipt, DeliveryError>
    /** Takes no more spans, flushes within the shutdown deadline, keeps or drops the rest; what its scope does at the end. */
    readonly close: Effect.Effect<Receipt>
    /** Writes what is still in memory to the spool at once; for a process that ends now. */
    readonly spill: () => void
  }
>()("@honeyhive/tracing/Delivery") {
  /** Delivers to the instance's exporter. */
  static readonly layer: Layer.Layer<Delivery, never, TracerConfig | Exporter> = Layer.effect(
    Delivery,
    Effect.suspend(() => make)
  ).pipe(Layer.provide(Spool.layer))
}

const make = Effect.gen(function* () {
  const settings = yield* TracerConfig
  const exporter = yield* Exporter
  const spool = yield* Spool
  const metrics = instanceMetrics(yield* Effect.context<never>(), settings.serviceInstanceId)
  const fibers = yield* FiberSet.make<void>()
  const run = yield* FiberSet.runtime(fibers)()
  const fork = (effect: Effect.Effect<void>) => untraced(() => run(background(Effect.withTracerEnabled(effect, false))))
  const {
    close: stopWaiting,
    isClosing,
    once,
    pacing,
    pause,
    wake: wakeAttempts
  } = yield* background(attempts.make(exporter, settings.resilience))

  const queue = new SpanQueue(settings.batchMaxQueue, settings.batchMaxQueueBytes)
  // A span that was seen to start shall be seen to end
  const interval = announces(settings, exporter) ? Duration.min(settings.batchInterval, SOON) : settings.batchInterval
  const batchSize = settings.disableBatch ? 1 : Math.min(settings.batchMaxSize, settings.batchMaxQueue)
  let requests = 0
  /** Spans that have begun, and that no metric has counted yet. */
  let begun = 0
  /** Spans that the metric has counted. */
  let published = 0
  /** Taken from the queue, not yet accepted, spooled or dropped. */
  const underWay = new Set<Entry>()
  let timer = false
  let closed = false

  const report = Effect.suspend(() => {
    const counts = ledger.report()
    return counts === "" ? Effect.void : warn(`HoneyHive: spans dropped: ${counts}`)
  })
  const ledger = new Ledger(() => {
    if (!closed) fork(Effect.andThen(Effect.sleep(REPORT_INTERVAL), report))
  }, metrics.settled)

  const settle = (entries: ReadonlyArray<Entry>, outcome: Outcome): void => {
    const tickets = entries.flatMap(({ ticket }) => (ticket === undefined ? [] : [ticket]))
    if (tickets.length > 0) {
      if (outcome === "spooled") spool.leave(tickets)
      else spool.settle(tickets)
    }
    for (const entry of entries) underWay.delete(entry)
    exporter.release?.(entries.flatMap(({ item }) => item ?? []))
    for (const entry of entries) entry.item = undefined
    ledger.settle(
      entries.map(({ sequence }) => sequence),
      outcome
    )
  }

  /** The span in the form in which it is sent; none when the exporter cannot read it. */
  const itemOf = (entry: Entry): Sendable | undefined => {
    const { span } = entry
    if (entry.item !== undefined || span === undefined) return entry.item
    entry.span = undefined
    try {
      entry.item = exporter.prepare(span)
    } catch {
      // A span with attributes that no exporter was made for
    }
    return entry.item
  }

  /** Puts spans on disk, and returns those for which there is no room. */
  const store = (entries: ReadonlyArray<Entry>): ReadonlyArray<Entry> => {
    if (spool.mode === "off") return entries
    const stored: Array<Entry> = []
    const rest: Array<Entry> = []
    for (const entry of entries) {
      const item = entry.ticket === undefined ? itemOf(entry) : undefined
      if (item !== undefined) entry.ticket = spool.append(item)
      ;(entry.ticket === undefined ? rest : stored).push(entry)
    }
    settle(stored, "spooled")
    return rest
  }

  let failing = false
  const reportState = (failed: ExportError | undefined, spans: number): Effect.Effect<void> => {
    if (failing === (failed !== undefined)) return Effect.void
    failing = failed !== undefined
    if (!failing) wakeAttempts()
    return warn(
      failed === undefined
        ? "HoneyHive: exporting works again"
        : `HoneyHive: exporting ${spans} spans failed: ${failed.message}`
    )
  }

  const send = (batch: ReadonlyArray<Sendable>) =>
    once(batch).pipe(
      Effect.tap(() => reportState(undefined, batch.length)),
      Effect.tapError((error) => (error._tag === "ExportError" ? reportState(error, batch.length) : Effect.void))
    )

  const accepted = (entries: ReadonlyArray<Entry>, { message, rejected }: Taken): Effect.Effect<void> => {
    const refused = Math.min(rejected, entries.length)
    const say = refused === 0 ? Effect.void : warn(`HoneyHive: the backend refused ${refused} spans: ${message}`)
    return Effect.andThen(
      say,
      Effect.sync(() => {
        // Nobody says which of them: the counts are right, the names are not known
        settle(entries.slice(0, refused), "refused")
        settle(entries.slice(refused), "accepted")
      })
    )
  }

  const deliver = Effect.fnUntraced(function* (batch: ReadonlyArray<Entry>): Effect.fn.Return<void> {
    const [unreadable, readable] = partition(batch, (entry) => itemOf(entry) !== undefined)
    settle(unreadable, "not encodable")
    let entries = readable
    let delayOf = yield* pacing
    while (entries.length > 0) {
      const result = yield* Effect.result(send(entries.flatMap(({ item }) => item ?? [])))
      if (Result.isSuccess(result)) return yield* accepted(entries, result.success)
      const error = result.failure
      if (error._tag === "ExportError" && error.isFinal) {
        if (!error.isDivisible || entries.length === 1) return settle(entries, "refused")
        const half = entries.length >> 1
        yield* deliver(entries.slice(0, half))
        return yield* deliver(entries.slice(half))
      }
      const delay = yield* delayOf(error)
      // The disk takes over where the backend is known to be down, and where there is no time to try again
      if (error._tag === "Rejected" || isClosing() || Option.isNone(delay)) entries = store(entries)
      if (Option.isNone(delay)) return settle(entries, "retries exhausted")
      if (entries.length > 0 && (yield* pause(delay.value)) === "hurried") delayOf = yield* pacing
    }
  })

  /** Sends whole batches, and with `all` also what is left. */
  const pump = (all: boolean): void => {
    while (requests < settings.maxInFlight && queue.length > 0) {
      if (!all && !ledger.isAwaited && queue.length < batchSize && queue.bytes < settings.batchMaxBytes) break
      const batch = queue.take(batchSize, settings.batchMaxBytes)
      for (const entry of batch) underWay.add(entry)
      requests++
      // Never inside the program's own `end`
      fork(Effect.yieldNow.pipe(Effect.andThen(deliver(batch)), Effect.andThen(Effect.sync(next))))
    }
    metrics.started(begun)
    begun = 0
    metrics.ended(queue.newest - published)
    published = queue.newest
    metrics.queued(queue.length)
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
        Effect.sleep(interval),
        Effect.sync(() => {
          timer = false
          pump(true)
          if (queue.length > 0) wake()
        })
      )
    )
  }

  /** Spans that are too long to be encoded inside the program's own `end`. */
  let long: Array<Entry> = []
  let encoding: NodeJS.Immediate | undefined
  const encode = (entry: Entry): void => {
    const item = itemOf(entry)
    if (item !== undefined && !underWay.has(entry)) queue.resize(entry, item.bytes)
  }
  // Between the program's own steps, one at a time
  const encodeLater = (): void => {
    const entry = long.shift()
    if (entry?.span !== undefined) encode(entry)
    encoding = long.length > 0 ? setImmediate(encodeLater) : undefined
  }

  const offer = (span: ReadableSpan, bytes = sizeOf(span)): void => {
    if (closed) return ledger.drop("closed", 1)
    const entry = queue.push(span, bytes)
    // At once, while the span is in the processor's cache: later it would take twice the time, and its memory until then
    if (entry.bytes <= MAX_AT_ONCE || spool.mode === "durable") encode(entry)
    else if (long.push(entry) === 1) encoding = setImmediate(encodeLater)
    if (spool.mode === "durable" && entry.item !== undefined) entry.ticket = spool.append(entry.item)
    const dropped = queue.overflow()
    if (dropped.length > 0) settle(store(dropped), "queue full")
    if (queue.length >= batchSize || queue.bytes >= settings.batchMaxBytes) pump(false)
    else if (!timer) wake()
  }

  /** Starts to wait for everything that is queued or on its way now. */
  const wait = () => {
    const remaining = queue.length + underWay.size
    if (remaining === 0) return undefined
    const flush = ledger.open(remaining, queue.newest)
    pump(true)
    wakeAttempts()
    return flush
  }

  const flush = Effect.gen(function* () {
    const mine = wait()
    if (mine === undefined) return nothing
    // The program's own clock: its timer keeps the process alive until the flush is over
    const receipt = yield* Deferred.await(mine.done).pipe(
      Effect.timeoutOption(settings.flushTimeout),
      Effect.map(Option.getOrElse(() => receiptOf(mine))),
      Effect.ensuring(Effect.sync(() => ledger.close(mine)))
    )
    const dropped = Object.values(receipt.dropped).reduce((sum, count) => sum + count, 0)
    return settings.resilience === "strict" && dropped > 0
      ? yield* new DeliveryError({ message: `${dropped} spans were not delivered`, dropped })
      : receipt
  })

  const resend = Effect.fnUntraced(function* ({ delivered, items, release }: Replay) {
    let from = 0
    let done = false
    yield* Effect.gen(function* () {
      while (from < items.length) {
        const to = endOfBatch(items, from, batchSize, settings.batchMaxBytes)
        const result = yield* Effect.result(send(items.slice(from, to)))
        if (Result.isFailure(result) && !(result.failure._tag === "ExportError" && result.failure.isFinal)) return
        delivered(from, to)
        from = to
      }
      done = true
    }).pipe(Effect.ensuring(Effect.sync(() => release(done))))
    return done
  })

  /** Sends what earlier processes, or an outage, left on disk: oldest first, and again when the backend is back. */
  const replay = Effect.gen(function* () {
    while (true) {
      const found = spool.replay()
      if (found !== undefined && (yield* resend(found))) continue
      yield* Effect.sleep(found === undefined ? REPLAY_PAUSE : "1 second")
    }
  })
  if (spool.mode !== "off") fork(replay)

  const announce = announces(settings, exporter)
    ? (spans: ReadonlyArray<ReadableSpan>) =>
        Effect.suspend(() => {
          if (closed) return Effect.void
          const items = spans.flatMap((span) => {
            try {
              return [exporter.prepare(span)]
            } catch {
              return []
            }
          })
          const release = Effect.sync(() => exporter.release?.(items))
          return items.length === 0 ? Effect.void : Effect.asVoid(Effect.ensuring(exporter.send(items), release))
        })
    : undefined

  const spill = (): void => {
    closed = true
    clearImmediate(encoding)
    const rest = [...underWay, ...queue.take(queue.length, Number.POSITIVE_INFINITY)]
    settle(store(rest), "closed")
    spool.close()
  }

  const close = yield* Effect.cached(
    Effect.gen(function* () {
      closed = true
      stopWaiting()
      const last = wait()
      if (last !== undefined) yield* within(settings.shutdownTimeout, Effect.asVoid(Deferred.await(last.done)))
      yield* FiberSet.clear(fibers)
      spill()
      yield* exporter.shutdown
      yield* report
      return last === undefined ? nothing : receiptOf(last)
    })
  )
  yield* Effect.addFinalizer(() => close)
  return Delivery.of({ offer, started: () => void begun++, announce, ended: () => queue.newest, flush, close, spill })
})

/** Whether spans are told of while they run: where it is asked for, and where somebody understands it. */
const announces = (
  { otlpEndpoint, runningSpans, url }: TracerConfig["Service"],
  { takesRunning = false }: Exporter["Service"]
): boolean =>
  takesRunning && (runningSpans === "on" || (runningSpans === "local" && otlpEndpoint === undefined && isLoopback(url)))

const partition = (
  entries: ReadonlyArray<Entry>,
  holds: (entry: Entry) => boolean
): readonly [ReadonlyArray<Entry>, ReadonlyArray<Entry>] => {
  const yes = entries.filter(holds)
  return yes.length === entries.length ? [[], entries] : [entries.filter((entry) => !yes.includes(entry)), yes]
}

/** Where a batch ends that begins at `from`: at least one item, at most so many and so many bytes. */
const endOfBatch = (items: ReadonlyArray<Sendable>, from: number, maxItems: number, maxBytes: number): number => {
  let bytes = 0
  let to = from
  for (; to < items.length && to - from < maxItems; to++) {
    bytes += items[to]?.bytes ?? 0
    if (to > from && bytes > maxBytes) break
  }
  return to
}
