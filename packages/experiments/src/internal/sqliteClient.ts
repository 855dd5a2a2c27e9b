/**
 * Effect's `SqlClient` over Node's own SQLite: its driver has no release for this version of Effect.
 *
 * The file belongs to one process at a time, and survives that process's sudden end.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { classifySqliteError, SqlError } from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import * as Stream from "effect/Stream"

const PREPARED = 100

const attempt = <A>(operation: string, work: () => A): Effect.Effect<A, SqlError> =>
  Effect.try({
    try: work,
    catch: (cause) => {
      // Node calls the number `errcode`, Effect looks for `errno`
      const known =
        cause instanceof Error && "errcode" in cause ? Object.assign(cause, { errno: cause.errcode }) : cause
      return new SqlError({ reason: classifySqliteError(known, { message: `SQLite: ${String(cause)}`, operation }) })
    }
  })

// SQLite has no booleans; what it cannot bind otherwise it says itself
const bindable = (value: unknown): SQLInputValue =>
  typeof value === "boolean" ? Number(value) : value === undefined ? null : (value as SQLInputValue)

const open = (path: string): DatabaseSync => {
  // On Node 22 the module announces itself as experimental, which an import must not
  const sqlite = process.getBuiltinModule("node:sqlite")
  const database = new sqlite.DatabaseSync(path, { timeout: 200 })
  try {
    // Whoever comes second is told so; the lock ends with the process, however that ends
    database.exec("PRAGMA locking_mode = EXCLUSIVE")
    database.exec("PRAGMA journal_mode = WAL")
    database.exec("PRAGMA synchronous = NORMAL")
    database.exec("BEGIN EXCLUSIVE; COMMIT")
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

// What a statement may do to itself; with a file of its own there is nothing else to be expected
const isExpected = ({ reason }: SqlError): boolean =>
  reason._tag === "UniqueViolation" || reason._tag === "ConstraintError"

const connection = (database: DatabaseSync, onFailure: (error: SqlError) => Effect.Effect<unknown>): Connection => {
  const prepared = new Map<string, StatementSync>()
  const prepare = (sql: string): StatementSync => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const statement = database.prepare(sql)
    const [oldest] = prepared.size < PREPARED ? [] : prepared.keys()
    if (oldest !== undefined) prepared.delete(oldest)
    prepared.set(sql, statement)
    return statement
  }
  const run = <A>(
    sql: string,
    params: ReadonlyArray<unknown>,
    f: (statement: StatementSync, values: ReadonlyArray<SQLInputValue>) => A,
    { arrays = false, keep = true } = {}
  ): Effect.Effect<A, SqlError> =>
    Effect.flatMap(SqlClient.SafeIntegers, (safe) =>
      attempt("execute", () => {
        const statement = keep ? prepare(sql) : database.prepare(sql)
        statement.setReadBigInts(safe)
        statement.setReturnArrays(arrays)
        return f(statement, params.map(bindable))
      })
    ).pipe(Effect.tapError((error) => (isExpected(error) ? Effect.void : onFailure(error))))
  const all = (statement: StatementSync, values: ReadonlyArray<SQLInputValue>): ReadonlyArray<Row> =>
    statement.all(...values)
  // As `setReturnArrays` says
  const values = (statement: StatementSync, params: ReadonlyArray<SQLInputValue>) =>
    statement.all(...params) as unknown as ReadonlyArray<ReadonlyArray<unknown>>
  const transformed =
    (transform: Transform): ((rows: ReadonlyArray<Row>) => ReadonlyArray<Row>) =>
    (rows) =>
      transform === undefined ? rows : transform(rows)
  return {
    execute: (sql, params, transform) => Effect.map(run(sql, params, all), transformed(transform)),
    executeUnprepared: (sql, params, transform) =>
      Effect.map(run(sql, params, all, { keep: false }), transformed(transform)),
    executeRaw: (sql, params) => run(sql, params, (statement, values) => statement.run(...values)),
    executeValues: (sql, params) => run(sql, params, values, { arrays: true }),
    executeValuesUnprepared: (sql, params) => run(sql, params, values, { arrays: true, keep: false }),
    executeStream: (sql, params, transform) =>
      Stream.fromIterableEffect(Effect.map(run(sql, params, all), transformed(transform)))
  }
}

type Row = Record<string, unknown>
type Transform = Parameters<Connection["execute"]>[2]

/**
 * A client of the file; fails where it cannot be opened, or another process has it. `failure` fails as soon as the file does,
 * such as on a full disk: those who use the client may try again for ever.
 */
export const make = Effect.fnUntraced(function* (path: string) {
  const database = yield* Effect.acquireRelease(
    attempt("open", () => open(path)),
    (database) => Effect.sync(() => database.close())
  )
  const failed = yield* Deferred.make<never, SqlError>()
  const shared = SqlClient.makeSqliteAcquirers({
    connection: Effect.succeed(connection(database, (error) => Deferred.fail(failed, error))),
    semaphore: Semaphore.makeUnsafe(1),
    isTransaction: () => database.isTransaction
  })
  const sql = yield* SqlClient.make({
    ...shared,
    compiler: Statement.makeCompilerSqlite(),
    driver: "node:sqlite",
    spanAttributes: [["db.system.name", "sqlite"]]
  }).pipe(Effect.provide(Reactivity.layer))
  return { sql, failure: Deferred.await(failed) }
})
