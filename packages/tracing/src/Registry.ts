/**
 * The open instances of this process, for code that runs under none: a timer, an event handler, a plain program.
 *
 * Which instance a span belongs to: the one that is named (`traced({ instance })`, {@link withInstance}), else the one of
 * the fiber or of the traced function around it, else the one that the baggage names (`honeyhive_tracer_id`), else the
 * default. The default is the instance that was opened first, unless another one is chosen; a tenant's has to be chosen.
 *
 * Entries leave with the scope of their instance. What `start` returned leaves, and is closed, when the program has let go
 * of it and it is not the default: nobody could use it any more.
 *
 * @since 0.1.0
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import type { HoneyHive } from "./HoneyHive.ts"
import { enter } from "./internal/enter.ts"
import * as internal from "./internal/instance.ts"
import * as registry from "./internal/registry.ts"

/**
 * What names an instance: the `HoneyHive` service, or the handle that `start` returns.
 *
 * @category models
 * @since 0.1.0
 */
export interface Instance {
  readonly id: string
}

// Only instances of `HoneyHive` are registered, with themselves as facade
const facadeOf = (entry: registry.Entry | undefined) => entry?.facade as HoneyHive["Service"] | undefined

/**
 * The default instance; `undefined` when none is open.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, Registry } from "@honeyhive/tracing"
 *
 * const isDefault = HoneyHive.use((hive) => Effect.sync(() => Registry.getDefault() === hive))
 *
 * await Effect.runPromise(isDefault.pipe(Effect.provide(HoneyHive.layerMemory()))) // => true
 * Registry.getDefault() // => undefined
 * ```
 *
 * @category registry
 * @since 0.1.0
 */
export const getDefault = (): HoneyHive["Service"] | undefined => facadeOf(registry.getDefault())

/**
 * The open instance with this id; `undefined` when there is none.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, Registry } from "@honeyhive/tracing"
 *
 * const found = HoneyHive.use((hive) => Effect.sync(() => Registry.byId(hive.id) === hive))
 *
 * await Effect.runPromise(found.pipe(Effect.provide(HoneyHive.layerMemory()))) // => true
 * ```
 *
 * @category registry
 * @since 0.1.0
 */
export const byId = (id: string): HoneyHive["Service"] | undefined => facadeOf(registry.byId(id))

/**
 * Makes an open instance the default. False when it is not open.
 *
 * @example
 * ```ts
 * import { Registry, start } from "@honeyhive/tracing"
 *
 * const [first, second] = [await start({ testMode: true }), await start({ testMode: true })]
 *
 * Registry.getDefault()?.id === first.id // => true
 * Registry.setDefault(second) // => true
 * Registry.getDefault()?.id === second.id // => true
 *
 * await Promise.all([first.close(), second.close()])
 * Registry.setDefault(second) // => false
 * ```
 *
 * @category registry
 * @since 0.1.0
 */
export const setDefault: (instance: Instance) => boolean = registry.setDefault

/**
 * Forgets every instance. They go on working under their own fibers and where they are named; only code from nowhere
 * finds them no more.
 *
 * @example
 * ```ts
 * import { Registry, start } from "@honeyhive/tracing"
 *
 * const hive = await start({ testMode: true })
 *
 * Registry.clear()
 * Registry.getDefault() // => undefined
 * hive.withSession({ name: "support" }, () => hive.currentSession().name) // => "support"
 *
 * await hive.close()
 * ```
 *
 * @category registry
 * @since 0.1.0
 */
export const clear: () => void = registry.clear

/**
 * The id of the instance that the baggage of a fiber names; whoever reads baggage from outside provides it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Registry, start, traced } from "@honeyhive/tracing"
 *
 * const search = traced({ name: "search" }, (query: string) => [query])
 * const [first, second] = [await start({ testMode: true }), await start({ testMode: true })]
 *
 * // Under no instance of its own, the fiber's call belongs to the second one
 * const call = Effect.sync(() => search("refund")).pipe(Effect.provideService(Registry.TracerId, second.id))
 *
 * await Effect.runPromise(call) // => ["refund"]
 * await Promise.all([first.close(), second.close()])
 * ```
 *
 * @category references
 * @since 0.1.0
 */
export const TracerId = registry.TracerId

/**
 * Runs a function, and whatever it starts, under an instance. Where that is not open, the function runs as it is.
 *
 * @example
 * ```ts
 * import { Registry, start, traced, withInstance } from "@honeyhive/tracing"
 *
 * const search = traced({ name: "search" }, (query: string) => [query])
 * const [first, second] = [await start({ testMode: true }), await start({ testMode: true })]
 *
 * withInstance(second, () => search("refund")) // => ["refund"]
 *
 * await Promise.all([first.close(), second.close()])
 * ```
 *
 * @category registry
 * @since 0.1.0
 */
export const withInstance = <A>(instance: Instance, evaluate: () => A): A => {
  const found = internal.named(instance)
  return found === undefined ? evaluate() : internal.run(found.context, evaluate)
}

/**
 * Runs an effect under an open instance instead of the one around it, at the root of a trace and in that instance's own
 * session. Where the instance is not open, the effect runs as it is.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, Registry, start } from "@honeyhive/tracing"
 *
 * const hive = await start({ testMode: true, sessionName: "audit" })
 *
 * const name = Effect.map(HoneyHive.currentSession, (session) => session.name).pipe(
 *   Registry.provideInstance(hive),
 *   Effect.provide(HoneyHive.layerMemory({ sessionName: "main" }))
 * )
 *
 * await Effect.runPromise(name) // => "audit"
 * await hive.close()
 * ```
 *
 * @category registry
 * @since 0.1.0
 */
export const provideInstance: {
  (instance: Instance): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(effect: Effect.Effect<A, E, R>, instance: Instance): Effect.Effect<A, E, R>
} = dual(2, <A, E, R>(effect: Effect.Effect<A, E, R>, instance: Instance): Effect.Effect<A, E, R> =>
  Effect.contextWith((context: Context.Context<R>) => {
    const inside = enter(context, instance)
    return inside === undefined || inside === context ? effect : Effect.updateContext(effect, () => inside)
  })
)

/**
 * Closes every open instance of this process at once: each sends what it has within its own shutdown deadline, keeps the
 * rest on disk where it has a spool, and takes nothing more.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, Registry } from "@honeyhive/tracing"
 *
 * const program = Effect.void.pipe(Effect.withSpan("step"), Effect.andThen(Registry.shutdownAll))
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
 * ```
 *
 * @category registry
 * @since 0.1.0
 */
export const shutdownAll: Effect.Effect<void> = Effect.promise(registry.shutdownAll)
