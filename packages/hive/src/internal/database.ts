/**
 * Opening a store's file. Imported by the writer's thread too, so it depends on nothing but Node.
 */
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import type { DatabaseSync } from "node:sqlite"
import { migrations, version } from "./schema.ts"

export const inMemory = ":memory:"

const connect = (path: string, readOnly: boolean): DatabaseSync => {
  // Loaded with the first store: on Node 22 the module announces itself as experimental, which an import must not
  const sqlite = process.getBuiltinModule("node:sqlite")
  return new sqlite.DatabaseSync(path, { timeout: 5_000, readOnly })
}

const guarded = (database: DatabaseSync, prepare: () => void): DatabaseSync => {
  try {
    prepare()
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

const migrate = (database: DatabaseSync, path: string): void => {
  const found = Number(database.prepare("PRAGMA user_version").get()?.["user_version"])
  if (found > version) {
    throw new Error(
      `${path} is a store of version ${found}, this hive reads up to version ${version}: ` +
        "update @honeyhive/hive, or choose another file"
    )
  }
  // A span's row is some 1.5 KB: on pages of 16 KB a third of the writing is saved, and little space is left over
  if (found === 0) database.exec("PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL")
  database.exec("PRAGMA journal_mode = WAL")
  for (const [step, sql] of migrations) {
    if (step > found) database.exec(`BEGIN IMMEDIATE; ${sql}; PRAGMA user_version = ${step}; COMMIT`)
  }
}

/** A handle that may write; the file is made with its folders, and brought to this version. */
export const openWriter = (path: string): DatabaseSync => {
  if (path !== inMemory) FileSystem.mkdirSync(Path.dirname(Path.resolve(path)), { recursive: true })
  const database = connect(path, false)
  return guarded(database, () => {
    migrate(database, path)
    // NORMAL: a killed process loses nothing that was committed; a power cut may cost the last moments, never the file.
    // The log may grow to 128 MB before it is copied back, which spares pages that change again and again.
    database.exec(
      "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 8000"
    )
  })
}

/** A handle that only reads, beside the one that writes. */
export const openReader = (path: string): DatabaseSync => {
  const database = connect(path, true)
  return guarded(database, () => {
    database.exec("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768; PRAGMA query_only = 1")
  })
}

/** A handle for long questions. It only reads too, but keeps what it found meanwhile in tables of its own. */
export const openQuestions = (path: string): DatabaseSync => {
  const database = connect(path, true)
  return guarded(database, () => {
    // Pages of the index, in KiB: a search reads few of them again and again
    database.exec("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; PRAGMA mmap_size = 1073741824")
  })
}

/** Makes one file of a closed store, for places where SQLite may not write beside it. */
export const settle = (path: string): void => {
  const database = connect(path, false)
  guarded(database, () => database.exec("PRAGMA journal_mode = DELETE")).close()
}
