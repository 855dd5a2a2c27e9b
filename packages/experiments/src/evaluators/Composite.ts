/**
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { type AnyEvaluator, type Evaluator, EvaluatorError, type EvaluatorOptions, from, run } from "../Evaluator.ts"
import { evaluator } from "../internal/read.ts"
import { weighted } from "../Summary.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface CompositeOptions extends EvaluatorOptions {
  /** Whether it passes with all of its parts, or with any. Default: all; parts that say nothing count for neither. */
  readonly passes?: "all" | "any" | undefined
}

/**
 * Several evaluators as one: its score is the weighted mean of theirs, its reason is theirs. If one of them fails, so does it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Evaluator, Evaluators } from "@honeyhive/experiments"
 *
 * const quality = Evaluators.composite("quality", [
 *   Evaluators.contains({ weight: 3 }),
 *   Evaluators.regex(/\.$/, { name: "sentence" })
 * ])
 * const answer = { outputs: "Refunds take 14 days", groundTruth: "14 days" }
 * const { passed, value } = await Effect.runPromise(Evaluator.judge(quality, answer))
 *
 * value // => 0.75
 * passed // => false
 * ```
 *
 * @category evaluators
 * @since 0.1.0
 */
export const composite = <I, O, G, R = never>(
  name: string,
  parts: ReadonlyArray<AnyEvaluator<I, O, G, R>>,
  options: CompositeOptions = {}
): Evaluator<I, O, G, R> => {
  const evaluators = parts.map(from<I, O, G, R>)
  return evaluator(name, options, (sample) =>
    Effect.gen(function* () {
      const results = yield* Effect.forEach(evaluators, (part) => run(part, sample))
      const failed = results.find(({ status }) => status === "failed")
      if (failed !== undefined) {
        return yield* new EvaluatorError({ message: `${failed.name} failed: ${failed.error ?? ""}` })
      }
      const value = weighted(results)
      if (value === undefined) return yield* new EvaluatorError({ message: "none of its parts has a number" })
      const said = results.flatMap(({ passed }) => passed ?? [])
      const passed = options.passes === "any" ? said.includes(true) : !said.includes(false)
      const reasons = results.flatMap((result) =>
        result.reason === undefined ? [] : [`${result.name}: ${result.reason}`]
      )
      return {
        value,
        ...(options.threshold !== undefined || said.length === 0 ? {} : { passed }),
        ...(reasons.length === 0 ? {} : { reason: reasons.join("; ") })
      }
    })
  )
}
