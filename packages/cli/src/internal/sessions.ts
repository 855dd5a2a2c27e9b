/**
 * Sessions as lists show them, and how a person names one.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Filter } from "@honeyhive/contract/Api"
import type { Event } from "@honeyhive/contract/Event"
import { isUuid } from "@honeyhive/contract/Uuid"
import type { TraceQuery } from "@honeyhive/hive/TraceQuery"
import { all, Backend, inSession, PAGE, sessionEvents } from "./backend.ts"
import { Problem } from "./problem.ts"
import * as queries from "./query.ts"

export interface Summary {
  readonly session_id: string
  readonly name: string
  readonly source: string
  /** Milliseconds since 1970. */
  readonly start_time: number
  /** Milliseconds; null when nothing of it has ended. */
  readonly duration: number | null
  /** Without the session itself. */
  readonly events: number
  readonly errors: number
  readonly tokens: number
  /** US dollars, of the calls whose price is known; 0 where nobody counts. */
  readonly cost: number
  /** Nobody has started it: only its events are known. */
  readonly orphan: boolean
}

/** Of one session's events, the session first when it is known. */
export const summarize = (events: ReadonlyArray<Event>): Summary | undefined => {
  const first = events[0]
  if (first === undefined) return undefined
  const session = events.find(({ event_type }) => event_type === "session")
  const inside = events.filter((event) => event !== session)
  let start = session?.start_time ?? Infinity
  let end = session?.end_time ?? -Infinity
  let errors = 0
  let tokens = 0
  for (const { end_time, error, event_type, metadata, start_time } of inside) {
    start = Math.min(start, start_time)
    if (session?.end_time == null) end = Math.max(end, end_time ?? -Infinity)
    if (error !== null) errors++
    const total = metadata["total_tokens"]
    if (event_type === "model" && typeof total === "number") tokens += total
  }
  return {
    session_id: first.session_id,
    name: session?.event_name ?? "(orphan)",
    source: (session ?? first).source,
    start_time: start,
    duration: end === -Infinity ? null : Math.max(0, end - start),
    events: inside.length,
    errors,
    tokens,
    cost: 0,
    orphan: session === undefined
  }
}

export interface ListOptions {
  readonly limit: number
  /** Milliseconds since 1970. */
  readonly since?: number | undefined
  /** Sessions with an event like that. */
  readonly query?: TraceQuery | undefined
}

/** One session's line. Of a session of many events not all are read, only what is counted and added up. */
const summaryOf = Effect.fnUntraced(function* (id: string) {
  const backend = yield* Backend
  const mine: Filter = { field: "session_id", operator: "is", value: id }
  const { count, events } = yield* backend.search({ filters: [mine], limit: PAGE })
  const page = summarize(inSession(events))
  if (page === undefined || count <= events.length) return page
  const errors: Filter = { field: "error", operator: "exists" }
  const ofType = (value: string): Filter => ({ field: "event_type", operator: "is", value })
  const [failed, session] = yield* Effect.all(
    [
      backend.search({ filters: [mine, errors], limit: PAGE }),
      backend.search({ filters: [mine, ofType("session")], limit: 1 })
    ],
    { concurrency: 2 }
  )
  const models = yield* all({ filters: [mine, ofType("model")] })
  // The oldest are in none of these where the session is unknown; the newest end last
  const some = new Map([...events, ...models, ...session.events].map((event) => [event.event_id, event]))
  const summary = summarize(inSession([...some.values()])) ?? page
  const inside = count - session.events.length
  const ownError = session.events.some(({ error }) => error !== null) ? 1 : 0
  return { ...summary, events: inside, errors: failed.count - ownError }
})

/** The ids of the newest sessions, orphans of the newest events among them. */
const newest = Effect.fnUntraced(function* ({ limit, since = 0 }: ListOptions) {
  const backend = yield* Backend
  const dateRange = {
    start_time: new Date(since).toISOString(),
    end_time: "2200-01-01T00:00:00.000Z"
  }
  const [known, recent] = yield* Effect.all(
    [
      backend.search({
        filters: [{ field: "event_type", operator: "is", value: "session" }],
        dateRange,
        limit: Math.min(1000, limit)
      }),
      backend.search({ dateRange, limit: Math.min(1000, Math.max(100, limit * 10)) })
    ],
    { concurrency: 2 }
  )
  const times = new Map<string, number>()
  for (const { session_id, start_time } of [...known.events, ...recent.events]) {
    times.set(session_id, Math.max(times.get(session_id) ?? 0, start_time))
  }
  return [...times.keys()]
})

/** Sessions that a hive is asked about in one question. */
const CHUNK = 100

/** The lines of sessions as a hive counts them. */
const counted = Effect.fnUntraced(function* (ids: ReadonlyArray<string>) {
  const { questions } = yield* Backend
  const some = queries.oneOf("session", ids)
  const [groups, hits] = yield* Effect.all(
    [
      questions.aggregate(some, { by: "session", limit: ids.length }),
      questions.hits(queries.and(some, queries.is("type", "session")), ids.length)
    ],
    { concurrency: 2 }
  )
  const known = new Map(hits.map((hit) => [hit.session_id, hit]))
  return groups.flatMap(({ cost, errors, events, first_start, key, last_end, tokens }): ReadonlyArray<Summary> => {
    if (key === null) return []
    const session = known.get(key)
    return [
      {
        session_id: key,
        name: session?.event_name ?? "(orphan)",
        source: session?.source ?? "unknown",
        start_time: first_start,
        duration: last_end === null ? null : Math.max(0, last_end - first_start),
        events: events - (session === undefined ? 0 : 1),
        errors: errors - (session === undefined || session.error === null ? 0 : 1),
        tokens,
        cost,
        orphan: session === undefined
      }
    ]
  })
})

const chunked = (ids: ReadonlyArray<string>): ReadonlyArray<ReadonlyArray<string>> =>
  Array.from({ length: Math.ceil(ids.length / CHUNK) }, (_, index) => ids.slice(index * CHUNK, (index + 1) * CHUNK))

/** The ids of the sessions that hold an event like that, newest first. */
const matching = Effect.fnUntraced(function* (query: TraceQuery, limit: number) {
  const { questions } = yield* Backend
  const groups = yield* questions.aggregate(query, { by: "session", order: "newest", limit })
  return groups.flatMap(({ key }) => key ?? [])
})

/** Newest first. */
export const list = Effect.fnUntraced(function* (options: ListOptions) {
  const { limit, query, since } = options
  const ids =
    query === undefined
      ? yield* newest(options)
      : yield* matching(queries.and(query, queries.since(since)), Math.min(10_000, limit))
  const found = yield* Effect.forEach(chunked(ids), counted, { concurrency: 2 }).pipe(
    Effect.map((chunks) => chunks.flat()),
    // HoneyHive counts nothing: one after the other
    Effect.catchIf(
      ({ isNoHive }) => isNoHive === true,
      () => Effect.forEach(ids, summaryOf, { concurrency: 4 })
    )
  )
  return found
    .flatMap((summary) => summary ?? [])
    .toSorted((a, b) => b.start_time - a.start_time)
    .slice(0, options.limit)
})

const SHORTEST = 4

/**
 * The session that is meant: by its id, the beginning of one, the id of a trace or of an event in it, its name, or `last`.
 */
export const find = Effect.fnUntraced(function* (said: string) {
  const backend = yield* Backend
  const wanted = said.toLowerCase()
  const unknown = new Problem({
    message: `no session ${JSON.stringify(said)} in ${backend.label}: \`hive ls\` shows those that there are`
  })
  const isId: boolean = isUuid(wanted)
  if (isId) {
    const events = yield* sessionEvents(wanted)
    if (events.length > 0) return events
    const event = yield* backend.event(wanted)
    return yield* Option.match(event, {
      onNone: () => Effect.fail(unknown),
      onSome: ({ session_id }) => sessionEvents(session_id)
    })
  }
  if (/^[0-9a-f]{32}$/.test(wanted)) {
    const inTrace = yield* all({ filters: [{ field: "metadata.trace_id", operator: "is", value: wanted }] })
    const ids = [...new Set(inTrace.map(({ session_id }) => session_id))]
    if (ids.length === 0) return yield* unknown
    return (yield* Effect.forEach(ids, sessionEvents)).flat()
  }
  const candidates = yield* backend.search({
    filters: [{ field: "event_type", operator: "is", value: "session" }],
    limit: 1000
  })
  if (wanted === "last") {
    const [last] = yield* list({ limit: 1 })
    return last === undefined ? yield* unknown : yield* sessionEvents(last.session_id)
  }
  const named = candidates.events.find(({ event_name }) => event_name === said)
  if (named !== undefined) return yield* sessionEvents(named.session_id)
  if (wanted.length >= SHORTEST && /^[0-9a-f-]+$/.test(wanted)) {
    const orphans = yield* backend.search({ limit: 1000 })
    const ids = new Set(
      [...candidates.events, ...orphans.events].flatMap(({ event_id, session_id }) =>
        session_id.startsWith(wanted) || event_id.startsWith(wanted) ? [session_id] : []
      )
    )
    const [id, ...others] = ids
    if (others.length > 0) {
      return yield* new Problem({
        message: `${JSON.stringify(said)} is the beginning of ${ids.size} sessions: ${[...ids].slice(0, 5).join(", ")}`
      })
    }
    if (id !== undefined) return yield* sessionEvents(id)
  }
  return yield* unknown
})
