import * as Effect from "effect/Effect"
import * as References from "effect/References"

/**
 * A warning through the program's logger; where that is Effect's own, to stderr: stdout belongs to the program, which may
 * speak a protocol over it.
 */
export const warn = (...message: ReadonlyArray<unknown>): Effect.Effect<void> =>
  Effect.provideService(Effect.logWarning(...message), References.LogToStderr, true)

/** The same for what was asked for and is no trouble. */
export const inform = (...message: ReadonlyArray<unknown>): Effect.Effect<void> =>
  Effect.provideService(Effect.logInfo(...message), References.LogToStderr, true)
