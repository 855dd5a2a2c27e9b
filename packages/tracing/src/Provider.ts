/**
 * The OpenTelemetry side of an instance: its own provider, which stamps every span with its session and delivers it.
 *
 * The provider is made the global one only where it is asked to be: spans of other libraries stay with whoever owns the
 * global (see `ProviderMode`).
 *
 * @since 0.1.0
 */
import type * as OtelApi from "@opentelemetry/api"
import { TraceFlags } from "@opentelemetry/api"
import { resourceFromAttributes } from "@opentelemetry/resources"
import { BasicTracerProvider, type ReadableSpan, type SpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Attributes } from "@honeyhive/contract/Attributes"
import * as EventKind from "@honeyhive/contract/EventKind"
import { Delivery } from "./Delivery.ts"
import * as attached from "./internal/attached.ts"
import { experimentAttributes } from "./internal/experiment.ts"
import type * as instance from "./internal/instance.ts"
import { join } from "./internal/join.ts"
import { currentSession, sessionAround } from "./internal/spanSession.ts"
import type { ProviderMode } from "./ProviderMode.ts"
import { type SessionInfo, Sessions } from "./Session.ts"
import { type Settings, TracerConfig } from "./TracerConfig.ts"

/** What every span of a session carries; the legacy twins are for older readers. */
const routing = (session: SessionInfo, settings: Settings): OtelApi.Attributes => ({
  [Attributes.SESSION_ID]: session.id,
  [Attributes.SESSION_AUTO_CREATE]: true,
  [Attributes.SESSION_NAME]: session.name,
  [Attributes.SOURCE]: settings.source,
  [Attributes.ASSOCIATION_SESSION_ID]: session.id,
  ...(settings.project === undefined ? {} : { [Attributes.ASSOCIATION_PROJECT]: settings.project }),
  ...experimentAttributes({ ...settings, ...session.evaluation })
})

type Routing = (span: object, parent: OtelApi.Context) => OtelApi.Attributes

/** The routing of a span by the session that it starts in. */
const router = (
  settings: Settings,
  sessions: Sessions["Service"],
  sessionHere: (span: object, parent: OtelApi.Context) => SessionInfo | undefined
): Routing => {
  const known = new WeakMap<SessionInfo, OtelApi.Attributes>()
  return (span, parent) => {
    const session = sessions.here(sessionHere(span, parent))
    let attributes = known.get(session)
    if (attributes === undefined) {
      attributes = routing(session, settings)
      known.set(session, attributes)
    }
    return attributes
  }
}

/**
 * What happens to every span of the instance, whoever made it: the session at its start, its type at its end, delivery.
 */
const processor = (
  delivery: Delivery["Service"],
  offer: (span: ReadableSpan) => void,
  routingOf: Routing
): SpanProcessor => ({
  onStart: (span, parent) => {
    // Written directly: no attribute limit may cut the routing, and it need not be checked on every span again
    Object.assign(span.attributes, routingOf(span, parent))
  },
  onEnding: (span) => {
    // Written directly: a span that is full of attributes must still say what it is
    span.attributes[Attributes.EVENT_TYPE] ??= EventKind.detect(span.name, span.attributes)
  },
  onEnd: (span) => {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) offer(span)
  },
  forceFlush: flush(delivery),
  shutdown: () => Effect.runPromise(Effect.asVoid(delivery.close))
})

const flush = (delivery: Delivery["Service"]) => () => Effect.runPromise(Effect.ignore(delivery.flush))

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
    /** What the instance is to OpenTelemetry's global provider. */
    readonly mode: ProviderMode
    /** Gives the global provider back, or leaves the one that the instance is attached to. */
    readonly release: () => void
    /** Where the provider is shared: starts a span of this instance's own with it. */
    readonly shared: (<A>(start: () => A) => A) | undefined
    /** Ends of spans whose stream is still being read. */
    readonly open: instance.OpenSpans
  }
>()("@honeyhive/tracing/Provider") {
  /** The provider that the configuration asks for; independent unless it says otherwise. */
  static readonly layer: Layer.Layer<Provider, never, TracerConfig | Delivery | Sessions> = Layer.effect(
    Provider,
    Effect.gen(function* () {
      const settings = yield* TracerConfig
      const sessions = yield* Sessions
      const delivery = yield* Delivery
      const open: instance.OpenSpans = new Set()
      const isAlone = settings.provider === "independent"
      const routingOf = router(settings, sessions, isAlone ? currentSession : sessionAround(open))
      const offer = (span: ReadableSpan): void => {
        sessions.spanEnded(span)
        delivery.offer(span)
      }
      const tracerProvider = new BasicTracerProvider({
        resource: resource(settings),
        spanProcessors: [processor(delivery, offer, routingOf)],
        spanLimits: {
          attributeCountLimit: settings.maxAttributes,
          eventCountLimit: settings.maxEvents,
          linkCountLimit: settings.maxLinks
        }
      })
      const joined = yield* join(settings, tracerProvider, () => attached.make(routingOf, offer, flush(delivery)))
      yield* Effect.addFinalizer(() => Effect.sync(joined.release))
      return Provider.of({ ...joined, open })
    })
  )
}
