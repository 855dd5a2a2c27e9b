/**
 * `TraceQueries` on SQLite: the writer keeps the index, questions run on a handle of their own.
 */
import type { DatabaseSync } from "node:sqlite"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { PriceTable } from "@honeyhive/contract/Prices"
import { TraceQueries } from "../TraceQueries.ts"
import { SearchError, TraceStoreError } from "../TraceStore.ts"
import { background } from "./background.ts"
import { makeEventDetails } from "./eventDetails.ts"
import { makeUnpacker } from "./payload.ts"
import { clamp, make } from "./queries.ts"
import { makeReader } from "./reader.ts"
import { makeWaiting } from "./searchIndex.ts"
import { makeSessionRows } from "./sessionRows.ts"
import { beginning, makeSpanRows } from "./spanRows.ts"
import type { Send } from "./writing.ts"

export interface Options {
  /** The way to the writer. */
  readonly send: Send
  /** A handle for reading; a store in memory has only the writer's. */
  readonly reader: DatabaseSync
  readonly prices: PriceTable
}

const IDLE = 250
const MAX_IDLE = 60_000

/** So many notes between two looks say that somebody is writing in bulk, who is not to be held up. */
const BUSY = 2000

/** How long a question waits for the index, in milliseconds. */
const PATIENCE = 250

const attempt = <A>(what: string, work: () => A): Effect.Effect<A, TraceStoreError> =>
  Effect.try({ try: work, catch: (cause) => new TraceStoreError({ message: `${what}: ${String(cause)}`, cause }) })

/** Has what waits indexed, a step at a time, whenever nothing else is written. */
const inBackground = (
  send: Send,
  waiting: () => number,
  index: { untidy: boolean }
): Effect.Effect<void, never, Scope.Scope> => {
  let before = 0
  let failures = 0
  const look = Effect.gen(function* () {
    const behind = yield* attempt("looking at the index", waiting)
    const written = behind - before
    before = behind
    // A thread is not started for nothing
    if (written > BUSY || (behind === 0 && !index.untidy)) return IDLE
    const left = yield* send({ op: "index" }, "indexing")
    before = left.waiting
    index.untidy = left.untidy
    failures = 0
    return left.waiting > 0 ? 1 : left.untidy ? IDLE / 10 : IDLE
  })
  // A locked file, a full disk: whoever asks next hears of it
  const patient = Effect.catchCause(look, () => Effect.sync(() => Math.min(MAX_IDLE, IDLE * 2 ** ++failures)))
  return Effect.sleep(IDLE).pipe(
    Effect.andThen(Effect.forever(Effect.flatMap(patient, (millis) => Effect.sleep(millis)))),
    background,
    Effect.forkScoped,
    Effect.asVoid
  )
}

const asking = <A>(what: string, work: () => A): Effect.Effect<A, TraceStoreError | SearchError> =>
  Effect.try({
    try: work,
    catch: (cause) =>
      cause instanceof SearchError ? cause : new TraceStoreError({ message: `${what}: ${String(cause)}`, cause })
  })

/** Rows that come at first, and then at a time. */
const FIRST_ROWS = 200
const MORE_ROWS = 2000

export const traceQueries = ({
  prices,
  reader,
  send
}: Options): Effect.Effect<TraceQueries["Service"], TraceStoreError, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const { details, questions, sessions, spans, waiting } = yield* attempt("opening the index", () => {
      const unpack = makeUnpacker(reader)
      const questions = make(reader, () => clock.currentTimeMillisUnsafe())
      const sessions = makeSessionRows(reader, unpack, questions.sourceOf)
      return {
        questions,
        waiting: makeWaiting(reader),
        sessions,
        spans: makeSpanRows(reader, unpack, prices, sessions.standing),
        details: makeEventDetails(reader, makeReader(reader), prices)
      }
    })
    const index = { untidy: false }
    yield* inBackground(send, waiting, index)
    const behind = attempt("looking at the index", waiting)
    /** How many events the index is behind, after it had time to catch up. */
    const caughtUp = Effect.flatMap(behind, (count) =>
      count === 0
        ? Effect.succeed(0)
        : Effect.suspend(() => send({ op: "catchUp", until: Date.now() + PATIENCE }, "indexing")).pipe(
            Effect.tap(() => Effect.sync(() => void (index.untidy = true))),
            Effect.timeoutOption(PATIENCE),
            // A writer that others keep busy says nothing in time, or has no place in its queue: the answer is what is known by now
            Effect.flatMap(Option.match({ onNone: () => behind, onSome: Effect.succeed })),
            Effect.catchIf(
              (error) => error.busy === true,
              () => behind
            )
          )
    )
    const answer = <A extends object>(what: string, work: () => A) =>
      Effect.flatMap(caughtUp, (behind) => attempt(what, () => ({ ...work(), behind })))
    return TraceQueries.of({
      search: (query, { before, limit } = {}) => answer("searching", () => questions.search(query, limit, before)),
      facets: (query, { limit } = {}) => answer("counting facets", () => questions.facets(query, limit)),
      aggregate: (query, { by, limit, order = "events" }) =>
        answer("aggregating", () => questions.aggregate(query, by, order, limit)),
      complete: (text, cursor) => attempt("completing", () => questions.complete(text, cursor)),
      sessionRows: (query, { before, limit, order = "newest" } = {}) =>
        Effect.flatMap(caughtUp, (behind) =>
          asking("listing sessions", () => ({ ...sessions.page(query, order, clamp(limit, 50, 1000), before), behind }))
        ),
      behind,
      sessionRow: (id, { wait = true } = {}) =>
        Effect.andThen(
          wait ? caughtUp : Effect.void,
          attempt("reading a session", () => Option.fromUndefinedOr(sessions.row(id)))
        ),
      spanRows: (sessionId) =>
        Stream.paginate(beginning, (after) =>
          Effect.map(
            attempt("reading a session's events", () =>
              spans.page(sessionId.toLowerCase(), after, after === beginning ? FIRST_ROWS : MORE_ROWS)
            ),
            ({ next, rows }) => [[rows], Option.fromUndefinedOr(next)] as const
          )
        ).pipe(Stream.filter((rows) => rows.length > 0)),
      spanRowsOf: (ids) => attempt("reading events", () => ids.flatMap((id) => spans.one(id.toLowerCase()) ?? [])),
      eventDetail: (id) => attempt("reading an event", () => Option.fromUndefinedOr(details(id)))
    })
  })
