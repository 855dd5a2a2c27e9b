import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { TestClock } from "effect/testing"
import { connect as connectTo, createServer, type Socket } from "node:net"
import type { PostEvent } from "@honeyhive/contract/Event"
import * as ClickHouseTraceStore from "./ClickHouseTraceStore.ts"
import { addressOf } from "./internal/clickhouse/address.ts"
import { binding } from "./internal/clickhouse/binding.ts"
import { condition } from "./internal/clickhouse/compiler.ts"
import { connect } from "./internal/clickhouse/database.ts"
import { Hive } from "./Hive.ts"
import { liveSuite } from "./LiveApi.fixture.ts"
import { queryRoutesSuite } from "./QueryRoutes.fixture.ts"
import { repeatsSuite } from "./repeats.fixture.ts"
import { runningSuite } from "./running.fixture.ts"
import type { Open, Store } from "./Store.fixture.ts"
import { streamRoutesSuite } from "./StreamRoutes.fixture.ts"
import { traceQueriesSuite } from "./TraceQueries.fixture.ts"
import { TraceQueries } from "./TraceQueries.ts"
import * as TraceQuery from "./TraceQuery.ts"
import { traceStoreSuite } from "./TraceStore.fixture.ts"
import { TraceStore } from "./TraceStore.ts"

const url = process.env["HIVE_TEST_CLICKHOUSE"] ?? ""

const parse = (text: string) => Result.getOrThrow(TraceQuery.parse(text))

const fresh = () => `test_${crypto.randomUUID().replaceAll("-", "_")}`

const inDatabase =
  (database: string): Open =>
  (options) =>
    ClickHouseTraceStore.layer({ ...options, url, database })

const clickhouse: Store = {
  runs: 20,
  empty: (options) => Layer.fresh(inDatabase(fresh())(options)),
  kept: Effect.sync(() => inDatabase(fresh()))
}

describe("ClickHouseTraceStore", () => {
  traceStoreSuite(clickhouse)
  traceQueriesSuite(clickhouse)
})

runningSuite(clickhouse)
repeatsSuite(clickhouse)
streamRoutesSuite(clickhouse)

describe("a hive over ClickHouse", () => {
  queryRoutesSuite(clickhouse)
  liveSuite(clickhouse)
})

const Text = Schema.Struct({ explain: Schema.String })

/** The database of a store, as the store itself sees it. */
const database = (name: string) => Effect.flatMap(addressOf({ url, database: name }), connect)

const post = (event_name: string, more: Partial<PostEvent> = {}): PostEvent => ({
  event_type: "tool",
  event_name,
  inputs: {},
  ...more
})

describe("ClickHouse itself", () => {
  it.effect("whoever may not enter hears so, without the password", () =>
    Effect.gen(function* () {
      const wrong = ClickHouseTraceStore.layer({ url, password: Redacted.make("not-the-password") })
      const error = yield* Layer.build(wrong).pipe(Effect.scoped, Effect.flip)
      assert.include(error.message, "Authentication failed")
      assert.notInclude(error.message, "not-the-password")
    })
  )

  it.effect("refuses the tables of a newer hive, and says so", () =>
    Effect.gen(function* () {
      const name = fresh()
      const store = inDatabase(name)()
      yield* Effect.scoped(Layer.build(store))
      const { insert } = yield* database(name)
      yield* insert("test", "migrations", [{ version: 999 }])
      const error = yield* Layer.build(Layer.fresh(store)).pipe(Effect.scoped, Effect.flip)
      assert.include(error.message, "version 999")
      assert.include(error.message, name)
      assert.include(error.message, "update @honeyhive/hive")
    })
  )

  it.effect("reads only where what is asked for may be: by day and session, by word, by trace", () =>
    Effect.gen(function* () {
      const name = fresh()
      const day = 86_400_000
      const start = Date.UTC(2026, 10, 1)
      const sessions = yield* Effect.gen(function* () {
        const store = yield* TraceStore
        const ids = Array.from({ length: 40 }, () => crypto.randomUUID())
        for (const [index, session_id] of ids.entries()) {
          yield* store.createEvents(
            Array.from({ length: 20 }, (_, step) =>
              post(`step ${step}`, {
                session_id,
                start_time: start + index * day,
                outputs: { text: `w${index}x${step}` }
              })
            )
          )
        }
        const { hits } = yield* TraceQueries.use((queries) => queries.search(parse("w7x7")))
        assert.deepStrictEqual(
          hits.map(({ session_id }) => session_id),
          [ids[7] ?? ""]
        )
        return ids
      }).pipe(Effect.provide(inDatabase(name)()))
      const { rows, run } = yield* database(name)
      // As a server would in its own time
      yield* run("test", { sql: "OPTIMIZE TABLE events FINAL" })
      const plan = (query: string) =>
        Effect.gen(function* () {
          const bound = binding()
          const where = condition(bound, parse(query), start)
          const lines = yield* rows("explaining", Text, {
            sql: `EXPLAIN indexes = 1 SELECT event_id FROM events FINAL WHERE ${where}`,
            params: bound.params
          })
          return lines.map(({ explain }) => explain).join("\n")
        })
      assert.include(yield* plan("w7x7"), "by_word")
      assert.include(yield* plan("trace:abc"), "by_trace")
      const bySession = yield* plan(`session:${sessions[3]}`)
      assert.match(bySession, /PrimaryKey/)
      assert.match(yield* plan("step"), /Parts: 2 \|/)
      assert.match(yield* plan("step since:2026-12-05 until:2026-12-06"), /Parts: 1 \|/)
    })
  )

  it.effect("two hives that write to one database: everything is there once", () =>
    Effect.gen(function* () {
      const open = inDatabase(fresh())
      const another = Effect.map(Layer.build(Layer.fresh(open())), (context) => Context.get(context, TraceStore))
      const one = yield* another
      const two = yield* another
      const session_id = crypto.randomUUID()
      const events = Array.from({ length: 200 }, (_, index) =>
        post(`step ${index}`, { event_id: crypto.randomUUID(), session_id, start_time: 1_790_000_000_000 + index })
      )
      yield* one.startSession({ session_id, session_name: "shared" })
      yield* Effect.all(
        [one, two].flatMap((store) =>
          Array.from({ length: 20 }, (_, part) => store.createEvents(events.slice(part * 10, part * 10 + 10)))
        ),
        { concurrency: "unbounded" }
      )
      yield* two.updateEvent(events[0]?.event_id ?? "", { feedback: { rating: 5 } })
      const seen = yield* one.sessionEvents(session_id)
      assert.deepStrictEqual(
        seen.slice(1).map(({ event_name }) => event_name),
        events.map(({ event_name }) => event_name)
      )
      assert.deepStrictEqual(seen[1]?.feedback, { rating: 5 })
      assert.deepInclude((yield* one.sessions({ limit: 9, offset: 0 }))[0], { name: "shared", events: 200 })
    })
  )

  it.effect("what arrives while something is written shares the next insert", () =>
    Effect.gen(function* () {
      const name = fresh()
      const session_id = crypto.randomUUID()
      yield* Effect.gen(function* () {
        const store = yield* TraceStore
        const writes = Array.from({ length: 20 }, () =>
          store.createEvents(Array.from({ length: 400 }, (_, index) => post(`${index}`, { session_id })))
        )
        yield* Effect.all(writes, { concurrency: "unbounded" })
        assert.strictEqual((yield* store.sessions({ limit: 1, offset: 0 }))[0]?.events, 8000)
      }).pipe(Effect.provide(inDatabase(name)()))
      const [inserts] = yield* (yield* database(name)).rows("counting inserts", Schema.Struct({ count: Schema.Int }), {
        sql: "SELECT max(max_block_number) AS count FROM system.parts WHERE database = currentDatabase() AND table = 'events'"
      })
      assert.isBelow(inserts?.count ?? 99, 10)
    })
  )

  it.effect("pages through many that began in the same microsecond", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      const queries = yield* TraceQueries
      const start_time = 1_790_000_000_000.5
      const ids = yield* store.createEvents(Array.from({ length: 100 }, () => post("step", { start_time })))
      const seen: Array<string> = []
      let before: number | undefined
      do {
        const page = yield* queries.search(parse("step"), { limit: 30, before })
        seen.push(...page.hits.map((hit) => hit.event_id))
        before = page.next ?? undefined
      } while (before !== undefined)
      assert.deepStrictEqual(seen.toSorted(), ids.toSorted())
    }).pipe(Effect.provide(clickhouse.empty()))
  )

  it.effect("what cannot be kept fails by itself: others that are written with it are kept", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      const session_id = crypto.randomUUID()
      const good = Array.from({ length: 5 }, (_, index) => store.createEvents([post(`good ${index}`, { session_id })]))
      // No number that JSON can say
      const bad = Effect.flip(store.createEvents([post("bad", { session_id, start_time: Number.NaN })]))
      const all = yield* Effect.all([...good.slice(0, 3), bad, ...good.slice(3)], { concurrency: "unbounded" })
      assert.strictEqual(all.length, 6)
      assert.strictEqual((yield* store.sessionEvents(session_id)).length, 5)
    }).pipe(Effect.provide(clickhouse.empty()))
  )

  it.effect("more than may wait is refused as busy, and nothing of it is kept", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      const session_id = crypto.randomUUID()
      const writes = Array.from({ length: 20 }, (_, index) =>
        Effect.result(store.createEvents([post(`${index}`, { session_id })]))
      )
      const results = yield* Effect.all(writes, { concurrency: "unbounded" })
      const refused = results.filter(Result.isFailure)
      assert.isAbove(refused.length, 0)
      assert.isTrue(refused.every(({ failure }) => failure.busy === true))
      assert.strictEqual((yield* store.sessionEvents(session_id)).length, 20 - refused.length)
    }).pipe(Effect.provide(ClickHouseTraceStore.layer({ url, database: fresh(), maxWaitingBytes: 20_000 })))
  )

  it.effect("keeps what it is told to: whole sessions go, the oldest first, but none in which something runs", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      const hour = 3_600_000
      const start = yield* Clock.currentTimeMillis
      const session = (name: string, age: number, more: Partial<PostEvent> = {}) =>
        Effect.gen(function* () {
          const start_time = start - age * hour
          const { session_id } = yield* store.startSession({ session_name: name, start_time })
          yield* store.createEvents([post("one", { session_id, start_time, end_time: start_time + 1, ...more })])
          return session_id
        })
      const old = yield* session("old", 9)
      yield* session("running", 8, { end_time: null, metadata: { "service.instance.id": "alive" } })
      yield* session("young", 1)
      for (const index of [3, 2, 1]) yield* session(`many ${index}`, 1 + index / 10)
      yield* Effect.repeat(
        // What is written waits for what is deleted
        Effect.andThen(TestClock.adjust("15 seconds"), store.startSession({ session_name: "now" })),
        { times: 2 }
      )
      const names = (yield* store.sessions({ limit: 99, offset: 0 })).map(({ name }) => name)
      assert.notInclude(names, "old")
      assert.notInclude(names, "many 3")
      assert.includeMembers(names, ["running", "young", "many 1"])
      assert.isEmpty(yield* store.sessionEvents(old))
      assert.isAtMost((yield* store.search({})).count, 10)
    }).pipe(Effect.provide(clickhouse.empty({ lease: "1 minute", retention: { maxAge: "5 hours", maxEvents: 9 } })))
  )

  it.effect("is what a hive opens when its store is such a URL", () =>
    Effect.gen(function* () {
      const store = `${url}/${fresh()}`
      const session_id = crypto.randomUUID()
      yield* Effect.gen(function* () {
        const hive = yield* Hive
        const started = yield* Effect.promise(() =>
          fetch(`${hive.url}/session/start`, {
            method: "POST",
            headers: { authorization: "Bearer any", "content-type": "application/json" },
            body: JSON.stringify({ session: { session_id, session_name: "over HTTP" } })
          })
        )
        assert.strictEqual(started.status, 200)
      }).pipe(Effect.provide(Hive.layer({ store: Redacted.make(store) })))
      const sessions = yield* TraceStore.use((store) => store.sessions({ limit: 9, offset: 0 })).pipe(
        Effect.provide(ClickHouseTraceStore.layer({ url: store }))
      )
      assert.deepStrictEqual(
        sessions.map(({ name, session_id }) => [name, session_id]),
        [["over HTTP", session_id]]
      )
    })
  )

  it.effect("while the server is away, a hive says to come again, and takes it when it is back", () =>
    Effect.gen(function* () {
      const target = new URL(url.replace(/^clickhouse/, "http"))
      const sockets = new Set<Socket>()
      const proxy = createServer((socket) => {
        const other = connectTo(Number(target.port), target.hostname)
        for (const one of [socket, other]) {
          sockets.add(one)
          one.on("error", () => {}).on("close", () => (socket.destroy(), other.destroy()))
        }
        socket.pipe(other).pipe(socket)
      })
      const listen = (port: number) =>
        Effect.callback<number>((resume) => {
          proxy.listen(port, "127.0.0.1", () => {
            const address = proxy.address()
            resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
          })
        })
      const close = Effect.callback<void>((resume) => {
        proxy.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
        sockets.clear()
      })
      const port = yield* Effect.acquireRelease(listen(0), () => close)
      const through = new URL(url)
      through.hostname = "127.0.0.1"
      through.port = String(port)
      yield* Effect.gen(function* () {
        const hive = yield* Hive
        const start = Effect.promise(() =>
          fetch(`${hive.url}/session/start`, {
            method: "POST",
            headers: { authorization: "Bearer any", "content-type": "application/json" },
            body: JSON.stringify({ session: { session_name: "patient" } })
          })
        )
        assert.strictEqual((yield* start).status, 200)
        yield* close
        const away = yield* start
        assert.strictEqual(away.status, 503)
        assert.strictEqual(away.headers.get("retry-after"), "1")
        yield* listen(port)
        assert.strictEqual((yield* start).status, 200)
        assert.lengthOf(yield* TraceStore.use((store) => store.sessions({ limit: 9, offset: 0 })), 2)
      }).pipe(Effect.provide(Hive.layer({ store: `${through.href}/${fresh()}` })))
    })
  )
})
