/**
 * What is asked of the store on ClickHouse.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { SearchEvents } from "@honeyhive/contract/Api"
import type { Event } from "@honeyhive/contract/Event"
import {
  SearchError,
  type Selection,
  type SessionSummary,
  type StoredEvent,
  type TraceStoreError
} from "../../TraceStore.ts"
import { times } from "../merge.ts"
import { fromTexts } from "../origins.ts"
import { binding, inParts } from "./binding.ts"
import type { Database } from "./database.ts"
import { where } from "./filters.ts"
import { columns, eventOf, EventRow, lineageOf, sourceOf, wholeColumns, WholeRow, withoutSource } from "./rows.ts"

const Count = Schema.Struct({ count: Schema.Int })

const SessionRow = Schema.Struct({
  session_id: Schema.String,
  name: Schema.NullOr(Schema.String),
  source: Schema.NullOr(Schema.String),
  event_source: Schema.String,
  start_time: Schema.Finite,
  session_end: Schema.NullOr(Schema.Finite),
  last_end: Schema.NullOr(Schema.Finite),
  events: Schema.Int,
  errors: Schema.Int,
  tokens: Schema.Finite
})

const summaryOf = (row: typeof SessionRow.Type): SessionSummary => ({
  session_id: row.session_id,
  name: row.name ?? "(orphan)",
  source: row.source ?? row.event_source,
  orphan: row.name === null,
  start_time: row.start_time,
  end_time: row.session_end ?? row.last_end,
  events: row.events,
  errors: row.errors,
  tokens: row.tokens
})

const Alias = Schema.Struct({ id: Schema.String, event_id: Schema.String })

/** A session without an end of its own ends with what is in it; and it begins no later. */
const ended = (event: Event, first: number, last: number | null): Event =>
  event.event_type !== "session" || event.end_time !== null || last === null
    ? event
    : { ...event, ...times(Math.min(first, event.start_time), last, null) }

const compiled = (query: SearchEvents) => {
  const bound = binding()
  return Effect.map(
    Effect.try({
      try: () => where(bound, query),
      // Anything else is a defect
      catch: (cause) => (cause instanceof SearchError ? cause : new SearchError({ message: String(cause) }))
    }),
    (sql) => ({ ...bound, sql })
  )
}

/** As it was said. */
const storedOf = (row: WholeRow): StoredEvent => {
  const [origin = null, extras = null] = sourceOf(row) ?? []
  const source = fromTexts(origin, extras)
  return {
    event: eventOf(withoutSource(row)),
    span: lineageOf(row),
    ...(source === undefined ? {} : { source })
  }
}

/** The event with an id. */
const itself = `WHERE (day, session_id, start_time, event_id) IN (SELECT day, session_id, start_time, event_id FROM places FINAL
  WHERE id = {id:String} AND event_id = {id:String})`

/** Events that are read at a time. */
const PAGE = 200

export const makeReader = (database: Database) => {
  const events = (what: string, rest: string, params: { readonly [name: string]: unknown }) =>
    database.rows(what, EventRow, { sql: `SELECT ${columns} FROM events FINAL ${rest}`, params })

  const wholeRows = (what: string, rest: string, params: { readonly [name: string]: unknown }) =>
    database.rows(what, WholeRow, { sql: `SELECT ${wholeColumns} FROM events FINAL ${rest}`, params })

  /** Events with their parents, which may have ids of their own that only their spans tell. */
  const withParents = (rows: ReadonlyArray<EventRow>): Effect.Effect<ReadonlyArray<Event>, TraceStoreError> => {
    const known = new Map(rows.flatMap((row) => (row.span_id === null ? [] : [[row.name, row.event_id] as const])))
    const missing = new Set(
      rows.flatMap(({ parent_name }) => (parent_name === null || known.has(parent_name) ? [] : [parent_name]))
    )
    const found = Effect.forEach(inParts(missing), (ids) =>
      database.rows("finding parents", Alias, {
        sql: "SELECT id, event_id FROM places FINAL WHERE id IN {ids:Array(String)} AND id <> event_id",
        params: { ids }
      })
    )
    return Effect.map(found, (aliases) => {
      for (const { event_id, id } of aliases.flat()) known.set(id, event_id)
      return rows.map((row): Event => {
        const parent = row.parent_name === null ? undefined : known.get(row.parent_name)
        return parent === undefined ? eventOf(row) : { ...eventOf(row), parent_id: parent }
      })
    })
  }

  const summary = (sessionId: string) =>
    database.rows("reading a session", SessionRow, {
      sql: "SELECT * FROM sessions FINAL WHERE session_id = {id:String}",
      params: { id: sessionId }
    })

  const whole = (row: EventRow) =>
    Effect.gen(function* () {
      const around = yield* events(
        "reading an event",
        "WHERE session_id = {session:String} AND (parent_id IN {ids:Array(String)} OR parent_name IN {ids:Array(String)}) ORDER BY start_time",
        { session: row.session_id, ids: [row.event_id, row.name] }
      )
      const [event, ...children] = yield* withParents([
        row,
        ...around.filter(({ event_id }) => event_id !== row.event_id)
      ])
      if (event === undefined) return eventOf(row)
      const found = children.filter((child) => child.parent_id === event.event_id).map((child) => child.event_id)
      const [session] = event.event_type === "session" ? yield* summary(event.event_id) : []
      return ended(
        { ...event, children_ids: [...new Set([...event.children_ids, ...found])] },
        session?.start_time ?? event.start_time,
        session?.last_end ?? null
      )
    })

  const page = (selection: Selection, after: readonly [time: number, id: string]) =>
    Effect.gen(function* () {
      const { bind, params, sql } = yield* compiled(selection)
      const selected =
        sql === "1" ? "1" : `((${sql}) OR event_id IN (SELECT session_id FROM events FINAL WHERE ${sql}))`
      const place = `(${bind("Float64", after[0])}, ${bind("String", after[1])})`
      return yield* wholeRows(
        "reading events",
        `WHERE (start_time, event_id) > ${place} AND ${selected} ORDER BY start_time, event_id LIMIT ${PAGE}`,
        params
      )
    })

  return {
    event: (id: string) =>
      Effect.gen(function* () {
        const [row] = yield* events("reading an event", itself, { id: id.toLowerCase() })
        return row === undefined ? Option.none() : Option.some(yield* whole(row))
      }),

    /** As it is read, and as it was said. */
    both: (id: string) =>
      Effect.gen(function* () {
        const [row] = yield* wholeRows("reading an event", itself, { id: id.toLowerCase() })
        return row === undefined
          ? Option.none()
          : Option.some({ event: yield* whole(withoutSource(row)), stored: storedOf(row) })
      }),

    search: (query: SearchEvents) =>
      Effect.gen(function* () {
        const { bind, params, sql } = yield* compiled(query)
        const limit = query.limit ?? 1000
        const counting = database.rows("searching", Count, {
          sql: `SELECT count() AS count FROM events FINAL WHERE ${sql}`,
          params: { ...params }
        })
        const size = bind("UInt32", limit)
        const from = bind("Int64", limit * ((query.page ?? 1) - 1))
        const finding = events(
          "searching",
          `WHERE ${sql} ORDER BY start_time DESC, event_id LIMIT ${size} OFFSET ${from}`,
          params
        )
        const [rows, [all]] = yield* Effect.all([finding, counting], { concurrency: 2 })
        return { events: yield* withParents(rows), count: all?.count ?? 0 }
      }),

    records: (selection: Selection): Stream.Stream<StoredEvent, TraceStoreError | SearchError> =>
      Stream.paginate([Number.NEGATIVE_INFINITY, ""] as readonly [number, string], (after) =>
        Effect.map(page(selection, after), (rows) => {
          const last = rows.length < PAGE ? undefined : rows.at(-1)
          const next = last === undefined ? Option.none() : Option.some([last.start_time, last.event_id] as const)
          return [rows.map(storedOf), next] as const
        })
      ),

    sessions: ({ limit, offset }: { readonly limit: number; readonly offset: number }) =>
      Effect.map(
        database.rows("listing sessions", SessionRow, {
          sql: `SELECT * FROM sessions FINAL ORDER BY start_time DESC, session_id LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
          params: { limit, offset }
        }),
        (rows) => rows.map(summaryOf)
      ),

    sessionEvents: (sessionId: string) =>
      Effect.gen(function* () {
        // Of two that start in the same moment, the one that ends later is around the other
        const rows = yield* events(
          "reading a session",
          `WHERE session_id = {id:String} ORDER BY event_type <> 'session', start_time, end_time IS NOT NULL,
             end_time DESC, event_id`,
          { id: sessionId.toLowerCase() }
        )
        const all = yield* withParents(rows)
        const children = Map.groupBy(all, (event) => event.parent_id)
        let first = Infinity
        let last: number | null = null
        for (const { end_time, start_time } of all) {
          if (start_time < first) first = start_time
          if (end_time !== null && (last === null || end_time > last)) last = end_time
        }
        return all.map((event) => {
          const found = (children.get(event.event_id) ?? []).map((child) => child.event_id)
          return ended({ ...event, children_ids: [...new Set([...event.children_ids, ...found])] }, first, last)
        })
      })
  }
}
