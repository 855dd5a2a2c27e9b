/**
 * The page's questions, answered by `TraceQueries`.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import { BadRequest, NotFound, Unauthorized, Validation } from "@honeyhive/contract/Api"
import { Keys } from "./Keys.ts"
import { Access, QueryApi, QueryProblem } from "./QueryApi.ts"
import { type Grouping, TraceQueries } from "./TraceQueries.ts"
import { parse, type TraceQuery } from "./TraceQuery.ts"
import { TraceStoreError } from "./TraceStore.ts"

const validation = HttpApiMiddleware.layerSchemaErrorTransform(Validation, (error) =>
  Effect.fail(new BadRequest({ message: `${error.kind.toLowerCase()}: ${error.cause.message}` }))
)

const access: Layer.Layer<Access, never, Keys> = Layer.effect(
  Access,
  Effect.map(Keys, ({ checkOptional }) =>
    Access.of((handler) =>
      Effect.andThen(
        Effect.mapError(checkOptional, ({ message }) => new Unauthorized({ message })),
        handler
      )
    )
  )
)

/**
 * A store that fails is nothing that a handler can do something about: it is answered where every failure is, in HoneyHive's shape
 * (`HttpProblem.answering`: 503 for one that is busy, 500 and a line in the log for others).
 */
const failing = <A, E, R>(
  answer: Effect.Effect<A, E | TraceStoreError, R>
): Effect.Effect<A, Exclude<E, TraceStoreError>, R> =>
  Effect.catchIf(answer, isStoreError, Effect.die) as Effect.Effect<A, Exclude<E, TraceStoreError>, R> // none is left

const isStoreError = (error: unknown): error is TraceStoreError => error instanceof TraceStoreError

const read = (text: string | undefined): Effect.Effect<TraceQuery, QueryProblem> =>
  Effect.mapError(
    Effect.fromResult(parse(text ?? "")),
    ({ expected, message, position }) => new QueryProblem({ message, position, expected })
  )

/** The API's pattern lets only groupings in. */
const groupingsOf = (by: string): Grouping | readonly [Grouping, Grouping] => {
  const [first, second] = by.split(",") as [Grouping, Grouping | undefined]
  return second === undefined ? first : [first, second]
}

const queries = HttpApiBuilder.group(
  QueryApi,
  "queries",
  Effect.fn(function* (handlers) {
    const questions = yield* TraceQueries
    return handlers.handleAll({
      search: ({ query: { q, ...page } }) => Effect.flatMap(read(q), (query) => failing(questions.search(query, page))),
      facets: ({ query: { q, ...options } }) =>
        Effect.flatMap(read(q), (query) => failing(questions.facets(query, options))),
      aggregates: ({ query: { by, q, ...options } }) =>
        Effect.flatMap(read(q), (query) => failing(questions.aggregate(query, { ...options, by: groupingsOf(by) }))),
      histogram: ({ query: { q, ...options } }) =>
        Effect.flatMap(read(q), (query) => failing(questions.histogram(query, options))),
      complete: ({ query: { q = "", cursor = q.length } }) => failing(questions.complete(q, cursor))
    })
  })
)

const missing = (what: string, id: string) => new NotFound({ message: `no ${what} ${id}` })

const present =
  (what: string, id: string) =>
  <A>(found: Effect.Effect<Option.Option<A>, TraceStoreError>): Effect.Effect<A, NotFound> =>
    Effect.flatMap(
      failing(found),
      Option.match({ onNone: () => Effect.fail(missing(what, id)), onSome: Effect.succeed })
    )

const page = HttpApiBuilder.group(
  QueryApi,
  "page",
  Effect.fn(function* (handlers) {
    const questions = yield* TraceQueries
    return handlers.handleAll({
      sessions: ({ query: { q, ...page } }) =>
        Effect.flatMap(read(q), (query) =>
          questions.sessionRows(query, page).pipe(
            Effect.catchTag("SearchError", ({ message }) => Effect.fail(new BadRequest({ message }))),
            failing
          )
        ),
      session: ({ params: { session_id: id } }) => present("session", id)(questions.sessionRow(id)),
      event: ({ params: { event_id: id } }) => present("event", id)(questions.eventDetail(id))
    })
  })
)

/**
 * The routes of `QueryApi`, with their OpenAPI document at `/api/openapi.json`.
 *
 * @category layers
 * @since 0.1.0
 */
export const routes = HttpApiBuilder.layer(QueryApi, { openapiPath: "/api/openapi.json" }).pipe(
  Layer.provide([queries, page]),
  Layer.provide([access, validation])
)
