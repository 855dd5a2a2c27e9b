/**
 * Sessions as the page lists them: where a page begins and ends is one look at summaries, and only the rows that are shown are
 * put together.
 */
import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { SessionOrder, SessionRow, SessionRows } from "../SessionRow.ts"
import type { TraceQuery } from "../TraceQuery.ts"
import { SearchError } from "../TraceStore.ts"
import { wordColumns } from "./facts.ts"
import { unpackedColumn } from "./payload.ts"
import { makePreviews } from "./previews.ts"
import type { RawReader } from "./raw.ts"
import type { JsonObject } from "./rest/json.ts"
import type { Condition } from "./search.ts"

type Found = { readonly [column: string]: unknown }

/** Where the next page begins: after this value of the order and this session; those shown ahead of it do not come again. */
const Cursor = Schema.fromJsonString(
  Schema.Tuple([Schema.NullOr(Schema.Finite), Schema.String, Schema.Array(Schema.String)])
)
export type Cursor = typeof Cursor.Type

const decode = Schema.decodeUnknownOption(Cursor)

/** Throws `SearchError`. */
export const cursorOf = (text: string): Cursor => {
  const cursor = Option.getOrUndefined(decode(Buffer.from(text, "base64url").toString()))
  if (cursor === undefined) throw new SearchError({ message: "before: use `next` of the last page of the same list" })
  return cursor
}

export const textOf = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString("base64url")

const idOf = (summary: Found): string => String(summary["session_id"])

const kindOf = (column: (typeof wordColumns)[number]): number => wordColumns.indexOf(column)

const end = "COALESCE(session_end, last_end)"

/** What each order goes by; sums are the index's. */
const orders: { readonly [order in SessionOrder]: { readonly value: string; readonly indexed: boolean } } = {
  newest: { value: "s.start_time", indexed: false },
  duration: { value: `COALESCE(${end} - s.start_time, -1)`, indexed: false },
  errors: { value: "s.errors", indexed: false },
  tokens: { value: "x.tokens", indexed: true },
  cost: { value: "x.cost", indexed: true }
}

export type Standing = Pick<SessionRow, "status" | "running" | "start_time" | "end_time" | "duration">

export const makeSessionRows = (
  database: DatabaseSync,
  unpack: (text: string) => string,
  rawEvents: RawReader,
  /** What a query finds, as the source of a statement over `f`; `undefined` for everything. */
  sourceOf: (query: TraceQuery) => Condition | undefined
) => {
  const all = (sql: string, values: ReadonlyArray<SQLInputValue>): ReadonlyArray<Found> =>
    database.prepare(sql).all(...values)

  const statements = {
    summary: database.prepare("SELECT * FROM session_summaries WHERE session_id = ?"),
    own: database.prepare("SELECT error, inputs, outputs, metadata, end_time, raw FROM events WHERE event_id = ?"),
    sums: database.prepare(
      `SELECT x.* FROM index_words w JOIN index_sessions x ON x.session = w.id WHERE w.kind = ${kindOf("session")} AND w.value = ? COLLATE BINARY`
    ),
    words: database.prepare(
      `SELECT w.kind AS kind, w.value AS value FROM index_session_words sw JOIN index_words w ON w.id = sw.word
        WHERE sw.session = ? ORDER BY sw.count DESC, w.value`
    ),
    open: database.prepare(
      `SELECT running.event_id IS NOT NULL AS running, COALESCE(json_extract(${unpackedColumn("metadata")}, '$.span_state') = 'lost', 0) AS lost, COUNT(*) AS count
         FROM events INDEXED BY events_open LEFT JOIN running ON running.event_id = events.event_id
        WHERE session_id = ? AND end_time IS NULL GROUP BY 1, 2`
    )
  }

  const previews = makePreviews(database, unpack, rawEvents)

  const metadataOf = ({ metadata: text, raw }: Found): JsonObject | null =>
    typeof raw === "number"
      ? (rawEvents.event(raw).metadata as JsonObject) // an event's buckets are JSON, and only the writer writes them
      : typeof text === "string" && text.length > 2
        ? (JSON.parse(unpack(text)) as JsonObject)
        : null

  /** How a session stands, which is how what is in it stands. */
  const standingOf = (summary: Found, own: Found | undefined): Standing => {
    const open = statements.open.all(idOf(summary))
    const running = open.reduce((sum, row) => sum + (row["running"] === 1 ? Number(row["count"]) : 0), 0)
    const failed = Number(summary["errors"]) > 0 || typeof own?.["error"] === "string"
    const lost = open.some((row) => row["lost"] === 1)
    const start = Number(summary["start_time"])
    const last = summary["session_end"] ?? summary["last_end"]
    const end = running > 0 || typeof last !== "number" ? null : last
    return {
      status: running > 0 ? "running" : lost ? "lost" : failed ? "error" : "ok",
      running,
      start_time: start,
      end_time: end,
      duration: end === null ? null : end - start
    }
  }

  const rowOf = (summary: Found): SessionRow => {
    const id = idOf(summary)
    const own = statements.own.get(id)
    const sums = statements.sums.get(id)
    const words = sums === undefined ? [] : statements.words.all(Number(sums["session"]))
    const values = (kind: "model" | "user") =>
      words.filter((word) => word["kind"] === kindOf(kind)).map((word) => String(word["value"]))
    const runId = own === undefined ? undefined : metadataOf(own)?.["run_id"]
    return {
      session_id: id,
      name: String(summary["name"] ?? "(orphan)"),
      source: String(summary["source"] ?? summary["event_source"]),
      user: values("user")[0] ?? null,
      orphan: summary["name"] === null,
      ...standingOf(summary, own),
      events: Number(summary["events"]),
      errors: Number(summary["errors"]),
      tokens: Number(sums?.["tokens"] ?? 0),
      cost: Number(sums?.["priced"] ?? 0) === 0 ? null : Number(sums?.["cost"]),
      unpriced: Number(sums?.["unpriced"] ?? 0),
      models: values("model"),
      ...previews(id, own),
      run_id: typeof runId === "string" ? runId : null
    }
  }

  /** The summaries of a page's sessions, each with the value that they are ordered by. */
  const summaries = (
    source: Condition | undefined,
    order: SessionOrder,
    cursor: Cursor | undefined,
    without: ReadonlyArray<string>,
    limit: number
  ): ReadonlyArray<Found> => {
    const { indexed, value } = orders[order]
    const word = `JOIN index_words w ON w.kind = ${kindOf("session")} AND w.value = s.session_id COLLATE BINARY`
    const from = indexed
      ? `index_sessions x CROSS JOIN index_words w ON w.id = x.session CROSS JOIN session_summaries s ON s.session_id = w.value`
      : source === undefined
        ? "session_summaries s"
        : `session_summaries s ${word}`
    const found = source === undefined ? "" : `AND w.id IN (SELECT f.session FROM ${source.sql})`
    const after = cursor === undefined ? "" : `AND ${value} <= ? AND (${value}, s.session_id) < (?, ?)`
    const place = cursor === undefined ? [] : [cursor[0] ?? Infinity, cursor[0] ?? Infinity, cursor[1]]
    return all(
      `SELECT s.*, ${value} AS value FROM ${from}
        WHERE s.session_id NOT IN (SELECT value FROM json_each(?)) ${found} ${after}
        ORDER BY ${value} DESC, s.session_id DESC LIMIT ?`,
      [JSON.stringify(without), ...(source?.values ?? []), ...place, limit]
    )
  }

  /** Sessions in which something runs, the newest first. */
  const runningOnes = (source: Condition | undefined, limit: number): ReadonlyArray<Found> =>
    all(
      `SELECT s.* FROM session_summaries s
        WHERE s.session_id IN (SELECT session_id FROM events WHERE event_id IN (SELECT event_id FROM running)
          ${source === undefined ? "" : `AND session_id IN (SELECT (SELECT value FROM index_words WHERE id = f.session) FROM ${source.sql})`})
        ORDER BY s.start_time DESC, s.session_id DESC LIMIT ?`,
      [...(source?.values ?? []), limit]
    )

  return {
    standing: (id: string): Standing | undefined => {
      const summary = statements.summary.get(id)
      return summary === undefined ? undefined : standingOf(summary, statements.own.get(id))
    },
    row: (id: string): SessionRow | undefined => {
      const summary = statements.summary.get(id.toLowerCase())
      return summary === undefined ? undefined : rowOf(summary)
    },
    page: (
      query: TraceQuery,
      order: SessionOrder,
      limit: number,
      before: string | undefined
    ): Omit<SessionRows, "behind"> => {
      const cursor = before === undefined ? undefined : cursorOf(before)
      const source = sourceOf(query)
      const ahead = cursor !== undefined || order !== "newest" ? [] : runningOnes(source, limit)
      const shown = cursor?.[2] ?? ahead.map(idOf)
      const size = limit - ahead.length
      const rest = summaries(source, order, cursor, shown, size + 1)
      const kept = rest.slice(0, size)
      const last = kept.at(-1)
      const place: Cursor = last === undefined ? [null, "", shown] : [Number(last["value"]), idOf(last), shown]
      return {
        sessions: [...ahead, ...kept].map(rowOf),
        next: rest.length > size ? textOf(place) : null
      }
    }
  }
}
