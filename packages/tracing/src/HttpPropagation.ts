/**
 * Propagation for Effect's HTTP clients and servers. Import it by its path, `@honeyhive/tracing/HttpPropagation`: it brings
 * Effect's HTTP modules with it, which the rest of the package does without.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Tracer from "effect/Tracer"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import { isBridgeSpan } from "./internal/bridge.ts"
import * as instance from "./internal/instance.ts"
import { continueFrom, extract, inject } from "./Propagation.ts"

/**
 * A client whose requests carry session and baggage; the trace is carried by Effect's own span of the request. Use it for
 * services of your own: baggage is not for strangers.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { HttpClient, HttpClientResponse } from "effect/http"
 * import { HoneyHive, withBaggage } from "@honeyhive/tracing"
 * import * as HttpPropagation from "@honeyhive/tracing/HttpPropagation"
 *
 * // Answers with the baggage of the request
 * const echo = Layer.succeed(
 *   HttpClient.HttpClient,
 *   HttpClient.make((request) =>
 *     Effect.succeed(HttpClientResponse.fromWeb(request, new Response(request.headers["baggage"])))
 *   )
 * )
 *
 * const program = HttpClient.get("http://search.internal/").pipe(
 *   Effect.flatMap((response) => response.text),
 *   withBaggage({ tenant: "acme" }),
 *   Effect.provide(HttpPropagation.layerClient.pipe(Layer.provide(echo))),
 *   Effect.provide(HoneyHive.layerMemory())
 * )
 *
 * const sent = await Effect.runPromise(program)
 * sent.includes("tenant=acme") // => true
 * ```
 *
 * @category client
 * @since 0.1.0
 */
export const client: <E, R>(self: HttpClient.HttpClient.With<E, R>) => HttpClient.HttpClient.With<E, R> =
  HttpClient.mapRequest((request) => HttpClientRequest.setHeaders(request, inject({ ...request.headers })))

/**
 * Makes {@link client} of the program's HTTP client.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { FetchHttpClient, HttpClient } from "effect/http"
 * import { layerClient } from "@honeyhive/tracing/HttpPropagation"
 *
 * const ClientLive = layerClient.pipe(Layer.provide(FetchHttpClient.layer))
 * const program = HttpClient.HttpClient.use((client) => Effect.succeed("execute" in client))
 *
 * await Effect.runPromise(program.pipe(Effect.provide(ClientLive))) // => true
 * ```
 *
 * @category client
 * @since 0.1.0
 */
export const layerClient: Layer.Layer<HttpClient.HttpClient, never, HttpClient.HttpClient> = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, client)
)

/** Effect's own span of the request, which was started before this middleware, is already the caller's child. */
const isOfCaller = (span: Tracer.AnySpan | undefined, caller: Tracer.AnySpan | undefined): span is Tracer.Span =>
  span?._tag === "Span" && span.kind === "server" && (caller === undefined || span.traceId === caller.traceId)

/**
 * Continues the trace and the session of whoever sends a request: for `HttpRouter.serve`, `HttpServer.serve`, or
 * `HttpRouter.middleware`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HttpEffect, HttpServerResponse } from "effect/http"
 * import { HoneyHive } from "@honeyhive/tracing"
 * import * as HttpPropagation from "@honeyhive/tracing/HttpPropagation"
 *
 * const app = HoneyHive.use((hive) => hive.session).pipe(
 *   Effect.map((session) => HttpServerResponse.text(session.id)),
 *   HttpPropagation.server
 * )
 * const handler = HttpEffect.toWebHandlerLayer(app, HoneyHive.layerMemory())
 *
 * const response = await handler.handler(
 *   new Request("http://agent.internal/", {
 *     headers: { baggage: "session_id=4879a1f2-6d5c-4f0e-9d3b-2f6f1f1c9a10" }
 *   })
 * )
 * await response.text() // => "4879a1f2-6d5c-4f0e-9d3b-2f6f1f1c9a10"
 *
 * await handler.dispose()
 * ```
 *
 * @category server
 * @since 0.1.0
 */
export const server: <E, R>(
  app: Effect.Effect<HttpServerResponse, E, R>
) => Effect.Effect<HttpServerResponse, E, R | HttpServerRequest> = (app) =>
  Effect.flatMap(HttpServerRequest, ({ headers }) =>
    Effect.flatMap(Effect.option(Effect.currentParentSpan), (current) => {
      const caller = extract(headers)
      const span = current._tag === "Some" ? current.value : undefined
      if (!isOfCaller(span, caller.parent)) return continueFrom(headers)(app)
      const { traceparent: _, ...rest } = headers
      return continueFrom(rest)(
        Effect.suspend(() => {
          if (isBridgeSpan(span)) instance.current()?.tracer.stamp.rewrite(span.span)
          return app
        })
      )
    })
  )
