/**
 * Time for work that must not keep a process alive.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

const unreferenced = (clock: Clock.Clock): Clock.Clock => {
  const sleep: Clock.Clock["sleep"] = (duration) =>
    Effect.callback((resume) => {
      const timer = setTimeout(() => resume(Effect.void), Duration.toMillis(duration))
      timer.unref()
      return Effect.sync(() => clearTimeout(timer))
    })
  return Object.assign(Object.create(clock), { sleep })
}

/**
 * Runs an effect with timers that let the process end. A clock that the program provides itself, such as a test's, is
 * kept: it has no timers.
 */
export const background = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.context<never>(), (context) => {
    const given = Context.getOrUndefined(context, Clock.Clock)
    return given === undefined
      ? Effect.clockWith((clock) => Effect.provideService(effect, Clock.Clock, unreferenced(clock)))
      : effect
  })
