import { assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Hive } from "./Hive.ts"
import { listen, liveSuite, type Message, post, tool } from "./LiveApi.fixture.ts"
import { watched } from "./LiveApi.ts"
import { LiveFeed } from "./LiveFeed.ts"
import { SessionRow } from "./SessionRow.ts"
import { SpanRow } from "./SpanRow.ts"
import { sqlite } from "./Store.fixture.ts"
import * as SqliteTraceStore from "./SqliteTraceStore.ts"
import { TraceQueries } from "./TraceQueries.ts"
import { TraceStore } from "./TraceStore.ts"

const LiveRow = Schema.Struct({ session_id: Schema.String, row: SpanRow })

const span = (spanId: string, session: string) => ({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: [
            {
              name: "step",
              traceId: "a".repeat(32),
              spanId,
              startTimeUnixNano: "1790000000000000000",
              endTimeUnixNano: "1790000000001000000",
              attributes: [
                { key: "honeyhive.session_id", value: { stringValue: session } },
                { key: "honeyhive.session_auto_create", value: { boolValue: true } }
              ]
            }
          ]
        }
      ]
    }
  ]
})

describe("live", () => {
  layer(Hive.layer())("stream", (it) => {
    it.effect("shows events as they are created and changed, over REST and OTLP", () =>
      Effect.gen(function* () {
        const { next, response } = yield* listen()
        assert.match(response.headers["content-type"] ?? "", /^text\/event-stream/)
        const session = crypto.randomUUID()
        yield* post("/v1/sessions", { session_id: session, session_name: "watched" })
        assert.deepInclude((yield* next).data, { event_id: session, event_type: "session", event_name: "watched" })
        const { event_id } = yield* post("/v1/events", tool("first", { session_id: session }))
        assert.deepInclude(yield* next.pipe(Effect.map(({ data }) => data)), { event_id, metrics: {} })
        yield* post(`/v1/events/${event_id}`, { metrics: { score: 1 } }, "PUT")
        assert.deepInclude((yield* next).data, { event_id, metrics: { score: 1 } })
        yield* post("/v1/traces", span("b".repeat(16), session))
        const spanEvent = (yield* next).data
        assert.deepInclude(spanEvent, { event_name: "step", session_id: session, event_type: "tool" })
        assert.deepInclude((yield* next).data, { event_id: session })
      })
    )

    it.effect("as rows: light events, and their session with its sums, seldom enough", () =>
      Effect.gen(function* () {
        const { messages, next } = yield* listen("?view=rows")
        const list = yield* listen("?view=sessions")
        const session = crypto.randomUUID()
        const begun = performance.now()
        yield* post("/v1/traces", span("c".repeat(16), session))
        const step = yield* next
        const latency = performance.now() - begun
        assert.strictEqual(step.event, "row")
        const { row, session_id } = Schema.decodeUnknownSync(LiveRow)(step.data)
        assert.deepStrictEqual([session_id, row[1], row[3], row[5], row[6]], [session, session, "step", 1, "ok"])
        // Not a timed test: what is shown must not have waited for the next look at anything
        assert.isBelow(latency, 2000)
        const own = yield* next
        assert.deepStrictEqual([own.event, own.data.row[2]], ["row", "session"])
        const first = Schema.decodeUnknownSync(SessionRow)((yield* next).data)
        assert.deepInclude(first, { session_id: session, events: 1, status: "ok" })
        assert.deepInclude((yield* list.next).data, { session_id: session, events: 1 })
        // More of the same session waits until its time has come, and is said once
        const events = ["one", "two", "three"].map((name) => tool(name, { session_id: session }))
        for (const event of events) yield* post("/v1/events", event)
        for (const { event_name } of events) assert.strictEqual((yield* next).data.row[3], event_name)
        assert.strictEqual(yield* Queue.size(messages), 0)
        while ((yield* Queue.size(messages)) === 0) {
          yield* TestClock.adjust(50)
          yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        }
        const last = yield* next
        assert.deepStrictEqual([last.event, last.data.events], ["session", 4])
        const said = yield* list.next
        assert.deepStrictEqual([said.event, said.data.events], ["session", 4])
      })
    )

    it.effect("can be narrowed to one session", () =>
      Effect.gen(function* () {
        const [mine, other] = [crypto.randomUUID(), crypto.randomUUID()]
        const { next } = yield* listen(`?session_id=${mine.toUpperCase()}`)
        yield* post("/v1/events", tool("no", { session_id: other }))
        yield* post("/v1/traces", span("c".repeat(16), other))
        yield* post("/v1/events", tool("yes", { session_id: mine }))
        assert.strictEqual((yield* next).data.event_name, "yes")
      })
    )

    it.effect("goes on where a client left", () =>
      Effect.gen(function* () {
        const first = yield* listen()
        yield* post("/v1/events", tool("one"))
        const { id = "" } = yield* first.next
        first.response.destroy()
        yield* post("/v1/events", tool("two"))
        yield* post("/v1/events", tool("three"))
        for (const again of [yield* listen("", { "last-event-id": id }), yield* listen(`?last_event_id=${id}`)]) {
          assert.deepStrictEqual(
            [(yield* again.next).data.event_name, (yield* again.next).data.event_name],
            ["two", "three"]
          )
        }
      })
    )

    it.effect.each(["ffffffff-3", "nonsense", "-1"])("%s is a place of before a restart: a gap", (id) =>
      Effect.gen(function* () {
        const { next } = yield* listen("", { "last-event-id": id })
        const gap = yield* next
        assert.deepStrictEqual([gap.event, gap.data], ["gap", { missed: null }])
        yield* post("/v1/events", tool("after"))
        assert.strictEqual((yield* next).data.event_name, "after")
      })
    )

    it.effect("keeps a quiet connection open", () =>
      Effect.gen(function* () {
        const { raw } = yield* listen()
        assert.match(raw(), /^retry: 1000/)
        while (!raw().includes(": keep-alive")) {
          yield* TestClock.adjust("15 seconds")
          yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        }
      })
    )
  })

  const reads = { count: 0 }
  const counting = Layer.effect(
    TraceStore,
    Effect.map(TraceStore, (store) =>
      TraceStore.of({ ...store, event: (id) => Effect.tap(store.event(id), () => Effect.sync(() => reads.count++)) })
    )
  ).pipe(Layer.provide(SqliteTraceStore.layer({ path: ":memory:" })), Layer.merge(Layer.mock(TraceQueries)({})))

  layer(Hive.layerServer({ liveCapacity: 32 }).pipe(Layer.provideMerge(counting)))("a slow client", (it) => {
    it.effect("pins no memory: it is read to no further, and finds a gap when it comes back", () =>
      Effect.gen(function* () {
        const slow = yield* listen()
        slow.response.pause()
        // More than the sockets of both sides hold
        const big = { outputs: { text: "x".repeat(500_000) } }
        for (let n = 0; n < 100; n++) yield* post("/v1/events", tool(`big-${n}`, big))
        const quick = yield* listen()
        yield* post("/v1/events", tool("last"))
        assert.strictEqual((yield* quick.next).data.event_name, "last")
        assert.isBelow(reads.count, 60)
        slow.response.resume()
        const seen: Array<Message> = []
        while (seen.at(-1)?.data.event_name !== "last") seen.push(yield* slow.next)
        const gaps = seen.filter(({ event }) => event === "gap")
        assert.isAtLeast(gaps.length, 1)
        const missed = gaps.reduce((sum, { data }) => sum + data.missed, 0)
        assert.strictEqual(missed + seen.length - gaps.length, 101)
      })
    )
  })

  liveSuite(sqlite)

  layer(Hive.layer({ keys: [Redacted.make("secret")] }))("keys", (it) => {
    it.effect("are wanted where there are some", () =>
      Effect.gen(function* () {
        const { url } = yield* Hive
        const response = yield* Effect.promise(() => fetch(`${url}/api/live`))
        assert.strictEqual(response.status, 401)
        const { response: open } = yield* listen("", { authorization: "Bearer secret" })
        assert.strictEqual(open.statusCode, 200)
      })
    )
  })

  it.effect("events of another store are news too", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      const event_id = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
      yield* store.createEvents([{ event_type: "tool", inputs: {}, event_id }])
      const records = yield* Stream.runCollect(store.records({}))
      const feed = yield* LiveFeed
      const place = feed.now()
      yield* store.restore(records)
      const ids = feed.after(place, 10).changes.map(([, change]) => change.event_id)
      assert.include(ids, event_id)
    }).pipe(
      Effect.provide(
        watched.pipe(Layer.provide(SqliteTraceStore.layer({ path: ":memory:" })), Layer.provideMerge(LiveFeed.layer()))
      )
    )
  )

  it.effect("a hive lets its listeners go when it closes, and does not cut them off", () =>
    Effect.gen(function* () {
      const { response } = yield* listen().pipe(Effect.provide(Layer.fresh(Hive.layer())))
      if (!response.closed) yield* Effect.promise(() => new Promise((resolve) => response.once("close", resolve)))
      assert.isTrue(response.complete)
    })
  )
})
