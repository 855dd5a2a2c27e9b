/**
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Evaluator, EvaluatorOptions } from "../Evaluator.ts"
import { evaluator } from "../internal/read.ts"

/**
 * The function took no longer than this, with all its tries.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Evaluator, Evaluators, Trace } from "@honeyhive/experiments"
 *
 * const quick = Evaluators.latency("2 seconds")
 * const { reason } = await Effect.runPromise(Evaluator.judge(quick, { outputs: "", trace: Trace.make([], 2500) }))
 *
 * reason // => "2500 ms, at most 2000 ms"
 * ```
 *
 * @category evaluators
 * @since 0.1.0
 */
export const latency = (
  most: Duration.Input,
  options: EvaluatorOptions & { readonly name?: string | undefined } = {}
): Evaluator<unknown, unknown, unknown> => {
  const limit = Duration.toMillis(most)
  return evaluator("latency", options, ({ trace }) =>
    Effect.succeed({
      value: trace.durationMs <= limit,
      reason: `${Math.round(trace.durationMs)} ms, at most ${limit} ms`
    })
  )
}
