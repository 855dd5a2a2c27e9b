/**
 * Spans that a program holds in its hand: started here, ended there, linked to others.
 *
 * Where tracing is disabled, or no instance is provided, the same operations give the one span that does nothing.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { dual } from "effect/Function"
import type * as Tracer from "effect/Tracer"
import { enrichGiven, type Enrichment, type Lazy, type Values } from "./Enrichment.ts"
import { writer } from "./internal/bridge.ts"
import { eventIdOf, isNoop } from "./internal/givenSpan.ts"
import { type InstanceTracer, isInstanceTracer } from "./internal/instance.ts"
import { type LinkTarget, toAnySpan } from "./internal/link.ts"

export type { LinkTarget } from "./internal/link.ts"

/**
 * A link to a span, with attributes that say what it means.
 *
 * @category models
 * @since 0.1.0
 */
export interface Link {
  readonly to: LinkTarget
  readonly attributes?: { readonly [name: string]: unknown } | undefined
}

/**
 * How a span begins; everything of an {@link Enrichment} may be said at once.
 *
 * @category models
 * @since 0.1.0
 */
export interface SpanOptions<R = never> extends Enrichment<R> {
  /** Default: `internal`. */
  readonly kind?: Tracer.SpanKind | undefined
  readonly links?: ReadonlyArray<LinkTarget | Link> | undefined
  /** Default: the current span. */
  readonly parent?: LinkTarget | undefined
  /** Begins a trace of its own. Default: false. */
  readonly root?: boolean | undefined
}

/**
 * How a span ends.
 *
 * @category models
 * @since 0.1.0
 */
export interface SpanEnd<R = never> {
  readonly outputs?: Lazy<Values, R> | undefined
  readonly metadata?: Lazy<Values, R> | undefined
  readonly metrics?: Lazy<Values, R> | undefined
  /** Anything thrown, or a `Cause`; the span has failed with it. */
  readonly error?: unknown
  /** Unix milliseconds. Default: now. */
  readonly endTime?: number | undefined
}

/**
 * A span under way. It ends once: what comes after the first `end` changes nothing.
 *
 * @category models
 * @since 0.1.0
 */
export interface SpanHandle {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  /** The id of its event on HoneyHive. */
  readonly eventId: string
  /** False for the span that does nothing. */
  readonly isRecording: boolean
  readonly enrich: <R = never>(enrichment: Enrichment<R>) => Effect.Effect<void, never, R>
  /** Links to another span; a link that names none is left out. */
  readonly link: (to: LinkTarget, attributes?: Link["attributes"]) => Effect.Effect<void>
  /** Runs an effect with this span as its current one. */
  readonly within: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>>
  readonly end: <R = never>(how?: SpanEnd<R>) => Effect.Effect<void, never, R>
}

/**
 * The span that does nothing.
 *
 * @internal
 */
export const noop: SpanHandle = Object.freeze<SpanHandle>({
  traceId: "0".repeat(32),
  spanId: "0".repeat(16),
  eventId: "00000000-0000-0000-0000-000000000000",
  isRecording: false,
  enrich: () => Effect.void,
  link: () => Effect.void,
  // Nothing is provided, so the effect's own parent span stays what it is
  within: (effect) => effect as never,
  end: () => Effect.void
})

const millisToNanos = (millis: number): bigint => BigInt(Math.round(millis * 1000)) * 1000n

const toLinks = (links: ReadonlyArray<LinkTarget | Link>): ReadonlyArray<Tracer.SpanLink> =>
  links.flatMap((link) => {
    const { attributes = {}, to } = typeof link === "object" && "to" in link ? link : { to: link }
    const span = toAnySpan(to)
    return span === undefined ? [] : [{ span, attributes }]
  })

/** What is still open when its instance closes ends with it, up to this many. */
const MAX_OPEN = 10_000

/**
 * An Effect span under its own operations.
 *
 * @internal
 */
export const fromSpan = (span: Tracer.Span, onEnd?: () => void): SpanHandle => ({
  traceId: span.traceId,
  spanId: span.spanId,
  get eventId() {
    return eventIdOf(span)
  },
  isRecording: true,
  enrich: (enrichment) => enrichGiven(span, enrichment),
  link: (to, attributes) => Effect.sync(() => span.addLinks(toLinks([{ to, attributes }]))),
  within: (effect) => Effect.withParentSpan(effect, span, { captureStackTrace: false }),
  end: ({ endTime, error, metadata, metrics, outputs } = {}) =>
    Effect.flatMap(Clock.Clock, (clock) => {
      // The moment of the call, however long a lazy value takes
      const time = endTime === undefined ? clock.currentTimeNanosUnsafe() : millisToNanos(endTime)
      return Effect.map(enrichGiven(span, { outputs, metadata, metrics }), () => {
        onEnd?.()
        span.end(
          time,
          error === undefined ? Exit.void : Exit.failCause(Cause.isCause(error) ? error : Cause.fail(error))
        )
      })
    })
})

const hold = (tracer: InstanceTracer, span: Tracer.Span, clock: Clock.Clock): SpanHandle => {
  const abandon = () => {
    writer(span)("honeyhive_metadata.span", "never ended")
    span.end(clock.currentTimeNanosUnsafe(), Exit.void)
  }
  if (tracer.open.size < MAX_OPEN) tracer.open.add(abandon)
  return fromSpan(span, () => tracer.open.delete(abandon))
}

const settingsOf = <R>({ kind, links = [], parent, root }: SpanOptions<R>) => ({
  kind,
  links: toLinks(links),
  parent: parent === undefined ? undefined : toAnySpan(parent),
  root,
  captureStackTrace: false
})

/**
 * What is said of the span itself.
 *
 * @internal
 */
export const enrichmentOf = <R>(options: SpanOptions<R>): Enrichment<R> => {
  const { kind: _kind, links: _links, parent: _parent, root: _root, ...said } = options
  return said
}

/**
 * The span alone, in one step; what is said of it comes separately. Nothing where there is no instance.
 *
 * @internal
 */
export const open = <R>(
  name: string,
  options: SpanOptions<R>
): Effect.Effect<readonly [Tracer.Span, SpanHandle] | undefined> =>
  Effect.gen(function* () {
    const tracer = yield* Effect.tracer
    if (!isInstanceTracer(tracer)) return undefined
    const span = yield* Effect.makeSpan(name, settingsOf(options))
    return isNoop(span) ? undefined : [span, hold(tracer, span, yield* Clock.Clock)]
  })

/**
 * Starts a span that the program ends itself. It is not the current one: `within` runs code below it. One that nobody
 * ends is ended with its instance, and says so.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
 *
 * const program = Effect.gen(function*() {
 *   const call = yield* HoneyHive.startSpan("phone call", { type: "chain", inputs: { from: "u1" } })
 *   yield* call.within(Effect.withSpan(Effect.void, "transcribe"))
 *   yield* call.end({ outputs: { minutes: 3 } })
 *   yield* HoneyHive.flush
 *   const spans = yield* MemoryExporter.use((memory) => memory.spans)
 *   return spans.map((span) => [span.name, span.attributes["honeyhive_outputs.minutes"]])
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
 * // => [["transcribe", undefined], ["phone call", 3]]
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const startSpan = <R = never>(name: string, options: SpanOptions<R> = {}): Effect.Effect<SpanHandle, never, R> =>
  Effect.flatMap(open(name, options), (opened) => {
    if (opened === undefined) return Effect.succeed(noop)
    const [, span] = opened
    return Effect.as(span.enrich(enrichmentOf(options)), span)
  })

/**
 * The current span; the one that does nothing where there is none.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive } from "@honeyhive/tracing"
 *
 * const isRecording = Effect.map(HoneyHive.currentSpan, (span) => span.isRecording)
 * const both = Effect.all([isRecording, Effect.withSpan(isRecording, "step")])
 *
 * await Effect.runPromise(both.pipe(Effect.provide(HoneyHive.layerMemory()))) // => [false, true]
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const currentSpan: Effect.Effect<SpanHandle> = Effect.currentSpan.pipe(
  Effect.map((span) => (isNoop(span) ? noop : fromSpan(span))),
  Effect.orElseSucceed(() => noop)
)

/**
 * What `withSpan` is told besides how the span begins.
 *
 * @category models
 * @since 0.1.0
 */
export interface WithSpanOptions<A, R = never> extends SpanOptions<R> {
  /** Whether, or as what, the result is recorded. Default: false. */
  readonly captureOutput?: boolean | ((result: A) => Values) | undefined
}

/**
 * The outputs that a result is, if it is to be recorded.
 *
 * @internal
 */
export const outputsOf = <A>(capture: WithSpanOptions<A>["captureOutput"], result: A): Pick<SpanEnd, "outputs"> =>
  capture === true ? { outputs: { result } } : typeof capture === "function" ? { outputs: () => capture(result) } : {}

/**
 * Runs an effect in a span, with everything that HoneyHive wants to know of it. Where tracing is disabled it is the effect
 * itself.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
 *
 * const search = (query: string) =>
 *   Effect.succeed(["a", "b"]).pipe(
 *     HoneyHive.withSpan("search", {
 *       type: "tool",
 *       inputs: { query },
 *       captureOutput: (found: ReadonlyArray<string>) => ({ hits: found.length })
 *     })
 *   )
 *
 * const program = Effect.gen(function*() {
 *   yield* search("refund")
 *   yield* HoneyHive.flush
 *   const [span] = yield* MemoryExporter.use((memory) => memory.spans)
 *   return span?.attributes["honeyhive_outputs.hits"]
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory()))) // => 2
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const withSpan: {
  <A = unknown, R1 = never>(
    name: string,
    options?: WithSpanOptions<A, R1>
  ): <B extends A, E, R>(effect: Effect.Effect<B, E, R>) => Effect.Effect<B, E, Exclude<R, Tracer.ParentSpan> | R1>
  <A, E, R, R1 = never>(
    effect: Effect.Effect<A, E, R>,
    name: string,
    options?: WithSpanOptions<A, R1>
  ): Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan> | R1>
} = dual(
  (args) => Effect.isEffect(args[0]),
  <A, E, R, R1>(
    effect: Effect.Effect<A, E, R>,
    name: string,
    { captureOutput, ...rest }: WithSpanOptions<A, R1> = {}
  ): Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan> | R1> => {
    const enrich = <R2>(said: Enrichment<R2>) => Effect.flatMap(currentSpan, (span) => span.enrich(said))
    return Effect.flatMap(Effect.tracer, (tracer) => {
      // Without a span of ours the effect has the parent span that it finds
      if (!isInstanceTracer(tracer)) return effect as Effect.Effect<A, E, Exclude<R, Tracer.ParentSpan>>
      const enriched = Effect.andThen(enrich(enrichmentOf(rest)), effect).pipe(
        Effect.tap((result) => enrich({ ...outputsOf(captureOutput, result) }))
      )
      return Effect.withSpan(enriched, name, settingsOf(rest))
    })
  }
)

/**
 * Links the current span to another one: a span of this program, or one of another process by its ids or `traceparent`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
 *
 * const program = Effect.gen(function*() {
 *   yield* HoneyHive.link("00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-01", { why: "retry" }).pipe(
 *     Effect.withSpan("again")
 *   )
 *   yield* HoneyHive.flush
 *   const [span] = yield* MemoryExporter.use((memory) => memory.spans)
 *   return span?.links.map((link) => [link.context.spanId, link.attributes?.["why"]])
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory()))) // => [["eee19b7ec3c1b174", "retry"]]
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const link = (to: LinkTarget, attributes?: Link["attributes"]): Effect.Effect<void> =>
  Effect.flatMap(currentSpan, (span) => span.link(to, attributes))
