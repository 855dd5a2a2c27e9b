/**
 * How fast spans come. The index has the writer to itself while few do; somebody who writes in bulk is not to be held up by
 * it, whoever asks.
 */
import * as Effect from "effect/Effect"
import { isForIndex, spansOf } from "./commands.ts"
import type { Send } from "./writing.ts"

/** Milliseconds over which spans are counted. */
const WINDOW = 250

/** More spans than this in a window are bulk. */
const BULK = 2000

/** Where nothing waits for the writer, and nothing more comes within so many milliseconds, it is over. */
const PAUSE = 20

const paused = Effect.callback<void>((resume) => {
  const timer = setTimeout(() => resume(Effect.void), PAUSE)
  return Effect.sync(() => clearTimeout(timer))
})

export interface Pace {
  /** Whether many spans came just now. */
  readonly isFast: () => boolean
  /** Whether many are coming: unlike the other one it ends with the last of them, and takes a moment to find out. */
  readonly isBulk: Effect.Effect<boolean>
}

/** Counts what goes to the writer. */
export const paced = (send: Send, now: () => number = () => performance.now()): readonly [Send, Pace] => {
  let begun = Number.NEGATIVE_INFINITY
  let count = 0
  let before = 0
  let sent = 0
  let underWay = 0

  const turnOver = (): void => {
    const passed = now() - begun
    if (passed < WINDOW) return
    before = passed < 2 * WINDOW ? count : 0
    count = 0
    begun = passed < 2 * WINDOW ? begun + WINDOW : now()
  }

  const isFast = (): boolean => {
    turnOver()
    return count > BULK || before > BULK
  }

  return [
    (command, what) =>
      isForIndex(command)
        ? send(command, what)
        : Effect.suspend(() => {
            turnOver()
            count += spansOf(command)
            sent++
            underWay++
            return Effect.ensuring(
              send(command, what),
              Effect.sync(() => void underWay--)
            )
          }),
    {
      isFast,
      isBulk: Effect.suspend(() => {
        if (!isFast() || underWay > 0) return Effect.succeed(isFast())
        const last = sent
        return Effect.map(paused, () => sent !== last)
      })
    }
  ]
}
