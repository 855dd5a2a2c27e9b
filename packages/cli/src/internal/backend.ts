/**
 * A hive, or HoneyHive itself, as the commands see it: over HTTP, through the contract's API.
 *
 * Everything that is asked goes through the functions of this module, so that a better route takes the place of one here.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import { Authorization, type Filter, HoneyHiveApi, NotFound, type SearchEvents } from "@honeyhive/contract/Api"
import type { Event } from "@honeyhive/contract/Event"
import { listen, type News } from "./live.ts"
import { Problem } from "./problem.ts"
import { make, type Questions } from "./questions.ts"

export interface Found {
  readonly events: ReadonlyArray<Event>
  /** All that match, on this page or not. */
  readonly count: number
}

export interface Taken {
  readonly rejected: number
  readonly message: string
}

export class Backend extends Context.Service<
  Backend,
  {
    readonly url: string
    /** What people call it: its address, or its folder where nobody but this command sees the address. */
    readonly label: string
    /** Newest first. */
    readonly search: (query: SearchEvents) => Effect.Effect<Found, Problem>
    readonly event: (id: string) => Effect.Effect<Option.Option<Event>, Problem>
    /** Takes an OTLP request in JSON; says how many of its spans were refused. */
    readonly ingest: (request: string) => Effect.Effect<Taken, Problem>
    /** What only a hive answers. */
    readonly questions: Questions
    /** What changes from now on, or from a place on; ends when the connection does. Only a hive tells. */
    readonly live: (lastId: string | undefined) => Stream.Stream<News, Problem>
  }
>()("@honeyhive/cli/Backend") {}

export const PAGE = 1000

const Answer = Schema.Struct({
  partialSuccess: Schema.optionalKey(
    Schema.NullOr(
      Schema.Struct({
        rejectedSpans: Schema.optionalKey(Schema.NullOr(Schema.Union([Schema.Number, Schema.NumberFromString]))),
        errorMessage: Schema.optionalKey(Schema.NullOr(Schema.String))
      })
    )
  )
})

const decodeAnswer = Schema.decodeUnknownOption(Schema.fromJsonString(Answer))

/** The innermost reason, in its own words. */
export const reasonOf = (error: unknown): string => {
  let reason = error
  // What the network said is below what the client makes of it
  for (let depth = 0; depth < 8 && reason instanceof Error && reason.cause !== undefined; depth++) reason = reason.cause
  if (reason instanceof AggregateError) reason = reason.errors[0]
  return reason instanceof Error ? reason.message : String(reason)
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null

/** Says what an error of the client means to a person at a terminal. */
export const explain = (url: string, error: unknown): Problem => {
  if (!isObject(error)) return new Problem({ message: String(error) })
  if (error instanceof Problem) return error
  if (error["statusCode"] === 401) {
    return new Problem({ message: `${url} does not accept the key: set HIVE_KEY to one that it does` })
  }
  if (typeof error["statusCode"] === "number") return new Problem({ message: `${url}: ${String(error["message"])}` })
  if (error["_tag"] === "HttpClientError") {
    const reason = isObject(error["reason"]) ? error["reason"] : {}
    const response = isObject(reason["response"]) ? reason["response"] : undefined
    if (response !== undefined) {
      const { status } = response
      return new Problem({
        message: `${url} answered ${String(status)}, which is not what a hive answers: is the address right?`
      })
    }
    return new Problem({
      message: `nothing answers at ${url} (${reasonOf(reason["cause"] ?? error)}): start a hive with \`hive up\`, or name another with --url`
    })
  }
  return new Problem({
    message: `${url} answers something else than a hive does: is the address right? (${reasonOf(error).split("\n", 1)[0]})`
  })
}

const connect = Effect.fnUntraced(function* (url: string, key: Redacted.Redacted, label: string) {
  const http = yield* HttpClient.HttpClient
  const client = yield* HttpApiClient.make(HoneyHiveApi, { baseUrl: url }).pipe(
    Effect.provide(
      HttpApiMiddleware.layerClient(Authorization, ({ next, request }) =>
        next(HttpClientRequest.bearerToken(request, key))
      )
    )
  )
  const said = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, Problem> =>
    effect.pipe(
      Effect.mapError((error) => explain(url, error)),
      Effect.provideService(HttpClient.TracerPropagationEnabled, false),
      Effect.withTracerEnabled(false)
    )

  return Backend.of({
    url,
    label,
    questions: yield* make(http, url, key, said),
    live: (lastId) =>
      Stream.mapError(listen(http, url, key, lastId), (error) => explain(url, error)).pipe(
        Stream.provideService(HttpClient.TracerPropagationEnabled, false),
        Stream.provideService(References.TracerEnabled, false)
      ),
    search: (query) => said(client.events.search({ payload: query })),
    event: (id) =>
      said(
        client.events.get({ params: { event_id: id } }).pipe(
          Effect.map(({ event }) => Option.some(event)),
          Effect.catchIf(
            (error) => error instanceof NotFound,
            () => Effect.succeedNone
          )
        )
      ),
    ingest: (request) =>
      said(
        Effect.gen(function* () {
          const answer = yield* http.execute(
            HttpClientRequest.post(`${url}/opentelemetry/v1/traces`).pipe(
              HttpClientRequest.bearerToken(key),
              HttpClientRequest.bodyText(request, "application/json")
            )
          )
          const body = yield* answer.text
          if (answer.status === 401) return yield* explain(url, { statusCode: 401 })
          if (answer.status >= 300) {
            return yield* new Problem({ message: `${url} answered ${answer.status}: ${body.slice(0, 300)}` })
          }
          const partial = Option.getOrUndefined(decodeAnswer(body))?.partialSuccess
          return { rejected: partial?.rejectedSpans ?? 0, message: partial?.errorMessage ?? "" }
        })
      )
  })
})

export const layer = (url: string, key: Redacted.Redacted, label = url): Layer.Layer<Backend> =>
  Layer.effect(Backend, connect(url, key, label)).pipe(Layer.provide(FetchHttpClient.layer))

const is = (field: string, value: string): Filter => ({ field, operator: "is", value })

export interface Selection {
  readonly filters?: ReadonlyArray<Filter>
  /** Milliseconds since 1970. */
  readonly since?: number
}

const FIRST = "1970-01-01T00:00:00.000Z"

/**
 * Hands over every event of a selection, newest first and each once, a page at a time; returns how many there were. Pages
 * follow each other by time, so that events that arrive meanwhile shift none.
 */
export const eachPage = Effect.fnUntraced(function* <E, R>(
  { filters = [], since }: Selection,
  use: (events: ReadonlyArray<Event>, total: number) => Effect.Effect<boolean | void, E, R>
) {
  const backend = yield* Backend
  let end = "2200-01-01T00:00:00.000Z"
  let page = 1
  let total: number | undefined
  let handed = 0
  let boundary: ReadonlySet<string> = new Set()
  const start = since === undefined ? FIRST : new Date(since).toISOString()
  while (true) {
    const { count, events } = yield* backend.search({
      filters,
      dateRange: { start_time: start, end_time: end },
      limit: PAGE,
      page
    })
    total ??= count
    const fresh = events.filter(({ event_id }) => !boundary.has(event_id))
    handed += fresh.length
    if (fresh.length > 0 && (yield* use(fresh, Math.max(total, handed))) === false) return handed
    const last = events.at(-1)
    if (events.length < PAGE || last === undefined) return handed
    const next = new Date(Math.ceil(last.start_time)).toISOString()
    // More than a page in one millisecond: pages of the same time
    if (next === end) page++
    else page = 1
    end = next
    boundary = new Set([...(page === 1 ? [] : boundary), ...events.map(({ event_id }) => event_id)])
  }
})

/** All of a selection. */
export const all = Effect.fnUntraced(function* (selection: Selection) {
  const events: Array<Event> = []
  yield* eachPage(selection, (page) => Effect.sync(() => void events.push(...page)))
  return events
})

/** A session and its events by start; a session that nobody has ended lasts as long as what is in it. */
export const sessionEvents = (id: string): Effect.Effect<ReadonlyArray<Event>, Problem, Backend> =>
  Effect.map(all({ filters: [is("session_id", id)] }), inSession)

/** Outermost first where two start in the same moment. */
export const inSession = (events: ReadonlyArray<Event>): ReadonlyArray<Event> => {
  const ends = events.flatMap(({ end_time, event_type }) =>
    event_type === "session" || end_time === null ? [] : [end_time]
  )
  const last = ends.length === 0 ? null : ends.reduce((a, b) => Math.max(a, b))
  return events
    .map((event) =>
      event.event_type === "session" && event.end_time === null && last !== null
        ? { ...event, end_time: last, duration: Math.max(0, last - event.start_time) }
        : event
    )
    .toSorted(
      (a, b) =>
        Number(b.event_type === "session") - Number(a.event_type === "session") ||
        a.start_time - b.start_time ||
        (b.end_time ?? Infinity) - (a.end_time ?? Infinity) ||
        (a.event_id < b.event_id ? -1 : 1)
    )
}
