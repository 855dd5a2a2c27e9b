import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as SqliteTraceStore from "./SqliteTraceStore.ts"
import { sqlite } from "./Store.fixture.ts"
import { names, sample, traceQueriesSuite } from "./TraceQueries.fixture.ts"
import { TraceStore } from "./TraceStore.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "hive-queries-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

describe("TraceQueries", () => {
  traceQueriesSuite(sqlite)

  it.effect("forgets what is deleted from the store, whoever deletes it", () =>
    Effect.gen(function* () {
      const path = join(yield* temporary, "hive.db")
      const layer = SqliteTraceStore.layer({ path })
      yield* Effect.gen(function* () {
        yield* TraceStore.use((store) => store.createEvents(sample))
        assert.strictEqual((yield* names("")).length, 4)
        const other = new DatabaseSync(path)
        other.exec("DELETE FROM events WHERE event_name = 'search_docs'")
        other.close()
        assert.deepStrictEqual(yield* names("refund"), ["plan"])
        assert.deepStrictEqual(yield* names("type:tool"), ["send_mail"])
      }).pipe(Effect.provide(layer))
      const check = new DatabaseSync(path)
      check.exec("INSERT INTO index_text (index_text) VALUES ('integrity-check')")
      assert.strictEqual(check.prepare("PRAGMA integrity_check").get()?.["integrity_check"], "ok")
      check.close()
    })
  )

  it.live("is written in the background, also when nobody asks", () =>
    Effect.gen(function* () {
      const path = join(yield* temporary, "hive.db")
      yield* Effect.gen(function* () {
        yield* TraceStore.use((store) => store.createEvents(sample))
        const check = new DatabaseSync(path)
        const left = check.prepare("SELECT COUNT(*) AS count FROM index_queue")
        yield* Effect.repeat(
          Effect.sync(() => Number(left.get()?.["count"])),
          { schedule: Schedule.spaced("20 millis"), until: (count) => count === 0 }
        )
        assert.strictEqual(check.prepare("SELECT COUNT(*) AS count FROM index_facts").get()?.["count"], sample.length)
        check.close()
      }).pipe(Effect.provide(SqliteTraceStore.layer({ path })))
    })
  )

  it.effect("indexes a store that was written before there was an index", () =>
    Effect.gen(function* () {
      const path = join(yield* temporary, "hive.db")
      yield* TraceStore.use((store) => store.createEvents(sample)).pipe(
        Effect.provide(SqliteTraceStore.layer({ path }))
      )
      const old = new DatabaseSync(path)
      old.exec(
        "DROP TRIGGER index_inserted; DROP TRIGGER index_updated; DROP TRIGGER index_deleted; DROP TABLE index_state"
      )
      old.exec("DROP TABLE index_facts; DROP TABLE index_text; DROP TABLE index_words; DROP TABLE index_queue")
      old.close()
      assert.deepStrictEqual(yield* names("refund").pipe(Effect.provide(SqliteTraceStore.layer({ path }))), [
        "search_docs",
        "plan"
      ])
    })
  )
})
