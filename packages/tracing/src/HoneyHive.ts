/**
 * The face of a tracer instance: provide {@link HoneyHiveLive} at the root of a program, and every `Effect.withSpan` and
 * `Effect.fn` in it becomes an event of a HoneyHive session.
 *
 * @since 0.1.0
 */
import type * as OtelApi from "@opentelemetry/api"
import type { SpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Tracer from "effect/Tracer"
import type { Content } from "@honeyhive/contract/Bucket"
import type { UpdateEvent } from "@honeyhive/contract/Event"
import { writeFields } from "@honeyhive/contract/Projection"
import { Delivery, type DeliveryError, type Receipt } from "./Delivery.ts"
import * as Description from "./Description.ts"
import { type Enrichment, toFields } from "./Enrichment.ts"
import { Exporter, MemoryExporter } from "./Exporter.ts"
import { change, type Members } from "./internal/baggage.ts"
import { writer } from "./internal/bridge.ts"
import { within } from "./internal/deadline.ts"
import * as handOver from "./internal/handOver.ts"
import { callersProvider } from "./internal/callers.ts"
import { isInstanceTracer } from "./internal/instance.ts"
import { OnlyByChoice, register } from "./internal/registry.ts"
import { CurrentRelay, Relay } from "./internal/relay.ts"
import * as tracer from "./internal/tracer.ts"
import { Provider } from "./Provider.ts"
import type { ProviderMode } from "./ProviderMode.ts"
import { Resource } from "./Resource.ts"
import { CurrentSession, type SessionInfo, type SessionOptions, Sessions } from "./Session.ts"
import { type Options, type Settings, TracerConfig, type TracerConfigError } from "./TracerConfig.ts"

/**
 * An event that is no span of the program's own: something that happened elsewhere, or is told afterwards.
 *
 * @category models
 * @since 0.1.0
 */
export interface EventOptions extends Enrichment {
  readonly name: string
  /** Unix milliseconds. Default: now. */
  readonly startTime?: number | undefined
  /** Milliseconds. Default: 0. */
  readonly duration?: number | undefined
}

/**
 * What may be added to a session after it has begun.
 *
 * @category models
 * @since 0.1.0
 */
export interface SessionEnrichment {
  /** Replaces the outputs said before; everything else is merged. */
  readonly outputs?: Content | undefined
  readonly config?: Content | undefined
  readonly metadata?: Content | undefined
  readonly metrics?: Content | undefined
  readonly feedback?: Content | undefined
  readonly userProperties?: Content | undefined
}

/**
 * Both halves of an instance that is attached to somebody else's provider.
 *
 * @category models
 * @since 0.1.0
 */
export interface Attachment {
  /** For the provider's owner. It does nothing until the Layer is built. */
  readonly spanProcessor: SpanProcessor
  /** For the program. */
  readonly layer: Layer.Layer<HoneyHive, TracerConfigError>
}

const toUpdate = ({ userProperties, ...rest }: SessionEnrichment): UpdateEvent =>
  // Absent and undefined differ on the wire only
  Object.fromEntries(
    Object.entries({ ...rest, user_properties: userProperties }).filter(([, value]) => value !== undefined)
  )

const withSession: {
  (options?: SessionOptions): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R | HoneyHive>
  <A, E, R>(effect: Effect.Effect<A, E, R>, options?: SessionOptions): Effect.Effect<A, E, R | HoneyHive>
} = dual(
  (args) => Effect.isEffect(args[0]),
  <A, E, R>(effect: Effect.Effect<A, E, R>, options?: SessionOptions): Effect.Effect<A, E, R | HoneyHive> =>
    Effect.flatMap(HoneyHive, ({ endSession, startSession }) =>
      Effect.acquireUseRelease(
        startSession(options),
        (session) => Effect.provideService(effect, CurrentSession, session),
        endSession
      )
    )
)

const enrichSpan = (enrichment: Enrichment): Effect.Effect<void> =>
  Effect.currentSpan.pipe(
    Effect.map((span) => writeFields(toFields(enrichment), writer(span))),
    Effect.ignore
  )

const enrichSession = (enrichment: SessionEnrichment): Effect.Effect<void, never, HoneyHive> =>
  Effect.flatMap(HoneyHive, (hive) => hive.updateSession(toUpdate(enrichment)))

const millisToNanos = (millis: number): bigint => BigInt(Math.round(millis * 1000)) * 1000n

const event = Effect.fnUntraced(function* ({ duration = 0, startTime, ...fields }: EventOptions) {
  const tracer = yield* Effect.tracer
  const parent = yield* Effect.option(Effect.currentParentSpan)
  const start = startTime ?? (yield* Clock.currentTimeMillis)
  const id = crypto.randomUUID()
  const span = tracer.span({
    name: fields.name,
    parent,
    annotations: Context.empty(),
    links: [],
    startTime: millisToNanos(start),
    kind: "internal",
    root: false,
    sampled: true
  })
  writeFields({ ...toFields(fields), event_id: id }, writer(span))
  span.end(millisToNanos(start + duration), Exit.void)
  return id
})

/**
 * A tracer instance.
 *
 * Two Layers from two calls share nothing: each has its own key, session, provider and connections.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
 *
 * const program = Effect.gen(function*() {
 *   yield* HoneyHive.enrichSpan({ type: "tool", inputs: { query: "refund" } }).pipe(Effect.withSpan("search"))
 *   yield* HoneyHive.flush
 *   const spans = yield* MemoryExporter.use((memory) => memory.spans)
 *   return spans.map((span) => [span.name, span.attributes["honeyhive_inputs.query"]])
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory()))) // => [["search", "refund"]]
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class HoneyHive extends Context.Service<
  HoneyHive,
  {
    /** The session that spans started here belong to. */
    readonly session: Effect.Effect<SessionInfo>
    /** Starts a session; the caller provides it with `CurrentSession` and ends it. Better use `HoneyHive.withSession`. */
    readonly startSession: (options?: SessionOptions) => Effect.Effect<SessionInfo>
    readonly endSession: (session: SessionInfo, exit: Exit.Exit<unknown, unknown>) => Effect.Effect<void>
    /** Tells the backend more about the current session; returns at once. */
    readonly updateSession: (update: UpdateEvent) => Effect.Effect<void>
    /** Waits until everything that ended before the call has been sent or given up, and says what became of the spans. */
    readonly flush: Effect.Effect<Receipt, DeliveryError>
    /** Changes the baggage that every span of this instance has; what `withBaggage` says around a span comes first. */
    readonly setBaggage: (members: Members) => Effect.Effect<void>
    /** The effective configuration. */
    readonly settings: Settings
    /** For code that speaks OpenTelemetry's API. It is the global provider only where that was asked for. */
    readonly tracerProvider: OtelApi.TracerProvider
    /** What the instance is to OpenTelemetry's global provider: what it was asked to be, where that can be. */
    readonly providerMode: ProviderMode
    /**
     * For instrumentations of other libraries: its spans are children of the span around the calling code, and where that
     * code belongs to another instance, or to none, there is no span.
     */
    readonly instrumentationProvider: OtelApi.TracerProvider
  }
>()("@honeyhive/tracing/HoneyHive") {
  /** An instance whose exporter is given, such as a test's. */
  static readonly layerExporter: Layer.Layer<HoneyHive, never, TracerConfig | Exporter> = Layer.effect(
    HoneyHive,
    Effect.gen(function* () {
      const settings = yield* TracerConfig
      const sessions = yield* Sessions
      const delivery = yield* Delivery
      const provider = yield* Provider
      const session = Effect.map(Effect.service(CurrentSession), sessions.here)
      const shutdown = (exit: Exit.Exit<unknown, unknown>) =>
        Effect.suspend(() => {
          for (const end of provider.open) end()
          // Before anything is waited for, so that an instance that takes over (a hot reload) finds the global free
          provider.release()
          // Both halves have the whole deadline, instead of one after the other
          return Effect.all([sessions.close(exit), delivery.close], { concurrency: 2 })
        })
      yield* Effect.addFinalizer(shutdown)
      // Both have the deadline: a backend that hangs while a session is announced must not hold the program either
      const flush = Effect.map(
        Effect.all([delivery.flush, within(settings.flushTimeout, sessions.flush)], { concurrency: 2 }),
        ([receipt]) => receipt
      )
      const over = yield* handOver.whenOver(flush)
      const hive = HoneyHive.of({
        session,
        startSession: sessions.start,
        endSession: (session, exit) => Effect.andThen(sessions.end(session, exit), Effect.sync(over)),
        updateSession: (update) => Effect.flatMap(session, ({ id }) => sessions.update(id, update)),
        flush,
        settings,
        tracerProvider: provider.tracerProvider,
        providerMode: provider.mode,
        setBaggage: (members) =>
          Effect.sync(() => {
            provider.stamp.baggage = change(provider.stamp.baggage, members)
          }),
        instrumentationProvider: callersProvider(provider.tracerProvider, provider.stamp)
      })
      const own = yield* Effect.tracer
      // With tracing disabled, this is the tracer of somebody else
      if (isInstanceTracer(own) && own.open === provider.open) {
        const context = Context.make(Tracer.Tracer, own)
        const run = Effect.runPromiseWith(yield* Effect.context<never>())
        const leave = register({
          tracer: own,
          context,
          facade: hive,
          handlesSignals: settings.handleSignals,
          ended: delivery.ended,
          flush: () => run(Effect.ignore(hive.flush)),
          shutdown: () => run(Effect.asVoid(shutdown(Exit.void))),
          spill: delivery.spill,
          onlyByChoice: yield* OnlyByChoice
        })
        yield* Effect.addFinalizer(() => Effect.sync(leave))
      }
      return hive
    })
  ).pipe(
    Layer.provideMerge(tracer.layer),
    Layer.provide(Provider.layer),
    Layer.provide(Resource.layer),
    Layer.provide(handOver.delivery),
    Layer.provide(Sessions.layer)
  )

  /**
   * An instance with options over the environment. Fails with a `TracerConfigError` that names the option or variable
   * which cannot be used. Without a key it warns once and exports nothing.
   */
  static readonly layer = (options?: Options): Layer.Layer<HoneyHive, TracerConfigError> =>
    isolated(HoneyHive.layerExporter.pipe(Layer.provide(Exporter.layer), Layer.provide(TracerConfig.layer(options))))

  /**
   * An instance whose spans are made by a provider that somebody else owns, with their sampling and their ids, so that one
   * tree holds everything; HoneyHive gets a copy of it. Give `spanProcessor` to the owner before it starts:
   * `new NodeSDK({ spanProcessors: [...] })`, `registerOTel({ spanProcessors: ["auto", ...] })`,
   * `Sentry.init({ openTelemetrySpanProcessors: [...] })`; provide `layer` afterwards.
   *
   * Their exporters see nothing of HoneyHive's attributes. Where there is nothing to attach to, the instance is
   * independent and says so once, as a warning.
   *
   * @example
   * ```ts
   * import { trace } from "@opentelemetry/api"
   * import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base"
   * import { Effect } from "effect"
   * import { HoneyHive } from "@honeyhive/tracing"
   *
   * const { layer, spanProcessor } = HoneyHive.attach({ testMode: true })
   * // Stands for NodeSDK, Sentry or another owner
   * trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [spanProcessor] }))
   *
   * const mode = HoneyHive.use((hive) => Effect.succeed(hive.providerMode))
   *
   * await Effect.runPromise(mode.pipe(Effect.provide(layer))) // => "attached"
   * trace.disable()
   * ```
   */
  static readonly attach = (options?: Options): Attachment => {
    const spanProcessor = new Relay()
    const layer = HoneyHive.layer({ ...options, provider: "attached" })
    return { spanProcessor, layer: Layer.provide(layer, Layer.succeed(CurrentRelay, spanProcessor)) }
  }

  /** Like {@link HoneyHive.layer}, with options that are read from the program's own `Config`. */
  static readonly layerConfig = (
    options: Config.Wrap<Options>
  ): Layer.Layer<HoneyHive, TracerConfigError | Config.ConfigError> =>
    Layer.unwrap(Effect.map(Config.unwrap(options), HoneyHive.layer))

  /** An instance that keeps its spans in memory and never touches the network. */
  static readonly layerMemory = (options?: Options): Layer.Layer<HoneyHive | MemoryExporter, TracerConfigError> =>
    isolated(
      HoneyHive.layerExporter.pipe(
        Layer.provideMerge(MemoryExporter.layer),
        Layer.provide(TracerConfig.layer({ testMode: true, ...options }))
      )
    )

  /**
   * Runs an effect in a session of its own: a request, a conversation, a job. It ends with the effect, successful or not.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { HoneyHive } from "@honeyhive/tracing"
   *
   * const name = HoneyHive.use((hive) => hive.session).pipe(
   *   Effect.map((session) => session.name),
   *   HoneyHive.withSession({ name: "support", userId: "u1" }),
   *   Effect.provide(HoneyHive.layerMemory())
   * )
   *
   * await Effect.runPromise(name) // => "support"
   * ```
   */
  static readonly withSession = withSession

  /** Adds to the event of the current span; without one, nothing happens. */
  static readonly enrichSpan = enrichSpan

  /** Adds to the current session, in the background. */
  static readonly enrichSession = enrichSession

  /**
   * Changes the baggage that every span of this instance has, such as a deployment or an experiment's run. For what belongs
   * to one request there is `withBaggage`.
   */
  static readonly setBaggage = (members: Members): Effect.Effect<void, never, HoneyHive> =>
    Effect.flatMap(HoneyHive, (hive) => hive.setBaggage(members))

  /** Records an event below the current span and returns its id. */
  static readonly event = event

  /**
   * Waits until everything that ended before the call has been accepted or dropped, or the flush deadline has come, and
   * says how many spans of each. Fails only where the resilience level is `strict`.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { HoneyHive } from "@honeyhive/tracing"
   *
   * const program = Effect.void.pipe(Effect.withSpan("step"), Effect.andThen(HoneyHive.flush))
   *
   * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
   * // => { accepted: 1, spooled: 0, dropped: {}, pending: 0 }
   * ```
   */
  static readonly flush: Effect.Effect<Receipt, DeliveryError, HoneyHive> = Effect.flatMap(
    Effect.suspend(() => HoneyHive),
    (hive) => hive.flush
  )

  /**
   * The effective configuration of the running instance, as data that may be shown: keys are masked, and every value says
   * where it comes from. `Description.toText` makes text of it.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { HoneyHive } from "@honeyhive/tracing"
   *
   * const source = HoneyHive.describe.pipe(
   *   Effect.map(({ fields }) => fields.source),
   *   Effect.provide(HoneyHive.layerMemory({ source: "docs" }))
   * )
   *
   * await Effect.runPromise(source) // => { value: "docs", source: "option source" }
   * ```
   */
  static readonly describe: Effect.Effect<Description.Description, never, HoneyHive> = Effect.map(
    Effect.suspend(() => HoneyHive),
    ({ settings }) => Description.describe(settings)
  )
}

/**
 * Layers are shared by reference wherever a program provides them; an instance must share its parts with nobody.
 */
const isolated = <A, E>(layer: Layer.Layer<A, E>): Layer.Layer<A, E> =>
  Layer.fromBuildMemo((_, scope) => Layer.buildWithMemoMap(layer, Layer.makeMemoMapUnsafe(), scope))

/**
 * The instance that the environment describes: `HH_API_KEY`, `HH_OTLP_ENDPOINT` and the others. On a long-lived host, spans
 * that cannot be sent are kept on disk (`HH_SPOOL=off` switches that off).
 *
 * @category layers
 * @since 0.1.0
 */
export const HoneyHiveLive: Layer.Layer<HoneyHive, TracerConfigError> = isolated(
  HoneyHive.layerExporter.pipe(Layer.provide(Exporter.layer), Layer.provide(TracerConfig.layerLive))
)
