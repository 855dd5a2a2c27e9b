/**
 * The open instances of this process, for code that runs under none: a timer, an event handler, a plain program.
 *
 * Which instance a span belongs to: the one of the fiber, else the one of the traced function around it, else the default.
 * The default is the instance that was opened first, unless another one is chosen; a tenant's has to be chosen. Entries
 * leave with their scope.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { HoneyHive } from "./HoneyHive.ts"
import * as registry from "./internal/registry.ts"

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
export const getDefault = (): HoneyHive["Service"] | undefined =>
  // Only instances of `HoneyHive` are registered, with themselves as facade
  registry.getDefault()?.facade as HoneyHive["Service"] | undefined

/**
 * Makes an open instance the default. False when it is not open.
 *
 * @category registry
 * @since 0.1.0
 */
export const setDefault: (instance: HoneyHive["Service"]) => boolean = registry.setDefault

/**
 * Forgets every instance. They go on working under their own fibers; only code from nowhere finds them no more.
 *
 * @category registry
 * @since 0.1.0
 */
export const clear: () => void = registry.clear

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
