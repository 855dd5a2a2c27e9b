/**
 * Code of your own that sees every span of an instance as it starts and ends.
 *
 * @since 0.1.0
 */
import type { SpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Context from "effect/Context"

/**
 * OpenTelemetry span processors that the next instance takes in: `onStart` sees a span that knows its session, `onEnding`
 * may still change it, before redaction and limits; `onEnd` sees what is exported. What they throw stays with them (and is
 * warned of once), and what they write is redacted like the rest. They are shut down with the instance. Where `runningSpans`
 * tells of a span while it runs, that is before `onEnding`.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { HoneyHive, MemoryExporter, SpanProcessors } from "@honeyhive/tracing"
 *
 * const tagging = Layer.succeed(SpanProcessors, [{
 *   onStart: (span) => void span.setAttribute("deployment", "blue"),
 *   onEnd: () => {},
 *   forceFlush: () => Promise.resolve(),
 *   shutdown: () => Promise.resolve()
 * }])
 *
 * const program = Effect.gen(function*() {
 *   yield* Effect.void.pipe(Effect.withSpan("step"))
 *   yield* HoneyHive.flush
 *   const [span] = yield* MemoryExporter.use((memory) => memory.spans)
 *   return span?.attributes["deployment"]
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory().pipe(Layer.provide(tagging))))) // => "blue"
 * ```
 *
 * @category references
 * @since 0.1.0
 */
export const SpanProcessors = Context.Reference<ReadonlyArray<SpanProcessor>>("@honeyhive/tracing/SpanProcessors", {
  defaultValue: () => []
})
