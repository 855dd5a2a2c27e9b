/**
 * One row per session, kept in step with its events, so that a list of sessions never reads the events.
 */
import type { DatabaseSync } from "node:sqlite"
import { unpackedColumn } from "./payload.ts"
import type { Row } from "./row.ts"

interface Change {
  name: string | null
  source: string | null
  eventSource: string
  start: number
  sessionEnd: number | null
  lastEnd: number | null
  events: number
  errors: number
  tokens: number
  /** Something that only the events themselves can tell now, such as the end after the last event became shorter. */
  recount: boolean
}

/** A model event's `metadata.total_tokens`, if it is a number or reads as one. */
export const tokensOf = (metadata: { readonly [key: string]: unknown }): number => {
  const said = metadata["total_tokens"]
  const number = typeof said === "string" ? Number.parseFloat(said) : typeof said === "number" ? said : 0
  return Number.isFinite(number) ? number : 0
}

const latest = (a: number | null, b: number | null): number | null => (a === null || (b !== null && b > a) ? b : a)

/** What a transaction does to the summaries; `flush` writes it down as part of the same transaction. */
export const makeSummaries = (database: DatabaseSync) => {
  const merge = database.prepare(
    `INSERT INTO session_summaries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (session_id) DO UPDATE SET
       name = COALESCE(excluded.name, name),
       source = COALESCE(excluded.source, source),
       event_source = MAX(event_source, excluded.event_source),
       start_time = MIN(start_time, excluded.start_time),
       session_end = CASE WHEN excluded.name IS NULL THEN session_end ELSE excluded.session_end END,
       last_end = COALESCE(MAX(last_end, excluded.last_end), last_end, excluded.last_end),
       events = events + excluded.events,
       errors = errors + excluded.errors,
       tokens = tokens + excluded.tokens`
  )
  const forget = database.prepare("DELETE FROM session_summaries WHERE session_id = ?")
  const metadata = unpackedColumn("metadata")
  const recount = database.prepare(
    `INSERT INTO session_summaries SELECT session_id,
       MAX(CASE WHEN event_type = 'session' THEN event_name END),
       MAX(CASE WHEN event_type = 'session' THEN source END),
       MAX(source), MIN(start_time),
       MAX(CASE WHEN event_type = 'session' THEN end_time END), MAX(end_time),
       SUM(event_type <> 'session'), SUM(event_type <> 'session' AND error IS NOT NULL),
       SUM(CASE WHEN event_type <> 'model' THEN 0 WHEN raw IS NOT NULL THEN tokens
         WHEN json_type(${metadata}, '$.total_tokens') IN ('integer', 'real', 'text')
         THEN CAST(json_extract(${metadata}, '$.total_tokens') AS REAL) ELSE 0 END)
     FROM events WHERE session_id = ? GROUP BY session_id`
  )
  const changes = new Map<string, Change>()

  const changeOf = (id: string, eventSource: string, start: number): Change => {
    let change = changes.get(id)
    if (change === undefined) {
      change = {
        name: null,
        source: null,
        eventSource,
        start,
        sessionEnd: null,
        lastEnd: null,
        events: 0,
        errors: 0,
        tokens: 0,
        recount: false
      }
      changes.set(id, change)
    }
    return change
  }

  const added = (row: Row, tokens: number): void => {
    const change = changeOf(String(row.session_id), String(row.source), Number(row.start_time))
    change.start = Math.min(change.start, Number(row.start_time))
    change.lastEnd = latest(change.lastEnd, row.end_time as number | null) // the column's type
    if (String(row.source) > change.eventSource) change.eventSource = String(row.source)
    if (row.event_type === "session") {
      change.name = String(row.event_name)
      change.source = String(row.source)
      change.sessionEnd = row.end_time as number | null // the column's type
    } else {
      change.events++
      if (row.error !== null) change.errors++
      if (row.event_type === "model") change.tokens += tokens
    }
  }

  return {
    added,
    /** As `added`, without a row. */
    inserted: (
      id: string,
      type: string,
      name: string,
      source: string,
      start: number,
      end: number | null,
      failed: boolean,
      tokens: number
    ): void => {
      const change = changeOf(id, source, start)
      if (start < change.start) change.start = start
      if (end !== null && (change.lastEnd === null || end > change.lastEnd)) change.lastEnd = end
      if (source > change.eventSource) change.eventSource = source
      if (type === "session") {
        change.name = name
        change.source = source
        change.sessionEnd = end
        return
      }
      change.events++
      if (failed) change.errors++
      if (type === "model") change.tokens += tokens
    },
    /** A row that another one takes the place of, or that goes. */
    removed: (row: Row, tokens: number, by: Row | undefined): void => {
      const change = changeOf(String(row.session_id), String(row.source), Number(row.start_time))
      if (
        by === undefined ||
        by.session_id !== row.session_id ||
        by.event_type !== row.event_type ||
        by.source !== row.source ||
        Number(by.start_time) > Number(row.start_time) ||
        (row.end_time !== null && (by.end_time === null || by.end_time < row.end_time))
      ) {
        change.recount = true
      }
      if (row.event_type !== "session") {
        change.events--
        if (row.error !== null) change.errors--
        if (row.event_type === "model") change.tokens -= tokens
      }
    },
    /** Counts a session again, now: some or all of its events went. */
    recounted: (id: string): void => {
      forget.run(id)
      recount.run(id)
    },
    flush: (): void => {
      for (const [id, change] of changes) {
        if (change.recount) {
          forget.run(id)
          recount.run(id)
        } else {
          merge.run(
            id,
            change.name,
            change.source,
            change.eventSource,
            change.start,
            change.sessionEnd,
            change.lastEnd,
            change.events,
            change.errors,
            change.tokens
          )
        }
      }
      changes.clear()
    },
    discard: (): void => changes.clear()
  }
}
