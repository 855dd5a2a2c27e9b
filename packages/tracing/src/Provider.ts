/**
 * The OpenTelemetry side of an instance: its own provider, which stamps every span with its session and delivers it.
 *
 * The provider is made the global one only where it is asked to be: spans of other libraries stay with whoever owns the
 * global (see `ProviderMode`).
 *
 * @since 0.1.0
 */
import type * as OtelApi from "@opentelemetry/api"
import { BasicTracerProvider, type ReadableSpan, type SpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Attributes } from "@honeyhive/contract/Attributes"
import * as EventKind from "@honeyhive/contract/EventKind"
import { Delivery } from "./Delivery.ts"
import * as attached from "./internal/attached.ts"
import { within } from "./internal/deadline.ts"
import { describeCause } from "./internal/failure.ts"
import type * as instance from "./internal/instance.ts"
import { join } from "./internal/join.ts"
import { type BoundedSpan, enforce, openLimit } from "./internal/limits.ts"
import { warn } from "./internal/log.ts"
import { around } from "./internal/processors.ts"
import * as sampling from "./internal/sampling.ts"
import { ServerSessions } from "./internal/serverSessions.ts"
import * as spanFilter from "./internal/spanFilter.ts"
import * as Stamp from "./internal/stamp.ts"
import type { StartRecords } from "./internal/startRecords.ts"
import type { Starting } from "./internal/startType.ts"
import type { ProviderMode } from "./ProviderMode.ts"
import { Redactor, type SpanContent } from "./Redactor.ts"
import { Resource } from "./Resource.ts"
import { type SessionInfo, Sessions } from "./Session.ts"
import { SpanProcessors } from "./SpanProcessors.ts"
import { TracerConfig } from "./TracerConfig.ts"

/**
 * What happens to every span of the instance, whoever made it: the session at its start, its type at its end, delivery.
 */
const processor = (
  stamp: Stamp.Stamp,
  finish: attached.Finish,
  delivery: Delivery["Service"],
  offer: (span: ReadableSpan, bytes: number) => void,
  filter: spanFilter.SpanFilter,
  requests: ServerSessions | undefined,
  records: StartRecords | undefined,
  // Of the span that is ending: the SDK calls `onEnd` right after `onEnding`
  size = { bytes: 0 }
): SpanProcessor => ({
  onStart: (span, parent) => {
    delivery.started()
    filter.start(span)
    stamp.write(span.attributes, span, parent)
    if (records !== undefined && attached.isSampled(span) && !filter.drops(span)) records.started(span)
  },
  onEnding: (span) => {
    size.bytes = finish(span)
  },
  onEnd: (span) => {
    requests?.ended(span)
    records?.ended(span)
    if (filter.drops(span)) return
    if (attached.isSampled(span)) offer(span, size.bytes)
  },
  forceFlush: flush(delivery),
  shutdown: () => Effect.runPromise(Effect.asVoid(delivery.close))
})

const flush = (delivery: Delivery["Service"]) => () => Effect.runPromise(Effect.ignore(delivery.flush))

/**
 * The provider of this instance.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
 *
 * // `Provider.layer` is part of every instance; a program has it from there
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
    /** Says on spans, and to other services, where they belong. */
    readonly stamp: Stamp.Stamp
    /** What is known of the span that is being started. */
    readonly starting: Starting
    /** The session that a request's own span opened for its trace. */
    readonly sessionOf: (traceId: string) => SessionInfo | undefined
  }
>()("@honeyhive/tracing/Provider") {
  /** The provider that the configuration asks for; independent unless it says otherwise. */
  static readonly layer: Layer.Layer<Provider, never, TracerConfig | Delivery | Sessions | Resource> = Layer.effect(
    Provider,
    Effect.gen(function* () {
      const settings = yield* TracerConfig
      const delivery = yield* Delivery
      const redactor = yield* Redactor
      const open: instance.OpenSpans = new Set()
      const sessions = yield* Sessions
      const requests = settings.sessionPerServerSpan ? new ServerSessions(sessions) : undefined
      const stamp = Stamp.make(settings, sessions, open, requests)
      const filter = spanFilter.make(settings.spanNameInclude, settings.spanNameExclude)
      const ruled = settings.eventTypeRules.length === 0 ? undefined : EventKind.fromRules(settings.eventTypeRules)
      const finish: attached.Finish = (span) => {
        // Written directly: a span that is full of attributes must still say what it is
        span.attributes[Attributes.EVENT_TYPE] =
          ruled?.(span.name, span.attributes) ?? EventKind.detect(span.name, span.attributes)
        redactor.span(span as SpanContent) // the same, but for the SDK it is not to be written
        return enforce(span as BoundedSpan, settings)
      }
      const offer = (span: ReadableSpan, bytes: number): void => {
        sessions.spanEnded(span)
        delivery.offer(span, bytes)
      }
      const { announce } = delivery
      // Only those pay for it who ask for it
      const records =
        announce &&
        (yield* Effect.promise(() => import("./internal/startRecords.ts")).pipe(
          Effect.flatMap(({ make }) => make(announce, finish))
        ))
      const theirs = yield* SpanProcessors
      const log = Effect.runForkWith(yield* Effect.context<never>())
      const spanProcessor = around(
        processor(stamp, finish, delivery, offer, filter, requests, records),
        theirs,
        (error) => void log(warn(`HoneyHive: a span processor failed: ${describeCause(Cause.fail(error)).message}`))
      )
      if (theirs.length > 0) {
        yield* Effect.addFinalizer(() =>
          within(
            settings.shutdownTimeout,
            Effect.promise(() => spanProcessor.shutdown())
          )
        )
      }
      const starting: Starting = { type: undefined }
      // Its patterns were looked at when the configuration was decoded
      const sampler = yield* Effect.orDie(
        sampling.load(settings.sampling, starting, () => stamp.current()?.userProperties)
      )
      const tracerProvider = new BasicTracerProvider({
        resource: (yield* Resource).resource,
        ...(sampler === undefined ? {} : { sampler }),
        spanProcessors: [spanProcessor],
        spanLimits: {
          attributeCountLimit: openLimit(settings),
          // The SDK would cut without a word, where a variable says so; `enforce` cuts with a marker
          attributeValueLengthLimit: Infinity,
          eventCountLimit: settings.maxEvents,
          linkCountLimit: settings.maxLinks
        }
      })
      const joined = yield* join(settings, tracerProvider, () =>
        attached.make(stamp, finish, offer, flush(delivery), records)
      )
      yield* Effect.addFinalizer(() => Effect.sync(joined.release))
      return Provider.of({ ...joined, open, stamp, starting, sessionOf: (traceId) => requests?.of(traceId) })
    })
  ).pipe(Layer.provide(Redactor.layer))
}
