import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Dataset from "@honeyhive/contract/Dataset"
import * as RecordStore from "./RecordStore.ts"

const kind = { name: "dataset", schema: Dataset.Dataset }
const dataset = { id: "d", name: "golden", description: "", datapoints: [], created_at: "2026", updated_at: "2026" }

/** A file that another program writes to. */
const lockedFile = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "hive-records-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  )
  const path = join(folder, "hive.db")
  const other = yield* Effect.acquireRelease(
    Effect.sync(() => new DatabaseSync(path)),
    (database) => Effect.sync(() => database.close())
  )
  return { path, other }
})

describe("a file that somebody else writes to", () => {
  it.live("holds a write up, and nothing else of the program", () =>
    Effect.gen(function* () {
      const { other, path } = yield* lockedFile
      yield* Effect.gen(function* () {
        const store = yield* RecordStore.RecordStore
        other.exec("BEGIN IMMEDIATE")
        const writing = yield* Effect.forkChild(store.put(kind, [dataset]), { startImmediately: true })
        for (let turn = 0; turn < 5; turn++)
          yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        assert.isTrue(Option.isNone(yield* store.get(kind, "d")))
        assert.isUndefined(writing.pollUnsafe())
        other.exec("COMMIT")
        yield* Fiber.join(writing)
        assert.deepStrictEqual(yield* store.get(kind, "d"), Option.some(dataset))
      }).pipe(Effect.provide(RecordStore.layer({ path })))
    })
  )

  it.live("fails a write as busy when that takes too long", () =>
    Effect.gen(function* () {
      const { other, path } = yield* lockedFile
      yield* Effect.gen(function* () {
        const store = yield* RecordStore.RecordStore
        other.exec("BEGIN IMMEDIATE")
        for (const write of [
          store.put(kind, [dataset]),
          store.modify(kind, "d", (before) => before),
          store.remove(kind, "d")
        ]) {
          const error = yield* Effect.flip(write)
          assert.isTrue(error.busy)
          assert.include(error.message, "somebody else writes to the file")
        }
        other.exec("ROLLBACK")
        yield* store.put(kind, [dataset])
      }).pipe(Effect.provide(RecordStore.layer({ path, patience: 30 })))
    })
  )
})
