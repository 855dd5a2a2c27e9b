/**
 * What happens when the backend does not take what it is sent: how often it is tried again, and who hears of the end.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

/**
 * - `strict`: no retry; the failure surfaces from `flush` as a typed error, never inside the program's own code.
 * - `balanced`: again with growing pauses for two minutes, then the spans are dropped and counted.
 * - `resilient`: again until the instance closes.
 *
 * @category models
 * @since 0.1.0
 */
export type ResilienceLevel = "strict" | "balanced" | "resilient"

const LONGEST_PAUSE = Duration.seconds(10)

/**
 * Half a second, doubled up to ten, and spread so that many processes do not come back at once.
 *
 * @category schedules
 * @since 0.1.0
 */
export const pauses: Schedule.Schedule<unknown, unknown> = Schedule.exponential("500 millis").pipe(
  Schedule.modifyDelay(({ duration }) => Effect.succeed(Duration.min(duration, LONGEST_PAUSE))),
  Schedule.jittered
)

/**
 * The retry schedule of a level.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Resilience } from "@honeyhive/tracing"
 *
 * let tries = 0
 * const failing = Effect.suspend(() => Effect.fail(++tries))
 *
 * await Effect.runPromise(failing.pipe(Effect.retry(Resilience.schedule("strict")), Effect.ignore))
 * tries // => 1
 * ```
 *
 * @category schedules
 * @since 0.1.0
 */
export const schedule = (level: ResilienceLevel): Schedule.Schedule<unknown> => {
  switch (level) {
    case "strict":
      return Schedule.recurs(0)
    case "balanced":
      return pauses.pipe(Schedule.upTo({ duration: "2 minutes" }))
    case "resilient":
      return pauses
  }
}
