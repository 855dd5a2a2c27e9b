import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
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
