/**
 * Spans in plain code: what `HoneyHive` offers to Effects, for functions and promises.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"
import { enrichGiven, type Enrichment } from "./Enrichment.ts"
import type { GivenSpan } from "./internal/givenSpan.ts"
import * as instance from "./internal/instance.ts"

/** Runs what enriches; what it evaluates runs under the context of the caller. What waits is written when it is there. */
const launch = (effect: Effect.Effect<void>): void => {
  try {
    const context = instance.current()?.context ?? Context.empty()
    Effect.runForkWith(context)(effect)
  } catch {
    // Tracing never changes the program
  }
}

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
 * @category enrichment
 * @since 0.1.0
 */
export const enrichSpan: {
  (enrichment: Enrichment): void
  (span: GivenSpan, enrichment: Enrichment): void
} = (...args: readonly [Enrichment] | readonly [GivenSpan, Enrichment]): void => {
  const [span, enrichment] =
    args.length === 2 ? args : [instance.find((context) => Context.getOrUndefined(context, Tracer.ParentSpan)), args[0]]
  if (span !== undefined) launch(enrichGiven(span, enrichment))
}
