/**
 * A hive's own questions over HTTP: search, aggregates.
 */
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import { QueryApi } from "@honeyhive/hive/QueryApi"
import type { Aggregates, Grouping, Hit, Order } from "@honeyhive/hive/TraceQueries"
import { print, type TraceQuery } from "@honeyhive/hive/TraceQuery"
import { noHive, type Problem } from "./problem.ts"

export interface Questions {
  /** So many events at most, newest first. */
  readonly hits: (query: TraceQuery, limit: number) => Effect.Effect<ReadonlyArray<Hit>, Problem>
  readonly aggregate: (
    query: TraceQuery,
    options: {
      readonly by: Grouping
      readonly order?: Order | undefined
      readonly limit?: number | undefined
    }
  ) => Effect.Effect<Aggregates["groups"], Problem>
}

const PAGE = 1000

/** Asked again while the hive is still reading what it was sent, for a while. */
const untilRead = Schedule.max([Schedule.spaced("100 millis"), Schedule.recurs(50)])

/** HoneyHive knows no such questions. */
const isUnknown = (error: unknown): boolean =>
  Predicate.hasProperty(error, "reason") &&
  Predicate.hasProperty(error.reason, "response") &&
  Predicate.hasProperty(error.reason.response, "status") &&
  error.reason.response.status === 404

/** `said` makes problems of what the client fails with. */
export const make = (
  http: HttpClient.HttpClient,
  url: string,
  key: Redacted.Redacted,
  said: <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, Problem>
): Effect.Effect<Questions> =>
  Effect.gen(function* () {
    const { queries } = yield* HttpApiClient.make(QueryApi, {
      baseUrl: url,
      transformClient: HttpClient.mapRequest(HttpClientRequest.bearerToken(key))
    }).pipe(Effect.provideService(HttpClient.HttpClient, http))
    const asked = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, Problem> =>
      said(Effect.mapError(effect, (error) => (isUnknown(error) ? noHive(url) : error)))
    const whole = <A extends { readonly behind: number }, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, Problem> =>
      asked(Effect.repeat(effect, { schedule: untilRead, while: ({ behind }) => behind > 0 }))

    return {
      hits: Effect.fnUntraced(function* (query, limit) {
        const q = print(query)
        const found: Array<Hit> = []
        let before: number | undefined
        while (found.length < limit) {
          const page = { q, limit: Math.min(PAGE, limit - found.length), ...(before === undefined ? {} : { before }) }
          const ask = queries.search({ query: page })
          // What comes later is newer than the first page
          const { hits, next } = yield* before === undefined ? whole(ask) : asked(ask)
          found.push(...hits)
          if (next === null) break
          before = next
        }
        return found
      }),
      aggregate: (query, { by, limit, order }) =>
        Effect.map(
          whole(
            queries.aggregates({
              query: {
                q: print(query),
                by,
                ...(order === undefined ? {} : { order }),
                ...(limit === undefined ? {} : { limit })
              }
            })
          ),
          ({ groups }) => groups
        )
    } satisfies Questions
  })
