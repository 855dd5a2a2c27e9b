/**
 * What is asked of the store, on a handle of its own.
 */
import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import type { Event } from "@honeyhive/contract/Event"
import * as Uuid from "@honeyhive/contract/Uuid"
import type { SessionSummary, StoredEvent } from "../TraceStore.ts"
import { times } from "./merge.ts"
import { fromTexts } from "./origins.ts"
import { makeUnpacker } from "./payload.ts"
import { makeRawReader } from "./raw.ts"
import { openRequest } from "./rawEvents.ts"
import { fromRow, lineageOf, parentId, type Row, selected, stored, unpackedRow } from "./row.ts"

/** The columns of a record. */
export const whole = `${stored}, (SELECT body FROM origins WHERE id = origin) AS origin_body,
  (SELECT body FROM span_extras WHERE span_extras.event_id = events.event_id) AS extras`

/** Naming so many children of an event takes some milliseconds. */
const MAX_CHILDREN = 1000

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
    "SELECT start_time AS first, last_end AS last FROM session_summaries WHERE session_id = ?"
  )

  const ended = (event: Event): Event => {
    if (event.event_type !== "session" || event.end_time !== null) return event
    const { first, last } = span.get(event.session_id) ?? {}
    // As the list of sessions has it: what is in a session may be older than its start was said to be
    const start = typeof first === "number" ? Math.min(first, event.start_time) : event.start_time
    return typeof last === "number" ? { ...event, ...times(start, last, null) } : event
  }

  const size = database.prepare("SELECT events FROM session_summaries WHERE session_id = ?")
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
    /** Whether an event is a session with so many others in it that naming its children takes a while. */
    isLarge: (id: string): boolean => Number(size.get(id.toLowerCase())?.["events"] ?? 0) > MAX_CHILDREN,
    /** As it was said. */
    stored: (id: string): StoredEvent | undefined =>
      rows(`SELECT ${whole} FROM events WHERE event_id = ?`, id.toLowerCase()).map(recordOf)[0],
    /** The rows that a statement finds, in its order; it selects `selected`, or `whole`. */
    found: (sql: string, ...values: ReadonlyArray<SQLInputValue>): ReadonlyArray<Event> =>
      rows(sql, ...values).map(({ event }) => event),
    records: (sql: string, ...values: ReadonlyArray<SQLInputValue>): ReadonlyArray<StoredEvent> =>
      rows(sql, ...values).map(recordOf),
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
