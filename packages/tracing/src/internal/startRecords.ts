/**
 * Spans that run, told while they run: a span that is still open after a moment is sent as it is then, without an end.
 *
 * It stands beside the delivery of ended spans and never in its way: a queue of its own that drops what is too much, one
 * request at a time, no second try for its own sake, no disk.
 */
import type { Attributes } from "@opentelemetry/api"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Delivery } from "../Delivery.ts"
import { view } from "./attached.ts"
import { background } from "./background.ts"
import { untraced } from "./instance.ts"
import { warn } from "./log.ts"

/** Milliseconds that a span has to be open before it is told: most have ended by then, and are sent once. */
const INTERVAL = 50
/** Milliseconds between two requests at least. */
const PAUSE = 25
/** Spans that wait, and spans that are known to be open, at most. */
const MAX_SPANS = 1024
const MAX_BATCH = 128
const MAX_BATCH_BYTES = 1024 * 1024
/** Characters of a value at most: a longer one comes with the span's end, whole. */
const MAX_VALUE = 16 * 1024
/** A backend takes spans of a silent process for lost; a hive does so after five minutes. */
const HEARTBEAT = Duration.seconds(30)
const TIMEOUT = Duration.seconds(5)
const MAX_RETRY = 30_000

export interface StartRecords {
  /** A span has started; `own` are attributes that it does not hold itself. */
  readonly started: (span: ReadableSpan, own?: Attributes) => void
  readonly ended: (span: ReadableSpan) => void
}

interface Open {
  readonly since: number
  readonly own: Attributes | undefined
}

const lengthOf = (value: unknown): number =>
  typeof value === "string"
    ? value.length
    : Array.isArray(value)
      ? value.reduce<number>((sum, item) => sum + lengthOf(item), 0)
      : 0

/** Nothing of a long value: looking for secrets in it would cost as much as at the span's end. */
const shortened = (attributes: Attributes): Attributes => {
  for (const name in attributes) {
    const length = lengthOf(attributes[name])
    if (length > MAX_VALUE) attributes[name] = `…[${length} characters, when the span ends]`
  }
  return attributes
}

/** The span as it is now: a copy, which redaction and limits may change. */
const snapshot = (span: ReadableSpan, own: Attributes | undefined): ReadableSpan => ({
  ...view(span, shortened({ ...span.attributes, ...own })),
  endTime: [0, 0],
  duration: [0, 0],
  ended: false
})

type Announce = NonNullable<Delivery["Service"]["announce"]>

/** Works as long as its scope. `finish` is what happens to every span before it may leave; it returns its size. */
export const make = Effect.fnUntraced(function* (announce: Announce, finish: (span: ReadableSpan) => number) {
  const clock = yield* Clock.Clock
  const fibers = yield* FiberSet.make<void>()
  const run = yield* FiberSet.runtime(fibers)()
  const fork = (effect: Effect.Effect<void>) => untraced(() => run(background(Effect.withTracerEnabled(effect, false))))
  const now = () => clock.currentTimeMillisUnsafe()

  /** Not told yet, oldest first. */
  const fresh = new Map<ReadableSpan, Open>()
  /** Told, and still open. */
  const told = new Map<ReadableSpan, Open>()
  let working = false
  let beating = false
  let lastTold = 0
  let refused = false

  const send = Effect.fnUntraced(function* (spans: ReadonlyArray<ReadableSpan>) {
    lastTold = now()
    const result = yield* Effect.result(Effect.timeoutOption(announce(spans), TIMEOUT))
    if (Result.isSuccess(result)) return Option.isSome(result.success)
    if (result.failure.isFinal && result.failure.status !== 413) {
      refused = true
      fresh.clear()
      told.clear()
      yield* warn(`HoneyHive: spans are not shown while they run: ${result.failure.message}`)
    }
    return false
  })

  /** Those that are old enough, as many as one request takes. */
  const take = () => {
    const due = now() - INTERVAL
    const spans: Array<ReadableSpan> = []
    const taken: Array<readonly [ReadableSpan, Open]> = []
    let bytes = 0
    for (const [span, open] of fresh) {
      if (open.since > due || taken.length === MAX_BATCH || bytes >= MAX_BATCH_BYTES) break
      fresh.delete(span)
      taken.push([span, open])
      if (told.size < MAX_SPANS) told.set(span, open)
      const copy = snapshot(span, open.own)
      bytes += finish(copy)
      spans.push(copy)
    }
    return { spans, taken }
  }

  const work = Effect.gen(function* () {
    let pause = INTERVAL
    let failures = 0
    while (fresh.size > 0) {
      yield* Effect.sleep(pause)
      const { spans, taken } = take()
      const isTaken = spans.length === 0 || (yield* send(spans))
      failures = isTaken ? 0 : failures + 1
      if (!isTaken && !refused) {
        // Told when the backend is back, if they still run then
        for (const [span, open] of taken) if (told.delete(span) && fresh.size < MAX_SPANS) fresh.set(span, open)
      }
      const [oldest] = fresh.values()
      const due = oldest === undefined ? 0 : oldest.since + INTERVAL - now()
      pause = failures > 0 ? Math.min(MAX_RETRY, 500 * 2 ** failures) : Math.max(PAUSE, due)
      if (told.size > 0 && !beating) {
        beating = true
        fork(beat)
      }
    }
    working = false
  }).pipe(Effect.ensuring(Effect.sync(() => void (working = false))))

  /** One span is enough for the backend to know that the process lives. */
  const beat = Effect.gen(function* () {
    while (told.size > 0) {
      yield* Effect.sleep(HEARTBEAT)
      const [first] = told
      if (first === undefined || now() - lastTold < Duration.toMillis(HEARTBEAT)) continue
      const copy = snapshot(first[0], first[1].own)
      finish(copy)
      yield* send([copy])
    }
    beating = false
  }).pipe(Effect.ensuring(Effect.sync(() => void (beating = false))))

  const records: StartRecords = {
    started: (span, own) => {
      if (refused || fresh.size >= MAX_SPANS) return
      fresh.set(span, { since: now(), own })
      if (working) return
      working = true
      fork(work)
    },
    ended: (span) => {
      if (!fresh.delete(span)) told.delete(span)
    }
  }
  return records
})
