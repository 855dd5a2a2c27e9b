/**
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { pythonJson } from "@honeyhive/contract/ExternalIds"
import type { Evaluator } from "../Evaluator.ts"
import { comparing, type SelectingOptions } from "../internal/read.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface ExactMatchOptions<in O, in G> extends SelectingOptions<O, G> {
  /** Texts are compared without regard to case. Default: false. */
  readonly ignoreCase?: boolean | undefined
  /** Texts are compared without the space around them, and with one for many in them. Default: true. */
  readonly ignoreSpace?: boolean | undefined
}

/**
 * The output is what was expected: texts by their characters, anything else as JSON, whatever the order of its keys.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Evaluator, Evaluators } from "@honeyhive/experiments"
 *
 * const match = Evaluators.exactMatch({ ignoreCase: true })
 * const { value } = await Effect.runPromise(Evaluator.judge(match, { outputs: " Yes\n", groundTruth: "yes" }))
 *
 * value // => true
 * ```
 *
 * @category evaluators
 * @since 0.1.0
 */
export const exactMatch = <O = unknown, G = unknown>(
  options: ExactMatchOptions<O, G> = {}
): Evaluator<unknown, O, G> => {
  const normal = (value: unknown): string => {
    if (typeof value !== "string") return pythonJson(value)
    const spaced = (options.ignoreSpace ?? true) ? value.trim().replaceAll(/\s+/g, " ") : value
    return pythonJson(options.ignoreCase === true ? spaced.toLowerCase() : spaced)
  }
  return comparing("exact_match", options, (output, expected) =>
    Effect.succeed({ value: normal(output) === normal(expected) })
  )
}
