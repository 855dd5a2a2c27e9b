/**
 * HoneyHive's searches and what is exported: pages of events by filters, which may have to be tried on every event there is.
 */
import type { DatabaseSync } from "node:sqlite"
import type { SearchEvents } from "@honeyhive/contract/Api"
import type { Event } from "@honeyhive/contract/Event"
import type { Selection, StoredEvent } from "../TraceStore.ts"
import { type makeReader, whole } from "./reader.ts"
import { selected } from "./row.ts"
import { type Condition, isNarrow, where } from "./search.ts"

/** Start time and id of an event. */
export type Place = readonly [startTime: number, eventId: string]

export interface RecordPage {
  readonly records: ReadonlyArray<StoredEvent>
  /** Where the next page begins; `undefined` on the last one. */
  readonly next: Place | undefined
}

/** After the ids of all events, which are hexadecimal digits. */
const LAST_ID = "~"

/** Filters are tried on so many events for a page of an export, so that others have their turn in between. */
const TRIED = 10_000

/** So many events may be left out before a page that nothing but its order decides on. */
const NEAR = 10_000

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

const isAll = ({ dateRange, evaluation_id, filters = [] }: Selection): boolean =>
  filters.length === 0 && dateRange === undefined && evaluation_id === undefined

/** Whether the answer may need a look at many events. */
export const isWide = (query: SearchEvents): boolean =>
  !isNarrow(query) && !(isAll(query) && (query.limit ?? 1000) * (query.page ?? 1) <= NEAR)

export const makeSelections = (database: DatabaseSync, reader: ReturnType<typeof makeReader>, tried = TRIED) => {
  const bound = database.prepare(
    `SELECT start_time FROM events WHERE (start_time, event_id) > (?, ?) ORDER BY start_time, event_id LIMIT 1 OFFSET ${tried}`
  )

  /** The same, stopped when nobody waits for it any more. */
  const stoppable = ({ sql, values }: Condition, query: SearchEvents): Condition =>
    sql === "1" || isNarrow(query)
      ? { sql, values }
      : { sql: `${sql} AND (events.rowid & 1023 <> 0 OR hive_alive())`, values }

  return {
    eventPage: (query: SearchEvents): ReadonlyArray<Event> => {
      const { sql, values } = stoppable(where(query), query)
      const limit = query.limit ?? 1000
      // Which they are, and then what they are: what is left out before them is not read
      return reader.found(
        `SELECT ${selected} FROM
           (SELECT rowid AS place FROM events WHERE ${sql} ORDER BY start_time DESC, event_id LIMIT ? OFFSET ?) page
           CROSS JOIN events ON events.rowid = page.place ORDER BY start_time DESC, events.event_id`,
        ...values,
        limit,
        limit * ((query.page ?? 1) - 1)
      )
    },
    eventCount: (query: Selection): number => {
      const { sql, values } = stoppable(where(query), query)
      // Counting a whole table is a matter of its pages, unless a condition has to be tried on each row
      const all = database.prepare(`SELECT COUNT(*) AS count FROM events${sql === "1" ? "" : ` WHERE ${sql}`}`)
      return Number(all.get(...values)?.["count"])
    },
    /** The next of a selection, with their sessions, after the last one that was read: up to so many, perhaps none. */
    recordPage: (selection: Selection, after: Place, limit: number): RecordPage => {
      const session = sessionOf(selection)
      const { sql, values } =
        session === undefined
          ? stoppable(where(selection), selection)
          : // It holds its own event, and its index has it in order
            { sql: "session_id = ?", values: [session] }
      const all = session !== undefined || sql === "1"
      const inside = where(selection, "inside")
      const sessions = isNarrow(selection)
        ? `event_id IN (SELECT inside.session_id FROM events inside WHERE ${inside.sql})`
        : // Asked of each session once, when it is come to
          `(events.event_id = events.session_id AND EXISTS
             (SELECT 1 FROM events inside WHERE inside.session_id = events.event_id AND (${inside.sql})))`
      const until = all || isNarrow(selection) ? undefined : bound.get(...after)?.["start_time"]
      const records = reader.records(
        `SELECT ${whole} FROM events WHERE (start_time, event_id) > (?, ?) AND start_time <= ? AND
           ${all ? sql : `((${sql}) OR ${sessions})`} ORDER BY start_time, event_id LIMIT ?`,
        ...after,
        typeof until === "number" ? until : Number.MAX_VALUE,
        ...values,
        ...(all ? [] : inside.values),
        limit
      )
      const last = records.length < limit ? undefined : records.at(-1)?.event
      return {
        records,
        next:
          last !== undefined
            ? [last.start_time, last.event_id]
            : typeof until === "number"
              ? [until, LAST_ID]
              : undefined
      }
    }
  }
}
