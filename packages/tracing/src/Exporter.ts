/**
 * Where ended spans go: OTLP over HTTP (JSON or protobuf), the console, memory, or nowhere.
 *
 * @since 0.1.0
 */
import type * as Http from "node:http"
import { Socket } from "node:net"
import { ExportResultCode } from "@opentelemetry/core"
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace-base"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { untraced } from "./internal/instance.ts"
import { warn } from "./internal/log.ts"
import { type Settings, TracerConfig } from "./TracerConfig.ts"

/**
 * The path of HoneyHive's OTLP endpoint below its URL.
 *
 * @category names
 * @since 0.1.0
 */
export const OTLP_PATH = "/opentelemetry/v1/traces"

// Another backend's endpoint never gets HoneyHive's key
const otlpTarget = (settings: Settings): { readonly url: string; readonly headers: Record<string, string> } =>
  settings.otlpEndpoint !== undefined
    ? { url: settings.otlpEndpoint, headers: settings.otlpHeaders }
    : {
        url: settings.url + OTLP_PATH,
        headers: {
          ...settings.otlpHeaders,
          ...(settings.apiKey === undefined ? {} : { authorization: `Bearer ${Redacted.value(settings.apiKey)}` })
        }
      }

/**
 * Connections that never keep the process alive, and that `close` ends at once, whatever hangs on them.
 */
const connections = () => {
  let agent: Http.Agent | undefined
  let closed = false
  return {
    factory: async (protocol: string): Promise<Http.Agent> => {
      const { Agent } = protocol === "https:" ? await import("node:https") : await import("node:http")
      agent = new Agent({ keepAlive: true })
      const { createConnection } = agent
      agent.createConnection = (options, callback) => {
        if (closed) throw new Error("the exporter is shut down")
        const socket = createConnection.call(agent, options, callback)
        if (socket instanceof Socket) socket.unref()
        return socket
      }
      return agent
    },
    close: () => {
      closed = true
      agent?.destroy()
    }
  }
}

// Each transport is loaded when it is chosen, so that a program pays for one of them
const otlp = Effect.fnUntraced(function* (settings: Settings) {
  const { close, factory } = connections()
  const options = {
    ...otlpTarget(settings),
    timeoutMillis: Duration.toMillis(settings.exportTimeout),
    httpAgentOptions: factory
  }
  const exporter: SpanExporter = yield* Effect.promise(async () => {
    if (settings.otlpProtocol === "http/protobuf") {
      const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-proto")
      return new OTLPTraceExporter(options)
    }
    const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-http")
    return new OTLPTraceExporter(options)
  })
  // The exporter's own shutdown would wait for what is in flight; the provider has done that, within its deadline
  return { export: exporter.export.bind(exporter), shutdown: async () => close() } satisfies SpanExporter
})

const nothing: SpanExporter = {
  export: (_spans, done) => done({ code: ExportResultCode.SUCCESS }),
  shutdown: () => Promise.resolve()
}

/**
 * Says the first failure of a row through Effect's logger, and that it is over when it is, and keeps the exporter's own
 * requests out of every trace.
 */
const reporting = (exporter: SpanExporter, log: (message: string) => void): SpanExporter => {
  let failing = false
  return {
    export: (spans, done) =>
      untraced(() =>
        exporter.export(spans, (result) => {
          const failed = result.code === ExportResultCode.FAILED
          if (failed && !failing) {
            log(`HoneyHive: exporting ${spans.length} spans failed: ${result.error?.message ?? "unknown reason"}`)
          } else if (failing && !failed) log("HoneyHive: exporting works again")
          failing = failed
          done(result)
        })
      ),
    shutdown: () => exporter.shutdown()
  }
}

/**
 * The transport of this instance; its delivery shuts it down.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Exporter, HoneyHive, TracerConfig } from "@honeyhive/tracing"
 *
 * // Any OpenTelemetry `SpanExporter` is one
 * const names: Array<string> = []
 * const collecting = Layer.succeed(Exporter, {
 *   export: (spans, done) => {
 *     names.push(...spans.map((span) => span.name))
 *     done({ code: 0 })
 *   },
 *   shutdown: () => Promise.resolve()
 * })
 * const instance = HoneyHive.layerExporter.pipe(Layer.provide(collecting), Layer.provide(TracerConfig.layer()))
 *
 * await Effect.runPromise(Effect.void.pipe(Effect.withSpan("step"), Effect.provide(instance)))
 * names // => ["step"]
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Exporter extends Context.Service<Exporter, SpanExporter>()("@honeyhive/tracing/Exporter") {
  /** Takes the spans and forgets them. */
  static readonly none: Layer.Layer<Exporter> = Layer.succeed(Exporter, nothing)

  /** One object per span on stdout, by OpenTelemetry's own console exporter. */
  static readonly console: Layer.Layer<Exporter> = Layer.effect(
    Exporter,
    Effect.map(
      Effect.promise(() => import("@opentelemetry/sdk-trace-base")),
      (sdk) => new sdk.ConsoleSpanExporter()
    )
  )

  /** Sends to HoneyHive, or to the OTLP endpoint of the configuration, in the protocol of the configuration. */
  static readonly otlp: Layer.Layer<Exporter, never, TracerConfig> = Layer.effect(
    Exporter,
    Effect.gen(function* () {
      const exporter = yield* otlp(yield* TracerConfig)
      const context = yield* Effect.context<never>()
      const runFork = Effect.runForkWith(context)
      return reporting(exporter, (message) => runFork(warn(message)))
    })
  )

  /**
   * What the configuration asks for. Without a key and without an OTLP endpoint this is {@link Exporter.none}, said once
   * as a warning: the program runs as it is, nothing is exported.
   */
  static readonly layer: Layer.Layer<Exporter, never, TracerConfig> = Layer.unwrap(
    Effect.gen(function* () {
      const settings = yield* TracerConfig
      if (settings.disableTracing || settings.testMode || settings.exporter === "none") return Exporter.none
      if (settings.exporter === "console") return Exporter.console
      if (settings.apiKey === undefined && settings.otlpEndpoint === undefined) {
        yield* warn(
          "HoneyHive: no key, so nothing is exported. Set HH_API_KEY, or HH_OTLP_ENDPOINT for another backend, " +
            "or HH_EXPORTER=none to say that this is meant"
        )
        return Exporter.none
      }
      return Exporter.otlp
    })
  )
}

/**
 * Spans kept in memory, for tests.
 *
 * @category services
 * @since 0.1.0
 */
export class MemoryExporter extends Context.Service<
  MemoryExporter,
  {
    /** The spans exported so far, in the order in which they ended. */
    readonly spans: Effect.Effect<ReadonlyArray<ReadableSpan>>
    readonly clear: Effect.Effect<void>
  }
>()("@honeyhive/tracing/Exporter/MemoryExporter") {
  /** An exporter that keeps every span, and access to them. */
  static readonly layer: Layer.Layer<Exporter | MemoryExporter> = Layer.effectContext(
    Effect.sync(() => {
      let kept: Array<ReadableSpan> = []
      const exporter: SpanExporter = {
        export: (spans, done) => {
          kept.push(...spans)
          done({ code: ExportResultCode.SUCCESS })
        },
        shutdown: () => Promise.resolve()
      }
      return Context.make(Exporter, exporter).pipe(
        Context.add(
          MemoryExporter,
          MemoryExporter.of({
            spans: Effect.sync(() => kept.slice()),
            clear: Effect.sync(() => {
              kept = []
            })
          })
        )
      )
    })
  )
}
