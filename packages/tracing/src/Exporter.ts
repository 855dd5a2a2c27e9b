/**
 * Where ended spans go: OTLP over HTTP (JSON or protobuf), the console, memory, any OpenTelemetry exporter, or nowhere.
 *
 * @since 0.1.0
 */
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { warn } from "./internal/log.ts"
import { TracerConfig } from "./TracerConfig.ts"
import { allTaken, fromSpanExporter, type Transport, type Whole, whole } from "./Transport.ts"

const nothing: Transport = {
  prepare: () => ({ bytes: 0 }),
  send: () => Effect.succeed(allTaken),
  shutdown: Effect.void
}

/**
 * The transport of this instance; its delivery shuts it down.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Exporter, HoneyHive, TracerConfig } from "@honeyhive/tracing"
 *
 * // `Exporter.layer` is what the configuration asks for; `Exporter.otlp`, `Exporter.console` and `Exporter.none` are fixed
 * const instance = HoneyHive.layerExporter.pipe(
 *   Layer.provide(Exporter.none),
 *   Layer.provide(TracerConfig.layer({ source: "docs" }))
 * )
 * const flushed = Effect.void.pipe(Effect.withSpan("step"), Effect.andThen(HoneyHive.flush))
 *
 * await Effect.runPromise(flushed.pipe(Effect.provide(instance)))
 * // => { accepted: 1, spooled: 0, dropped: {}, pending: 0 }
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Exporter extends Context.Service<Exporter, Transport>()("@honeyhive/tracing/Exporter") {
  /** Takes the spans and forgets them. */
  static readonly none: Layer.Layer<Exporter> = Layer.succeed(Exporter, nothing)

  /** One object per span on stdout, by OpenTelemetry's own console exporter. */
  static readonly console: Layer.Layer<Exporter> = Layer.effect(
    Exporter,
    Effect.map(
      Effect.promise(() => import("@opentelemetry/sdk-trace-base")),
      (sdk) => fromSpanExporter(new sdk.ConsoleSpanExporter())
    )
  )

  /** Sends to HoneyHive, or to the OTLP endpoint of the configuration, in the protocol of the configuration. */
  static readonly otlp: Layer.Layer<Exporter, never, TracerConfig> = Layer.effect(
    Exporter,
    Effect.gen(function* () {
      const settings = yield* TracerConfig
      const transport = yield* Effect.promise(() => import("./internal/otlp/transport.ts"))
      return yield* transport.make(settings)
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
      if (!settings.otlpEnabled) return Exporter.none
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
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { HoneyHive, MemoryExporter, TracerConfig } from "@honeyhive/tracing"
 *
 * // The same as `HoneyHive.layerMemory()`, with a configuration of its own
 * const instance = HoneyHive.layerExporter.pipe(
 *   Layer.provideMerge(MemoryExporter.layer),
 *   Layer.provide(TracerConfig.layer({ source: "test" }))
 * )
 * const program = Effect.gen(function*() {
 *   yield* Effect.void.pipe(Effect.withSpan("step"))
 *   yield* HoneyHive.flush
 *   const spans = yield* MemoryExporter.use((memory) => memory.spans)
 *   return spans.map((span) => [span.name, span.attributes["honeyhive.source"]])
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(instance))) // => [["step", "test"]]
 * ```
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
      const exporter: Transport<Whole> = {
        prepare: whole,
        send: (batch) =>
          Effect.sync(() => {
            for (const { span } of batch) kept.push(span)
            return allTaken
          }),
        shutdown: Effect.void
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
