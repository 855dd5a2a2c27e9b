/**
 * The OpenTelemetry side of an instance: its own provider, which stamps every span with its session and delivers it.
 *
 * The provider is never made the global one: spans of other libraries stay with whoever owns the global.
 *
 * @since 0.1.0
 */
import type * as OtelApi from "@opentelemetry/api"
import { TraceFlags } from "@opentelemetry/api"
import { BasicTracerProvider, type SpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Attributes } from "@honeyhive/contract/Attributes"
import * as EventKind from "@honeyhive/contract/EventKind"
import { Delivery } from "./Delivery.ts"
import type * as instance from "./internal/instance.ts"
import * as Stamp from "./internal/stamp.ts"
import { Resource } from "./Resource.ts"
import { Sessions } from "./Session.ts"
import { TracerConfig } from "./TracerConfig.ts"

/**
 * What happens to every span of the instance, whoever made it: the session at its start, its type at its end, delivery.
 */
const processor = (stamp: Stamp.Stamp, delivery: Delivery["Service"]): SpanProcessor => ({
  onStart: (span, parent) => stamp.write(span.attributes, parent),
  onEnding: (span) => {
    // Written directly: a span that is full of attributes must still say what it is
    span.attributes[Attributes.EVENT_TYPE] ??= EventKind.detect(span.name, span.attributes)
  },
  onEnd: (span) => {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) delivery.offer(span)
  },
  forceFlush: () => Effect.runPromise(Effect.ignore(delivery.flush)),
  shutdown: () => Effect.runPromise(Effect.asVoid(delivery.close))
})

/**
 * The provider of this instance.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
 *
 * const program = Effect.gen(function*() {
 *   const { tracerProvider } = yield* HoneyHive
 *   tracerProvider.getTracer("mine").startSpan("by hand").end()
 *   yield* HoneyHive.flush
 *   const spans = yield* MemoryExporter.use((memory) => memory.spans)
 *   return spans.map((span) => span.attributes["honeyhive.session_name"])
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory({ sessionName: "nightly" }))))
 * // => ["nightly"]
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Provider extends Context.Service<
  Provider,
  {
    /** For code that speaks OpenTelemetry's API: its spans get the session and go to the same place. */
    readonly tracerProvider: OtelApi.TracerProvider
    /** Ends of spans whose stream is still being read. */
    readonly open: instance.OpenSpans
    /** Says on spans, and to other services, where they belong. */
    readonly stamp: Stamp.Stamp
  }
>()("@honeyhive/tracing/Provider") {
  /** An independent provider. */
  static readonly layer: Layer.Layer<Provider, never, TracerConfig | Delivery | Sessions | Resource> = Layer.effect(
    Provider,
    Effect.gen(function* () {
      const settings = yield* TracerConfig
      const stamp = Stamp.make(settings, yield* Sessions)
      const tracerProvider = new BasicTracerProvider({
        resource: (yield* Resource).resource,
        spanProcessors: [processor(stamp, yield* Delivery)],
        spanLimits: {
          attributeCountLimit: settings.maxAttributes,
          eventCountLimit: settings.maxEvents,
          linkCountLimit: settings.maxLinks
        }
      })
      return Provider.of({ tracerProvider, open: new Set(), stamp })
    })
  )
}
