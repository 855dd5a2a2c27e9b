/**
 * The face of a tracer instance: provide {@link HoneyHiveLive} at the root of a program, and every `Effect.withSpan` and
 * `Effect.fn` in it becomes an event of a HoneyHive session.
 *
 * @since 0.1.0
 */
import type * as OtelApi from "@opentelemetry/api"
import type { SpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import type { UpdateEvent } from "@honeyhive/contract/Event"
import type { DeliveryError, Receipt } from "./Delivery.ts"
import * as Description from "./Description.ts"
import { Exporter, MemoryExporter } from "./Exporter.ts"
import * as Event from "./Event.ts"
import { callerOf } from "./internal/caller.ts"
import { eventIdOf, type GivenSpan, isNoop } from "./internal/givenSpan.ts"
import type { Members } from "./internal/baggage.ts"
import * as handOver from "./internal/handOver.ts"
import { isolated, make } from "./internal/hive.ts"
import { operations } from "./internal/operations.ts"
import { CurrentRelay, Relay } from "./internal/relay.ts"
import * as tracer from "./internal/tracer.ts"
import { Provider } from "./Provider.ts"
import type { ProviderMode } from "./ProviderMode.ts"
import { Resource } from "./Resource.ts"
import { type SessionEnd, type SessionInfo, type SessionOptions, Sessions } from "./Session.ts"
import * as SpanHandle from "./SpanHandle.ts"
import { type Options, type Settings, TracerConfig, type TracerConfigError } from "./TracerConfig.ts"

export type { WithSessionOptions } from "./internal/operations.ts"

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

const own = operations(Effect.suspend(() => HoneyHive))

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
    /** Tells this instance from every other one: see `Registry`. */
    readonly id: string
    /** The session that spans started here belong to. */
    readonly session: Effect.Effect<SessionInfo>
    /** Starts a session; the caller provides it with `CurrentSession` and ends it. Better use `HoneyHive.withSession`. */
    readonly startSession: (options?: SessionOptions) => Effect.Effect<SessionInfo>
    readonly endSession: (
      session: Pick<SessionInfo, "id"> & Partial<SessionInfo>,
      exit: Exit.Exit<unknown, unknown>,
      end?: SessionEnd
    ) => Effect.Effect<void>
    /** Tells the backend more about the current session, or about the one with an id; returns at once. */
    readonly updateSession: (update: UpdateEvent, id?: string) => Effect.Effect<void>
    /** Tells the backend more about an event, once the spans that ended before have been sent; returns at once. */
    readonly updateEvent: (id: string, update: UpdateEvent) => Effect.Effect<void>
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
  /**
   * An instance whose exporter is given, such as a test's.
   *
   * @example
   * ```ts
   * import { Effect, Layer } from "effect"
   * import { HoneyHive, MemoryExporter, TracerConfig } from "@honeyhive/tracing"
   *
   * const instance = HoneyHive.layerExporter.pipe(
   *   Layer.provide(MemoryExporter.layer),
   *   Layer.provide(TracerConfig.layer({ source: "test" }))
   * )
   * const source = HoneyHive.use((hive) => Effect.succeed(hive.settings.source))
   *
   * await Effect.runPromise(source.pipe(Effect.provide(instance))) // => "test"
   * ```
   */
  static readonly layerExporter: Layer.Layer<HoneyHive, never, TracerConfig | Exporter> = Layer.effect(
    HoneyHive,
    Effect.suspend(() => make(HoneyHive))
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
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { HoneyHive } from "@honeyhive/tracing"
   *
   * const live = HoneyHive.layer({ source: "production", testMode: true })
   * const source = HoneyHive.use((hive) => Effect.succeed(hive.settings.source))
   *
   * await Effect.runPromise(source.pipe(Effect.provide(live))) // => "production"
   *
   * const wrong = HoneyHive.flush.pipe(
   *   Effect.provide(HoneyHive.layer({ url: "nowhere" })),
   *   Effect.catchTag("TracerConfigError", (error) => Effect.succeed(error.source))
   * )
   *
   * await Effect.runPromise(wrong) // => "option url"
   * ```
   */
  static readonly layer = (options?: Options): Layer.Layer<HoneyHive, TracerConfigError> =>
    layerNamed(options, callerOf(HoneyHive.layer))

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

  /**
   * Like {@link HoneyHive.layer}, with options that are read from the program's own `Config`.
   *
   * @example
   * ```ts
   * import { Config, ConfigProvider, Effect } from "effect"
   * import { HoneyHive } from "@honeyhive/tracing"
   *
   * const live = HoneyHive.layerConfig({ sessionName: Config.String("APP_NAME"), testMode: Config.succeed(true) })
   * const name = HoneyHive.currentSession.pipe(
   *   Effect.map((session) => session.name),
   *   Effect.provide(live),
   *   Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ APP_NAME: "support" })))
   * )
   *
   * await Effect.runPromise(name) // => "support"
   * ```
   */
  static readonly layerConfig = (
    options: Config.Wrap<Options>
  ): Layer.Layer<HoneyHive, TracerConfigError | Config.ConfigError> => {
    const caller = callerOf(HoneyHive.layerConfig)
    return Layer.unwrap(Effect.map(Config.unwrap(options), (options) => layerNamed(options, caller)))
  }

  /**
   * An instance that keeps its spans in memory and never touches the network.
   */
  static readonly layerMemory = (options?: Options): Layer.Layer<HoneyHive | MemoryExporter, TracerConfigError> =>
    isolated(
      HoneyHive.layerExporter.pipe(
        Layer.provideMerge(MemoryExporter.layer),
        Layer.provide(TracerConfig.layer({ testMode: true, ...options }, callerOf(HoneyHive.layerMemory)))
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
  static readonly withSession = own.withSession

  /**
   * Starts a session that the program ends itself; better use {@link HoneyHive.withSession}. Code belongs to it where it
   * is provided as `CurrentSession`. With the id of a session that was started elsewhere, that session goes on.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { CurrentSession, HoneyHive } from "@honeyhive/tracing"
   *
   * const program = Effect.gen(function*() {
   *   const session = yield* HoneyHive.startSession({ name: "chat", id: "chat-42" })
   *   const inside = yield* HoneyHive.currentSession.pipe(Effect.provideService(CurrentSession, session))
   *   yield* HoneyHive.endSession(session, { outputs: { answer: 42 }, status: "answered" })
   *   return inside.name
   * })
   *
   * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory()))) // => "chat"
   * ```
   */
  static readonly startSession = own.startSession

  /**
   * Ends the current session, or one that is given or named by its id, in the background. Only the first end counts.
   */
  static readonly endSession = own.endSession

  /**
   * The session that spans started here belong to.
   */
  static readonly currentSession: Effect.Effect<SessionInfo, never, HoneyHive> = own.currentSession

  /**
   * Adds to the event of the current span, or of one that is given (Effect's or OpenTelemetry's); without one, nothing
   * happens. Values may be lazy: functions and Effects are evaluated only when there is a span, one after the other, and
   * what throws or fails is left out.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
   *
   * const program = Effect.gen(function*() {
   *   yield* HoneyHive.enrichSpan({
   *     score: 1,
   *     outputs: () => ({ hits: 3 }),
   *     config: Effect.succeed({ model: "m" }),
   *     feedback: Effect.fail("not there")
   *   }).pipe(Effect.withSpan("search"))
   *   yield* HoneyHive.flush
   *   const [span] = yield* MemoryExporter.use((memory) => memory.spans)
   *   return ["honeyhive_metadata.score", "honeyhive_outputs.hits", "honeyhive_config.model"]
   *     .map((name) => span?.attributes[name])
   * })
   *
   * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory()))) // => [1, 3, "m"]
   * ```
   */
  static readonly enrichSpan = own.enrichSpan

  /**
   * Adds to an event after its span has ended, by its id or by the span itself: in the background, once the backend has
   * the span. Buckets merge, `outputs` replaces the outputs said before; inputs, error, name and type can no longer be
   * changed there and are kept in `metadata`.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { HoneyHive } from "@honeyhive/tracing"
   *
   * const answer = HoneyHive.currentEventId.pipe(Effect.withSpan("answer"))
   *
   * // Later, when the user has voted
   * const vote = Effect.flatMap(answer, (id) => HoneyHive.enrichEvent(id ?? "", { feedback: { rating: 5 } }))
   *
   * await Effect.runPromise(vote.pipe(Effect.provide(HoneyHive.layer({ testMode: true })))) // => undefined
   * ```
   */
  static readonly enrichEvent = own.enrichEvent

  /**
   * Adds to the current session, or to one that is given or named by its id, in the background.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { HoneyHive } from "@honeyhive/tracing"
   *
   * const program = Effect.gen(function*() {
   *   yield* HoneyHive.enrichSession({ feedback: { rating: 5 }, userProperties: { plan: "pro" } })
   *   yield* HoneyHive.enrichSession("chat-42", { metadata: { escalated: true } })
   * })
   *
   * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory()))) // => undefined
   * ```
   */
  static readonly enrichSession = own.enrichSession

  /**
   * Changes the baggage that every span of this instance has, such as a deployment or an experiment's run. For what belongs
   * to one request there is `withBaggage`.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
   *
   * const program = Effect.gen(function*() {
   *   yield* HoneyHive.setBaggage({ run_id: "r1", cell: "eu-2" })
   *   yield* Effect.void.pipe(Effect.withSpan("step"))
   *   yield* HoneyHive.flush
   *   const [span] = yield* MemoryExporter.use((memory) => memory.spans)
   *   return [span?.attributes["honeyhive_metadata.run_id"], span?.attributes["baggage.cell"]]
   * })
   *
   * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory()))) // => ["r1", "eu-2"]
   * ```
   */
  static readonly setBaggage = (members: Members): Effect.Effect<void, never, HoneyHive> =>
    Effect.flatMap(HoneyHive, (hive) => hive.setBaggage(members))

  /**
   * The id of the event that a span is on HoneyHive.
   *
   * @example
   * ```ts
   * import { Tracer } from "effect"
   * import { HoneyHive } from "@honeyhive/tracing"
   *
   * HoneyHive.eventId(Tracer.externalSpan({ traceId: "5b8efff798038103d269b633813fc60c", spanId: "eee19b7ec3c1b174" }))
   * // => "69b63381-3fc6-80ce-8ee1-9b7ec3c1b174"
   * ```
   */
  static readonly eventId: (span: GivenSpan) => string = eventIdOf

  /**
   * The id of the event that the current span is; `undefined` without one.
   */
  static readonly currentEventId: Effect.Effect<string | undefined> = Effect.currentSpan.pipe(
    Effect.map((span) => (isNoop(span) ? undefined : eventIdOf(span))),
    Effect.orElseSucceed(() => undefined)
  )

  /** {@inheritDoc startSpan} */
  static readonly startSpan = SpanHandle.startSpan

  /** {@inheritDoc withSpan} */
  static readonly withSpan = SpanHandle.withSpan

  /** {@inheritDoc currentSpan} */
  static readonly currentSpan = SpanHandle.currentSpan

  /** {@inheritDoc link} */
  static readonly link = SpanHandle.link

  /** {@inheritDoc event} */
  static readonly event = Event.event

  /** {@inheritDoc events} */
  static readonly events = Event.events

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
 * An instance whose session is named after its caller's file, when nothing else names it.
 *
 * @internal
 */
export const layerNamed = (
  options: Options | undefined,
  caller: string | undefined
): Layer.Layer<HoneyHive, TracerConfigError> =>
  isolated(
    HoneyHive.layerExporter.pipe(Layer.provide(Exporter.layer), Layer.provide(TracerConfig.layer(options, caller)))
  )

/**
 * The instance that the environment describes: `HH_API_KEY`, `HH_OTLP_ENDPOINT` and the others. On a long-lived host, spans
 * that cannot be sent are kept on disk (`HH_SPOOL=off` switches that off).
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHiveLive } from "@honeyhive/tracing"
 *
 * const main = Effect.succeed("done").pipe(Effect.withSpan("main"), Effect.provide(HoneyHiveLive))
 *
 * await Effect.runPromise(main) // => "done"
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const HoneyHiveLive: Layer.Layer<HoneyHive, TracerConfigError> = isolated(
  HoneyHive.layerExporter.pipe(Layer.provide(Exporter.layer), Layer.provide(TracerConfig.layerLive))
)
