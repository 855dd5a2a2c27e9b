/**
 * What the hive keeps beside traces: datasets, datapoints, runs and metric definitions, as documents by kind and id.
 *
 * @since 0.1.0
 */
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import type { DatabaseSync } from "node:sqlite"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { migrate } from "./internal/recordSchema.ts"
import { TraceStoreError } from "./TraceStore.ts"

/**
 * A kind of documents: its name in the store, and what one of them is.
 *
 * @category models
 * @since 0.1.0
 */
export interface Kind<A extends { readonly id: string }> {
  readonly name: string
  readonly schema: Schema.Codec<A, unknown>
  /** The id of what a document belongs to, to list by. */
  readonly parent?: ((document: A) => string) | undefined
}

/**
 * A document of any kind as it is stored; what is moved from one store to another.
 *
 * @category schemas
 * @since 0.1.0
 */
export const StoredRecord = Schema.Struct({
  kind: Schema.NonEmptyString,
  id: Schema.NonEmptyString,
  parent: Schema.NullOr(Schema.String),
  /** JSON. */
  body: Schema.fromJsonString(Schema.JsonObject)
})

/**
 * @category models
 * @since 0.1.0
 */
export type StoredRecord = typeof StoredRecord.Type

/**
 * The store of documents; every method is one transaction.
 *
 * @category services
 * @since 0.1.0
 */
export class RecordStore extends Context.Service<
  RecordStore,
  {
    readonly get: <A extends { readonly id: string }>(
      kind: Kind<A>,
      id: string
    ) => Effect.Effect<Option.Option<A>, TraceStoreError>
    /** In the order in which they were created; with `parent`, only those that belong to it. */
    readonly list: <A extends { readonly id: string }>(
      kind: Kind<A>,
      parent?: string
    ) => Effect.Effect<ReadonlyArray<A>, TraceStoreError>
    /** Creates or replaces. */
    readonly put: <A extends { readonly id: string }>(
      kind: Kind<A>,
      documents: ReadonlyArray<A>
    ) => Effect.Effect<void, TraceStoreError>
    /** Changes one, and nobody else in between. */
    readonly modify: <A extends { readonly id: string }>(
      kind: Kind<A>,
      id: string,
      change: (document: A) => A
    ) => Effect.Effect<Option.Option<A>, TraceStoreError>
    /** False when there was none. */
    readonly remove: <A extends { readonly id: string }>(
      kind: Kind<A>,
      id: string
    ) => Effect.Effect<boolean, TraceStoreError>
    /** Documents of all kinds in the order in which they were created; read page by page while it is consumed. */
    readonly records: Stream.Stream<StoredRecord, TraceStoreError>
    /** Keeps documents of another store. Those that are here already take what is said now. */
    readonly restore: (records: ReadonlyArray<StoredRecord>) => Effect.Effect<void, TraceStoreError>
  }
>()("@honeyhive/hive/RecordStore") {}

const inMemory = ":memory:"

const decodeRecord = Schema.decodeUnknownSync(StoredRecord)

/** Documents that are read at a time. */
const PAGE = 200

const open = (path: string): DatabaseSync => {
  if (path !== inMemory) FileSystem.mkdirSync(Path.dirname(Path.resolve(path)), { recursive: true })
  // On Node 22 the module announces itself as experimental, which an import must not
  const sqlite = process.getBuiltinModule("node:sqlite")
  const database = new sqlite.DatabaseSync(path, { timeout: 5_000 })
  try {
    migrate(database)
    database.exec(`PRAGMA busy_timeout = ${BLOCKING}`)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

const failed = (what: string, cause: unknown) => new TraceStoreError({ message: `${what}: ${String(cause)}`, cause })

const attempt = <A>(what: string, work: () => A): Effect.Effect<A, TraceStoreError> =>
  Effect.try({ try: work, catch: (cause) => failed(what, cause) })

/** SQLite's number for a file that somebody else writes to. */
const BUSY = 5

const isLocked = (error: unknown): boolean =>
  error instanceof Error && "errcode" in error && typeof error.errcode === "number" && (error.errcode & 0xff) === BUSY

/** In this time SQLite itself waits for the file, and the whole program with it. */
const BLOCKING = 5

// By the machine's own clock: whoever holds the file goes by no other
const pause = Effect.callback<void>((resume) => {
  const timer = setTimeout(() => resume(Effect.void), BLOCKING * 2)
  return Effect.sync(() => clearTimeout(timer))
})

/** Tries again while somebody else writes to the file; the program goes on meanwhile. */
const patiently = <A>(what: string, patience: number, work: () => A): Effect.Effect<A, TraceStoreError> =>
  Effect.suspend(() => {
    const until = performance.now() + patience
    const once: Effect.Effect<A, TraceStoreError> = Effect.suspend(() => {
      try {
        return Effect.succeed(work())
      } catch (error) {
        if (!isLocked(error)) return Effect.fail(failed(what, error))
        return performance.now() < until
          ? Effect.andThen(pause, once)
          : Effect.fail(
              new TraceStoreError({ message: `${what}: somebody else writes to the file`, busy: true, cause: error })
            )
      }
    })
    return once
  })

const make = (database: DatabaseSync, patience: number): RecordStore["Service"] => {
  const one = database.prepare("SELECT body FROM records WHERE kind = ? AND id = ?")
  const all = database.prepare("SELECT body FROM records WHERE kind = ? ORDER BY seq")
  const children = database.prepare("SELECT body FROM records WHERE kind = ? AND parent = ? ORDER BY seq")
  const write = database.prepare(
    `INSERT INTO records (kind, id, parent, body) VALUES (?, ?, ?, ?)
     ON CONFLICT (kind, id) DO UPDATE SET parent = excluded.parent, body = excluded.body`
  )
  const page = database.prepare("SELECT seq, kind, id, parent, body FROM records WHERE seq > ? ORDER BY seq LIMIT ?")
  const erase = database.prepare("DELETE FROM records WHERE kind = ? AND id = ?")

  const transaction = <A>(work: () => A): A => {
    database.exec("BEGIN IMMEDIATE")
    try {
      const result = work()
      database.exec("COMMIT")
      return result
    } catch (error) {
      database.exec("ROLLBACK")
      throw error
    }
  }

  // The file is the outside: somebody else may have written to it
  const read = <A extends { readonly id: string }>(kind: Kind<A>, row: Record<string, unknown>): A =>
    Schema.decodeUnknownSync(Schema.fromJsonString(kind.schema))(row["body"])

  const find = <A extends { readonly id: string }>(kind: Kind<A>, id: string): A | undefined => {
    const row = one.get(kind.name, id)
    return row === undefined ? undefined : read(kind, row)
  }

  const put = <A extends { readonly id: string }>(kind: Kind<A>, document: A): void => {
    write.run(kind.name, document.id, kind.parent?.(document) ?? null, JSON.stringify(document))
  }

  return {
    get: (kind, id) => attempt(`reading a ${kind.name}`, () => Option.fromUndefinedOr(find(kind, id))),
    list: (kind, parent) =>
      attempt(`listing ${kind.name}s`, () =>
        (parent === undefined ? all.all(kind.name) : children.all(kind.name, parent)).map((row) => read(kind, row))
      ),
    put: (kind, documents) =>
      patiently(`keeping a ${kind.name}`, patience, () =>
        transaction(() => documents.forEach((document) => put(kind, document)))
      ),
    modify: (kind, id, change) =>
      patiently(`changing a ${kind.name}`, patience, () =>
        transaction(() => {
          const before = find(kind, id)
          if (before === undefined) return Option.none()
          const after = change(before)
          put(kind, after)
          return Option.some(after)
        })
      ),
    remove: (kind, id) =>
      patiently(`removing a ${kind.name}`, patience, () => Number(erase.run(kind.name, id).changes) > 0),
    records: Stream.paginate(0, (after) =>
      patiently("reading documents", patience, () => {
        const rows = page.all(after, PAGE)
        const last = rows.length < PAGE ? undefined : rows.at(-1)?.["seq"]
        return [rows.map((row) => decodeRecord(row)), Option.map(Option.fromUndefinedOr(last), Number)] as const
      })
    ),
    restore: (records) =>
      patiently("restoring documents", patience, () =>
        transaction(() => {
          for (const { body, id, kind, parent } of records) write.run(kind, id, parent, JSON.stringify(body))
        })
      )
  }
}

/**
 * Keeps documents in SQLite, beside the traces of the same file or in memory, for as long as its scope.
 *
 * @example
 * ```ts
 * import { Effect, Option } from "effect"
 * import { Dataset } from "@honeyhive/contract"
 * import { RecordStore } from "@honeyhive/hive"
 *
 * const kind = { name: "dataset", schema: Dataset.Dataset }
 * const program = Effect.gen(function*() {
 *   const store = yield* RecordStore.RecordStore
 *   const times = { created_at: "2026-01-01", updated_at: "2026-01-01" }
 *   yield* store.put(kind, [{ id: "d1", name: "golden", description: "", datapoints: [], ...times }])
 *   return Option.map(yield* store.get(kind, "d1"), (dataset) => dataset.name)
 * })
 *
 * const found = await Effect.runPromise(program.pipe(Effect.provide(RecordStore.layer({ path: ":memory:" }))))
 * Option.getOrNull(found) // => "golden"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: {
  readonly path: string
  /** How long a write waits while another process writes to the file; then it fails as `busy`. Default 5 seconds. */
  readonly patience?: Duration.Input | undefined
}): Layer.Layer<RecordStore, TraceStoreError> =>
  Layer.effect(
    RecordStore,
    Effect.acquireRelease(
      attempt(`opening ${options.path}`, () => open(options.path)),
      (database) => Effect.sync(() => database.close())
    ).pipe(Effect.map((database) => make(database, Duration.toMillis(options.patience ?? "5 seconds"))))
  )
