/**
 * Spans for outgoing HTTP requests: global `fetch` and undici, `node:http` and `node:https`, whoever makes them.
 *
 * Node says itself, on its diagnostics channels, when a request begins and ends. Listening there patches nothing, works
 * however the modules were imported and beside any other SDK, and ends with the scope; OpenTelemetry's instrumentations of
 * the same patch `require` for good and take the place of another SDK's (`Instrumentation.layer` turns them on all the same).
 * Attributes are those of OpenTelemetry's stable HTTP conventions.
 *
 * Off by default, like HoneyHive's other SDKs: {@link layer} turns it on, unless the instance's `disableHttpTracing` says
 * otherwise (`HH_DISABLE_HTTP_TRACING`, `HONEYHIVE_DISABLE_HTTP_TRACING`, `DISABLE_HTTP_TRACING`).
 *
 * A request's span is a child of the Effect span or traced function around it, and belongs to the instance of that code:
 * requests of another instance, and HoneyHive's own, have none here. Requests of Effect's `HttpClient`, which has its own
 * spans, are left to it (its headers to `HttpPropagation` of `@honeyhive/tracing`). No headers and no bodies are recorded,
 * and no secrets in a URL.
 *
 * @since 0.1.0
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { HoneyHive } from "@honeyhive/tracing/HoneyHive"
import { channels } from "./internal/httpChannels.ts"
import { HttpSpans } from "./internal/httpSpans.ts"

/**
 * Which requests have spans, and which of them carry headers.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  /** Default: the instance's `disableHttpTracing`, an option or a variable. */
  readonly disabled?: boolean | undefined
  /** Whether a request outside of every span has none either. Default false. */
  readonly requireParent?: boolean | undefined
  /**
   * Which requests carry trace, session and baggage in their headers, for services of your own: baggage is not for
   * strangers. Default: none. A request that has a `traceparent` already is left as it is.
   */
  readonly propagateTo?: ((url: URL) => boolean) | undefined
}

/**
 * Makes a span of every outgoing request of this instance's code, as long as the scope lives.
 *
 * @example
 * ```ts
 * import { once } from "node:events"
 * import { createServer } from "node:http"
 * import type { AddressInfo } from "node:net"
 * import { Effect, Layer } from "effect"
 * import { Http } from "@honeyhive/instruments"
 * import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
 *
 * const server = createServer((_, response) => response.end("found")).listen(0, "127.0.0.1")
 * await once(server, "listening")
 * const { port } = server.address() as AddressInfo
 *
 * const program = Effect.gen(function*() {
 *   yield* Effect.promise(async () => (await fetch(`http://127.0.0.1:${port}/search?key=secret`)).text())
 *   yield* HoneyHive.flush
 *   const [span] = yield* MemoryExporter.use((memory) => memory.spans)
 *   return [span?.name, span?.attributes["url.full"], span?.attributes["http.response.status_code"]]
 * })
 * const instance = Http.layer().pipe(Layer.provideMerge(HoneyHive.layerMemory()))
 *
 * await Effect.runPromise(program.pipe(Effect.provide(instance)))
 * // => ["GET", `http://127.0.0.1:${port}/search?key=REDACTED`, 200]
 *
 * server.closeAllConnections()
 * server.close()
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options = {}): Layer.Layer<never, never, HoneyHive> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { instrumentationProvider, settings } = yield* HoneyHive
      if (options.disabled ?? settings.disableHttpTracing) return
      const tracer = instrumentationProvider.getTracer("@honeyhive/instruments/Http")
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          const spans = new HttpSpans(tracer, options)
          const listeners = Object.entries(channels(spans))
          for (const [channel, listener] of listeners) subscribe(channel, listener)
          return { spans, listeners }
        }),
        ({ listeners, spans }) =>
          Effect.sync(() => {
            for (const [channel, listener] of listeners) unsubscribe(channel, listener)
            spans.close()
          })
      )
    })
  )
