/**
 * The hive: an HTTP server with a store, in this process, on loopback.
 *
 * @since 0.1.0
 */
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as ByteSize from "effect/ByteSize"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import type { PriceTable } from "@honeyhive/contract/Prices"
import { answering } from "./HttpProblem.ts"
import { Keys } from "./Keys.ts"
import * as OtlpIngest from "./OtlpIngest.ts"
import * as QueryRoutes from "./QueryRoutes.ts"
import * as RestApi from "./RestApi.ts"
import * as SqliteTraceStore from "./SqliteTraceStore.ts"
import type { TraceQueries } from "./TraceQueries.ts"
import type { TraceStore } from "./TraceStore.ts"
import { type TraceStoreError } from "./TraceStore.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface HiveOptions {
  /** The store's file. Default `:memory:`, which keeps nothing. */
  readonly path?: string | undefined
  /** What is kept of it, and how long. Default: everything. */
  readonly retention?: SqliteTraceStore.Retention | undefined
  /** Silence of a process after which its running spans are lost. Default 5 minutes. */
  readonly lease?: Duration.Input | undefined
  /** Default 0: any free port. */
  readonly port?: number | undefined
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined
  /** Only these keys are accepted. Default: any; required when `host` is not loopback. */
  readonly keys?: ReadonlyArray<Redacted.Redacted> | undefined
  /** What tokens cost. Default: list prices, `Prices.builtIn`. */
  readonly prices?: PriceTable | undefined
  /** Largest body of a request in bytes, as sent and unpacked. Default 32 MiB. */
  readonly maxBodyBytes?: number | undefined
}

/**
 * The server cannot listen where it was told to; `message` says what to do.
 *
 * @category errors
 * @since 0.1.0
 */
export class HiveError extends Schema.TaggedError<HiveError>()("HiveError", {
  message: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

const loopback = new Set(["127.0.0.1", "::1", "localhost"])

const describe = (cause: unknown, host: string, port: number): string =>
  cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE"
    ? `port ${port} on ${host} is in use: stop what listens there, or choose another port (0 takes any free one)`
    : `cannot listen on ${host}:${port}: ${cause instanceof Error ? cause.message : String(cause)}`

const listening = (host: string, port: number) =>
  NodeHttpServer.layer(createServer, { host, port, gracefulShutdownTimeout: "2 seconds" }).pipe(
    Layer.catchTag("ServeError", ({ cause }) =>
      Layer.effectContext(Effect.fail(new HiveError({ message: describe(cause, host, port), cause })))
    )
  )

/**
 * A hive that runs as long as its scope.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Hive } from "@honeyhive/hive"
 *
 * const program = Effect.gen(function*() {
 *   const { url } = yield* Hive
 *   const response = yield* Effect.promise(() => fetch(`${url}/v1/traces`, { method: "POST" }))
 *   return response.status
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(Hive.layer()))) // => 415
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Hive extends Context.Service<
  Hive,
  {
    /** Its address, such as `http://127.0.0.1:43117`. */
    readonly url: string
  }
>()("@honeyhive/hive/Hive") {
  /** The server over a store that is given. */
  static readonly layerServer = (
    options: HiveOptions = {}
  ): Layer.Layer<Hive, HiveError, TraceStore | TraceQueries> => {
    const { host = "127.0.0.1", keys, maxBodyBytes = 32 * 1024 * 1024, port = 0 } = options
    if (!loopback.has(host) && keys === undefined) {
      const message = `binding to ${host} needs keys: anybody on the network could read and write`
      return Layer.effect(Hive, Effect.fail(new HiveError({ message })))
    }
    const routes = Layer.mergeAll(OtlpIngest.routes, RestApi.routes, QueryRoutes.routes).pipe(
      Layer.provide(Keys.layer(keys))
    )
    const server = Effect.map(HttpRouter.toHttpEffect(routes), (handler) =>
      HttpServer.serve(
        handler.pipe(
          HttpMiddleware.decompression(),
          answering,
          Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(maxBodyBytes))
        )
      )
    ).pipe(
      Layer.unwrap,
      // The hive's own work must not show in the traces it keeps, also where the program that opens it is traced
      Layer.provide(Layer.succeed(References.TracerEnabled, false))
    )
    return Layer.effect(
      Hive,
      Effect.map(HttpServer.HttpServer, ({ address }) => Hive.of({ url: HttpServer.formatAddress(address) }))
    ).pipe(Layer.merge(server), Layer.provide(listening(host, port)))
  }

  /** The server with a SQLite store. */
  static readonly layer = (
    options: HiveOptions = {}
  ): Layer.Layer<Hive | TraceStore | TraceQueries, HiveError | TraceStoreError> =>
    Hive.layerServer(options).pipe(
      Layer.provideMerge(SqliteTraceStore.layer({ ...options, path: options.path ?? ":memory:" }))
    )
}
