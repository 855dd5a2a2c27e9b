/**
 * What becomes of a signal: it interrupts the command, unless the command has something better to do with it.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

export type Handler = (signal: NodeJS.Signals) => void

export const handled: ReadonlyArray<NodeJS.Signals> = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]

export class Signals extends Context.Service<
  Signals,
  {
    /** Hands every signal to `handler` for as long as the scope. */
    readonly take: (handler: Handler) => Effect.Effect<void, never, Scope.Scope>
    /** Whoever reads stdout has gone; what is written to it is lost. */
    readonly unheard: Effect.Effect<void>
  }
>()("@honeyhive/cli/Signals") {}

/** Waits until somebody ends the command, which is how it is meant to end. */
export const ended: Effect.Effect<void, never, Signals | Scope.Scope> = Effect.gen(function* () {
  const signals = yield* Signals
  const signalled = yield* Deferred.make<void>()
  yield* signals.take(() => void Deferred.doneUnsafe(signalled, Effect.void))
  yield* Effect.raceFirst(Deferred.await(signalled), signals.unheard)
})
