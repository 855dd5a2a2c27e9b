/**
 * How many items run at a time: fewer when a service says "too many requests", more again while it does not.
 *
 * Additive increase, multiplicative decrease, as TCP does it: the number is halved once for all that were under way when the
 * limit was hit, and grows by one for each round without a limit.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import * as Random from "effect/Random"
import * as Semaphore from "effect/Semaphore"
import type { Concurrency } from "../Evaluate.ts"
import { rateLimitOf } from "./rateLimit.ts"

export interface Limiter {
  readonly max: number
  /** One call in one of the slots; after a rate limit it gives the slot back, waits as told, and is made again. */
  readonly call: <A, E, R>(call: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Several calls in one slot. */
  readonly slot: <A, E, R>(calls: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** One of them; it waits in its slot. */
  readonly inSlot: <A, E, R>(call: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  /** Whether this failure is one that is waited for here. */
  readonly isLimit: (error: unknown) => boolean
  /** How often a limit was met. */
  readonly met: () => number
}

const DEFAULT_CONCURRENCY = 10
const FIRST_WAIT = 1_000
const MOST_BACKOFF = 60_000

const plain = (max: number): Limiter => ({
  max,
  call: (call) => call,
  slot: (calls) => calls,
  inSlot: (call) => call,
  isLimit: () => false,
  met: () => 0
})

/** What there is to say of it, such as `4 at a time, waiting 12 s`; empty where nothing limits. */
export type Watch = (text: string) => void

export const make = (concurrency: number | Concurrency | undefined, watch: Watch): Limiter => {
  const options = typeof concurrency === "number" ? { max: concurrency } : (concurrency ?? {})
  const { adaptive = true, longestWait = "5 minutes", retries = 10 }: Concurrency = options
  const max = Math.max(1, Math.floor(options.max ?? DEFAULT_CONCURRENCY))
  if (!adaptive) return plain(max)

  const longest = Duration.toMillis(longestWait)
  const semaphore = Semaphore.makeUnsafe(max)
  const opening = Latch.makeUnsafe(true)
  let limit = max
  let round = 0
  let opensAt = 0
  let loweredAt = -Infinity
  let met = 0

  const tell = (waiting: number): void => {
    const many = limit === max ? [] : [`${limit} at a time`]
    watch([...many, ...(waiting === 0 ? [] : [`waiting ${Math.ceil(waiting / 1000)} s`])].join(", "))
  }

  const went = Effect.suspend(() => {
    if (limit === max || ++round < limit) return Effect.void
    round = 0
    limit++
    tell(0)
    return semaphore.resize(limit)
  })

  /** Nobody begins anything before this time has passed. */
  const hold = (wait: number, began: number, now: number) =>
    Effect.gen(function* () {
      met++
      // What was under way together met the same limit
      if (began > loweredAt) {
        loweredAt = now
        round = 0
        limit = Math.max(1, Math.floor(limit / 2))
        yield* semaphore.resize(limit)
      }
      opensAt = Math.max(opensAt, now + wait)
      opening.closeUnsafe()
      tell(opensAt - now)
    })

  // Everybody looks at the clock: timers are early by a fraction, and who waits longest may be interrupted
  const reopened = Effect.gen(function* () {
    for (;;) {
      const left = opensAt - (yield* Clock.currentTimeMillis)
      if (left <= 0) break
      yield* Effect.sleep(Math.ceil(left))
    }
    if (opening.openUnsafe()) tell(0)
  })

  interface Made<A, E> {
    readonly began: number
    readonly exit: Exit.Exit<A, E>
  }

  const made = <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<Made<A, E>, never, R> =>
    Effect.flatMap(Clock.currentTimeMillis, (began) => Effect.map(Effect.exit(call), (exit) => ({ began, exit })))

  const retrying = <A, E, R>(once: Effect.Effect<Made<A, E>, never, R>): Effect.Effect<A, E, R> =>
    Effect.gen(function* () {
      for (let tries = 0; ; tries++) {
        const { began, exit } = yield* once
        if (Exit.isSuccess(exit)) {
          yield* went
          return exit.value
        }
        const now = yield* Clock.currentTimeMillis
        const found = rateLimitOf(exit.cause, now)
        if (found === undefined || tries >= retries) return yield* exit
        // Apart from each other where nobody says how long
        const wait =
          found.retryAfter ?? Math.min(MOST_BACKOFF, FIRST_WAIT * 2 ** tries) * (0.5 + (yield* Random.next) / 2)
        if (wait > longest) return yield* exit
        yield* hold(wait, began, now)
        yield* reopened
      }
    })

  return {
    max,
    call: (call) => retrying(semaphore.withPermit(Effect.andThen(opening.await, made(call)))),
    slot: (calls) => semaphore.withPermit(Effect.andThen(opening.await, calls)),
    inSlot: (call) => retrying(made(call)),
    isLimit: (error) => rateLimitOf(Cause.fail(error), 0) !== undefined,
    met: () => met
  }
}
