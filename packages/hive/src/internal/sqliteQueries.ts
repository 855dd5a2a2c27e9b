/**
 * `TraceQueries` on SQLite: the writer keeps the index, questions run on a handle of their own.
 */
import type { DatabaseSync } from "node:sqlite"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { TraceQueries } from "../TraceQueries.ts"
import { TraceStoreError } from "../TraceStore.ts"
import { background } from "./background.ts"
import { makeUnpacker } from "./payload.ts"
import { makeRawReader } from "./raw.ts"
import { openRequest } from "./rawEvents.ts"
import { make } from "./queries.ts"
import { makeWaiting } from "./searchIndex.ts"
import type { Send } from "./writing.ts"

export interface Options {
  /** The way to the writer. */
  readonly send: Send
  /** A handle for reading; a store in memory has only the writer's. */
  readonly reader: DatabaseSync
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

export const traceQueries = ({
  reader,
  send
}: Options): Effect.Effect<TraceQueries["Service"], TraceStoreError, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const { questions, waiting } = yield* attempt("opening the index", () => {
      makeUnpacker(reader)
      makeRawReader(reader, openRequest)
      return { questions: make(reader, () => clock.currentTimeMillisUnsafe()), waiting: makeWaiting(reader) }
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
      complete: (text, cursor) => attempt("completing", () => questions.complete(text, cursor))
    })
  })
