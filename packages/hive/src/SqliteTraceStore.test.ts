import { assert, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as SqliteTraceStore from "./SqliteTraceStore.ts"
import { sqlite, sqliteBytes } from "./Store.fixture.ts"
import { traceStoreSuite } from "./TraceStore.fixture.ts"
import { TraceStore } from "./TraceStore.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "hive-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

describe("SqliteTraceStore, spans as records", () => {
  traceStoreSuite(sqlite)
})

describe("SqliteTraceStore, spans as bytes", () => {
  traceStoreSuite(sqliteBytes)
})

describe("SqliteTraceStore", () => {
  it.effect("keeps what it has across openings, in a folder it makes itself", () =>
    Effect.gen(function* () {
      const path = join(yield* temporary, "deep", "hive.db")
      const file = () => SqliteTraceStore.layer({ path })
      yield* TraceStore.use((store) => store.startSession({})).pipe(Effect.provide(file()))
      assert.isAbove(statSync(path).size, 0)
      const kept = yield* TraceStore.use((store) => store.sessions({ limit: 9, offset: 0 })).pipe(
        Effect.provide(file())
      )
      assert.strictEqual(kept.length, 1)
    })
  )

  it.live("a long search holds nothing up: it is answered elsewhere, and knows what was acknowledged before", () =>
    Effect.gen(function* () {
      const layer = SqliteTraceStore.layer({ path: join(yield* temporary, "hive.db") })
      yield* Effect.gen(function* () {
        const store = yield* TraceStore
        const session_id = crypto.randomUUID()
        const posts = Array.from({ length: 2000 }, (_, index) => ({
          event_type: "tool" as const,
          event_name: `step ${index}`,
          session_id,
          inputs: { text: `${index} `.repeat(300) }
        }))
        yield* store.createEvents(posts)
        // Every one of these has to be tried on every event
        const filters = Array.from({ length: 20 }, (_, index) => ({
          field: "inputs.text",
          operator: "not contains" as const,
          value: `absent ${index}`
        }))
        const happened: Array<string> = []
        const say = (what: string) => Effect.sync(() => void happened.push(what))
        const prepared = vi.spyOn(DatabaseSync.prototype, "prepare")
        const search = yield* store.search({ filters, limit: 10 }).pipe(
          Effect.tap(() => say("search")),
          Effect.forkChild({ startImmediately: true })
        )
        setImmediate(() => happened.push("timer"))
        yield* Effect.andThen(store.createEvents([{ event_type: "tool", inputs: {}, session_id }]), say("kept"))
        const { count, events } = yield* Fiber.join(search)
        const here = prepared.mock.calls
          .map(([sql]) => sql)
          .filter((sql) => sql.includes("absent") || sql.includes("instr"))
        prepared.mockRestore()
        assert.deepStrictEqual(here, [])
        assert.sameMembers(happened.slice(0, 2), ["timer", "kept"])
        assert.deepStrictEqual(happened.slice(2), ["search"])
        assert.strictEqual(events.length, 10)
        assert.isAtLeast(count, 2000)
        const [last] = yield* store.createEvents([{ event_type: "tool", inputs: { text: "the last" }, session_id }])
        const wanted = { field: "inputs.text", operator: "contains" as const, value: "the last" }
        assert.deepStrictEqual(
          (yield* store.search({ filters: [wanted] })).events.map((event) => event.event_id),
          [last]
        )
        const wrong = yield* Effect.flip(store.search({ filters: [{ field: "nothing", operator: "exists" }] }))
        assert.strictEqual(wrong._tag, "SearchError")
        // An export reads the same way; the session is in it because of what is in it
        const records = yield* Stream.runCollect(store.records({ filters: [wanted] }))
        assert.deepStrictEqual(
          records.map(({ event }) => event.event_id),
          [last]
        )
        yield* store.startSession({ session_id })
        const both = yield* Stream.runCollect(store.records({ filters: [wanted] }))
        assert.sameMembers(
          both.map(({ event }) => event.event_id),
          [session_id, String(last)]
        )
        assert.strictEqual((yield* store.sessionEvents(session_id)).length, 2003)
        // A session this large names its children from elsewhere
        const found = yield* store.event(session_id)
        assert.strictEqual(Option.getOrThrow(found).children_ids.length, 2002)
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect("refuses a store of a newer hive, and says so; the file stays as it is", () =>
    Effect.gen(function* () {
      const path = join(yield* temporary, "hive.db")
      const database = new DatabaseSync(path)
      database.exec("PRAGMA user_version = 999")
      database.close()
      const error = yield* Layer.build(SqliteTraceStore.layer({ path })).pipe(Effect.scoped, Effect.flip)
      assert.strictEqual(error._tag, "TraceStoreError")
      assert.include(error.message, "version 999")
      assert.include(error.message, path)
      assert.include(error.message, "update @honeyhive/hive")
      const again = new DatabaseSync(path)
      assert.deepEqual({ ...again.prepare("PRAGMA user_version").get() }, { user_version: 999 })
      again.close()
    })
  )

  it.effect("says which file is no store", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const error = yield* Layer.build(SqliteTraceStore.layer({ path: folder })).pipe(Effect.scoped, Effect.flip)
      assert.include(error.message, folder)
    })
  )
})
