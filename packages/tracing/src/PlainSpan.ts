/**
 * Spans in plain code: what `HoneyHive` offers to Effects, for functions and promises.
 *
 * Everything here belongs to the instance that the caller runs under (see `Registry`), and does nothing where there is
 * none or where tracing is disabled.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Tracer from "effect/Tracer"
import { enrichGiven, type Enrichment, evaluateNow, type Values, write } from "./Enrichment.ts"
import * as Event from "./Event.ts"
import { type GivenSpan, isNoop, writerOf } from "./internal/givenSpan.ts"
import * as instance from "./internal/instance.ts"
import { safely } from "./internal/safely.ts"
import { settle } from "./internal/settle.ts"
import * as SpanHandle from "./SpanHandle.ts"

/**
 * A span under way, for plain code. It ends once, by `end` or as a `using` variable.
 *
 * @category models
 * @since 0.1.0
 */
export interface PlainSpan extends Disposable {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  /** The id of its event on HoneyHive. */
  readonly eventId: string
  /** False for the span that does nothing. */
  readonly isRecording: boolean
  readonly enrich: (enrichment: Enrichment) => void
  /** Links to another span; a link that names none is left out. */
  readonly link: (to: SpanHandle.LinkTarget, attributes?: SpanHandle.Link["attributes"]) => void
  /** Runs a function, and whatever it starts, with this span as the current one. */
  readonly within: <A>(evaluate: () => A) => A
  readonly end: (how?: SpanHandle.SpanEnd) => void
}

/**
 * What plain code can do under an instance.
 *
 * @category models
 * @since 0.1.0
 */
export interface Operations {
  /** {@inheritDoc enrichSpan} */
  readonly enrichSpan: {
    (enrichment: Enrichment): void
    (span: GivenSpan, enrichment: Enrichment): void
  }
  /** {@inheritDoc startSpan} */
  readonly startSpan: (name: string, options?: SpanHandle.SpanOptions) => PlainSpan
  /** {@inheritDoc withSpan} */
  readonly withSpan: <A>(name: string, options: WithSpanOptions<A>, evaluate: () => A) => A
  /** {@inheritDoc currentSpan} */
  readonly currentSpan: () => PlainSpan
  /** Records an event below the current span and returns its id. */
  readonly event: (options: Event.EventOptions) => string
  /** Records several events below the current span and returns their ids. */
  readonly events: (all: ReadonlyArray<Event.EventOptions>) => ReadonlyArray<string>
}

/**
 * What `withSpan` is told besides how the span begins.
 *
 * @category models
 * @since 0.1.0
 */
export interface WithSpanOptions<A> extends SpanHandle.SpanOptions {
  /** Whether, or as what, the result is recorded; of a promise, what it resolves to. Default: false. */
  readonly captureOutput?: boolean | ((result: Awaited<A>) => Values) | undefined
}

type Found = ReturnType<typeof instance.current>

/** Where something happens: the context of the caller. */
const contextOf = (found: Found): Context.Context<never> => found?.context ?? Context.empty()

/** Starts what is said of a span; what waits is written when it is there. Whatever goes wrong stays here. */
const launch = (context: Context.Context<never>, effect: Effect.Effect<unknown>): void =>
  void safely(() => Effect.runForkWith(context)(effect))

/** Plain values are written at once; only what is lazy needs a fiber. */
const enrich = (context: Context.Context<never>, span: GivenSpan, enrichment: Enrichment): void =>
  safely(() => {
    const now = evaluateNow(enrichment)
    const set = now === undefined ? undefined : writerOf(span)
    if (now === undefined) launch(context, enrichGiven(span, enrichment))
    else if (set !== undefined) write(now, set)
  })

const noop: PlainSpan = Object.freeze<PlainSpan>({
  ...SpanHandle.noop,
  enrich: () => {},
  link: () => {},
  within: (evaluate) => evaluate(),
  end: () => {},
  [Symbol.dispose]: () => {}
})

const plain = (context: Context.Context<never>, span: Tracer.Span, handle: SpanHandle.SpanHandle): PlainSpan => {
  const inside = Context.add(context, Tracer.ParentSpan, span)
  const end = (how?: SpanHandle.SpanEnd): void => launch(context, handle.end(how))
  return {
    traceId: handle.traceId,
    spanId: handle.spanId,
    get eventId() {
      return handle.eventId
    },
    isRecording: true,
    enrich: (enrichment) => enrich(context, span, enrichment),
    link: (to, attributes) => launch(context, handle.link(to, attributes)),
    within: (evaluate) => instance.run(inside, evaluate),
    end,
    [Symbol.dispose]: end
  }
}

/**
 * The operations of whichever instance `current` finds.
 *
 * @internal
 */
export const operations = (current: () => Found): Operations => {
  const currentParent = (): Tracer.AnySpan | undefined =>
    instance.findIn(current(), (context) => Context.getOrUndefined(context, Tracer.ParentSpan))

  const startSpan = (name: string, options: SpanHandle.SpanOptions = {}): PlainSpan =>
    safely(() => {
      const found = current()
      if (found === undefined) return noop
      const opened = Effect.runSyncWith(found.context)(SpanHandle.open(name, options))
      if (opened === undefined) return noop
      const span = plain(found.context, ...opened)
      span.enrich(SpanHandle.enrichmentOf(options))
      return span
    }, noop)

  const withSpan = <A>(name: string, { captureOutput, ...options }: WithSpanOptions<A>, evaluate: () => A): A => {
    const span = startSpan(name, options)
    if (!span.isRecording) return evaluate()
    return settle(
      () => span.within(evaluate),
      (exit) =>
        span.end(
          Exit.isSuccess(exit)
            ? // What `evaluate` returned, or its promise resolved to
              SpanHandle.outputsOf(captureOutput, exit.value as Awaited<A>)
            : { error: exit.cause }
        )
    )
  }

  const event = (options: Event.EventOptions): string => {
    const eventId = Event.idOf(options)
    launch(contextOf(current()), Event.event({ ...options, eventId }))
    return eventId
  }

  return {
    enrichSpan: (...args: readonly [Enrichment] | readonly [GivenSpan, Enrichment]): void => {
      const [span, enrichment] = args.length === 2 ? args : [currentParent(), args[0]]
      if (span !== undefined) enrich(contextOf(current()), span, enrichment)
    },
    startSpan,
    withSpan,
    currentSpan: () => {
      const span = currentParent()
      return span?._tag === "Span" && !isNoop(span)
        ? plain(contextOf(current()), span, SpanHandle.fromSpan(span))
        : noop
    },
    event,
    events: (all) => all.map(event)
  }
}

const ambient = operations(instance.current)

/**
 * Adds to the event of the traced function around the caller, or of the current span of the fiber that calls it, or of a
 * span that is given; without one, nothing happens. For plain code; in Effect code use `HoneyHive.enrichSpan`.
 *
 * Values and functions are recorded at once. An Effect or promise that takes its time is recorded when it is there, if the
 * span is still open then.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { enrichSpan, HoneyHive, MemoryExporter, traced } from "@honeyhive/tracing"
 *
 * const search = traced({ name: "search" }, async (query: string) => {
 *   enrichSpan({ metadata: { index: "docs" }, metrics: () => ({ score: 0.5 }), shard: 3 })
 *   return [query]
 * })
 *
 * const program = Effect.gen(function*() {
 *   yield* Effect.promise(() => search("refund"))
 *   yield* HoneyHive.flush
 *   const [span] = yield* MemoryExporter.use((memory) => memory.spans)
 *   return [span?.attributes["honeyhive_metrics.score"], span?.attributes["honeyhive_metadata.shard"]]
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory()))) // => [0.5, 3]
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const enrichSpan: Operations["enrichSpan"] = ambient.enrichSpan

/**
 * Starts a span that the program ends itself. It is not the current one: `within` runs code below it. One that nobody
 * ends is ended with its instance, and says so.
 *
 * @example
 * ```ts
 * import { start, startSpan } from "@honeyhive/tracing"
 *
 * const hive = await start({ testMode: true })
 *
 * const call = startSpan("phone call", { type: "chain", inputs: { from: "u1" } })
 * call.within(() => "talking") // => "talking"
 * call.end({ outputs: { minutes: 3 } })
 *
 * await hive.close()
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const startSpan: Operations["startSpan"] = ambient.startSpan

/**
 * Runs a function in a span, which ends when the function, or the promise it returns, does.
 *
 * @example
 * ```ts
 * import { withSpan } from "@honeyhive/tracing"
 *
 * const found = await withSpan(
 *   "search",
 *   { type: "tool", inputs: { query: "refund" }, captureOutput: (found) => ({ hits: found.length }) },
 *   async () => ["a", "b"]
 * )
 *
 * found // => ["a", "b"]
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const withSpan: Operations["withSpan"] = ambient.withSpan

/**
 * The span that the calling code runs in; the one that does nothing where there is none.
 *
 * @example
 * ```ts
 * import { currentSpan } from "@honeyhive/tracing"
 *
 * currentSpan().isRecording // => false
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const currentSpan: Operations["currentSpan"] = ambient.currentSpan
