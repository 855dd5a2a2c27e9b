/**
 * `TraceQueries` on SQLite: the writer keeps the index, questions run on a handle of their own.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { TraceQueries } from "../TraceQueries.ts"
import { TraceStoreError } from "../TraceStore.ts"
import type { Answers } from "./answers.ts"
import { turn } from "./asking.ts"
import { background } from "./background.ts"
import type { Pace } from "./pace.ts"
import { clamp } from "./queries.ts"
import type { Question, Questions } from "./questions.ts"
import { beginning, type Place } from "./spanRows.ts"
import type { Send } from "./writing.ts"

export interface Options {
  /** The way to the writer, and how much takes it. */
  readonly send: Send
  readonly pace: Pace
  /** The way to the answers. */
  readonly answers: Answers
}

const IDLE = 250
const MAX_IDLE = 60_000

/** How long a question waits for the index, in milliseconds. */
const PATIENCE = 250

/** Where more than this wait, somebody writes in bulk, and whoever asks would hold that up for nothing. */
const SOON = 20_000

const attempt = <A>(what: string, work: () => A): Effect.Effect<A, TraceStoreError> =>
  Effect.try({ try: work, catch: (cause) => new TraceStoreError({ message: `${what}: ${String(cause)}`, cause }) })

interface Standing {
  untidy: boolean
}

/** Has what waits indexed, a step at a time, whenever nothing else is written. */
const inBackground = (
  send: Send,
  pace: Pace,
  waiting: () => number,
  index: Standing
): Effect.Effect<void, never, Scope.Scope> => {
  let failures = 0
  const look = Effect.gen(function* () {
    if (pace.isFast()) return IDLE
    const behind = yield* attempt("looking at the index", waiting)
    // A thread is not started for nothing
    if (behind === 0 && !index.untidy) return IDLE
    const left = yield* send({ op: "index" }, "indexing")
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

/** Rows that come at first, and then at a time. */
const FIRST_ROWS = 200
const MORE_ROWS = 2000

/** So many are read within some milliseconds, in which a program that reads them itself does nothing else. */
const ROWS_IN_PLACE = 500

export const traceQueries = ({
  answers: { ask, behind: waiting, inPlaceOnly },
  pace,
  send
}: Options): Effect.Effect<TraceQueries["Service"], TraceStoreError, Scope.Scope> =>
  Effect.gen(function* () {
    const index: Standing = { untidy: false }
    yield* inBackground(send, pace, waiting, index)
    const behind = attempt("looking at the index", waiting)
    /** How many events the index is behind, after it had time to catch up. */
    const caughtUp = Effect.flatMap(Effect.all([behind, pace.isBulk]), ([count, isBulk]) =>
      count === 0 || count > SOON || isBulk
        ? Effect.succeed(count)
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
    const answer = <Q extends "search" | "facets" | "aggregate" | "histogram">(
      what: string,
      question: Q,
      ...args: Parameters<Questions[Q]>
    ) =>
      Effect.flatMap(caughtUp, (behind) =>
        Effect.map(Effect.catchTag(ask(what, question, ...args), "SearchError", Effect.die), (found) => ({
          ...found,
          behind
        }))
      )
    const read: <Q extends Question>(
      what: string,
      question: Q,
      ...args: Parameters<Questions[Q]>
    ) => Effect.Effect<ReturnType<Questions[Q]>, TraceStoreError> = (what, question, ...args) =>
      // Only lists of sessions are asked with a cursor, which is what can be wrong
      Effect.catchTag(ask(what, question, ...args), "SearchError", Effect.die)
    const nextRows = (sessionId: string, after: Place) =>
      Effect.map(
        Effect.suspend(() => {
          const most = after === beginning ? FIRST_ROWS : inPlaceOnly() ? ROWS_IN_PLACE : MORE_ROWS
          return read("reading a session's events", "spanPage", sessionId, after, most)
        }),
        ({ next, rows }) => [[rows], Option.fromUndefinedOr(next)] as const
      )
    return TraceQueries.of({
      search: (query, { before, limit } = {}) => answer("searching", "search", query, limit, before),
      facets: (query, { limit } = {}) => answer("counting facets", "facets", query, limit),
      aggregate: (query, { by, limit, order = "events" }) =>
        answer("aggregating", "aggregate", query, by, order, limit),
      histogram: (query, { buckets, of = "duration" } = {}) =>
        answer("counting a histogram", "histogram", query, of, buckets),
      complete: (text, cursor) => read("completing", "complete", text, cursor),
      sessionRows: (query, { before, limit, order = "newest" } = {}) =>
        Effect.flatMap(caughtUp, (behind) =>
          Effect.map(ask("listing sessions", "sessionPage", query, order, clamp(limit, 50, 1000), before), (page) => ({
            ...page,
            behind
          }))
        ),
      behind,
      sessionRow: (id, { wait = true } = {}) =>
        Effect.andThen(
          wait ? caughtUp : Effect.void,
          Effect.map(read("reading a session", "sessionRow", id), Option.fromUndefinedOr)
        ),
      spanRows: (sessionId) =>
        Stream.paginate(beginning, (after) =>
          Effect.andThen(after === beginning ? Effect.void : turn, nextRows(sessionId.toLowerCase(), after))
        ).pipe(Stream.filter((rows) => rows.length > 0)),
      spanRowsOf: (ids) => read("reading events", "spanRowsOf", ids),
      eventDetail: (id) => Effect.map(read("reading an event", "eventDetail", id), Option.fromUndefinedOr)
    })
  })
