/**
 * The store on SQLite, in one file: write-ahead log, versioned tables, one writer in a thread of its own.
 *
 * Every acknowledged write is in the file: a killed process loses none. Requests that arrive while the writer works share
 * its next transaction. Reading never waits for writing: it has a handle of its own.
 *
 * @since 0.1.0
 */
import type { DatabaseSync } from "node:sqlite"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type { SearchEvents } from "@honeyhive/contract/Api"
import * as Prices from "@honeyhive/contract/Prices"
import { makeAnswers } from "./internal/answers.ts"
import type { Ask } from "./internal/asking.ts"
import { background } from "./internal/background.ts"
import { inMemory, openQuestions, openReader, openWriter } from "./internal/database.ts"
import { fromPost, uuidOf } from "./internal/incoming.ts"
import { ingestion } from "./internal/ingestion.ts"
import { paced } from "./internal/pace.ts"
import { makeReader } from "./internal/reader.ts"
import type { Place } from "./internal/selections.ts"
import { openRequest } from "./internal/rawEvents.ts"
import { makeIndex, prepareIndex } from "./internal/searchIndex.ts"
import { traceQueries } from "./internal/sqliteQueries.ts"
import { makeWriter } from "./internal/writer.ts"
import { direct, type Send, writing } from "./internal/writing.ts"
import { TraceQueries } from "./TraceQueries.ts"
import { type SearchError, type Selection, type StoreChange, TraceStore, TraceStoreError } from "./TraceStore.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface SqliteOptions {
  /** The file, made with its folders when it is missing; `:memory:` keeps nothing. */
  readonly path: string
  /** Memory that may wait for the writer, in bytes; past it a write fails as `busy`. Default 64 MiB. */
  readonly maxWaitingBytes?: number | undefined
  /**
   * A span without an end runs as long as its process is heard of; after a silence of this length it is marked as lost
   * (`metadata.span_state`), until it is heard of again. Default 5 minutes.
   */
  readonly lease?: Duration.Input | undefined
  /** What is kept. Default: everything. */
  readonly retention?: Retention | undefined
  /** What tokens cost. Default: list prices, `Prices.builtIn`. */
  readonly prices?: Prices.PriceTable | undefined
}

/**
 * What is kept: as long as a session is within every limit that is given. Past one, whole sessions go, those that began
 * first; a session in which something still runs stays. Looked after once a minute (more often with a short `lease`), in
 * small steps, and free space is given back to the file system.
 *
 * @category models
 * @since 0.1.0
 */
export interface Retention {
  /** Since the end of a session's last event. */
  readonly maxAge?: Duration.Input | undefined
  /** Events of all sessions, the sessions themselves among them. */
  readonly maxEvents?: number | undefined
  /** Size of the file in bytes. The log beside it may take another 128 MB. */
  readonly maxBytes?: number | undefined
}

/** What is looked after while the store is open; a failure is logged, and tried again the next time. */
const upkeep = (options: {
  readonly lease?: Duration.Input | undefined
  readonly retention?: Retention | undefined
  readonly opened: number
  readonly now: () => number
  readonly send: Send
  readonly hasRunning: () => boolean
  readonly tell: (changes: ReadonlyArray<StoreChange>) => void
  /** Whether sessions were deleted whose content is still there. */
  readonly uncollected: { current: boolean }
}) => {
  const { hasRunning, now, opened, retention, send, tell, uncollected } = options
  const lease = Duration.toMillis(options.lease ?? "5 minutes")
  const markLost = Effect.suspend(() =>
    hasRunning()
      ? Effect.map(send({ op: "markLost", silentSince: now() - lease, opened }, "marking lost spans"), tell)
      : Effect.void
  )
  const collect = Effect.suspend(() => {
    uncollected.current = false
    return send({ op: "collect" }, "deleting old content")
  })
  const retain = Effect.gen(function* () {
    if (uncollected.current) yield* collect
    else if (retention === undefined) return
    const { maxAge, maxBytes = null, maxEvents = null } = retention ?? {}
    const endedBefore = maxAge === undefined ? null : now() - Duration.toMillis(maxAge)
    const step = Effect.map(
      send({ op: "retain", limits: { endedBefore, maxBytes, maxEvents } }, "deleting old sessions"),
      ({ gone, sessions }) => {
        tell(
          sessions.map(({ deleted, session_id }) => ({
            event_id: session_id,
            session_id,
            ...(deleted ? { deleted } : {})
          }))
        )
        return gone
      }
    )
    while ((yield* step) > 0) yield* collect
    while ((yield* send({ op: "vacuum" }, "giving space back")) > 0);
  })
  return Effect.sleep(Math.min(lease / 4, 60_000)).pipe(
    Effect.andThen(Effect.andThen(markLost, retain)),
    Effect.catchCause((cause) => Effect.logWarning("hive: upkeep failed", cause)),
    Effect.forever,
    background,
    Effect.forkScoped
  )
}

const attempt = <A>(what: string, work: () => A): Effect.Effect<A, TraceStoreError> =>
  Effect.try({
    try: work,
    catch: (cause) =>
      new TraceStoreError({ message: `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, cause })
  })

const searched = Effect.fnUntraced(function* (ask: Ask, query: SearchEvents) {
  const events = yield* ask("searching", "eventPage", query)
  const { limit = 1000, page = 1 } = query
  // The last page says how many there are
  const isLast = events.length < limit && (events.length > 0 || page === 1)
  const count = isLast ? limit * (page - 1) + events.length : yield* ask("searching", "eventCount", query)
  return { events, count }
})

const recordsOf = (ask: Ask, selection: Selection) => {
  const start: Place = [Number.NEGATIVE_INFINITY, ""]
  return Stream.paginate(start, (after) =>
    Effect.map(
      ask("searching", "recordPage", selection, after, PAGE),
      ({ next, records }) => [records, Option.fromUndefinedOr(next)] as const
    )
  )
}

/** Events that are read at a time. */
const PAGE = 200

/**
 * Opens the file for as long as its scope. A store that a newer hive has written is refused with a `TraceStoreError`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { SqliteTraceStore, TraceStore } from "@honeyhive/hive"
 *
 * const name = TraceStore.use((store) => store.startSession({ session_name: "nightly" })).pipe(
 *   Effect.map((session) => session.event_name),
 *   Effect.provide(SqliteTraceStore.layer({ path: ":memory:" }))
 * )
 *
 * await Effect.runPromise(name) // => "nightly"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: SqliteOptions): Layer.Layer<TraceStore | TraceQueries, TraceStoreError> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const { maxWaitingBytes = 64 * 2 ** 20, path, prices = Prices.builtIn } = options
      const clock = yield* Clock.Clock
      const open = (open: (path: string) => DatabaseSync) =>
        Effect.acquireRelease(
          attempt(`opening ${path}`, () => open(path)),
          (database) => Effect.sync(() => database.close())
        )
      // Brings the file to this version, or says here and now why it cannot be one
      const prepared = (path: string): DatabaseSync => {
        const database = openWriter(path)
        try {
          prepareIndex(database, prices)
          return database
        } catch (error) {
          database.close()
          throw error
        }
      }
      const first = yield* Effect.scoped(path === inMemory ? Effect.succeed(undefined) : open(prepared))
      const memory = first === undefined ? yield* open(prepared) : undefined
      // The reader closes before the writer: the last one to close leaves nothing beside the file
      const [send, pace] = paced(
        memory === undefined
          ? yield* writing({ path, prices }, maxWaitingBytes)
          : direct(makeWriter(memory, (read) => makeIndex(memory, prices, read), openRequest))
      )
      const database = memory ?? (yield* open(openReader))
      const reader = makeReader(database)
      const now = () => clock.currentTimeMillisUnsafe()
      // Nobody may listen, or slowly: the store waits for neither
      const changes = yield* PubSub.sliding<StoreChange>(16_384)
      const tell = (all: ReadonlyArray<StoreChange>) => all.forEach((change) => PubSub.publishUnsafe(changes, change))
      const uncollected = { current: false }
      yield* upkeep({ ...options, uncollected, opened: now(), now, send, hasRunning: reader.hasRunning, tell })
      const answers = yield* makeAnswers({
        prices,
        path: memory === undefined ? path : undefined,
        reader: memory ?? (yield* open(openQuestions))
      })
      const { ask } = answers
      const plainly = <A>(answer: Effect.Effect<A, TraceStoreError | SearchError>): Effect.Effect<A, TraceStoreError> =>
        // Only a search can be wrong
        Effect.catchTag(answer, "SearchError", Effect.die)
      const queries = yield* traceQueries({ send, pace, answers })
      const store = TraceStore.of({
        ingest: (spans) =>
          Effect.flatMap(
            attempt("keeping spans", () => ingestion(spans, now())),
            (command) => send(command, "keeping spans")
          ),
        startSession: (start) =>
          Effect.suspend(() => {
            const id = uuidOf(start.session_id) ?? crypto.randomUUID()
            return send({ op: "startSession", id, start, now: now() }, "starting a session")
          }),
        createEvents: (posts, sessionId) =>
          Effect.suspend(() => {
            const session = uuidOf(sessionId) ?? crypto.randomUUID()
            const events = posts.map((post) => fromPost(post, session, now()))
            const ids = events.map((event) => event.event_id)
            return Effect.as(send({ op: "createEvents", events, now: now() }, "creating events"), ids)
          }),
        updateEvent: (id, update) =>
          Effect.suspend(() =>
            send({ op: "updateEvent", id: id.toLowerCase(), update, now: now() }, "updating an event")
          ),
        deleteSession: Effect.fnUntraced(function* (id) {
          let gone = 0
          for (let step = -1; step !== 0; gone += step) {
            step = yield* send({ op: "deleteSession", id: id.toLowerCase() }, "deleting a session")
          }
          if (gone > 0) uncollected.current = true
          return gone
        }),
        event: (id) =>
          Effect.map(
            // One look at a key takes less time here than its way to a thread and back
            Effect.flatMap(
              attempt("reading an event", () => reader.isLarge(id)),
              (large) =>
                large
                  ? plainly(ask("reading an event", "event", id))
                  : attempt("reading an event", () => reader.event(id))
            ),
            Option.fromUndefinedOr
          ),
        search: (query) => searched(ask, query),
        records: (selection) => recordsOf(ask, selection),
        restore: (records) => send({ op: "restore", records }, "restoring events"),
        changes: Stream.fromPubSub(changes),
        sessions: ({ limit, offset }) => plainly(ask("listing sessions", "sessionSummaries", limit, offset)),
        sessionEvents: (sessionId) => plainly(ask("reading a session", "sessionEvents", sessionId))
      })
      return Context.make(TraceStore, store).pipe(Context.add(TraceQueries, queries))
    })
  )
