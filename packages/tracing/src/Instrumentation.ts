/**
 * Instrumentations of other libraries, OpenTelemetry's own among them, on an instance of ours.
 *
 * @since 0.1.0
 */
import type * as OtelApi from "@opentelemetry/api"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Tracer from "effect/Tracer"
import { HoneyHive } from "./HoneyHive.ts"
import * as callers from "./internal/callers.ts"

/**
 * What OpenTelemetry's instrumentations have in common.
 *
 * @category models
 * @since 0.1.0
 */
export interface OtelInstrumentation {
  readonly setTracerProvider: (provider: OtelApi.TracerProvider) => void
  readonly enable: () => void
  readonly disable: () => void
}

/**
 * The span around the calling code: a fiber's, or a traced function's. For instrumentations that must know whether their
 * work is traced already.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, Instrumentation } from "@honeyhive/tracing"
 *
 * const inside = Effect.sync(() => Instrumentation.currentSpan()?._tag).pipe(
 *   Effect.withSpan("step"),
 *   Effect.provide(HoneyHive.layerMemory())
 * )
 *
 * await Effect.runPromise(inside) // => "Span"
 * Instrumentation.currentSpan() // => undefined
 * ```
 *
 * @category accessors
 * @since 0.1.0
 */
export const currentSpan: () => Tracer.AnySpan | undefined = callers.currentSpan

/**
 * Turns on OpenTelemetry's instrumentations as long as the scope lives. Their spans are children of the Effect span or the
 * traced function around the call; calls under another instance, or under none, are not theirs.
 *
 * What an instrumentation patches is its own business, and some patch for good: give each to one instance only, and look
 * first whether there is one of ours, such as `Http` of `@honeyhive/instruments`.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { HoneyHive, Instrumentation } from "@honeyhive/tracing"
 *
 * // Such as `new UndiciInstrumentation()` of @opentelemetry/instrumentation-undici
 * const calls: Array<string> = []
 * const instrumentation = {
 *   setTracerProvider: () => calls.push("provider"),
 *   enable: () => calls.push("enable"),
 *   disable: () => calls.push("disable")
 * }
 * const instance = Instrumentation.layer(() => [instrumentation]).pipe(Layer.provideMerge(HoneyHive.layerMemory()))
 *
 * await Effect.runPromise(Effect.void.pipe(Effect.provide(instance)))
 * calls // => ["provider", "enable", "disable"]
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (make: () => ReadonlyArray<OtelInstrumentation>): Layer.Layer<never, never, HoneyHive> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const { instrumentationProvider } = yield* HoneyHive
      yield* Effect.acquireRelease(
        Effect.sync(() => {
          const all = make()
          for (const each of all) {
            each.setTracerProvider(instrumentationProvider)
            each.enable()
          }
          return all
        }),
        (all) =>
          Effect.sync(() => {
            for (const each of all) each.disable()
          })
      )
    })
  )
