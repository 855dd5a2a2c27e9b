import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { TestClock } from "effect/testing"
import * as SqliteTraceStore from "./SqliteTraceStore.ts"
import { TraceQueries } from "./TraceQueries.ts"
import { TraceStore } from "./TraceStore.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "hive-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

const HOUR = 3_600_000

/** A session that began at an hour and took as long, with events of one kilobyte. */
const session = (hour: number, events: number) =>
  Effect.gen(function* () {
    const store = yield* TraceStore
    const start_time = hour * HOUR
    const { session_id } = yield* store.startSession({ session_name: `hour ${hour}`, start_time })
    const history = (event: number) =>
      Array.from({ length: 10 }, (_, turn) => ({ role: "user", content: `${hour} ${event} ${turn} `.repeat(10) }))
    yield* store.createEvents(
      Array.from({ length: events }, (_, event) => ({
        event_type: "model" as const,
        session_id,
        start_time,
        end_time: start_time + HOUR,
        inputs: { chat_history: history(event) }
      }))
    )
    return session_id
  })

const names = TraceStore.use((store) => store.sessions({ limit: 1000, offset: 0 })).pipe(
  Effect.map((sessions) => sessions.map((session) => session.name).toReversed())
)
const pages = (database: DatabaseSync, pragma: string) =>
  Number(Object.values(database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0])
const memory = (retention: SqliteTraceStore.Retention) => SqliteTraceStore.layer({ path: ":memory:", retention })

describe("a session that is deleted", () => {
  it.effect("goes whole: events, index, lists, what runs in it, and later its content", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const path = join(folder, "hive.db")
      yield* Effect.gen(function* () {
        const store = yield* TraceStore
        const queries = yield* TraceQueries
        const indexed = Effect.repeat(queries.facets({ _tag: "All" }), { until: ({ behind }) => behind === 0 })
        const id = yield* session(1, 0)
        const content = (text: string) => ({ event_type: "tool" as const, inputs: { text: text.repeat(500) } })
        yield* store.createEvents([content("gone "), content("needed ")], id)
        yield* store.createEvents([content("needed ")], yield* session(2, 0))
        // More than one step deletes
        yield* store.createEvents(
          Array.from({ length: 2100 }, () => ({ event_type: "tool", inputs: {} })),
          id
        )
        const running = { event_type: "tool", inputs: {}, metadata: { "service.instance.id": "p" } } as const
        yield* store.createEvents([{ ...running, session_id: id }])
        assert.strictEqual((yield* indexed).count, 2106)
        assert.strictEqual(yield* store.deleteSession(id.toUpperCase()), 2104)
        assert.strictEqual(yield* store.deleteSession(id), 0)
        assert.deepStrictEqual(yield* names, ["hour 2"])
        assert.deepStrictEqual(yield* store.sessionEvents(id), [])
        assert.strictEqual((yield* indexed).count, 2)
        // Its content goes with the next upkeep
        yield* TestClock.adjust("1 minute")
        // What arrives later makes it anew
        yield* store.createEvents([{ ...running, session_id: id }])
        assert.strictEqual((yield* store.sessionEvents(id)).length, 1)
      }).pipe(Effect.provide(SqliteTraceStore.layer({ path })))
      const database = new DatabaseSync(path, { readOnly: true })
      const count = (table: string) => Number(database.prepare(`SELECT COUNT(*) AS n FROM ${table}`).get()?.["n"])
      assert.strictEqual(count("running"), 1)
      assert.strictEqual(count("blobs"), 1)
      database.close()
    })
  )
})

describe("retention", () => {
  it.effect("by age: of a session's end, unless something still runs in it", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      for (const hour of [0, 1, 2, 3]) yield* session(hour, 2)
      const running = { event_type: "tool", inputs: {}, metadata: { "service.instance.id": "p" } } as const
      const { session_id } = yield* store.startSession({ session_name: "running", start_time: 0 })
      const event_id = crypto.randomUUID()
      yield* store.createEvents([{ ...running, session_id, start_time: 0 }])
      for (let minute = 0; minute < 180; minute++) {
        yield* store.createEvents([{ ...running, event_id, session_id, start_time: 0 }])
        yield* TestClock.adjust("1 minute")
      }
      yield* TestClock.adjust("2 minutes")
      const kept = yield* names
      assert.deepStrictEqual(kept.toSorted(), ["hour 1", "hour 2", "hour 3", "running"])
    }).pipe(Effect.provide(memory({ maxAge: "2 hours" })))
  )

  it.effect("by count: those that began first go", () =>
    Effect.gen(function* () {
      for (const hour of [3, 1, 2, 0]) yield* session(hour, 9)
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(yield* names, ["hour 2", "hour 3"])
      yield* session(4, 1)
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(yield* names, ["hour 2", "hour 3", "hour 4"])
    }).pipe(Effect.provide(memory({ maxEvents: 25 })))
  )

  it.effect(
    "by size: the file shrinks, shared content that nobody needs goes, what others need stays",
    () =>
      Effect.gen(function* () {
        const path = join(yield* temporary, "hive.db")
        const prompt = "You are helpful. ".repeat(500)
        const last = yield* Effect.gen(function* () {
          const store = yield* TraceStore
          for (let hour = 0; hour < 40; hour++) yield* session(hour, 100)
          const { session_id } = yield* store.startSession({ start_time: 50 * HOUR })
          for (const start_time of [10 * HOUR, 50 * HOUR]) {
            const event = { event_type: "model", inputs: { prompt }, start_time } as const
            yield* store.createEvents([start_time === 50 * HOUR ? { ...event, session_id } : event])
          }
          return session_id
        }).pipe(Effect.provide(SqliteTraceStore.layer({ path })))
        const before = statSync(path).size
        const events = yield* Effect.gen(function* () {
          const store = yield* TraceStore
          const database = new DatabaseSync(path, { readOnly: true })
          // The writer's thread works in its own time, the clock is the test's
          const used = () => pages(database, "page_count") - pages(database, "freelist_count")
          while (used() * 16384 > before / 2 || pages(database, "freelist_count") > 0) {
            yield* TestClock.adjust("1 minute")
            yield* store.updateEvent("none", {})
          }
          database.close()
          return yield* store.sessionEvents(last)
        }).pipe(Effect.provide(SqliteTraceStore.layer({ path, retention: { maxBytes: before / 2 } })))
        assert.strictEqual(events[1]?.inputs["prompt"], prompt)
        const database = new DatabaseSync(path)
        const one = (sql: string) => Object.values(database.prepare(sql).get() ?? {})[0]
        assert.strictEqual(one("PRAGMA integrity_check"), "ok")
        assert.isBelow(statSync(path).size, before / 2 + 16384)
        assert.strictEqual(one("SELECT COUNT(*) FROM shares WHERE event_id NOT IN (SELECT event_id FROM events)"), 0)
        assert.isAbove(Number(one("SELECT COUNT(*) FROM session_summaries")), 5)
        database.close()
      }),
    60_000
  )
})
