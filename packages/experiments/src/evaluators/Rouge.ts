/**
 * @since 0.1.0
 */
import { l, n } from "js-rouge"
import type { Evaluator } from "../Evaluator.ts"
import { comparingTexts, type SelectingOptions } from "../internal/read.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface RougeOptions<in O, in G> extends SelectingOptions<O, G> {
  /** Sequences of so many words, or the longest common one of each sentence. Default: `"L"`. */
  readonly variant?: 1 | 2 | 3 | 4 | "L" | undefined
  /** Default: true. */
  readonly ignoreCase?: boolean | undefined
}

/**
 * ROUGE (F-measure): how much of the expected text the output has, and how little else.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Evaluator, Evaluators } from "@honeyhive/experiments"
 *
 * const answer = { outputs: "the cat sat", groundTruth: "the cat sat down quietly" }
 * const { value } = await Effect.runPromise(Evaluator.judge(Evaluators.rouge({ variant: 1 }), answer))
 *
 * Number(value).toFixed(2) // => "0.75"
 * ```
 *
 * @category evaluators
 * @since 0.1.0
 */
export const rouge = <O = unknown, G = unknown>(options: RougeOptions<O, G> = {}): Evaluator<unknown, O, G> => {
  const { ignoreCase = true, variant = "L" } = options
  return comparingTexts(`rouge_${variant}`, options, (output, expected) => {
    // The library refuses texts without words
    if (output.trim() === "" || expected.trim() === "") return output.trim() === expected.trim() ? 1 : 0
    const settings = { caseSensitive: !ignoreCase }
    return variant === "L" ? l(output, expected, settings) : n(output, expected, { ...settings, n: variant })
  })
}
