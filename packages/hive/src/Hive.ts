/**
 * The hive: an HTTP server with a store, in this process, on loopback.
 *
 * @since 0.1.0
 */
import { createServer } from "node:http"
import { fileURLToPath } from "node:url"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Schema from "effect/Schema"
import * as HttpServer from "effect/http/HttpServer"
import type { Configuration } from "@honeyhive/contract/Configuration"
import type { PriceTable } from "@honeyhive/contract/Prices"
import { application } from "./internal/application.ts"
import { isLoopback } from "./internal/guard.ts"
import * as ClickHouseTraceStore from "./ClickHouseTraceStore.ts"
import { Keys } from "./Keys.ts"
import { watched } from "./LiveApi.ts"
import { LiveFeed } from "./LiveFeed.ts"
import * as RecordStore from "./RecordStore.ts"
import * as SqliteTraceStore from "./SqliteTraceStore.ts"
import type { TraceQueries } from "./TraceQueries.ts"
import { type TraceStore, TraceStoreError } from "./TraceStore.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface HiveOptions {
  /** The store's file. Default `:memory:`, which keeps nothing. */
  readonly path?: string | undefined
  /**
   * Where traces are kept, when that is not the file at `path`: `clickhouse://user:password@host:8123/database`
   * (`clickhouses://` over TLS; needs the package `@clickhouse/client`), or another file. What is kept beside traces, such as
   * runs and datasets, stays in the file at `path`.
   */
  readonly store?: string | Redacted.Redacted | undefined
  /** What is kept of it, and how long. Default: everything. */
  readonly retention?: SqliteTraceStore.Retention | undefined
  /** Silence of a process after which its running spans are lost. Default 5 minutes. */
  readonly lease?: Duration.Input | undefined
  /** Default 0: any free port. */
  readonly port?: number | undefined
  /** Default `127.0.0.1`: this machine only. */
  readonly host?: string | undefined
  /** Names under which others reach this hive (`hive.example.com`); addresses and `localhost` need not be said. */
  readonly allowedHosts?: ReadonlyArray<string> | undefined
  /** Origins (`https://example.com`) whose pages may call this hive. Default: none but its own. */
  readonly allowedOrigins?: ReadonlyArray<string> | undefined
  /** How long a client may take to send a request. Default 30 seconds. */
  readonly requestTimeout?: Duration.Input | undefined
  /** Only these keys are accepted. Default: any; required when `host` is not loopback. */
  readonly keys?: ReadonlyArray<Redacted.Redacted> | undefined
  /** What tokens cost. Default: list prices, `Prices.builtIn`. */
  readonly prices?: PriceTable | undefined
  /** Largest body of a request in bytes, as sent and unpacked. Default 32 MiB. */
  readonly maxBodyBytes?: number | undefined
  /** How many changes the live stream remembers for clients that come back or are slow. Default 16,384. */
  readonly liveCapacity?: number | undefined
  /** Prompt configurations to answer with; they cannot be changed over REST. Default: none. */
  readonly configurations?: ReadonlyArray<Configuration> | undefined
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

const describe = (cause: unknown, host: string, port: number): string =>
  cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE"
    ? `port ${port} on ${host} is in use: stop what listens there, or choose another port (0 takes any free one)`
    : `cannot listen on ${host}:${port}: ${cause instanceof Error ? cause.message : String(cause)}`

/** A server that slow clients cannot hold on to: neither those that send slowly nor those that do not read. */
const impatient = (requestTimeout: number) => {
  const server = createServer({
    headersTimeout: Math.min(10_000, requestTimeout),
    requestTimeout,
    connectionsCheckingInterval: Math.min(1_000, requestTimeout)
  })
  // Nothing moved in either direction; a live stream says something every 15 seconds
  server.setTimeout(requestTimeout * 2)
  return server
}

const listening = (host: string, port: number, requestTimeout: number) =>
  Effect.acquireRelease(
    Effect.sync(() => impatient(requestTimeout)),
    // Last of all: a connection that outlived the server would take requests that nobody answers
    (server) => Effect.sync(() => server.closeAllConnections())
  ).pipe(
    Effect.map((server) => NodeHttpServer.layer(() => server, { host, port, gracefulShutdownTimeout: "2 seconds" })),
    Layer.unwrap,
    Layer.catchTag("ServeError", ({ cause }) =>
      Layer.effectContext(Effect.fail(new HiveError({ message: describe(cause, host, port), cause })))
    )
  )

/** The store that the options name. */
const traceStore = (options: HiveOptions): Layer.Layer<TraceStore | TraceQueries, TraceStoreError> => {
  const { path = ":memory:", store = path } = options
  const place = Redacted.isRedacted(store) ? Redacted.value(store) : store
  if (/^clickhouses?:/i.test(place)) return ClickHouseTraceStore.layer({ ...options, url: place })
  if (/^file:/i.test(place)) return SqliteTraceStore.layer({ ...options, path: fileURLToPath(place) })
  const [scheme] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(place) ?? []
  if (scheme === undefined) return SqliteTraceStore.layer({ ...options, path: place })
  // The rest of it may hold a password
  const message = `no store for ${scheme}…: use clickhouse://user:password@host:8123/database, or a file`
  return Layer.effectContext(Effect.fail(new TraceStoreError({ message })))
}

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
  /**
   * The server over a store of traces that is given; what is kept beside traces is in the file at `path`. The `TraceStore` that
   * it provides is the same one, with what is written through it told to those who listen.
   */
  static readonly layerServer = (
    options: HiveOptions = {}
  ): Layer.Layer<
    Hive | TraceStore | RecordStore.RecordStore,
    HiveError | TraceStoreError,
    TraceStore | TraceQueries
  > => {
    const { host = "127.0.0.1", keys, path = ":memory:", port = 0 } = options
    if (!isLoopback(host) && !keys?.some((key) => Redacted.value(key) !== "")) {
      const message = `binding to ${host} needs keys: anybody on the network could read and write`
      return Layer.effectContext(Effect.fail(new HiveError({ message })))
    }
    const feed = LiveFeed.layer({ capacity: options.liveCapacity })
    const app = application({
      host,
      allowedHosts: options.allowedHosts ?? [],
      allowedOrigins: options.allowedOrigins ?? [],
      configurations: options.configurations ?? [],
      maxBodyBytes: options.maxBodyBytes ?? 32 * 1024 * 1024
    })
    const server = Effect.map(app, (handler) => HttpServer.serve(handler)).pipe(
      Layer.unwrap,
      Layer.provide(Keys.layer(keys)),
      // The hive's own work must not show in the traces it keeps, also where the program that opens it is traced
      Layer.provide(Layer.succeed(References.TracerEnabled, false))
    )
    const patience = Duration.toMillis(Duration.fromInputUnsafe(options.requestTimeout ?? "30 seconds"))
    return Layer.effect(
      Hive,
      Effect.gen(function* () {
        const { address } = yield* HttpServer.HttpServer
        const { close } = yield* LiveFeed
        // Before the server stops, which waits for open connections
        yield* Effect.addFinalizer(() => close)
        return Hive.of({ url: HttpServer.formatAddress(address) })
      })
    ).pipe(
      Layer.merge(server),
      // Layers are shared by reference: two hives of one program have a store each
      Layer.provideMerge(Layer.merge(Layer.fresh(watched), RecordStore.layer({ path }))),
      Layer.provide(feed),
      Layer.provide(listening(host, port, patience))
    )
  }

  /** The server with the store that `store` names, or with one on SQLite in the file at `path`. */
  static readonly layer = (
    options: HiveOptions = {}
  ): Layer.Layer<Hive | TraceStore | TraceQueries | RecordStore.RecordStore, HiveError | TraceStoreError> =>
    Hive.layerServer(options).pipe(Layer.provideMerge(traceStore(options)))
}
