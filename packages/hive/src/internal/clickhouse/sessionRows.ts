/**
 * Sessions on ClickHouse as the page lists them: where a page begins and ends is one look at their rows, and only of those that
 * are shown a few events are read.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { SessionOrder, SessionRow, SessionRows } from "../../SessionRow.ts"
import { SearchError, type TraceStoreError } from "../../TraceStore.ts"
import { inputPreview, outputPreview } from "../preview.ts"
import { LOOKED_AT } from "../previews.ts"
import { cursorOf, type Cursor, type Standing, textOf } from "../sessionRows.ts"
import type { Binding } from "./binding.ts"
import type { Database } from "./database.ts"
import { EventRow } from "./rows.ts"

const Text = Schema.NullOr(Schema.String)
const Time = Schema.NullOr(Schema.Finite)

const Session = Schema.Struct({
  session_id: Schema.String,
  name: Text,
  source: Text,
  event_source: Schema.String,
  start_time: Schema.Finite,
  session_end: Time,
  last_end: Time,
  events: Schema.Int,
  errors: Schema.Int,
  running: Schema.Int,
  lost: Schema.Int,
  counted: Schema.Finite,
  cost: Schema.Finite,
  priced: Schema.Int,
  unpriced: Schema.Int,
  models: Schema.Array(Schema.String),
  user: Text
})
type Session = typeof Session.Type

const columns = Object.keys(Session.fields).join(", ")

const Ordered = Schema.Struct({ ...Session.fields, value: Schema.Finite })

const { error, inputs, metadata, outputs, parent_id, session_id } = EventRow.fields
const Own = Schema.Struct({ session_id, error, inputs, outputs, metadata })
const Within = Schema.Struct({ session_id, parent_id, inputs, outputs })
type Own = typeof Own.Type
type Within = typeof Within.Type

/** What each order goes by. */
const orders: { readonly [order in SessionOrder]: string } = {
  newest: "start_time",
  duration: "ifNull(ifNull(session_end, last_end) - start_time, -1)",
  errors: "toFloat64(errors)",
  tokens: "counted",
  cost: "cost"
}

/** How a session stands, which is how what is in it stands. */
const standingOf = (session: Session, own: Own | undefined): Standing => {
  const { errors, last_end, lost, running, session_end, start_time } = session
  const failed = errors > 0 || typeof own?.error === "string"
  const end = running > 0 ? null : (session_end ?? last_end)
  return {
    status: running > 0 ? "running" : lost > 0 ? "lost" : failed ? "error" : "ok",
    running,
    start_time,
    end_time: end,
    duration: end === null ? null : end - start_time
  }
}

const firstOf = <A>(all: ReadonlyArray<A>, of: (one: A) => string | null): string | null => {
  for (const one of all) {
    const found = of(one)
    if (found !== null) return found
  }
  return null
}

const previews = (
  id: string,
  own: Own | undefined,
  first: ReadonlyArray<Within>,
  last: ReadonlyArray<Within>
): Pick<SessionRow, "first_input" | "last_output"> => {
  const root = first.find((event) => event.parent_id === id)
  return {
    first_input: inputPreview(own?.inputs ?? null) ?? firstOf(first, ({ inputs }) => inputPreview(inputs)),
    last_output:
      outputPreview(own?.outputs ?? null) ??
      outputPreview(root?.outputs ?? null) ??
      firstOf(last, ({ outputs }) => outputPreview(outputs))
  }
}

const rowOf = (
  session: Session,
  own: Own | undefined,
  first: ReadonlyArray<Within>,
  last: ReadonlyArray<Within>
): SessionRow => {
  const runId = own?.metadata["run_id"]
  return {
    session_id: session.session_id,
    name: session.name ?? "(orphan)",
    source: session.source ?? session.event_source,
    user: session.user,
    orphan: session.name === null,
    ...standingOf(session, own),
    events: session.events,
    errors: session.errors,
    tokens: session.counted,
    cost: session.priced === 0 ? null : session.cost,
    unpriced: session.unpriced,
    models: session.models,
    ...previews(session.session_id, own, first, last),
    run_id: typeof runId === "string" ? runId : null
  }
}

/** The sessions' own events. */
const owned = `SELECT session_id, error, inputs, outputs, metadata FROM events FINAL
  WHERE (day, session_id, start_time, event_id) IN (SELECT day, session_id, start_time, event_id FROM places FINAL
    WHERE id IN {ids:Array(String)} AND id = event_id) AND event_type = 'session'`

/** The first or last events of sessions: which they are is found out without reading what is in them. */
const within = (direction: "ASC" | "DESC"): string => `SELECT session_id, parent_id, inputs, outputs FROM events FINAL
  WHERE (day, session_id, start_time, event_id) IN (
    SELECT day, session_id, start_time, event_id FROM events FINAL
      WHERE session_id IN {ids:Array(String)} AND event_type <> 'session'
      ORDER BY start_time ${direction}, event_id LIMIT ${LOOKED_AT} BY session_id)
  ORDER BY start_time ${direction}, event_id`

export const makeSessionRows = (database: Database) => {
  const what = "listing sessions"

  const ownOf = (ids: ReadonlyArray<string>) =>
    Effect.map(
      database.rows(what, Own, { sql: owned, params: { ids } }),
      (rows) => new Map(rows.map((own) => [own.session_id, own]))
    )

  const rowsOf = (sessions: ReadonlyArray<Session>): Effect.Effect<ReadonlyArray<SessionRow>, TraceStoreError> =>
    Effect.gen(function* () {
      if (sessions.length === 0) return []
      const own = yield* ownOf(sessions.map(({ session_id }) => session_id))
      const isShown = ({ session_id }: Session): boolean => {
        const { inputs = null, outputs = null } = own.get(session_id) ?? {}
        return inputPreview(inputs) !== null && outputPreview(outputs) !== null
      }
      const others = sessions.filter((session) => !isShown(session)).map(({ session_id }) => session_id)
      const look = (direction: "ASC" | "DESC") =>
        others.length === 0
          ? Effect.succeed([])
          : database.rows(what, Within, { sql: within(direction), params: { ids: others } })
      const [first, last] = yield* Effect.all([look("ASC"), look("DESC")], { concurrency: 2 })
      const firsts = Map.groupBy(first, ({ session_id }) => session_id)
      const lasts = Map.groupBy(last, ({ session_id }) => session_id)
      return sessions.map((session) => {
        const id = session.session_id
        return rowOf(session, own.get(id), firsts.get(id) ?? [], lasts.get(id) ?? [])
      })
    })

  const find = (id: string) =>
    database.rows("reading a session", Session, {
      sql: `SELECT ${columns} FROM sessions FINAL WHERE session_id = {id:String}`,
      params: { id }
    })

  return {
    standing: (id: string): Effect.Effect<Standing | undefined, TraceStoreError> =>
      Effect.gen(function* () {
        const [session] = yield* find(id)
        return session && standingOf(session, (yield* ownOf([id])).get(id))
      }),

    row: (sessionId: string): Effect.Effect<Option.Option<SessionRow>, TraceStoreError> =>
      Effect.map(Effect.flatMap(find(sessionId.toLowerCase()), rowsOf), ([row]) => Option.fromUndefinedOr(row)),

    page: (
      { bind, params }: Binding,
      /** What must hold of an event of a session; `undefined` for every session. */
      where: string | undefined,
      order: SessionOrder,
      limit: number,
      before: string | undefined
    ): Effect.Effect<Omit<SessionRows, "behind">, TraceStoreError | SearchError> =>
      Effect.gen(function* () {
        const cursor = yield* Effect.try({
          try: () => (before === undefined ? undefined : cursorOf(before)),
          // Anything else is a defect
          catch: (cause) => (cause instanceof SearchError ? cause : new SearchError({ message: String(cause) }))
        })
        const found = where === undefined ? "1" : `session_id IN (SELECT session_id FROM events FINAL WHERE ${where})`
        const value = orders[order]
        const ordered = (condition: string, size: string) =>
          database.rows(what, Ordered, {
            sql: `SELECT ${columns}, ${value} AS value FROM sessions FINAL WHERE ${condition} AND ${found}
              ORDER BY value DESC, session_id DESC LIMIT ${size}`,
            params: { ...params }
          })
        const ahead =
          cursor !== undefined || order !== "newest" ? [] : yield* ordered("running > 0", bind("UInt32", limit))
        const shown = cursor?.[2] ?? ahead.map(({ session_id }) => session_id)
        const size = limit - ahead.length
        const after =
          cursor === undefined || cursor[0] === null
            ? "1"
            : `(${value}, session_id) < (${bind("Float64", cursor[0])}, ${bind("String", cursor[1])})`
        const rest = yield* ordered(
          `NOT has(${bind("Array(String)", shown)}, session_id) AND ${after}`,
          bind("UInt32", size + 1)
        )
        const kept = rest.slice(0, size)
        const last = kept.at(-1)
        const place: Cursor = last === undefined ? [null, "", shown] : [last.value, last.session_id, shown]
        return {
          sessions: yield* rowsOf([...ahead, ...kept]),
          next: rest.length > size ? textOf(place) : null
        }
      })
  }
}
