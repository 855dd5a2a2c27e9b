/**
 * Events on ClickHouse without their payloads, a page at a time.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Status } from "../../SessionRow.ts"
import type { SpanRow } from "../../SpanRow.ts"
import type { TraceStoreError } from "../../TraceStore.ts"
import type { Standing } from "../sessionRows.ts"
import { firstLine } from "../spanRows.ts"
import { inParts } from "./binding.ts"
import type { Database } from "./database.ts"
import { isRepeat } from "./repeats.ts"
import { EventRow } from "./rows.ts"

const Time = Schema.NullOr(Schema.Finite)

const { duration, error, event_id, event_name, event_type, name, parent_id, parent_name, session_id, start_time } =
  EventRow.fields

const Line = Schema.Struct({
  event_id,
  session_id,
  name,
  parent_id,
  parent_name,
  trace_id: Schema.NullOr(Schema.String),
  event_type,
  event_name,
  start_time,
  duration,
  error,
  state: Schema.String,
  links: Schema.Int,
  model: Schema.NullOr(Schema.String),
  tokens: Time,
  cost: Time,
  ttft: Time,
  input: Time,
  cache_read: Time,
  cache_write: Time,
  output: Time,
  reasoning: Time
})
type Line = typeof Line.Type

const Found = Schema.Struct({ ...Line.fields, repeats: Schema.Int })
type Found = typeof Found.Type

/** Of errors the first line is wanted. */
const columns = Object.keys(Line.fields)
  .map((column) => (column === "error" ? "substringUTF8(e.error, 1, 1000) AS error" : `e.${column} AS ${column}`))
  .join(", ")

const select = (sessions: string, where: string): string =>
  `SELECT ${columns}, ${isRepeat(sessions)} AS repeats FROM events AS e FINAL WHERE ${where}`

const Alias = Schema.Struct({ id: Schema.String, event_id: Schema.String })

const sum = (first: number | null, ...others: ReadonlyArray<number | null>): number | null =>
  first === null ? null : others.reduce<number>((sum, value) => sum + (value ?? 0), first)

/** Rows that come at first, and then at a time. */
const FIRST_ROWS = 200
const MORE_ROWS = 2000

/** Where a page begins: after this event. */
type Place = readonly [start: number, id: string]

export const makeSpanRows = (
  database: Database,
  /** A session's own row says how all of it stands. */
  standing: (sessionId: string) => Effect.Effect<Standing | undefined, TraceStoreError>
) => {
  const what = "reading a session's events"

  /** Adds to what is known of parents, by their own ids and by those that their spans would give them. */
  const learn = (known: Map<string, string>, lines: ReadonlyArray<Line>) => {
    for (const { event_id, name } of lines) known.set(event_id, event_id).set(name, event_id)
    const missing = new Set<string>()
    for (const { parent_id, parent_name } of lines) {
      for (const id of [parent_id, parent_name]) if (id !== null && !known.has(id)) missing.add(id)
    }
    return Effect.forEach(
      inParts(missing),
      (ids) =>
        Effect.map(
          database.rows(what, Alias, {
            sql: "SELECT id, event_id FROM places FINAL WHERE id IN {ids:Array(String)}",
            params: { ids }
          }),
          (found) => found.forEach(({ event_id, id }) => known.set(id, event_id))
        ),
      { discard: true }
    )
  }

  const parentOf = (known: ReadonlyMap<string, string>, line: Line): readonly [string | null, boolean] => {
    const { parent_id: said, parent_name: name, session_id } = line
    if (said === null) return [null, false]
    if (known.get(said) === said) return [said, false]
    const own = name === null ? undefined : known.get(name)
    // The first span of a session that nobody started has no parent, rather than one that is missing
    return own === undefined ? [null, said !== session_id || name !== null] : [own, false]
  }

  const rowOf = (known: ReadonlyMap<string, string>, line: Found, whole: Standing | undefined): SpanRow => {
    const [parent, missing] = parentOf(known, line)
    const message = firstLine(line.error)
    const status: Status =
      line.state === "running" || line.state === "lost" ? line.state : message === null ? "ok" : "error"
    return [
      line.event_id,
      parent,
      line.event_type,
      line.event_name,
      whole?.start_time ?? line.start_time,
      whole === undefined ? line.duration : whole.duration,
      whole?.status ?? status,
      line.tokens,
      line.cost,
      line.model,
      line.ttft,
      line.trace_id,
      message,
      sum(line.input, line.cache_read, line.cache_write),
      sum(line.output, line.reasoning),
      line.links,
      missing,
      line.repeats === 0
    ]
  }

  const rowsOf = Effect.fnUntraced(function* (known: Map<string, string>, lines: ReadonlyArray<Found>) {
    yield* learn(known, lines)
    return yield* Effect.forEach(lines, (line) =>
      line.event_id === line.session_id
        ? Effect.map(standing(line.session_id), (whole) => rowOf(known, line, whole))
        : Effect.succeed(rowOf(known, line, undefined))
    )
  })

  const page = (id: string, after: Place | undefined, limit: number) =>
    database.rows(what, Found, {
      sql: `${select(
        "{id:String}",
        `e.session_id = {id:String} AND e.event_id <> e.session_id ${
          after === undefined ? "" : "AND (e.start_time, e.event_id) > ({start:Float64}, {event:String})"
        }`
      )} ORDER BY e.start_time, e.event_id LIMIT ${limit}`,
      params: after === undefined ? { id } : { id, start: after[0], event: after[1] }
    })

  const own = (id: string) =>
    database.rows(what, Found, {
      sql: select("{id:String}", "e.session_id = {id:String} AND e.event_id = {id:String}"),
      params: { id }
    })

  return {
    rows: (sessionId: string): Stream.Stream<ReadonlyArray<SpanRow>, TraceStoreError> => {
      const id = sessionId.toLowerCase()
      return Stream.suspend(() => {
        const known = new Map<string, string>()
        const start: Place | undefined = undefined
        return Stream.paginate(start as Place | undefined, (after) =>
          Effect.gen(function* () {
            const limit = after === undefined ? FIRST_ROWS : MORE_ROWS
            const found = yield* page(id, after, limit)
            const lines = after === undefined ? [...(yield* own(id)), ...found] : found
            const last = found.length < limit ? undefined : found.at(-1)
            const next = last === undefined ? Option.none() : Option.some<Place>([last.start_time, last.event_id])
            return [[yield* rowsOf(known, lines)], next] as const
          })
        ).pipe(Stream.filter((rows) => rows.length > 0))
      })
    },

    some: (eventIds: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        const asked = eventIds.map((id) => id.toLowerCase())
        const found = yield* Effect.forEach(inParts(new Set(asked)), (ids) =>
          database.rows(what, Found, {
            sql: select(
              "SELECT session_id FROM places FINAL WHERE id IN {ids:Array(String)}",
              `(e.day, e.session_id, e.start_time, e.event_id) IN (SELECT day, session_id, start_time, event_id FROM places FINAL
                WHERE id IN {ids:Array(String)} AND id = event_id)`
            ),
            params: { ids }
          })
        )
        const lines = new Map(found.flat().map((line) => [line.event_id, line]))
        const inOrder = asked.flatMap((id) => lines.get(id) ?? [])
        const rows = yield* rowsOf(new Map(), inOrder)
        return rows.flatMap((row, index) => {
          const session_id = inOrder[index]?.session_id
          return session_id === undefined ? [] : [{ session_id, row }]
        })
      })
  }
}
