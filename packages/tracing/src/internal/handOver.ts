/**
 * Flushes that a platform waits for: a function host stops a process when its response is out, unless it is told of work
 * that goes on.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Delivery } from "../Delivery.ts"
import type { Exporter } from "../Exporter.ts"
import { Sessions } from "../Session.ts"
import { TracerConfig } from "../TracerConfig.ts"
import { within } from "./deadline.ts"
import { safely } from "./safely.ts"

/** Keeps the process running until the promise has settled. */
export type WaitUntil = (work: Promise<unknown>) => unknown

/** The platform's function; undefined where nothing stops the process. */
export const PlatformWaitUntil = Context.Reference<WaitUntil | undefined>("@honeyhive/tracing/Serverless/WaitUntil", {
  defaultValue: () => undefined
})

/** Starts a flush and tells the platform, which may refuse: outside of a request, for one. */
export const handOver = (flush: Effect.Effect<unknown, unknown>, waitUntil: WaitUntil): void => {
  const work = Effect.runPromise(Effect.ignoreCause(flush))
  // Where the platform refuses, the flush goes on for as long as it lets it
  safely(() => waitUntil(work))
}

/** What to do when a session or a root span is over. */
export const whenOver = (flush: Effect.Effect<unknown, unknown>): Effect.Effect<() => void> =>
  Effect.map(Effect.service(PlatformWaitUntil), (waitUntil) =>
    waitUntil === undefined ? () => {} : () => handOver(flush, waitUntil)
  )

/** The delivery of an instance, which also hands over a flush when a root span has ended. */
export const delivery: Layer.Layer<Delivery, never, TracerConfig | Exporter | Sessions> = Layer.effect(
  Delivery,
  Effect.gen(function* () {
    const inner = yield* Delivery
    const sessions = yield* Sessions
    if ((yield* Effect.service(PlatformWaitUntil)) === undefined) return inner
    const { flushTimeout } = yield* TracerConfig
    const over = yield* whenOver(Effect.all([inner.flush, within(flushTimeout, sessions.flush)], { concurrency: 2 }))
    return Delivery.of({
      ...inner,
      offer: (span, bytes) => {
        inner.offer(span, bytes)
        if (span.parentSpanContext === undefined || span.parentSpanContext.isRemote === true) over()
      }
    })
  })
).pipe(Layer.provide(Delivery.layer))
