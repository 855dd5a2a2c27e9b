/**
 * The page's questions whose answers are streams: `GET /api/sessions/:id/spans`, `GET /api/sessions/:id/otlp`, and one event
 * as OTLP, `GET /api/events/:id/otlp`.
 *
 * What a client has not read yet is not read from the store either.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { HttpProblem } from "./HttpProblem.ts"
import { requestOf } from "./internal/otlpSpan.ts"
import { Keys } from "./Keys.ts"
import type { SpanLine } from "./SpanRow.ts"
import { TraceQueries } from "./TraceQueries.ts"
import { type Selection, type StoredEvent, TraceStore } from "./TraceStore.ts"

const notFound = (what: string, id: string) =>
  new HttpProblem({ statusCode: 404, errorCode: "not_found", message: `no ${what} ${id}` })

const idOf = Effect.map(HttpRouter.params, ({ id = "" }) => id.toLowerCase())

const line = (line: SpanLine): string => `${JSON.stringify(line)}\n`

const spans = Effect.gen(function* () {
  const queries = yield* TraceQueries
  const id = yield* idOf
  const session = Option.getOrUndefined(yield* queries.sessionRow(id))
  if (session === undefined) return yield* notFound("session", id)
  const count = session.events + (session.orphan ? 0 : 1)
  const lines = Stream.make(line({ session, count })).pipe(
    Stream.concat(Stream.map(queries.spanRows(id), (rows) => line({ rows }))),
    Stream.encodeText
  )
  return HttpServerResponse.stream(lines, {
    contentType: "application/x-ndjson",
    // A proxy must not collect it first
    headers: { "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" }
  })
})

/** Events that are written at a time. */
const PER_CHUNK = 200

const only = (field: "event_id" | "session_id", value: string): Selection => ({
  filters: [{ field, operator: "is", value }]
})

/** One request, written while it is read. */
const sessionOtlp = Effect.gen(function* () {
  const store = yield* TraceStore
  const id = yield* idOf
  const [first] = yield* Stream.runCollect(Stream.take(store.records(only("session_id", id)), 1))
  if (first === undefined) return yield* notFound("session", id)
  const written = (records: ReadonlyArray<StoredEvent>, index: number): string =>
    `${index === 0 ? "" : ","}${JSON.stringify(requestOf(records).resourceSpans).slice(1, -1)}`
  const text = Stream.make('{"resourceSpans":[').pipe(
    Stream.concat(
      store.records(only("session_id", id)).pipe(
        Stream.grouped(PER_CHUNK),
        Stream.zipWithIndex,
        Stream.map(([records, index]) => written(records, index))
      )
    ),
    Stream.concat(Stream.make("]}"))
  )
  return HttpServerResponse.stream(Stream.encodeText(text), { contentType: "application/json" })
})

const eventOtlp = Effect.gen(function* () {
  const store = yield* TraceStore
  const id = yield* idOf
  const found = yield* Stream.runCollect(store.records(only("event_id", id)))
  // Its session comes with it
  const record = found.find(({ event }) => event.event_id === id)
  if (record === undefined) return yield* notFound("event", id)
  return HttpServerResponse.jsonUnsafe(requestOf([record]))
})

/**
 * The routes.
 *
 * @category layers
 * @since 0.1.0
 */
export const routes = Layer.unwrap(
  Effect.map(Effect.context<Keys | TraceStore | TraceQueries>(), (services) => {
    const handler = <E, R>(answer: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) =>
      Effect.andThen(
        Keys.use((keys) => keys.checkOptional),
        answer
      ).pipe(Effect.provideContext(services))
    return Layer.mergeAll(
      HttpRouter.add("GET", "/api/sessions/:id/spans", handler(spans)),
      HttpRouter.add("GET", "/api/sessions/:id/otlp", handler(sessionOtlp)),
      HttpRouter.add("GET", "/api/events/:id/otlp", handler(eventOtlp))
    )
  })
)
