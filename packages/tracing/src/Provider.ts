/**
 * The OpenTelemetry side of an instance: its own provider, which stamps every span with its session and delivers it.
 *
 * The provider is never made the global one: spans of other libraries stay with whoever owns the global.
 *
 * @since 0.1.0
 */
import type * as OtelApi from "@opentelemetry/api"
import { ExportResultCode } from "@opentelemetry/core"
import { resourceFromAttributes } from "@opentelemetry/resources"
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor
} from "@opentelemetry/sdk-trace-base"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Attributes } from "@honeyhive/contract/Attributes"
import * as EventKind from "@honeyhive/contract/EventKind"
import { Exporter } from "./Exporter.ts"
import { within } from "./internal/deadline.ts"
import { warn } from "./internal/log.ts"
import * as instance from "./internal/instance.ts"
import { CurrentSession, Sessions } from "./Session.ts"
import { type Settings, TracerConfig } from "./TracerConfig.ts"

/** Routing first, so that no attribute limit can cut it; the legacy twin is for older readers. */
const stamp = (settings: Settings, sessions: Sessions["Service"]): SpanProcessor => ({
  onStart: (span) => {
    const session = instance.find((context) => Context.get(context, CurrentSession)) ?? sessions.own()
    span.setAttribute(Attributes.SESSION_ID, session.id)
    span.setAttribute(Attributes.SESSION_AUTO_CREATE, true)
    span.setAttribute(Attributes.SESSION_NAME, session.name)
    span.setAttribute(Attributes.SOURCE, settings.source)
    span.setAttribute(Attributes.ASSOCIATION_SESSION_ID, session.id)
    if (settings.project !== undefined) span.setAttribute(Attributes.ASSOCIATION_PROJECT, settings.project)
  },
  onEnding: (span) => {
    // Written directly: a span that is full of attributes must still say what it is
    span.attributes[Attributes.EVENT_TYPE] ??= EventKind.detect(span.name, span.attributes)
  },
  onEnd: () => {},
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve()
})

interface Tracked extends SpanExporter {
  /** Resolves when nothing is on its way: OpenTelemetry's batch processor flushes without waiting for that. */
  readonly settled: () => Promise<void>
  /** Gives up what is on its way and returns how many spans that were. */
  readonly abandon: () => number
}

const tracked = (exporter: SpanExporter): Tracked => {
  const inFlight = new Map<Promise<void>, { readonly spans: number; readonly giveUp: () => void }>()
  return {
    export: (spans, done) => {
      let giveUp = (): void => {}
      const sent = new Promise<void>((resolve) => {
        const finish: typeof done = (result) => {
          if (!inFlight.delete(sent)) return
          done(result)
          resolve()
        }
        giveUp = () => finish({ code: ExportResultCode.FAILED })
        // A memory exporter answers at once, before `sent` exists
        queueMicrotask(() => exporter.export(spans, finish))
      })
      inFlight.set(sent, { spans: spans.length, giveUp })
    },
    settled: async () => {
      while (inFlight.size > 0) await Promise.all(inFlight.keys())
    },
    abandon: () => {
      let spans = 0
      for (const request of inFlight.values()) {
        spans += request.spans
        request.giveUp()
      }
      return spans
    },
    shutdown: () => exporter.shutdown()
  }
}

const deliver = (settings: Settings, exporter: SpanExporter): SpanProcessor =>
  settings.disableBatch
    ? new SimpleSpanProcessor(exporter)
    : new BatchSpanProcessor(exporter, {
        maxExportBatchSize: Math.min(settings.batchMaxSize, settings.batchMaxQueue),
        maxQueueSize: settings.batchMaxQueue,
        scheduledDelayMillis: Duration.toMillis(settings.batchInterval),
        exportTimeoutMillis: Duration.toMillis(settings.exportTimeout)
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
 * @category services
 * @since 0.1.0
 */
export class Provider extends Context.Service<
  Provider,
  {
    /** For code that speaks OpenTelemetry's API: its spans get the session and go to the same place. */
    readonly tracerProvider: OtelApi.TracerProvider
    /** Returns when every span that ended before the call has been sent or given up. */
    readonly flush: Effect.Effect<void>
    /** Flushes and releases the exporter, within the shutdown deadline; what its scope does at the end. */
    readonly shutdown: Effect.Effect<void>
  }
>()("@honeyhive/tracing/Provider") {
  /** An independent provider. */
  static readonly layer: Layer.Layer<Provider, never, TracerConfig | Exporter | Sessions> = Layer.effect(
    Provider,
    Effect.gen(function* () {
      const settings = yield* TracerConfig
      const exporter = tracked(yield* Exporter)
      const provider = new BasicTracerProvider({
        resource: resource(settings),
        spanProcessors: [stamp(settings, yield* Sessions), deliver(settings, exporter)],
        spanLimits: {
          attributeCountLimit: settings.maxAttributes,
          eventCountLimit: settings.maxEvents,
          linkCountLimit: settings.maxLinks
        }
      })
      // A failed export has been said by the exporter; it is not the caller's failure. The time limit also keeps the process
      // alive while a flush is under way: the connections do not.
      const flush = Effect.promise(async () => {
        await provider.forceFlush().catch(() => {})
        await exporter.settled()
      }).pipe(Effect.timeoutOption(settings.exportTimeout), Effect.asVoid)
      const release = Effect.suspend(() => {
        const lost = exporter.abandon()
        const released = Effect.promise(() =>
          exporter
            .shutdown()
            .then(() => provider.shutdown())
            .catch(() => {})
        )
        return lost === 0
          ? released
          : Effect.andThen(warn(`HoneyHive: closed before the backend took ${lost} spans`), released)
      })
      const shutdown = yield* Effect.cached(Effect.andThen(within(settings.shutdownTimeout, flush), release))
      yield* Effect.addFinalizer(() => shutdown)
      return Provider.of({ tracerProvider: provider, flush, shutdown })
    })
  )
}
