/**
 * Baggage: what travels with a request from service to service, and stands on every span on its way.
 *
 * Members of HoneyHive's own say where spans belong: `session_id` (or `honeyhive_session_id`), `honeyhive_project`,
 * `source`, and the `run_id`, `dataset_id` and `datapoint_id` of an experiment. Any other member `k` becomes the attribute
 * `baggage.k`. Baggage gets into headers only through `inject` and `HttpPropagation`, where the program asks for it: it
 * may hold what is nobody else's business.
 *
 * @since 0.1.0
 */
import type * as OtelApi from "@opentelemetry/api"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as baggage from "./internal/baggage.ts"
import * as instance from "./internal/instance.ts"
import { CurrentSession } from "./Session.ts"

/**
 * Members by key. A value that is `undefined` takes its member away.
 *
 * @category models
 * @since 0.1.0
 */
export interface Members {
  readonly [key: string]: string | undefined
}

/**
 * The baggage of the current fiber, as OpenTelemetry has it; undefined where there is none.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { CurrentBaggage, withBaggage } from "@honeyhive/tracing"
 *
 * const tenant = Effect.service(CurrentBaggage).pipe(
 *   Effect.map((baggage) => baggage?.getEntry("tenant")?.value),
 *   withBaggage({ tenant: "acme" })
 * )
 *
 * await Effect.runPromise(tenant) // => "acme"
 * ```
 *
 * @category references
 * @since 0.1.0
 */
export const CurrentBaggage: Context.Reference<OtelApi.Baggage | undefined> = baggage.CurrentBaggage

const own = (): OtelApi.Baggage | undefined => instance.findAnywhere((context) => Context.get(context, CurrentBaggage))

/**
 * A member of the baggage that the calling code runs with: a fiber's (inside `Effect.sync`), a traced function's, else the
 * instance's. `session_id` is the id of the session around the caller, if one was started or continued.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { getBaggage, withBaggage } from "@honeyhive/tracing"
 *
 * const tenant = Effect.sync(() => getBaggage("tenant")).pipe(withBaggage({ tenant: "acme" }))
 *
 * await Effect.runPromise(tenant) // => "acme"
 * getBaggage("tenant") // => undefined
 * ```
 *
 * @category baggage
 * @since 0.1.0
 */
export const getBaggage = (key: string): string | undefined =>
  baggage.isSessionKey(key)
    ? instance.findAnywhere((context) => Context.get(context, CurrentSession))?.id
    : (own()?.getEntry(key) ?? instance.current()?.tracer.stamp.baggage?.getEntry(key))?.value

const inside = <R>(context: Context.Context<R>, before: OtelApi.Baggage | undefined, members: Members) =>
  baggage.enter(context, baggage.change(before, members), baggage.change(undefined, members))

/**
 * Adds members to the baggage of an effect, or of a plain function and whatever it starts. In Effect code pipe an effect
 * through it; in plain code pass the function (it runs under the instance of its caller; without one, as it is).
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, MemoryExporter, traced, withBaggage } from "@honeyhive/tracing"
 *
 * const search = traced({ name: "search" }, (query: string) => [query])
 *
 * const program = Effect.gen(function*() {
 *   yield* Effect.withSpan(Effect.void, "step").pipe(withBaggage({ run_id: "r1", tenant: "acme" }))
 *   withBaggage({ tenant: "other" }, () => search("refund"))
 *   yield* HoneyHive.flush
 *   const spans = yield* MemoryExporter.use((memory) => memory.spans)
 *   return spans.map(({ attributes }) => [attributes["honeyhive_metadata.run_id"], attributes["baggage.tenant"]])
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
 * // => [["r1", "acme"], [undefined, "other"]]
 * ```
 *
 * @category baggage
 * @since 0.1.0
 */
export const withBaggage: {
  (members: Members): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A>(members: Members, evaluate: () => A): A
} = <A>(members: Members, evaluate?: () => A) => {
  if (evaluate === undefined) {
    return <B, E, R>(effect: Effect.Effect<B, E, R>): Effect.Effect<B, E, R> =>
      Effect.updateContext(effect, (context: Context.Context<R>) =>
        inside(context, Context.get(context, CurrentBaggage) ?? own(), members)
      )
  }
  const found = instance.current()
  // The overloads above tell callers which of the two they get
  return (found === undefined ? evaluate() : instance.run(inside(found.context, own(), members), evaluate)) as never
}
