/**
 * The tables of the record store. They live in the file of the traces, but count their steps for themselves: the trace
 * store may be another one.
 */
import type { DatabaseSync } from "node:sqlite"

/** A step that has been released is never changed. */
const migrations: ReadonlyArray<readonly [number: number, sql: string]> = [
  [
    30,
    `
CREATE TABLE records (
  seq INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  parent TEXT,
  body TEXT NOT NULL,
  UNIQUE (kind, id)
) STRICT;
CREATE INDEX records_by_parent ON records (kind, parent, seq);
`
  ]
]

/** Takes the tables to the newest version; throws where a newer hive has been. */
export const migrate = (database: DatabaseSync): void => {
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; " +
      "CREATE TABLE IF NOT EXISTS record_migrations (number INTEGER PRIMARY KEY) STRICT"
  )
  database.exec("BEGIN IMMEDIATE")
  try {
    const done = new Set(
      database
        .prepare("SELECT number FROM record_migrations")
        .all()
        .map((row) => Number(row["number"]))
    )
    const newest = migrations.at(-1)?.[0] ?? 0
    const beyond = [...done].find((number) => number > newest)
    if (beyond !== undefined) {
      throw new Error(`it was written by a newer hive (records of version ${beyond}): update @honeyhive/hive`)
    }
    for (const [number, sql] of migrations) {
      if (!done.has(number)) database.exec(`${sql}; INSERT INTO record_migrations VALUES (${number})`)
    }
    database.exec("COMMIT")
  } catch (error) {
    database.exec("ROLLBACK")
    throw error
  }
}
