/**
 * `GET /api/live`: new and changed events as Server-Sent Events.
 *
 * - `event: event` carries the event as it is now, `event: gap` says that changes were missed (`missed`: how many, null
 *   when nobody knows): read again what you show.
 * - Every message has an id; a client that comes back with it as `Last-Event-ID` (or `last_event_id` in the query) goes on
 *   there.
 * - `event: deleted` says that a session is gone (`session_id`).
 * - `session_id` in the query asks for one session only.
 * - `view=rows` in the query asks for light messages instead: `event: row` (`session_id`, and `row`, a `SpanRow`) for each event,
 *   `event: session` (a `SessionRow`) for each session that something changed in, at most every 100 ms; `view=sessions` for the
 *   latter alone.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Sse from "effect/encoding/Sse"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { SpanRecord } from "@honeyhive/contract/Otlp"
import { identify } from "@honeyhive/contract/Projection"
import { LazySpan } from "./internal/spanReader.ts"
import { type Change, LiveFeed } from "./LiveFeed.ts"
import { type LiveView, message, rows, whole } from "./internal/liveViews.ts"
import { Keys } from "./Keys.ts"
import { TraceQueries } from "./TraceQueries.ts"
import { TraceStore } from "./TraceStore.ts"

const changeOf = (span: SpanRecord) => {
  const { event_id, session_id } = span instanceof LazySpan ? span.outline.event : identify(span)
  return { event_id, session_id }
}

/** Comments keep the connection open through proxies, and find out that nobody listens any more. */
const KEEP_ALIVE = Duration.seconds(15)

const placeOf = (epoch: string, id: string | undefined): number | undefined => {
  const [, its, place] = /^([0-9a-f]+)-(\d{1,15})$/.exec(id ?? "") ?? []
  return its === epoch ? Number(place) : undefined
}

const lines = Effect.fnUntraced(function* (
  lastId: string | undefined,
  sessionId: string | undefined,
  name: string | undefined
) {
  const feed = yield* LiveFeed
  const idOf = (place: number): string => `${feed.epoch}-${place}`
  const view: LiveView =
    name === "rows" || name === "sessions"
      ? rows(yield* TraceQueries, sessionId, idOf, name === "rows")
      : whole(yield* TraceStore, sessionId, idOf)

  const step = Effect.fnUntraced(function* (place: number) {
    const due = yield* view.due
    const patience = Duration.min(KEEP_ALIVE, due ?? KEEP_ALIVE)
    const found = yield* Effect.timeoutOption(feed.changed(place), patience)
    if (Option.isNone(found)) {
      const later = yield* view.later(place)
      return [due === undefined ? [": keep-alive\n\n"] : later, Option.some(place)] as const
    }
    if (!found.value) return [[], Option.none()] as const
    const { changes, missed, next } = feed.after(place, view.batch)
    const gap = missed > 0 ? [message("gap", idOf(place + missed), { missed })] : []
    return [[...gap, ...(yield* view.show(changes, next))], Option.some(next)] as const
  })

  const asked = placeOf(feed.epoch, lastId)
  // A place from before a restart, or beyond the end, is none
  const known = asked !== undefined && asked <= feed.now()
  const start = known ? asked : feed.now()
  const greeting = Sse.encoder.write(new Sse.Retry({ duration: Duration.seconds(1), lastEventId: undefined }))
  const lost = lastId === undefined || known ? "" : message("gap", idOf(start), { missed: null })
  return Stream.make(greeting + lost).pipe(Stream.concat(Stream.paginate(start, step)), Stream.encodeText)
})

const text = (value: string | ReadonlyArray<string> | undefined): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

/**
 * The route.
 *
 * @category layers
 * @since 0.1.0
 */
export const routes = Layer.unwrap(
  Effect.map(Effect.context<Keys | LiveFeed | TraceStore | TraceQueries>(), (services) =>
    HttpRouter.add(
      "GET",
      "/api/live",
      Effect.gen(function* () {
        yield* Keys.use((keys) => keys.checkOptional)
        const { headers } = yield* HttpServerRequest.HttpServerRequest
        const query = yield* HttpServerRequest.ParsedSearchParams
        const body = yield* lines(
          headers["last-event-id"] ?? text(query["last_event_id"]),
          text(query["session_id"])?.toLowerCase(),
          text(query["view"])
        )
        return HttpServerResponse.stream(Stream.provideContext(body, services), {
          contentType: "text/event-stream",
          // A proxy must not collect it first
          headers: { "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" }
        })
      }).pipe(Effect.provideContext(services))
    )
  )
)

/**
 * A store that tells the feed what it was told to keep.
 *
 * @category layers
 * @since 0.1.0
 */
export const watched: Layer.Layer<TraceStore, never, TraceStore | LiveFeed> = Layer.effect(
  TraceStore,
  Effect.gen(function* () {
    const store = yield* TraceStore
    const { publish } = yield* LiveFeed
    const tell = (changes: Iterable<Change>) => Effect.sync(() => publish(changes))
    yield* store.changes.pipe(
      Stream.runForEachArray((changes) => tell(changes)),
      Effect.forkScoped
    )
    return TraceStore.of({
      ...store,
      ingest: (spans) =>
        Effect.tap(store.ingest(spans), () => {
          const changes = spans.map(changeOf)
          // The session itself may be new, and shows sums of what is in it
          const sessions = new Set(changes.map(({ session_id }) => session_id))
          return tell([...changes, ...Array.from(sessions, (id) => ({ event_id: id, session_id: id }))])
        }),
      startSession: (session) => Effect.tap(store.startSession(session), (event) => tell([event])),
      createEvents: (events, sessionId) =>
        Effect.tap(store.createEvents(events, sessionId), (ids) => tell(ids.map((event_id) => ({ event_id })))),
      updateEvent: (id, update) =>
        Effect.tap(store.updateEvent(id, update), (found) => tell(found ? [{ event_id: id.toLowerCase() }] : [])),
      deleteSession: (id) =>
        Effect.tap(store.deleteSession(id), (gone) =>
          tell(gone === 0 ? [] : [{ event_id: id.toLowerCase(), session_id: id.toLowerCase() }])
        ),
      restore: (records) => Effect.tap(store.restore(records), () => tell(records.map(({ event }) => event)))
    })
  })
)
