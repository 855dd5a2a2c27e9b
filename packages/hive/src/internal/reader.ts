/**
 * What is asked of the store, on a handle of its own.
 */
import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import type { Event } from "@honeyhive/contract/Event"
import * as Uuid from "@honeyhive/contract/Uuid"
import type { Selection, SessionSummary, StoredEvent } from "../TraceStore.ts"
import { times } from "./merge.ts"
import { fromTexts } from "./origins.ts"
import { makeUnpacker } from "./payload.ts"
import { makeRawReader } from "./raw.ts"
import { openRequest } from "./rawEvents.ts"
import { fromRow, lineageOf, parentId, type Row, selected, stored, unpackedRow } from "./row.ts"
import { where } from "./search.ts"

/** Start time and id of an event. */
export type Place = readonly [startTime: number, eventId: string]

/** The session, where a selection is one session and nothing else. */
const sessionOf = ({ dateRange, evaluation_id, filters = [] }: Selection): string | undefined => {
  const [filter] = filters
  return filters.length === 1 &&
    filter?.field === "session_id" &&
    filter.operator === "is" &&
    dateRange === undefined &&
    evaluation_id === undefined &&
    typeof filter.value === "string"
    ? filter.value
    : undefined
}

interface Found {
  readonly row: Row & { readonly origin_body?: unknown; readonly extras?: unknown }
  readonly event: Event
}

export const makeReader = (database: DatabaseSync, rawEvents = makeRawReader(database, openRequest)) => {
  const unpack = makeUnpacker(database)
  /** A raw event is what its span says, apart from a parent that was found. */
  const eventOf = (row: Row): Event =>
    row.raw === null || row.raw === undefined
      ? fromRow(unpackedRow(row, unpack, rawEvents.event))
      : { ...rawEvents.event(Number(row.raw)), parent_id: row.parent_id === null ? null : String(row.parent_id) }

  const rows = (sql: string, ...values: ReadonlyArray<SQLInputValue>): ReadonlyArray<Found> => {
    // Rows and the content that they share are read of one moment: retention may remove both meanwhile
    database.exec("BEGIN")
    try {
      // The statement selects exactly these columns
      const found = database.prepare(sql).all(...values) as unknown as ReadonlyArray<Found["row"]>
      return found.map((row) => ({ row, event: eventOf(row) }))
    } finally {
      database.exec("COMMIT")
    }
  }

  const children = database.prepare(
    `SELECT event_id, ${parentId} AS parent_id FROM events WHERE events.parent_id IN (?, ?) ORDER BY start_time`
  )

  const withChildren = ({ event, row }: Found): Event => {
    // Spans name the id that their parent's span would have, which is not the parent's where that has one of its own
    const named = row.span_id === null ? event.event_id : Uuid.fromSpan(String(row.trace_id), String(row.span_id))
    const found = children
      .all(event.event_id, named)
      .filter((child) => child["parent_id"] === event.event_id)
      .map((child) => String(child["event_id"]))
    return { ...event, children_ids: [...new Set([...event.children_ids, ...found])] }
  }

  const span = database.prepare(
    "SELECT MIN(start_time) AS first, MAX(end_time) AS last FROM events WHERE session_id = ?"
  )

  const ended = (event: Event): Event => {
    if (event.event_type !== "session" || event.end_time !== null) return event
    const { first, last } = span.get(event.session_id) ?? {}
    // As the list of sessions has it: what is in a session may be older than its start was said to be
    const start = typeof first === "number" ? Math.min(first, event.start_time) : event.start_time
    return typeof last === "number" ? { ...event, ...times(start, last, null) } : event
  }

  const whole = `${stored}, (SELECT body FROM origins WHERE id = origin) AS origin_body,
    (SELECT body FROM span_extras WHERE span_extras.event_id = events.event_id) AS extras`
  const running = database.prepare("SELECT 1 FROM running LIMIT 1")

  /** A row with what its span says beside its event. */
  const recordOf = ({ event, row }: Found): StoredEvent => {
    const { extras, origin_body, raw } = row
    const source =
      typeof raw === "number"
        ? fromTexts(...rawEvents.span(raw).source)
        : fromTexts(typeof origin_body === "string" ? origin_body : null, typeof extras === "string" ? extras : null)
    return { event, span: lineageOf(row), ...(source === undefined ? {} : { source }) }
  }

  return {
    hasRunning: (): boolean => running.get() !== undefined,
    event: (id: string): Event | undefined => {
      const [found] = rows(`SELECT ${selected} FROM events WHERE event_id = ?`, id.toLowerCase())
      return found === undefined ? undefined : ended(withChildren(found))
    },
    /** As it was said. */
    stored: (id: string): StoredEvent | undefined =>
      rows(`SELECT ${whole} FROM events WHERE event_id = ?`, id.toLowerCase()).map(recordOf)[0],
    search: (query: Parameters<typeof where>[0]) => {
      const { sql, values } = where(query)
      const limit = query.limit ?? 1000
      const found = rows(
        `SELECT ${selected} FROM events WHERE ${sql} ORDER BY start_time DESC, event_id LIMIT ? OFFSET ?`,
        ...values,
        limit,
        limit * ((query.page ?? 1) - 1)
      )
      // Counting a whole table is a matter of its pages, unless a condition has to be tried on each row
      const all = database
        .prepare(`SELECT COUNT(*) AS count FROM events${sql === "1" ? "" : ` WHERE ${sql}`}`)
        .get(...values)
      return { events: found.map(({ event }) => event), count: Number(all?.["count"]) }
    },
    /** The next so many of a selection, with their sessions, after the last one that was read. */
    page: (selection: Selection, after: Place, limit: number): ReadonlyArray<StoredEvent> => {
      const { sql, values } = where(selection)
      const session = sessionOf(selection)
      const within =
        session !== undefined
          ? // It holds its own event, and its index has it in order
            { sql: "session_id = ?", values: [session] }
          : sql === "1"
            ? { sql, values }
            : {
                sql: `((${sql}) OR event_id IN (SELECT session_id FROM events WHERE ${sql}))`,
                values: [...values, ...values]
              }
      return rows(
        `SELECT ${whole} FROM events WHERE (start_time, event_id) > (?, ?) AND ${within.sql}
         ORDER BY start_time, event_id LIMIT ?`,
        ...after,
        ...within.values,
        limit
      ).map(recordOf)
    },
    sessions: (limit: number, offset: number): ReadonlyArray<SessionSummary> =>
      database
        .prepare(
          `SELECT *, (SELECT SUM(f.tokens) FROM index_words w JOIN index_facts f ON f.session = w.id AND f.repeats = 1
             WHERE w.kind = 0 AND w.value = session_id COLLATE BINARY) AS repeated
           FROM session_summaries ORDER BY start_time DESC, session_id LIMIT ? OFFSET ?`
        )
        .all(limit, offset)
        .map((row): SessionSummary => {
          const end = row["session_end"] ?? row["last_end"]
          return {
            session_id: String(row["session_id"]),
            name: String(row["name"] ?? "(orphan)"),
            source: String(row["source"] ?? row["event_source"]),
            orphan: row["name"] === null,
            start_time: Number(row["start_time"]),
            end_time: end === null ? null : Number(end),
            events: Number(row["events"]),
            errors: Number(row["errors"]),
            // Counted as it came in; what was counted twice is known a moment later
            tokens: Math.max(0, Number(row["tokens"]) - Number(row["repeated"] ?? 0))
          }
        }),
    sessionEvents: (sessionId: string): ReadonlyArray<Event> => {
      // Of two that start in the same moment, the one that ends later is around the other
      const events = rows(
        `SELECT ${selected} FROM events WHERE session_id = ? ORDER BY event_type <> 'session', start_time,
           end_time IS NOT NULL, end_time DESC, event_id`,
        sessionId.toLowerCase()
      ).map(({ event }) => event)
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
