/**
 * The store on ClickHouse, through its official client: where a team goes when one machine is not enough.
 *
 * Any number of hives may write to one database. An answer means that ClickHouse has what was sent. The tables are sorted by
 * day, session and time; whatever is said again is a new version of a row, and reading sees the last one. Two hives that
 * change the same event in the same moment: the later one stands.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as PubSub from "effect/PubSub"
import type * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import type { SpanRecord } from "@honeyhive/contract/Otlp"
import * as Prices from "@honeyhive/contract/Prices"
import { toEvent } from "@honeyhive/contract/Projection"
import * as Uuid from "@honeyhive/contract/Uuid"
import { background } from "./internal/background.ts"
import { addressOf } from "./internal/clickhouse/address.ts"
import { connect } from "./internal/clickhouse/database.ts"
import { makeQuestions } from "./internal/clickhouse/questions.ts"
import { makeReader } from "./internal/clickhouse/reader.ts"
import { migrate } from "./internal/clickhouse/schema.ts"
import { deleteSession, markLost, reprice, retain } from "./internal/clickhouse/upkeep.ts"
import { makeWriter, type Work } from "./internal/clickhouse/writer.ts"
import { fromPost, processOf, uuidOf } from "./internal/incoming.ts"
import { emptySession, redelivered, started, updated } from "./internal/merge.ts"
import { sourcesOf, textsAt, textsOf } from "./internal/origins.ts"
import { STATE, withState } from "./internal/running.ts"
import type { Retention } from "./SqliteTraceStore.ts"
import { TraceQueries } from "./TraceQueries.ts"
import { type StoreChange, TraceStore, TraceStoreError } from "./TraceStore.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface ClickHouseOptions {
  /**
   * Where the server is: `clickhouse://user:password@host:8123/database` (`clickhouses://` over TLS), or the same with `http`
   * and `https`. What is given beside it counts more.
   */
  readonly url: string
  /** Letters, digits and `_`; made when it is missing. Default `honeyhive`. */
  readonly database?: string | undefined
  /** Default `default`. */
  readonly username?: string | undefined
  readonly password?: Redacted.Redacted | undefined
  /** Memory that may wait for ClickHouse, in bytes, about; past it a write fails as `busy`. Default 64 MiB. */
  readonly maxWaitingBytes?: number | undefined
  /** Silence of a process after which its running spans are lost. Default 5 minutes. */
  readonly lease?: Duration.Input | undefined
  /** What is kept. Default: everything. `maxBytes` counts what the tables take on the server's disk. */
  readonly retention?: Retention | undefined
  /** What tokens cost. Default: list prices, `Prices.builtIn`. */
  readonly prices?: Prices.PriceTable | undefined
}

/** Where an event that comes without a span says which process it is from. */
const SERVICE_INSTANCE = "service.instance.id"

/** About how much memory spans take, in bytes. */
const weightOf = (spans: ReadonlyArray<SpanRecord>): number => {
  let bytes = 2048 * spans.length
  for (const { attributes } of spans) {
    for (const value of Object.values(attributes)) if (typeof value === "string") bytes += 3 * value.length
  }
  return bytes
}

const ingestion = (spans: ReadonlyArray<SpanRecord>, now: number): Work<void> => {
  const ids = new Set<string>()
  const heard = new Map<string, number>()
  const sources = sourcesOf(spans)
  const all = spans.map((span, index) => {
    const { event, session } = toEvent(span)
    const process = { name: processOf(span), now }
    ids.add(event.event_id).add(Uuid.fromSpan(span.traceId, span.spanId))
    if (session.autoCreate) ids.add(event.session_id)
    heard.set(process.name, now)
    const source = textsAt(sources, index) ?? (["", null] as const)
    return { event: event.end_time === null ? withState(event, "running") : event, process, session, source, span }
  })
  return {
    what: "keeping spans",
    ids: [...ids],
    heard,
    weight: weightOf(spans),
    apply: (draft) => {
      for (const { event, process, session, source, span } of all) {
        if (session.autoCreate) draft.autoCreate(event.session_id, session.name, session.source, event.start_time)
        draft.deliver(event, span, process, source)
      }
    }
  }
}

/**
 * Opens the store for as long as its scope: makes its tables where they are missing, and refuses those of a newer hive with a
 * `TraceStoreError`. Needs the package `@clickhouse/client`, and ClickHouse 25.8 or newer.
 *
 * @example
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { ClickHouseTraceStore, TraceStore } from "@honeyhive/hive"
 *
 * const store = ClickHouseTraceStore.layer({ url: "clickhouse://127.0.0.1:1", password: Redacted.make("secret") })
 * const opened = TraceStore.use((store) => store.sessions({ limit: 1, offset: 0 })).pipe(Effect.provide(store), Effect.flip)
 *
 * // Nothing listens there
 * const error = await Effect.runPromise(opened)
 * error._tag // => "TraceStoreError"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: ClickHouseOptions): Layer.Layer<TraceStore | TraceQueries, TraceStoreError> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const { maxWaitingBytes = 64 * 2 ** 20, prices = Prices.builtIn, retention } = options
      const clock = yield* Clock.Clock
      const now = () => clock.currentTimeMillisUnsafe()
      const opened = now()
      const address = yield* addressOf(options)
      const database = yield* connect(address)
      yield* migrate(database, `database ${address.database} at ${address.url}`)
      yield* reprice(database, prices)
      const writer = yield* makeWriter(database, prices, maxWaitingBytes)
      const reader = makeReader(database)

      // Nobody may listen, or slowly: the store waits for neither
      const changes = yield* PubSub.sliding<StoreChange>(16_384)
      const tell = (all: ReadonlyArray<StoreChange>) => all.forEach((change) => PubSub.publishUnsafe(changes, change))
      const lease = Duration.toMillis(Duration.fromInputUnsafe(options.lease ?? "5 minutes"))
      const retaining = Effect.suspend(() => {
        if (retention === undefined) return Effect.void
        const { maxAge, maxBytes, maxEvents } = retention
        const endedBefore =
          maxAge === undefined ? undefined : now() - Duration.toMillis(Duration.fromInputUnsafe(maxAge))
        return retain(database, writer, { endedBefore, maxBytes, maxEvents }, tell)
      })
      yield* Effect.sleep(Math.min(lease / 4, 60_000)).pipe(
        Effect.andThen(Effect.suspend(() => Effect.map(markLost(database, writer, now() - lease, opened), tell))),
        Effect.andThen(retaining),
        Effect.catchCause((cause) => Effect.logWarning("hive: upkeep failed", cause)),
        Effect.forever,
        background,
        Effect.forkScoped
      )

      const store = TraceStore.of({
        ingest: (spans) =>
          Effect.flatMap(
            Effect.try({
              try: () => ingestion(spans, now()),
              catch: (cause) => new TraceStoreError({ message: `keeping spans: ${String(cause)}`, cause })
            }),
            writer.commit
          ),
        startSession: (start) =>
          Effect.suspend(() => {
            const id = uuidOf(start.session_id) ?? crypto.randomUUID()
            return writer.commit({
              what: "starting a session",
              ids: [id],
              heard: new Map(),
              weight: 4096,
              apply: (draft) => {
                const known = draft.find(id)
                const before = known?.event ?? emptySession(id, "Session", "unknown", start.start_time ?? now())
                const session = started(before, start)
                draft.write(session, known?.lineage)
                return session
              }
            })
          }),
        createEvents: (posts, sessionId) =>
          Effect.suspend(() => {
            const session = uuidOf(sessionId) ?? crypto.randomUUID()
            const events = posts.map((post) => fromPost(post, session, now()))
            const ids = events.map((event) => event.event_id)
            const processes = events.map(({ metadata }) => metadata[SERVICE_INSTANCE])
            const heard = new Map(
              processes.flatMap((name) => (typeof name === "string" ? [[name, now()] as const] : []))
            )
            const apply: Work<void>["apply"] = (draft) => {
              for (const [index, event] of events.entries()) {
                const name = processes[index]
                const runs = typeof name === "string" && event.end_time === null && event.event_type !== "session"
                if (runs) draft.write(withState(event, "running"), undefined, { name, now: now() })
                else draft.write(event, undefined)
              }
            }
            const work = { what: "creating events", ids, heard, weight: 4096 * events.length, apply }
            return Effect.as(writer.commit(work), ids)
          }),
        updateEvent: (eventId, update) =>
          Effect.suspend(() => {
            const id = eventId.toLowerCase()
            return writer.commit({
              what: "updating an event",
              ids: [id],
              heard: new Map(),
              weight: 4096,
              apply: (draft) => {
                const known = draft.find(id)
                if (known === undefined) return false
                const process = known.process === "" ? undefined : { name: known.process, now: now() }
                draft.write(updated(known.event, update), known.lineage, process)
                return true
              }
            })
          }),
        restore: (records) =>
          writer.commit({
            what: "restoring events",
            ids: records.flatMap(({ event, span }) =>
              span === undefined ? [event.event_id] : [event.event_id, Uuid.fromSpan(span.traceId, span.spanId)]
            ),
            heard: new Map(),
            weight: 4096 * records.length,
            apply: (draft) => {
              for (const { event, source, span } of records) {
                const known = draft.find(event.event_id)
                const merged = known === undefined ? event : redelivered(known.event, event)
                draft.write(
                  merged.metadata[STATE] === "running" ? withState(merged, "lost") : merged,
                  span,
                  undefined,
                  source && textsOf(source)
                )
              }
            }
          }),
        deleteSession: (id) => deleteSession(database, writer, id.toLowerCase()),
        changes: Stream.fromPubSub(changes),
        event: reader.event,
        search: reader.search,
        records: reader.records,
        sessions: reader.sessions,
        sessionEvents: reader.sessionEvents
      })
      return Context.make(TraceStore, store).pipe(
        Context.add(TraceQueries, yield* makeQuestions(database, reader, prices))
      )
    })
  )
