/**
 * Calls to HoneyHive's REST API, with a key and an address such as those of a tracer instance.
 */
import * as OtelApi from "@opentelemetry/api"
import { suppressTracing } from "@opentelemetry/core"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Schema from "effect/Schema"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import { Authorization, HoneyHiveApi } from "@honeyhive/contract/Api"
import type { Settings } from "@honeyhive/tracing/TracerConfig"

// An instrumentation of the host that watches `fetch` must not see the framework's own requests
const untraced: typeof globalThis.fetch = (input, init) =>
  OtelApi.context.with(suppressTracing(OtelApi.context.active()), () => globalThis.fetch(input, init))

const retries = Schedule.exponential("200 millis").pipe(Schedule.jittered)

const authorization = (key: Redacted.Redacted) =>
  HttpApiMiddleware.layerClient(Authorization, ({ next, request }) =>
    next(HttpClientRequest.bearerToken(request, key))
  ).pipe(Layer.provideMerge(FetchHttpClient.layer))

/** A client; its calls are tried again while the failure looks transient. */
export const connect = (url: string, key: Redacted.Redacted) =>
  HttpApiClient.make(HoneyHiveApi, {
    baseUrl: url,
    transformClient: HttpClient.retryTransient({ schedule: retries, times: 3 })
  }).pipe(Effect.provide(authorization(key)))

/** For calls whose answer is read here: backends leave out, or add, what these programs never look at. */
export const asResponse = { responseMode: "response-only" } as const

/** The answer, if it is one of success. */
export const accepted = <E, R>(call: Effect.Effect<HttpClientResponse.HttpClientResponse, E, R>) =>
  Effect.flatMap(call, HttpClientResponse.filterStatusOk)

/** The part of the answer that is looked at. */
export const reading =
  <A, I>(schema: Schema.Codec<A, I>) =>
  <E, R>(call: Effect.Effect<HttpClientResponse.HttpClientResponse, E, R>) =>
    Effect.flatMap(accepted(call), HttpClientResponse.schemaBodyJson(schema))

/** Where a call to the backend runs: neither traced, nor without an end. */
export const quietly =
  ({ exportTimeout }: Pick<Settings, "exportTimeout">) =>
  <A, E, R>(call: Effect.Effect<A, E, R>) =>
    call.pipe(
      Effect.timeout(exportTimeout),
      Effect.provideService(FetchHttpClient.Fetch, untraced),
      Effect.provideService(HttpClient.TracerPropagationEnabled, false),
      Effect.withTracerEnabled(false)
    )

/** The key, where the instance speaks to HoneyHive (or a hive) at all. */
export const keyOf = (settings: Settings): Redacted.Redacted | undefined =>
  settings.otlpEndpoint === undefined &&
  settings.exporter === "otlp" &&
  settings.otlpEnabled &&
  !settings.testMode &&
  !settings.disableTracing
    ? settings.apiKey
    : undefined
