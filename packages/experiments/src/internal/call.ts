/**
 * A user's function as an Effect: it may return a value, a promise or an Effect.
 */
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"

export type OutputOf<A> = A extends Effect.Effect<infer O, infer _E, infer _R> ? O : Awaited<A>
export type ErrorOf<A> = A extends Effect.Effect<infer _O, infer E, infer _R> ? E : unknown
export type ServicesOf<A> = A extends Effect.Effect<infer _O, infer _E, infer R> ? R : never

/**
 * Calls it under the fiber's context (also in what a promise goes on to do), so that traced functions in it find their
 * session; what it throws is a failure. The signal is aborted when the fiber is interrupted.
 */
export const call = <A>(f: (signal: AbortSignal) => A): Effect.Effect<OutputOf<A>, ErrorOf<A>, ServicesOf<A>> =>
  Effect.callback<unknown, unknown, unknown>((resume, signal) => {
    let result: unknown
    try {
      result = f(signal)
    } catch (error) {
      return resume(Effect.fail(error))
    }
    if (Effect.isEffect(result)) return resume(result)
    if (!Predicate.isPromiseLike(result)) return resume(Effect.succeed(result))
    result.then(
      (value) => resume(Effect.succeed(value)),
      (error: unknown) => resume(Effect.fail(error))
    )
  }) as Effect.Effect<OutputOf<A>, ErrorOf<A>, ServicesOf<A>> // by the three cases above
