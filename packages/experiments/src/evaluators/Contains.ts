/**
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Evaluator } from "../Evaluator.ts"
import { comparing, type SelectingOptions, text } from "../internal/read.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface ContainsOptions<in O, in G> extends SelectingOptions<O, G> {
  /** Default: true. */
  readonly ignoreCase?: boolean | undefined
}

/**
 * The output contains what was expected: a text, or every one of several. The score is the share that it contains; it passes
 * with all of them.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Evaluator, Evaluators } from "@honeyhive/experiments"
 *
 * const answer = { outputs: "Refunds take 14 days.", groundTruth: ["refund", "30 days"] }
 * const { passed, reason, value } = await Effect.runPromise(Evaluator.judge(Evaluators.contains(), answer))
 *
 * value // => 0.5
 * passed // => false
 * reason // => "missing: 30 days"
 * ```
 *
 * @category evaluators
 * @since 0.1.0
 */
export const contains = <O = unknown, G = unknown>(options: ContainsOptions<O, G> = {}): Evaluator<unknown, O, G> => {
  const fold = (value: string): string => ((options.ignoreCase ?? true) ? value.toLowerCase() : value)
  return comparing("contains", options, (output, expected) =>
    Effect.gen(function* () {
      const found = fold(yield* text(output, "output"))
      const wanted = yield* Effect.forEach(Array.isArray(expected) ? expected : [expected], (one) =>
        text(one, "ground truth")
      )
      const missing = wanted.filter((one) => !found.includes(fold(one)))
      return {
        value: wanted.length === 0 ? 1 : (wanted.length - missing.length) / wanted.length,
        ...(options.threshold === undefined ? { passed: missing.length === 0 } : {}),
        ...(missing.length === 0 ? {} : { reason: `missing: ${missing.join(", ")}` })
      }
    })
  )
}
