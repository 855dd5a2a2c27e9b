/**
 * The store on SQLite, in one file: write-ahead log, versioned tables, one transaction per request.
 *
 * @since 0.1.0
 */
import * as FileSystem from "node:fs"
import * as Path from "node:path"
import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { Event, PostEvent, StartSession, UpdateEvent } from "@honeyhive/contract/Event"
import * as Prices from "@honeyhive/contract/Prices"
import { type Projected, toEvent } from "@honeyhive/contract/Projection"
import * as Uuid from "@honeyhive/contract/Uuid"
import { columns, fromRow, type Lineage, type Row, selected, toRow } from "./internal/row.ts"
import { migrations, version } from "./internal/schema.ts"
import { where } from "./internal/search.ts"
import { traceQueries } from "./internal/sqliteQueries.ts"
import { TraceQueries } from "./TraceQueries.ts"
import { SearchError, type SessionSummary, TraceStore, TraceStoreError } from "./TraceStore.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface SqliteOptions {
  /** The file, made with its folders when it is missing; `:memory:` keeps nothing. */
  readonly path: string
  /** What tokens cost. Default: list prices, `Prices.builtIn`. */
  readonly prices?: Prices.PriceTable | undefined
}

const inMemory = ":memory:"

const open = (path: string): DatabaseSync => {
  if (path !== inMemory) FileSystem.mkdirSync(Path.dirname(Path.resolve(path)), { recursive: true })
  // Loaded with the first store: on Node 22 the module announces itself as experimental, which an import must not
  const sqlite = process.getBuiltinModule("node:sqlite")
  const database = new sqlite.DatabaseSync(path, { timeout: 5_000 })
  try {
    migrate(database, path)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

const migrate = (database: DatabaseSync, path: string): void => {
  const found = Number(database.prepare("PRAGMA user_version").get()?.["user_version"])
  if (found > version) {
    throw new TraceStoreError({
      message:
        `${path} is a store of version ${found}, this hive reads up to version ${version}: ` +
        "update @honeyhive/hive, or choose another file"
    })
  }
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY")
  for (let step = found; step < version; step++) {
    database.exec(`BEGIN IMMEDIATE; ${migrations[step]}; PRAGMA user_version = ${step + 1}; COMMIT`)
  }
}

const merged = <A extends object>(before: A, more: A | undefined): A => ({ ...before, ...more })

/** The event with what an update says: buckets merge, outputs are replaced unless null. */
const updated = (event: Event, update: UpdateEvent): Event => ({
  ...event,
  config: merged(event.config, update.config),
  metadata: merged(event.metadata, update.metadata),
  metrics: merged(event.metrics, update.metrics),
  feedback: merged(event.feedback, update.feedback),
  user_properties: merged(event.user_properties, update.user_properties),
  outputs: update.outputs ?? event.outputs,
  end_time: update.end_time ?? event.end_time,
  duration: update.duration ?? event.duration,
  children_ids: update.children_ids?.length ? update.children_ids : event.children_ids
})

/** A span that is delivered again says everything anew, but what was added to its event meanwhile stays. */
const redelivered = (before: Event, again: Event): Event => ({
  ...again,
  config: merged(before.config, again.config),
  metadata: merged(before.metadata, again.metadata),
  metrics: merged(before.metrics, again.metrics),
  feedback: merged(before.feedback, again.feedback),
  user_properties: merged(before.user_properties, again.user_properties),
  children_ids: before.children_ids
})

const uuidOf = (id: string | undefined): string | undefined =>
  id === undefined ? undefined : Uuid.isUuid(id) ? id.toLowerCase() : Uuid.fromText(id)

const emptySession = (id: string, name: string, source: string, startTime: number): Event => ({
  event_id: id,
  session_id: id,
  parent_id: null,
  children_ids: [],
  event_type: "session",
  event_name: name,
  source,
  start_time: startTime,
  end_time: null,
  duration: null,
  error: null,
  inputs: {},
  outputs: {},
  config: {},
  metadata: {},
  metrics: {},
  feedback: {},
  user_properties: {}
})

const span = (start: number, end: number | null | undefined, duration: number | null | undefined) => ({
  start_time: start,
  end_time: end ?? (typeof duration === "number" ? start + duration : null),
  duration: duration ?? (typeof end === "number" ? end - start : null)
})

const fromPost = (post: PostEvent, sessionId: string, now: number): Event => {
  const id = post.event_id?.toLowerCase() ?? crypto.randomUUID()
  const session = uuidOf(post.session_id) ?? sessionId
  return {
    event_id: id,
    session_id: session,
    parent_id: uuidOf(post.parent_id ?? undefined) ?? session,
    children_ids: post.children_ids ?? [],
    event_type: post.event_type,
    event_name: post.event_name ?? "unknown",
    source: post.source ?? "unknown",
    ...span(post.start_time ?? now, post.end_time, post.duration),
    error: post.error ?? null,
    inputs: post.inputs,
    outputs: post.outputs ?? {},
    config: post.config ?? {},
    metadata: post.metadata ?? {},
    metrics: post.metrics ?? {},
    feedback: post.feedback ?? {},
    user_properties: post.user_properties ?? {}
  }
}

/** The store over an open database; every method is one synchronous piece of work. */
const make = (database: DatabaseSync) => {
  const rows = (sql: string, ...values: ReadonlyArray<SQLInputValue>): ReadonlyArray<Row> =>
    // The statement selects exactly these columns
    database.prepare(sql).all(...values) as unknown as ReadonlyArray<Row>

  const put = database.prepare(
    `INSERT OR REPLACE INTO events (${columns.join(", ")}) VALUES (${columns.map((column) => `$${column}`).join(", ")})`
  )
  const byId = database.prepare(`SELECT ${columns.join(", ")} FROM events WHERE event_id = ?`)
  const bySpan = database.prepare(`SELECT ${columns.join(", ")} FROM events WHERE trace_id = ? AND span_id = ?`)

  const find = (id: string): Row | undefined => byId.get(id) as unknown as Row | undefined
  const write = (event: Event, lineage: Lineage | undefined): void => {
    put.run(toRow(event, lineage))
  }

  const lineageOf = (row: Row): Lineage | undefined =>
    row.span_id === null
      ? undefined
      : {
          traceId: String(row.trace_id),
          spanId: String(row.span_id),
          parentSpanId: row.parent_span_id === null ? undefined : String(row.parent_span_id)
        }

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

  const autoCreate = ({ event, session }: Projected): void => {
    const known = find(session.id)
    if (known === undefined) {
      write(emptySession(session.id, session.name, session.source, event.start_time), undefined)
    } else if (Number(known.start_time) > event.start_time && known.end_time === null) {
      write({ ...fromRow(known), start_time: event.start_time }, lineageOf(known))
    }
  }

  const ingestOne = (projected: Projected, lineage: Lineage): void => {
    const { event, session } = projected
    if (session.autoCreate) autoCreate(projected)
    const before = find(event.event_id) ?? (bySpan.get(lineage.traceId, lineage.spanId) as unknown as Row | undefined)
    write(before === undefined ? event : redelivered(fromRow(before), event), lineage)
  }

  const startSession = (start: StartSession, now: number): Event => {
    const id = uuidOf(start.session_id) ?? crypto.randomUUID()
    const known = find(id)
    const before =
      known === undefined ? emptySession(id, "Session", "unknown", start.start_time ?? now) : fromRow(known)
    const session: Event = {
      ...before,
      event_name: start.session_name ?? start.event_name ?? before.event_name,
      source: start.source ?? before.source,
      ...span(
        Math.min(before.start_time, start.start_time ?? before.start_time),
        start.end_time ?? before.end_time,
        start.duration ?? before.duration
      ),
      inputs: merged(before.inputs, start.inputs),
      outputs: start.outputs ?? before.outputs,
      config: merged(before.config, start.config),
      metadata: merged(before.metadata, start.metadata),
      user_properties: merged(before.user_properties, start.user_properties),
      children_ids: start.children_ids?.length ? start.children_ids : before.children_ids
    }
    write(session, known === undefined ? undefined : lineageOf(known))
    return session
  }

  const childIds = (event: Event): Event => {
    const children = rows(
      `SELECT ${selected} FROM events WHERE parent_id = ? OR (trace_id, parent_span_id) IN
         (SELECT trace_id, span_id FROM events WHERE event_id = ? AND span_id IS NOT NULL) ORDER BY start_time`,
      event.event_id,
      event.event_id
    )
    const found = children.filter((row) => row.parent_id === event.event_id).map((row) => String(row.event_id))
    return { ...event, children_ids: [...new Set([...event.children_ids, ...found])] }
  }

  const ended = (event: Event): Event => {
    if (event.event_type !== "session" || event.end_time !== null) return event
    const last = database.prepare("SELECT MAX(end_time) AS last FROM events WHERE session_id = ?").get(event.session_id)
    const end = last?.["last"]
    return typeof end === "number" ? { ...event, ...span(event.start_time, end, null) } : event
  }

  return {
    ingest: (projected: ReadonlyArray<readonly [Projected, Lineage]>): void =>
      transaction(() => projected.forEach(([event, lineage]) => ingestOne(event, lineage))),
    startSession: (session: StartSession, now: number): Event => transaction(() => startSession(session, now)),
    createEvents: (posts: ReadonlyArray<PostEvent>, sessionId: string, now: number): ReadonlyArray<string> =>
      transaction(() =>
        posts.map((post) => {
          const event = fromPost(post, sessionId, now)
          write(event, undefined)
          return event.event_id
        })
      ),
    updateEvent: (id: string, update: UpdateEvent): boolean =>
      transaction(() => {
        const row = find(id.toLowerCase())
        if (row !== undefined) write(updated(fromRow(row), update), lineageOf(row))
        return row !== undefined
      }),
    byIds: (ids: ReadonlyArray<string>): ReadonlyArray<Event> =>
      rows(
        `SELECT ${columns.join(", ")} FROM events WHERE event_id IN (SELECT value FROM json_each(?))`,
        JSON.stringify(ids)
      ).map(fromRow),
    event: (id: string): Event | undefined => {
      const [row] = rows(`SELECT ${selected} FROM events WHERE event_id = ?`, id.toLowerCase())
      return row === undefined ? undefined : ended(childIds(fromRow(row)))
    },
    search: (query: Parameters<typeof where>[0]) => {
      const { sql, values } = where(query)
      const limit = query.limit ?? 1000
      const found = rows(
        `SELECT ${selected} FROM events WHERE ${sql} ORDER BY start_time DESC, event_id LIMIT ? OFFSET ?`,
        ...values,
        limit,
        limit * ((query.page ?? 1) - 1)
      )
      const all = database.prepare(`SELECT COUNT(*) AS count FROM events WHERE ${sql}`).get(...values)
      return { events: found.map(fromRow), count: Number(all?.["count"]) }
    },
    sessions: (limit: number, offset: number): ReadonlyArray<SessionSummary> =>
      database
        .prepare(`
        SELECT session_id,
          MAX(CASE WHEN event_type = 'session' THEN event_name END) AS name,
          MAX(CASE WHEN event_type = 'session' THEN source END) AS source,
          MAX(source) AS event_source,
          MIN(start_time) AS start_time,
          COALESCE(MAX(CASE WHEN event_type = 'session' THEN end_time END), MAX(end_time)) AS end_time,
          SUM(event_type <> 'session') AS events,
          SUM(event_type <> 'session' AND error IS NOT NULL) AS errors,
          SUM(CASE WHEN event_type = 'model' THEN COALESCE(json_extract(metadata, '$.total_tokens'), 0) ELSE 0 END) AS tokens
        FROM events GROUP BY session_id ORDER BY start_time DESC, session_id LIMIT ? OFFSET ?
      `)
        .all(limit, offset)
        .map((row): SessionSummary => ({
          session_id: String(row["session_id"]),
          name: String(row["name"] ?? "(orphan)"),
          source: String(row["source"] ?? row["event_source"]),
          orphan: row["name"] === null,
          start_time: Number(row["start_time"]),
          end_time: row["end_time"] === null ? null : Number(row["end_time"]),
          events: Number(row["events"]),
          errors: Number(row["errors"]),
          tokens: Number(row["tokens"])
        })),
    sessionEvents: (sessionId: string): ReadonlyArray<Event> => {
      // Of two that start in the same moment, the one that ends later is around the other
      const events = rows(
        `SELECT ${selected} FROM events WHERE session_id = ? ORDER BY event_type <> 'session', start_time,
           end_time IS NOT NULL, end_time DESC, event_id`,
        sessionId.toLowerCase()
      ).map(fromRow)
      const children = Map.groupBy(events, (event) => event.parent_id)
      return events.map((event) =>
        ended({
          ...event,
          children_ids: [
            ...new Set([...event.children_ids, ...(children.get(event.event_id) ?? []).map((child) => child.event_id)])
          ]
        })
      )
    }
  }
}

/** A second handle, so that long questions read beside the writer; a store in memory has no second door. */
const openReader = (path: string): DatabaseSync | undefined => {
  if (path === inMemory) return undefined
  const reader = new (process.getBuiltinModule("node:sqlite").DatabaseSync)(path, { readOnly: true, timeout: 5_000 })
  // Pages of the index, in KiB: a search reads few of them again and again
  reader.exec("PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 1073741824")
  return reader
}

const attempt = <A>(what: string, work: () => A): Effect.Effect<A, TraceStoreError> =>
  Effect.try({
    try: work,
    catch: (cause) =>
      cause instanceof TraceStoreError ? cause : new TraceStoreError({ message: `${what}: ${String(cause)}`, cause })
  })

/**
 * Opens the file for as long as its scope. A store that a newer hive has written is refused with a `TraceStoreError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { SqliteTraceStore, TraceStore } from "@honeyhive/hive"
 *
 * const name = TraceStore.use((store) => store.startSession({ session_name: "nightly" })).pipe(
 *   Effect.map((session) => session.event_name),
 *   Effect.provide(SqliteTraceStore.layer({ path: ":memory:" }))
 * )
 *
 * await Effect.runPromise(name) // => "nightly"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: SqliteOptions): Layer.Layer<TraceStore | TraceQueries, TraceStoreError> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const clock = yield* Clock.Clock
      const database = yield* Effect.acquireRelease(
        attempt(`opening ${options.path}`, () => open(options.path)),
        (database) => Effect.sync(() => database.close())
      )
      const store = make(database)
      const now = () => clock.currentTimeMillisUnsafe()
      const queries = yield* traceQueries({
        writer: database,
        reader: yield* Effect.acquireRelease(
          attempt(`opening ${options.path} for reading`, () => openReader(options.path)),
          (reader) => Effect.sync(() => reader?.close())
        ),
        prices: options.prices ?? Prices.builtIn,
        read: store.byIds
      })
      const traceStore = TraceStore.of({
        ingest: (spans) => attempt("keeping spans", () => store.ingest(spans.map((span) => [toEvent(span), span]))),
        startSession: (session) => attempt("starting a session", () => store.startSession(session, now())),
        createEvents: (events, sessionId) =>
          attempt("creating events", () => store.createEvents(events, uuidOf(sessionId) ?? crypto.randomUUID(), now())),
        updateEvent: (id, update) => attempt("updating an event", () => store.updateEvent(id, update)),
        event: (id) => attempt("reading an event", () => Option.fromUndefinedOr(store.event(id))),
        search: (query) =>
          Effect.try({
            try: () => store.search(query),
            catch: (cause) =>
              cause instanceof SearchError
                ? cause
                : new TraceStoreError({ message: `searching: ${String(cause)}`, cause })
          }),
        sessions: ({ limit, offset }) => attempt("listing sessions", () => store.sessions(limit, offset)),
        sessionEvents: (sessionId) => attempt("reading a session", () => store.sessionEvents(sessionId))
      })
      return Context.make(TraceStore, traceStore).pipe(Context.add(TraceQueries, queries))
    })
  )
