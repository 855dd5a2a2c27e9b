import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as SqlClient from "effect/sql/SqlClient"
import * as Stream from "effect/Stream"
import * as sqliteClient from "./sqliteClient.ts"

const table = Effect.gen(function* () {
  const { sql } = yield* sqliteClient.make(":memory:")
  yield* sql`CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, done INTEGER)`
  return sql
})

describe("a SqlClient over node:sqlite", () => {
  it.effect("reads what it wrote, as rows, as values and as a stream", () =>
    Effect.gen(function* () {
      const sql = yield* table
      yield* sql`INSERT INTO t ${sql.insert([
        { id: 1, name: "a", done: true },
        { id: 2, name: null, done: false }
      ])}`
      const rows = [
        { id: 1, name: "a", done: 1 },
        { id: 2, name: null, done: 0 }
      ]
      const select = sql`SELECT * FROM t ORDER BY id`
      assert.deepEqual(yield* select, rows)
      assert.deepEqual(yield* select.unprepared, rows)
      assert.deepEqual(
        yield* select.values,
        rows.map((row) => Object.values(row))
      )
      // The same statement is prepared once for both forms
      assert.deepEqual(yield* select, rows)
      assert.deepEqual(Array.from(yield* Stream.runCollect(select.stream)), rows)
      assert.deepInclude(yield* sql`DELETE FROM t`.raw, { changes: 2 })
    })
  )

  it.effect("reads integers that a number cannot hold where it is told to", () =>
    Effect.gen(function* () {
      const sql = yield* table
      yield* sql`INSERT INTO t (id) VALUES (${2n ** 60n + 1n})`
      const [row] = yield* Effect.provideService(sql`SELECT id FROM t`, SqlClient.SafeIntegers, true)
      assert.deepEqual(row, { id: 2n ** 60n + 1n })
    })
  )

  it.effect("takes back what a transaction did that failed, and an inner one alone", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const add = (id: number) => sql`INSERT INTO t (id) VALUES (${id})`
      yield* add(1).pipe(Effect.andThen(Effect.fail("no")), sql.withTransaction, Effect.ignore)
      const inner = add(3).pipe(Effect.andThen(add(3)), sql.withTransaction, Effect.flip)
      const error = yield* add(2).pipe(Effect.andThen(inner), sql.withTransaction)
      assert.strictEqual(error._tag === "SqlError" ? error.reason._tag : error, "ConstraintError")
      assert.deepEqual(yield* sql`SELECT id FROM t`, [{ id: 2 }])
    })
  )

  it.effect("lets nobody else into a transaction", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const [begun, go] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const failing = yield* Deferred.succeed(begun, undefined).pipe(
        Effect.andThen(Deferred.await(go)),
        Effect.andThen(Effect.fail("no")),
        sql.withTransaction,
        Effect.ignore,
        Effect.forkChild
      )
      yield* Deferred.await(begun)
      const other = yield* Effect.forkChild(sql`INSERT INTO t (id) VALUES (1)`, { startImmediately: true })
      yield* Deferred.succeed(go, undefined)
      yield* Fiber.joinAll([failing, other])
      assert.deepEqual(yield* sql`SELECT id FROM t`, [{ id: 1 }])
    })
  )

  it.effect("fails as a whole when its file does, and not when a statement does", () =>
    Effect.gen(function* () {
      const { failure, sql } = yield* sqliteClient.make(":memory:")
      const failed = yield* Effect.forkChild(Effect.flip(failure), { startImmediately: true })
      yield* sql`CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)`
      yield* sql`INSERT INTO t (id) VALUES (1)`
      yield* Effect.flip(sql`INSERT INTO t (id) VALUES (1)`)
      assert.isUndefined(failed.pollUnsafe())
      yield* sql`PRAGMA max_page_count = 4`
      const error = yield* Effect.flip(sql`INSERT INTO t (name) VALUES (${"x".repeat(100_000)})`)
      assert.strictEqual(yield* Fiber.join(failed), error)
      assert.include(error.message, "full")
    })
  )
})
