/**
 * One batch, sent again and again as the resilience level has it, behind a circuit breaker that all batches of an
 * instance share: a backend that is down is asked by one of them at a time.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as CircuitBreaker from "effect/persistence/CircuitBreaker"
import * as Pull from "effect/Pull"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Resilience from "../Resilience.ts"
import { ExportError, type Sendable, type Taken, type Transport } from "../Transport.ts"

/** Nothing was sent: the backend is known to be down, and is left alone for so long. */
export interface Rejected {
  readonly _tag: "Rejected"
  readonly wait: Duration.Duration
}

interface Pause {
  readonly duration: Duration.Duration
  /** Whether it is longer than it would be, because the backend is to be left alone. */
  readonly isAsked: boolean
}

const FAILURES_TO_OPEN = 5
const KEY = "backend"

const rejected = (error: CircuitBreaker.CircuitBreakerError): Rejected => ({
  _tag: "Rejected",
  wait: error.reason._tag === "CircuitOpen" ? error.reason.retryAfter : Duration.zero
})

/** An answer is a success of the way to the backend, even where it refuses the batch. */
const classify = (exit: Exit.Exit<Taken, ExportError>): CircuitBreaker.Outcome => {
  if (Exit.isSuccess(exit)) return { _tag: "Success" }
  const error = Option.getOrUndefined(Exit.findErrorOption(exit))
  if (error?.isFinal === true) return { _tag: "Success" }
  return error?.retryAfter === undefined
    ? { _tag: "Failure" }
    : { _tag: "Failure", retryAfter: Duration.millis(error.retryAfter) }
}

const makeBreaker = Effect.gen(function* () {
  const { CircuitBreakerStore, consecutive, layerStoreMemory, make } = yield* Effect.promise(
    () => import("effect/persistence/CircuitBreaker")
  )
  const store = yield* Layer.build(layerStoreMemory())
  return yield* make({
    tripPolicy: consecutive(FAILURES_TO_OPEN),
    openDuration: Resilience.pauses,
    maxOpenDuration: "5 minutes"
  }).pipe(Effect.provideService(CircuitBreakerStore, Context.get(store, CircuitBreakerStore)))
})

export const make = Effect.fnUntraced(function* (exporter: Transport, level: Resilience.ResilienceLevel) {
  const clock = yield* Clock.Clock
  const scope = yield* Effect.scope
  const schedule = Resilience.schedule(level)
  // Loaded with the first failure: most programs never need it
  let breaker: CircuitBreaker.CircuitBreaker | undefined
  let loading = false
  const loadBreaker = Effect.suspend(() => {
    if (loading) return Effect.void
    loading = true
    return makeBreaker.pipe(
      Effect.provideService(Scope.Scope, scope),
      Effect.map((loaded) => void (breaker = loaded)),
      Effect.forkIn(scope)
    )
  })

  let hurry = Deferred.makeUnsafe<void>()
  const end = Deferred.makeUnsafe<void>()
  let closing = false

  // A fault of the exporter counts as an answer that never came
  const send = (batch: ReadonlyArray<Sendable>): Effect.Effect<Taken, ExportError> =>
    Effect.suspend(() => exporter.send(batch)).pipe(
      Effect.catchDefect((defect) => Effect.fail(new ExportError({ message: String(defect) })))
    )

  /** Sends once. A strict level, and an instance that closes, ask even a backend that is known to be down. */
  const once = (batch: ReadonlyArray<Sendable>): Effect.Effect<Taken, ExportError | Rejected> => {
    if (level === "strict" || closing) return send(batch)
    return breaker === undefined
      ? Effect.tapError(send(batch), (error) => (error.isFinal ? Effect.void : loadBreaker))
      : send(batch).pipe(
          breaker.execute({ key: KEY, classify }),
          Effect.catchTag("CircuitBreakerError", (error) => Effect.fail(rejected(error)))
        )
  }

  /** Waits, unless it is told to hurry; where the backend asked for the pause, only the end of the instance cuts it short. */
  const pause = ({ duration, isAsked }: Pause): Effect.Effect<"waited" | "hurried"> =>
    Effect.map(Effect.timeoutOption(Deferred.await(isAsked && !closing ? end : hurry), duration), (hurried) =>
      Option.isSome(hurried) ? "hurried" : "waited"
    )

  /** The pauses of one batch: as long as the schedule says, or longer where the backend asks for it. */
  const pacing = Effect.map(Schedule.toStep(schedule), (step) => (error: ExportError | Rejected) => {
    const asked = error._tag === "Rejected" ? error.wait : Duration.millis(error.retryAfter ?? 0)
    return Effect.suspend(() => step(clock.currentTimeMillisUnsafe(), undefined)).pipe(
      Effect.map(([, delay]): Option.Option<Pause> =>
        Option.some({ duration: Duration.max(delay, asked), isAsked: Duration.isGreaterThan(asked, delay) })
      ),
      Pull.catchDone(() => Effect.succeedNone)
    )
  })

  return {
    once,
    pause,
    pacing,
    /** Wakes every batch that waits. */
    wake: (): void => {
      const waiting = hurry
      // First: who is resumed here may already wait again before this returns
      hurry = Deferred.makeUnsafe()
      Deferred.doneUnsafe(waiting, Effect.void)
    },
    close: (): void => {
      closing = true
      Deferred.doneUnsafe(end, Effect.void)
    },
    isClosing: (): boolean => closing
  }
})
