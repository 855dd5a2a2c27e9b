/**
 * The tracer of the npm package `honeyhive` 1.x under its own names, over this package's instances: a program written for it
 * changes its import to `@honeyhive/tracing/compat` and keeps its calls. MIGRATION.md says what each name became.
 *
 * What differs on purpose: a function runs once, with its own `this`, and stays as synchronous as it was; each tracer's
 * spans go to its own key, URL and session; nothing is printed to stdout, and OpenTelemetry's global provider is left alone.
 *
 * @since 0.1.0
 */
import type * as OtelApi from "@opentelemetry/api"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import { HoneyHive } from "./HoneyHive.ts"
import { closeAll, type Instance, instances, open } from "./internal/compatInstances.ts"
import type {
  Dict,
  EnrichSessionParams,
  EnrichSpanParams,
  HoneyHiveTracerProperties,
  TraceFunctionOptions
} from "./internal/compatTypes.ts"
import { nameOf, type Spoken, toEnrichment, typeOf, valuesOf } from "./internal/compatValues.ts"
import { currentSpan } from "./internal/callers.ts"
import { describeCause } from "./internal/failure.ts"
import * as instance from "./internal/instance.ts"
import { warn } from "./internal/log.ts"
import * as registry from "./internal/registry.ts"
import { safely } from "./internal/safely.ts"
import * as PlainSpan from "./PlainSpan.ts"
import { getDefault } from "./Registry.ts"
import { CurrentSession, experimentOf, sessionIdOf, type SessionInfo } from "./Session.ts"
import { traced } from "./Traced.ts"

export type {
  EnrichSessionParams,
  EnrichSpanParams,
  HoneyHiveTracerProperties,
  TraceFunctionOptions
} from "./internal/compatTypes.ts"

// As 1.x has it: with a stricter type, programs written for it would not compile
// oxlint-disable-next-line typescript/no-explicit-any
type AnyFunction = (...args: Array<any>) => any

/**
 * Traces a function: its span belongs to the tracer, session and function around the call, else to the tracer that was
 * made first.
 *
 * @example
 * ```ts
 * import { traceFunction } from "@honeyhive/tracing/compat"
 *
 * const search = traceFunction({ eventType: "tool", config: { index: "docs" } })((query: string) => [`${query}.md`])
 *
 * search("refunds") // => ["refunds.md"]
 * ```
 *
 * @category tracing
 * @since 0.1.0
 */
export const traceFunction =
  (options: TraceFunctionOptions = {}) =>
  <F extends AnyFunction>(func: F): F =>
    traced(
      {
        name: nameOf(options, func),
        type: typeOf(options.eventType),
        config: valuesOf(options.config),
        metadata: valuesOf(options.metadata)
      },
      func
    )

type Wrap = <F extends AnyFunction>(func: F, options?: Omit<TraceFunctionOptions, "eventType">) => F

/**
 * {@link traceFunction} for calls of models.
 *
 * @example
 * ```ts
 * import { traceModel } from "@honeyhive/tracing/compat"
 *
 * const complete = traceModel(async (prompt: string) => `${prompt}!`, { config: { model: "local" } })
 *
 * await complete("hi") // => "hi!"
 * ```
 *
 * @category tracing
 * @since 0.1.0
 */
export const traceModel: Wrap = (func, options) => traceFunction({ ...options, eventType: "model" })(func)

/**
 * {@link traceFunction} for tools.
 *
 * @example
 * ```ts
 * import { traceTool } from "@honeyhive/tracing/compat"
 *
 * traceTool((left: number, right: number) => left + right, { eventName: "add" })(1, 2) // => 3
 * ```
 *
 * @category tracing
 * @since 0.1.0
 */
export const traceTool: Wrap = (func, options) => traceFunction({ ...options, eventType: "tool" })(func)

/**
 * {@link traceFunction} for steps that call others.
 *
 * @example
 * ```ts
 * import { traceChain } from "@honeyhive/tracing/compat"
 *
 * const answer = traceChain(function answer(question: string) {
 *   return `about ${question}`
 * })
 *
 * answer("refunds") // => "about refunds"
 * answer.name // => "answer"
 * ```
 *
 * @category tracing
 * @since 0.1.0
 */
export const traceChain: Wrap = (func, options) => traceFunction({ ...options, eventType: "chain" })(func)

/**
 * Adds to the event of the traced function around the caller; without one, nothing happens. Never throws.
 *
 * @example
 * ```ts
 * import { enrichSpan, traceTool } from "@honeyhive/tracing/compat"
 *
 * const search = traceTool((query: string) => {
 *   enrichSpan({ metadata: { index: "docs" }, metrics: { score: 0.5 } })
 *   return query
 * })
 *
 * search("refunds") // => "refunds"
 * ```
 *
 * @category enrichment
 * @since 0.1.0
 */
export const enrichSpan = (params: Spoken = {}): void => safely(() => PlainSpan.enrichSpan(toEnrichment(params)))

/** Tells the backend more of a session; whatever cannot be told stays here. */
const updateSession = (
  hive: HoneyHive["Service"],
  session: SessionInfo | undefined,
  params: EnrichSessionParams
): void => {
  const update = Effect.suspend(() => {
    const { sessionId } = params
    const { inputs: _, ...enrichment } = toEnrichment(params)
    const named = sessionId ? String(sessionId) : session
    return named === undefined ? HoneyHive.enrichSession(enrichment) : HoneyHive.enrichSession(named, enrichment)
  })
  Effect.runSync(
    update.pipe(
      Effect.provideService(HoneyHive, hive),
      Effect.catchCause((cause) => warn(`HoneyHive: a session was not enriched: ${describeCause(cause).message}`))
    )
  )
}

/**
 * Adds to the session of the calling code, or to the one whose id is given. Resolves at once and never rejects; the backend
 * is told in the background.
 *
 * @example
 * ```ts
 * import { enrichSession } from "@honeyhive/tracing/compat"
 *
 * await enrichSession({ feedback: { rating: 5 } }) // => undefined
 * ```
 *
 * @category enrichment
 * @since 0.1.0
 */
export const enrichSession = async (params: EnrichSessionParams = {}): Promise<void> => {
  const found = instance.current()
  // Only instances of `HoneyHive` are registered, with themselves as facade
  const owner = found === undefined ? undefined : (registry.facadeOf(found.tracer) as HoneyHive["Service"] | undefined)
  const hive = owner ?? getDefault()
  if (hive === undefined) return
  updateSession(
    hive,
    instance.find((context) => Context.get(context, CurrentSession)),
    params
  )
}

/**
 * A session with a key and a URL of its own.
 *
 * @example
 * ```ts
 * import { HoneyHiveTracer, traceTool } from "@honeyhive/tracing/compat"
 *
 * const search = traceTool(async (query: string) => [`${query}.md`], { eventName: "search" })
 *
 * const tracer = await HoneyHiveTracer.init({ sessionName: "support", testMode: true })
 *
 * await tracer.trace(() => search("refunds")) // => ["refunds.md"]
 *
 * await HoneyHiveTracer.close()
 * ```
 *
 * @category tracing
 * @since 0.1.0
 */
export class HoneyHiveTracer {
  readonly #instance: Instance
  readonly #given: Partial<HoneyHiveTracerProperties>
  #session: SessionInfo

  private constructor(instance: Instance, given: Partial<HoneyHiveTracerProperties>, session: SessionInfo) {
    this.#instance = instance
    this.#given = given
    this.#session = session
  }

  /**
   * Makes a tracer and its session, without waiting for the backend. Never rejects: with a value that cannot be used it
   * says which one on stderr, and the tracer's functions run untraced.
   */
  static async init(params: Partial<HoneyHiveTracerProperties> = {}): Promise<HoneyHiveTracer> {
    const { apiKey, disableBatch, disableHttpTracing, project, serverUrl, source, testMode } = params
    // As in 1.x an empty text is as good as none
    const instance = await open({
      apiKey: apiKey || undefined,
      serverUrl: serverUrl || undefined,
      source: source || undefined,
      project: project || undefined,
      disableBatch,
      disableHttpTracing,
      testMode
    })
    const { context, hive } = instance
    const { datapointId, datasetId, runId, sessionId } = params
    const name = params.sessionName || instance.settings?.sessionName
    const metadata = valuesOf(params.metadata)
    const experiment = experimentOf(params)
    const session: SessionInfo = sessionId
      ? { id: sessionIdOf(String(sessionId)), name: name ?? "unknown", startTime: Date.now(), experiment }
      : Effect.runSync(
          hive.startSession({ name, inputs: valuesOf(params.inputs), metadata, runId, datasetId, datapointId })
        )
    // It was begun elsewhere, and not with what is said of it here
    if (sessionId && (metadata ?? experiment) !== undefined) {
      updateSession(hive, session, { metadata: { ...experiment, ...metadata } })
    }
    if (!instance.settled) {
      instance.settled = true
      registry.settle(hive, Context.add(context, CurrentSession, session))
    }
    return new HoneyHiveTracer(instance, params, session)
  }

  get apiKey(): string | undefined {
    const key = this.#instance.settings?.apiKey
    return key === undefined ? undefined : Redacted.value(key)
  }
  get project(): string | undefined {
    return this.#instance.settings?.project
  }
  get sessionId(): string | undefined {
    return this.#session.id
  }
  /** What is traced from now on belongs to that session. */
  set sessionId(sessionId: string | undefined) {
    if (!sessionId) throw new Error("sessionId is required")
    this.#session = { ...this.#session, id: sessionIdOf(sessionId) }
  }
  get serverUrl(): string {
    return this.#instance.settings?.url ?? ""
  }
  get sessionName(): string {
    return this.#session.name
  }
  get source(): string {
    return this.#instance.settings?.source ?? ""
  }
  get inputs(): Dict {
    return this.#given.inputs ?? {}
  }
  get metadata(): Dict {
    return this.#given.metadata ?? {}
  }
  get disableBatch(): boolean {
    return this.#instance.settings?.disableBatch ?? false
  }
  get disableHttpTracing(): boolean {
    return this.#instance.settings?.disableHttpTracing ?? false
  }
  get isEvaluation(): boolean {
    return this.#given.isEvaluation ?? false
  }
  get verbose(): boolean {
    return this.#given.verbose ?? false
  }
  get runId(): string | undefined {
    return this.#given.runId
  }
  get datasetId(): string | undefined {
    return this.#given.datasetId
  }
  get datapointId(): string | undefined {
    return this.#given.datapointId
  }

  /** The session has begun with `init`; this says its id. */
  startSession(): Promise<string | null> {
    return Promise.resolve(this.#session.id)
  }

  /** Runs a function in the tracer's session, where it and what it calls are traced; it is no event itself. */
  trace<A extends Array<unknown>, R>(fn: (...args: A) => R, ...args: A): R {
    return this.#enter(() => fn(...args))
  }

  /** {@link traceFunction}, for this tracer's session wherever it is called. */
  traceFunction(options: TraceFunctionOptions = {}) {
    return <F extends AnyFunction>(func: F): F =>
      // Name, length and own properties stay those of the function
      new Proxy(traceFunction(options)(func), {
        apply: (target, self, args) => this.#enter((): unknown => Reflect.apply(target, self, args))
      })
  }

  /** {@link traceModel}, for this tracer's session. */
  traceModel<F extends AnyFunction>(func: F, options: Omit<TraceFunctionOptions, "eventType"> = {}): F {
    return this.traceFunction({ ...options, eventType: "model" })(func)
  }

  /** {@link traceTool}, for this tracer's session. */
  traceTool<F extends AnyFunction>(func: F, options: Omit<TraceFunctionOptions, "eventType"> = {}): F {
    return this.traceFunction({ ...options, eventType: "tool" })(func)
  }

  /** {@link traceChain}, for this tracer's session. */
  traceChain<F extends AnyFunction>(func: F, options: Omit<TraceFunctionOptions, "eventType"> = {}): F {
    return this.traceFunction({ ...options, eventType: "chain" })(func)
  }

  /** Records a model event that is told afterwards. */
  logModel(params: EnrichSpanParams = {}): void {
    this.#enter(() => {
      const { context } = instance.current() ?? this.#instance
      const enrichment = toEnrichment(params)
      const event = HoneyHive.event({
        ...enrichment,
        name: typeof params.eventName === "string" && params.eventName !== "" ? params.eventName : "model event",
        type: "model"
      })
      Effect.runSyncWith(context)(Effect.ignoreCause(event))
    })
  }

  /** {@link enrichSpan} */
  enrichSpan(params: EnrichSpanParams = {}): void {
    enrichSpan(params)
  }

  /**
   * {@link enrichSpan}
   *
   * @example
   * ```ts
   * import { HoneyHiveTracer, traceTool } from "@honeyhive/tracing/compat"
   *
   * const search = traceTool((query: string) => {
   *   HoneyHiveTracer.enrichSpan({ metrics: { hits: 1 } })
   *   return query
   * })
   *
   * search("refunds") // => "refunds"
   * ```
   */
  static enrichSpan(params: EnrichSpanParams = {}): void {
    enrichSpan(params)
  }

  /** {@link enrichSession}, for this tracer's session unless another is named. */
  async enrichSession(params: EnrichSessionParams = {}): Promise<void> {
    updateSession(this.#instance.hive, this.#session, params)
  }

  /** A tracer of OpenTelemetry's API, such as the Vercel AI SDK takes: its spans belong to this session. */
  getTracer(): OtelApi.Tracer {
    const tracer = this.#instance.hive.instrumentationProvider.getTracer("@honeyhive/tracing")
    // OpenTelemetry's overloads, handed on as they are
    const startActiveSpan = (...args: Parameters<OtelApi.Tracer["startActiveSpan"]>): unknown =>
      this.#enter(() => tracer.startActiveSpan(...args))
    return {
      startSpan: (...args) => this.#enter(() => tracer.startSpan(...args)),
      startActiveSpan: startActiveSpan as OtelApi.Tracer["startActiveSpan"]
    }
  }

  /** Resolves when everything that ended before has been sent or given up, and never rejects. */
  async flush(): Promise<void> {
    await Effect.runPromise(Effect.ignoreCause(this.#instance.hive.flush))
  }

  /**
   * {@link HoneyHiveTracer.flush}, for every tracer.
   *
   * @example
   * ```ts
   * import { HoneyHiveTracer } from "@honeyhive/tracing/compat"
   *
   * await HoneyHiveTracer.flush() // => undefined
   * ```
   */
  static async flush(): Promise<void> {
    const open = await Promise.all(instances())
    await Promise.all(open.map(({ hive }) => Effect.runPromise(Effect.ignoreCause(hive.flush))))
  }

  /** New here: says that the session is over, and when. */
  endSession(): void {
    Effect.runSync(this.#instance.hive.endSession(this.#session, Exit.void))
  }

  /** New here: flushes and releases every tracer. It happens by itself when a program runs out of work. */
  static readonly close: () => Promise<void> = closeAll

  /** Code around it that is of the same session keeps its place there: its span is the parent. */
  readonly #enter = <A>(evaluate: () => A): A => {
    const context = Context.add(this.#instance.context, CurrentSession, this.#session)
    const here = instance.current()
    const isHere =
      here?.tracer === Context.get(context, Tracer.Tracer) &&
      instance.find((context) => Context.get(context, CurrentSession))?.id === this.#session.id
    const parent = isHere ? currentSpan() : undefined
    return instance.run(parent === undefined ? context : Context.add(context, Tracer.ParentSpan, parent), evaluate)
  }
}
