/**
 * Running spans, and spans as they come, in every store.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { TestClock } from "effect/testing"
import type { SpanRecord } from "@honeyhive/contract/Otlp"
import type { Store } from "./Store.fixture.ts"
import { TraceStore } from "./TraceStore.ts"

const SESSION = "11111111-1111-4111-8111-111111111111"
const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0")
const START = 1_790_000_000_000_000_000n

const span = (id: number, instance: string | undefined, end: bigint, more: Partial<SpanRecord> = {}): SpanRecord => ({
  traceId: hex(id < 10 ? 7 : 8, 32),
  spanId: hex(id, 16),
  parentSpanId: undefined,
  name: `span-${id}`,
  kind: 1,
  startTimeUnixNano: START,
  endTimeUnixNano: end,
  attributes: { "honeyhive.session_id": SESSION, "honeyhive.session_auto_create": true },
  events: [],
  links: [],
  status: { code: 0, message: "" },
  scope: { name: "test", version: "" },
  resource: instance === undefined ? {} : { "service.instance.id": instance },
  ...more
})
const ENDED = START + 5_000_000n

const states = Effect.gen(function* () {
  const store = yield* TraceStore
  const events = yield* store.sessionEvents(SESSION)
  return Object.fromEntries(
    events.slice(1).map((event) => [event.event_name, event.metadata["span_state"] ?? event.duration])
  )
})

/** Lets time go by, and the store see to its spans meanwhile: what is written waits for that. */
const pass = (seconds: number) =>
  Effect.repeat(
    Effect.andThen(
      TestClock.adjust("15 seconds"),
      TraceStore.use((store) => store.updateEvent("none", {}))
    ),
    { times: seconds / 15 - 1 }
  )

const ingest = (...spans: ReadonlyArray<SpanRecord>) => TraceStore.use((store) => store.ingest(spans))

export const runningSuite = ({ empty }: Store): void => {
  describe("running spans", () => {
    it.effect("show as running from their start, and as every other from their end", () =>
      Effect.gen(function* () {
        yield* ingest(span(1, "a", 0n), span(2, "a", ENDED))
        assert.deepStrictEqual(yield* states, { "span-1": "running", "span-2": 5 })
        yield* ingest(span(1, "a", ENDED))
        assert.deepStrictEqual(yield* states, { "span-1": 5, "span-2": 5 })
      }).pipe(Effect.provide(empty({ lease: "1 minute" })))
    )

    it.effect("a start that arrives after the end changes nothing, but adds what only it says", () =>
      Effect.gen(function* () {
        yield* ingest(span(1, "a", ENDED))
        const early = { ...span(1, "a", 0n).attributes, "honeyhive_metadata.early": true, "honeyhive_inputs.q": 1 }
        yield* ingest(span(1, "a", 0n, { attributes: early }))
        assert.deepStrictEqual(yield* states, { "span-1": 5 })
        const [, event] = yield* TraceStore.use((store) => store.sessionEvents(SESSION))
        assert.strictEqual(event?.metadata["early"], true)
      }).pipe(Effect.provide(empty({ lease: "1 minute" })))
    )

    it.effect("are lost when nothing came from their process for a lease, and only those", () =>
      Effect.gen(function* () {
        yield* ingest(span(1, "dead", 0n), span(2, "alive", 0n), span(11, undefined, 0n))
        for (let second = 0; second < 100; second += 20) {
          yield* TestClock.adjust("20 seconds")
          yield* ingest(span(3, "alive", ENDED), span(12, undefined, ENDED))
        }
        const seen = yield* states
        assert.strictEqual(seen["span-1"], "lost")
        assert.strictEqual(seen["span-2"], "running")
        // A process that does not say which one it is: its trace is heard of
        assert.strictEqual(seen["span-11"], "running")
        const { count } = yield* TraceStore.use((store) =>
          store.search({ filters: [{ field: "metadata.span_state", operator: "is", value: "lost" }] })
        )
        assert.strictEqual(count, 1)
        // It was only slow
        yield* ingest(span(1, "dead", ENDED))
        assert.strictEqual((yield* states)["span-1"], 5)
      }).pipe(Effect.provide(empty({ lease: "1 minute" })))
    )

    it.effect("over REST too: an event that names its process and has no end", () =>
      Effect.gen(function* () {
        const store = yield* TraceStore
        const create = (instance: string) =>
          store.createEvents([
            {
              event_type: "tool",
              event_name: instance,
              inputs: {},
              session_id: SESSION,
              metadata: { "service.instance.id": instance }
            }
          ])
        yield* store.startSession({ session_id: SESSION })
        const [first = ""] = yield* create("first")
        const [second = ""] = yield* create("second")
        assert.deepStrictEqual(yield* states, { first: "running", second: "running" })
        yield* store.updateEvent(first, { end_time: 9, duration: 3 })
        assert.deepStrictEqual(yield* states, { first: 3, second: "running" })
        yield* TestClock.adjust("50 seconds")
        yield* store.updateEvent(second, { metadata: { progress: 1 } })
        yield* TestClock.adjust("50 seconds")
        assert.strictEqual((yield* states)["second"], "running")
        yield* pass(120)
        assert.strictEqual((yield* states)["second"], "lost")
        const [third = ""] = yield* store.createEvents([{ event_type: "tool", inputs: {} }])
        const event = Option.getOrThrow(yield* store.event(third))
        assert.isUndefined(event.metadata["span_state"])
      }).pipe(Effect.provide(empty({ lease: "1 minute" })))
    )
  })

  describe("spans as they come", () => {
    it.effect(
      "an end before its start, a parent that never came and times of two clocks are shown as they were sent",
      () =>
        Effect.gen(function* () {
          yield* ingest(
            span(2, "a", ENDED, { parentSpanId: hex(99, 16) }),
            span(1, "a", START - 5_000_000n, { startTimeUnixNano: START }),
            span(3, "a", START - 900_000_000n, { startTimeUnixNano: START - 1_000_000_000n, parentSpanId: hex(2, 16) })
          )
          const events = yield* TraceStore.use((store) => store.sessionEvents(SESSION))
          const [session, third, ...others] = events
          assert.strictEqual(session?.start_time, third?.start_time)
          assert.strictEqual(third?.duration, 100)
          const second = others.find((event) => event.event_name === "span-2")
          assert.strictEqual(third?.parent_id, second?.event_id)
          assert.strictEqual(others.find((event) => event.event_name === "span-1")?.duration, -5)
          assert.isFalse(events.some((event) => event.event_id === second?.parent_id))
        }).pipe(Effect.provide(empty({ lease: "1 minute" })))
    )

    it.effect("enormous attributes stay whole", () =>
      Effect.gen(function* () {
        const text = "0123456789".repeat(1_000_000)
        yield* ingest(
          span(1, "a", ENDED, { attributes: { ...span(1, "a", 0n).attributes, "honeyhive_outputs.text": text } })
        )
        const [, event] = yield* TraceStore.use((store) => store.sessionEvents(SESSION))
        assert.strictEqual(event?.outputs?.["text"], text)
      }).pipe(Effect.provide(empty({ lease: "1 minute" })))
    )
  })
}
