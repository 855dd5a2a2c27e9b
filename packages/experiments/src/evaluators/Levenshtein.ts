/**
 * @since 0.1.0
 */
import { distance } from "fastest-levenshtein"
import type { Evaluator } from "../Evaluator.ts"
import { comparingTexts, type SelectingOptions } from "../internal/read.ts"

/**
 * How near two texts are, by the characters that have to be changed: 1 for the same, 0 for nothing in common.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Evaluator, Evaluators } from "@honeyhive/experiments"
 *
 * const near = Evaluators.levenshtein({ threshold: 0.7 })
 * const { passed, value } = await Effect.runPromise(Evaluator.judge(near, { outputs: "grey", groundTruth: "gray" }))
 *
 * value // => 0.75
 * passed // => true
 * ```
 *
 * @category evaluators
 * @since 0.1.0
 */
export const levenshtein = <O = unknown, G = unknown>(options: SelectingOptions<O, G> = {}): Evaluator<unknown, O, G> =>
  comparingTexts("levenshtein", options, (output, expected) => {
    const longest = Math.max(output.length, expected.length)
    return longest === 0 ? 1 : 1 - distance(output, expected) / longest
  })
