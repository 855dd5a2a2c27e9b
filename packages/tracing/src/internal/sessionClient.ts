/**
 * Calls to HoneyHive's REST API; a module of its own so that it is loaded only when a session is announced.
 */
import * as OtelContext from "@opentelemetry/api"
import { suppressTracing } from "@opentelemetry/core"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import { Authorization } from "@honeyhive/contract/ApiError"
import type { StartSession, UpdateEvent } from "@honeyhive/contract/Event"
import { SessionApi } from "@honeyhive/contract/EventsApi"

// An instrumentation of the host that watches `fetch` must not see the tracer's own requests
const untraced: typeof globalThis.fetch = (input, init) =>
  OtelContext.context.with(suppressTracing(OtelContext.context.active()), () => globalThis.fetch(input, init))

const retries = Schedule.exponential("200 millis").pipe(Schedule.jittered)

// What a backend of another version says beyond its status does not matter here
const accepted = <E>(response: Effect.Effect<HttpClientResponse.HttpClientResponse, E>) =>
  Effect.flatMap(response, HttpClientResponse.filterStatusOk).pipe(
    // No span is current, and its ids are none that a `traceparent` may have
    Effect.provideService(HttpClient.TracerPropagationEnabled, false)
  )

// An event that was delivered a moment ago may still be on its way through the backend
const isUnknown = (error: unknown): boolean =>
  HttpClientError.isHttpClientError(error) && error.response?.status === 404

const ASKS_EVERY = 100

const isTransport = (error: unknown): boolean =>
  HttpClientError.isHttpClientError(error) && error.response === undefined

/** What an instance says of its sessions. The client is made once: that costs more than a call. */
export const connect = Effect.fnUntraced(function* (url: string, key: Redacted.Redacted) {
  // While nobody answers, one call in a tenth of a second is tried, and once: those behind it would be more and more
  let isAway = false
  let asksAt = 0
  const schedule = retries.pipe(Schedule.while(() => !isAway))
  const client = yield* HttpApiClient.make(SessionApi, {
    baseUrl: url,
    transformClient: HttpClient.retryTransient({ schedule, times: 3 })
  }).pipe(
    Effect.provide(
      HttpApiMiddleware.layerClient(Authorization, ({ next, request }) =>
        next(HttpClientRequest.bearerToken(request, key))
      ).pipe(Layer.provideMerge(FetchHttpClient.layer))
    ),
    Effect.provideService(FetchHttpClient.Fetch, untraced)
  )
  const watched = <E, R>(call: Effect.Effect<unknown, E, R>) =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      if (isAway && now < asksAt) return yield* Effect.fail(new Error(`nobody answered at ${url} a moment ago`))
      asksAt = now + ASKS_EVERY
      const exit = yield* Effect.exit(call)
      isAway = Exit.isFailure(exit) && isTransport(Cause.squash(exit.cause))
      yield* exit
    })
  return {
    start: (session: StartSession) =>
      watched(accepted(client.sessions.start({ payload: session, responseMode: "response-only" }))),
    update: (id: string, change: UpdateEvent) =>
      watched(
        accepted(client.events.update({ params: { event_id: id }, payload: change, responseMode: "response-only" }))
      ).pipe(Effect.retry({ while: isUnknown, schedule: retries, times: 3 }))
  }
})
