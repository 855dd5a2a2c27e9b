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
import { TraceQueries } from "./TraceQueries.ts"
import { parse, type TraceQuery } from "./TraceQuery.ts"

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

const read = (text: string | undefined): Effect.Effect<TraceQuery, QueryProblem> =>
  Effect.mapError(
    Effect.fromResult(parse(text ?? "")),
    ({ expected, message, position }) => new QueryProblem({ message, position, expected })
  )

const queries = HttpApiBuilder.group(
  QueryApi,
  "queries",
  Effect.fn(function* (handlers) {
    const questions = yield* TraceQueries
    return handlers.handleAll({
      search: ({ query: { q, ...page } }) =>
        Effect.flatMap(read(q), (query) => Effect.orDie(questions.search(query, page))),
      facets: ({ query: { q, ...options } }) =>
        Effect.flatMap(read(q), (query) => Effect.orDie(questions.facets(query, options))),
      aggregates: ({ query: { q, ...options } }) =>
        Effect.flatMap(read(q), (query) => Effect.orDie(questions.aggregate(query, options))),
      complete: ({ query: { q = "", cursor = q.length } }) => Effect.orDie(questions.complete(q, cursor))
    })
  })
)

const missing = (what: string, id: string) => new NotFound({ message: `no ${what} ${id}` })

const present =
  (what: string, id: string) =>
  <A, E>(found: Effect.Effect<Option.Option<A>, E>): Effect.Effect<A, NotFound> =>
    Effect.flatMap(
      Effect.orDie(found),
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
            Effect.catchTag("TraceStoreError", Effect.die)
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
