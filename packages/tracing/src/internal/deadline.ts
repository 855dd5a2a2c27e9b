import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * Runs the last steps of a scope no longer than a deadline. Finalizers are uninterruptible, so without this a backend that
 * hangs would hold the program.
 */
export const within = (deadline: Duration.Duration, effect: Effect.Effect<void>): Effect.Effect<void> =>
  effect.pipe(Effect.interruptible, Effect.timeoutOption(deadline), Effect.asVoid)
