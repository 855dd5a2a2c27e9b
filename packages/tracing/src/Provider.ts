/**
 * The OpenTelemetry side of an instance: its own provider, which stamps every span with its session and delivers it.
 *
 * The provider is never made the global one: spans of other libraries stay with whoever owns the global.
 *
 * @since 0.1.0
 */
import type * as OtelApi from "@opentelemetry/api"
import { TraceFlags } from "@opentelemetry/api"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { BasicTracerProvider, type SpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Attributes } from "@honeyhive/contract/Attributes"
import * as EventKind from "@honeyhive/contract/EventKind"
import { Delivery } from "./Delivery.ts"
import * as instance from "./internal/instance.ts"
import { ServerSessions } from "./internal/serverSessions.ts"
import { CurrentSession, type SessionInfo, Sessions } from "./Session.ts"
import { type Settings, TracerConfig } from "./TracerConfig.ts"

/** What every span of a session carries; the legacy twins are for older readers. */
const routing = (session: SessionInfo, settings: Settings): OtelApi.Attributes => ({
  [Attributes.SESSION_ID]: session.id,
  [Attributes.SESSION_AUTO_CREATE]: true,
  [Attributes.SESSION_NAME]: session.name,
  [Attributes.SOURCE]: settings.source,
  [Attributes.ASSOCIATION_SESSION_ID]: session.id,
  ...(settings.project === undefined ? {} : { [Attributes.ASSOCIATION_PROJECT]: settings.project }),
  ...Object.fromEntries(
    Object.entries(session.experiment ?? {}).map(([id, value]) => [`honeyhive_metadata.${id}`, value])
  )
})

/**
 * What happens to every span of the instance, whoever made it: the session at its start, its type at its end, delivery.
 */
const processor = (
  settings: Settings,
  sessions: Sessions["Service"],
  delivery: Delivery["Service"],
  requests: ServerSessions | undefined,
  ruled = settings.eventTypeRules.length === 0 ? undefined : EventKind.fromRules(settings.eventTypeRules),
  known = new WeakMap<SessionInfo, OtelApi.Attributes>()
): SpanProcessor => ({
  onStart: (span) => {
    const session =
      instance.find((context) => Context.get(context, CurrentSession)) ?? requests?.started(span) ?? sessions.own()
    let attributes = known.get(session)
    if (attributes === undefined) {
      attributes = routing(session, settings)
      known.set(session, attributes)
    }
    // Written directly: no attribute limit may cut the routing, and it need not be checked on every span again
    Object.assign(span.attributes, attributes)
  },
  onEnding: (span) => {
    // Written directly: a span that is full of attributes must still say what it is
    span.attributes[Attributes.EVENT_TYPE] =
      ruled?.(span.name, span.attributes) ?? EventKind.detect(span.name, span.attributes)
  },
  onEnd: (span) => {
    requests?.ended(span)
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) delivery.offer(span)
  },
  forceFlush: () => Effect.runPromise(Effect.ignore(delivery.flush)),
  shutdown: () => Effect.runPromise(Effect.asVoid(delivery.close))
})

const resource = (settings: Settings) =>
  resourceFromAttributes({
    "service.name": settings.serviceName,
    ...(settings.serviceVersion === undefined ? {} : { "service.version": settings.serviceVersion }),
    "telemetry.sdk.name": "@honeyhive/tracing",
    "telemetry.sdk.language": "nodejs"
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
    /** The session that a request's own span opened for its trace. */
    readonly sessionOf: (traceId: string) => SessionInfo | undefined
  }
>()("@honeyhive/tracing/Provider") {
  /** An independent provider. */
  static readonly layer: Layer.Layer<Provider, never, TracerConfig | Delivery | Sessions> = Layer.effect(
    Provider,
    Effect.gen(function* () {
      const settings = yield* TracerConfig
      const sessions = yield* Sessions
      const requests = settings.sessionPerServerSpan ? new ServerSessions(sessions) : undefined
      const tracerProvider = new BasicTracerProvider({
        resource: resource(settings),
        spanProcessors: [processor(settings, sessions, yield* Delivery, requests)],
        spanLimits: {
          attributeCountLimit: settings.maxAttributes,
          eventCountLimit: settings.maxEvents,
          linkCountLimit: settings.maxLinks
        }
      })
      return Provider.of({ tracerProvider, open: new Set(), sessionOf: (traceId) => requests?.of(traceId) })
    })
  )
}
