/**
 * Events that are no span of the program's own: something that happened elsewhere, or is told afterwards.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { isUuid } from "@honeyhive/contract/Uuid"
import { enrichGiven, type Enrichment } from "./Enrichment.ts"
import { isInstanceTracer } from "./internal/instance.ts"

/**
 * An event that is told afterwards, with everything that an enrichment may say of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface EventOptions<R = never> extends Enrichment<R> {
  readonly name: string
  /** A UUID. Default: a new one. */
  readonly eventId?: string | undefined
  /** Unix milliseconds. Default: now. */
  readonly startTime?: number | undefined
  /** Milliseconds. Default: 0. */
  readonly duration?: number | undefined
}

const millisToNanos = (millis: number): bigint => BigInt(Math.round(millis * 1000)) * 1000n

/**
 * The id that an event will have.
 *
 * @internal
 */
export const idOf = ({ eventId }: EventOptions<never>): string => (isUuid(eventId) ? eventId : crypto.randomUUID())

/**
 * Records an event below the current span and returns its id.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
 *
 * const program = Effect.gen(function*() {
 *   const id = yield* HoneyHive.event({ name: "vote", type: "tool", feedback: { rating: 5 }, duration: 20 })
 *   yield* HoneyHive.flush
 *   const [span] = yield* MemoryExporter.use((memory) => memory.spans)
 *   return span?.attributes["honeyhive_event_id"] === id
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory()))) // => true
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const event = Effect.fnUntraced(function* <R = never>(options: EventOptions<R>) {
  const { duration = 0, eventId, startTime, ...fields } = options
  const id = isUuid(eventId) ? eventId : crypto.randomUUID()
  const tracer = yield* Effect.tracer
  if (!isInstanceTracer(tracer)) return id
  const parent = yield* Effect.option(Effect.currentParentSpan)
  const start = startTime ?? (yield* Clock.currentTimeMillis)
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
  // The enrichment's own type: what was taken out of it has no lazy values
  yield* enrichGiven(span, { ...fields, eventId: id } as Enrichment<R>)
  span.end(millisToNanos(start + duration), Exit.void)
  return id
})

/**
 * Records several events below the current span and returns their ids, in the order of the events.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive } from "@honeyhive/tracing"
 *
 * const ids = HoneyHive.events([
 *   { name: "vote", type: "tool", feedback: { rating: 5 } },
 *   { name: "import", type: "chain", startTime: 1_790_000_000_000, duration: 250 }
 * ]).pipe(Effect.withSpan("page"), Effect.provide(HoneyHive.layerMemory()))
 *
 * const [vote, imported] = await Effect.runPromise(ids)
 *
 * vote !== imported // => true
 * ```
 *
 * @category operations
 * @since 0.1.0
 */
export const events = <R = never>(
  all: ReadonlyArray<EventOptions<R>>
): Effect.Effect<ReadonlyArray<string>, never, R> => Effect.forEach(all, event)
