/**
 * Events without their payloads, a page at a time. What the index knows of an event is taken from there; what it does not know
 * yet is found out from the event itself, so nobody waits for it.
 */
import type { DatabaseSync } from "node:sqlite"
import type { PriceTable } from "@honeyhive/contract/Prices"
import type { Status } from "../SessionRow.ts"
import type { SpanRow } from "../SpanRow.ts"
import { type Facts, factsOf } from "./facts.ts"
import type { Standing } from "./sessionRows.ts"
import { makeEventOfSpan } from "./ownIds.ts"
import { unpackedColumn } from "./payload.ts"
import type { RawReader } from "./raw.ts"
import { fromRow, type Row, stored, unpackedRow } from "./row.ts"

/** Start and number of the last row of a page. */
export type Place = readonly [start: number, row: number]

export const beginning: Place = [-Infinity, -1]

export interface Page {
  readonly rows: ReadonlyArray<SpanRow>
  /** Where the next page begins; `undefined` on the last one. */
  readonly next: Place | undefined
}

const MAX_ERROR = 300

export const firstLine = (error: string | null): string | null =>
  error === null ? null : (error.trimStart().split("\n", 1)[0]?.trim().slice(0, MAX_ERROR) ?? "")

/** Notes of what is to be indexed are looked through up to here; where there are more, somebody writes in bulk. */
const MAX_QUEUE = 5000

const selected = [
  "e.rowid",
  "e.event_id",
  "e.parent_id",
  "e.trace_id",
  "e.parent_span_id",
  "e.event_type",
  "e.event_name",
  "e.start_time",
  "e.duration",
  "substr(e.error, 1, 1000)",
  "e.end_time IS NULL",
  `CASE WHEN e.end_time IS NULL THEN json_extract(${unpackedColumn("e.metadata")}, '$.span_state') END`,
  "e.parent_id IS NOT NULL AND EXISTS (SELECT 1 FROM events p WHERE p.event_id = e.parent_id)",
  "COALESCE((SELECT links FROM span_extras x WHERE x.event_id = e.event_id), 0)",
  "e.session_id",
  "e.raw",
  // What the index knows
  "f.id",
  "f.tokens",
  "f.cost",
  "f.model",
  "f.ttft",
  "f.input",
  "f.cache_read",
  "f.cache_write",
  "f.output",
  "f.reasoning",
  "f.end_time",
  "f.repeats"
]
const KNOWN = selected.indexOf("f.id")

export const makeSpanRows = (
  database: DatabaseSync,
  unpack: (text: string) => string,
  rawEvents: RawReader,
  prices: PriceTable,
  /** A session's own row says how all of it stands. */
  standing: (sessionId: string) => Standing | undefined
) => {
  const statement = (sql: string) => {
    const prepared = database.prepare(sql)
    // Half the time; a Node that cannot do so yet gives objects with their values in the same order
    const arrays = "setReturnArrays" in prepared
    if (arrays) prepared.setReturnArrays(true)
    return (...values: ReadonlyArray<string | number>): ReadonlyArray<ReadonlyArray<unknown>> => {
      const rows: ReadonlyArray<unknown> = prepared.all(...values)
      return rows.map((row) => (Array.isArray(row) ? row : Object.values(row as object))) // a row is one or the other
    }
  }
  // Columns of the same name would be one in an object
  const columnsOf = selected.map((column, index) => `${column} AS c${index}`).join(", ")
  const from = `SELECT ${columnsOf} FROM events e LEFT JOIN index_facts f ON f.event_id = e.event_id`
  const page = statement(
    `${from} WHERE e.session_id = ? AND (e.start_time, e.rowid) > (?, ?) AND e.event_id <> e.session_id
      ORDER BY e.start_time, e.rowid LIMIT ?`
  )
  const one = statement(`${from} WHERE e.event_id = ?`)
  const queue = database.prepare(`SELECT event_id FROM index_queue LIMIT ${MAX_QUEUE}`)
  const byId = database.prepare(`SELECT ${stored} FROM events WHERE event_id = ?`)
  const eventOfSpan = makeEventOfSpan(database)
  const word = database.prepare("SELECT value FROM index_words WHERE id = ?")

  const words = new Map<unknown, string | null>()
  const wordOf = (id: unknown): string | null => {
    if (typeof id !== "number") return null
    let value = words.get(id)
    if (value === undefined) {
      const found = word.get(id)?.["value"]
      value = typeof found === "string" ? found : null
      if (words.size > 10_000) words.clear()
      words.set(id, value)
    }
    return value
  }

  /** What only the event itself says. */
  const looked = (id: string): Facts | undefined => {
    const row = byId.get(id)
    // The statement selects exactly these columns
    return row === undefined ? undefined : factsOf(fromRow(unpackedRow(row as Row, unpack, rawEvents.event)), prices)
  }

  const parentOf = (said: unknown, there: unknown, trace: unknown, span: unknown, session: unknown) => {
    if (typeof said !== "string") return [null, false] as const
    if (there === 1) return [said, false] as const
    // A parent may have an event id of its own
    const own = typeof trace === "string" && typeof span === "string" ? eventOfSpan(trace, span) : undefined
    if (own !== undefined) return [own, false] as const
    // The first span of a session that nobody started has no parent, rather than one that is missing
    return [null, said !== session || typeof span === "string"] as const
  }

  const numbers = (a: unknown, ...others: ReadonlyArray<unknown>): number | null =>
    typeof a === "number" ? others.reduce<number>((sum, value) => sum + Number(value), a) : null

  const rowOf = (values: ReadonlyArray<unknown>, isStale: (id: string) => boolean): SpanRow => {
    const [
      ,
      eventId,
      said,
      trace,
      parentSpan,
      type,
      name,
      start,
      duration,
      error,
      open,
      state,
      there,
      links,
      session,
      raw
    ] = values
    const [fact, tokens, cost, model, ttft, input, cacheRead, cacheWrite, output, reasoning, knownEnd, repeats] =
      values.slice(KNOWN)
    const id = String(eventId)
    const message = firstLine(typeof error === "string" ? error : null)
    const status: Status = state === "running" || state === "lost" ? state : message === null ? "ok" : "error"
    const [parent, missing] = parentOf(said, there, trace, parentSpan, session)
    const fresh = typeof fact === "number" && (knownEnd === null) === (open === 1) && !isStale(id)
    const span = typeof raw === "number" ? rawEvents.span(raw) : undefined
    const facts = fresh ? undefined : span === undefined ? looked(id) : factsOf(span.light, prices)
    const own = facts?.numbers
    const whole = id === session ? standing(id) : undefined
    return [
      id,
      parent,
      type as SpanRow[2], // the column holds nothing else
      String(name),
      whole?.start_time ?? Number(start),
      whole === undefined ? (typeof duration === "number" ? duration : null) : whole.duration,
      whole?.status ?? status,
      own === undefined ? numbers(tokens) : own.tokens,
      own === undefined ? numbers(cost) : own.cost,
      facts === undefined ? wordOf(model) : facts.words.model,
      own === undefined ? numbers(ttft) : own.ttft,
      typeof trace === "string" ? trace : null,
      message,
      own === undefined ? numbers(input, cacheRead, cacheWrite) : numbers(own.input, own.cache_read, own.cache_write),
      own === undefined ? numbers(output, reasoning) : numbers(own.output, own.reasoning),
      span?.links ?? Number(links),
      missing,
      repeats !== 1
    ]
  }

  return {
    page: (sessionId: string, after: Place, limit: number): Page => {
      const noted = queue.all()
      const stale = new Set(noted.map((row) => row["event_id"]))
      const isStale = (id: string): boolean => stale.has(id)
      const found = page(sessionId, Math.max(after[0], -Number.MAX_VALUE), after[1], limit)
      const rows = found.map((values) => rowOf(values, isStale))
      const first = after[0] === -Infinity ? one(sessionId).map((values) => rowOf(values, isStale)) : []
      const last = found.length < limit ? undefined : found.at(-1)
      return {
        rows: [...first, ...rows],
        next: last === undefined ? undefined : [Number(last[7]), Number(last[0])]
      }
    },
    one: (eventId: string): { readonly session_id: string; readonly row: SpanRow } | undefined => {
      const [values] = one(eventId)
      return values === undefined ? undefined : { session_id: String(values[14]), row: rowOf(values, () => true) }
    }
  }
}
