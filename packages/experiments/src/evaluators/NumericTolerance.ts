/**
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { type Evaluator, EvaluatorError } from "../Evaluator.ts"
import { comparing, type SelectingOptions } from "../internal/read.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface NumericToleranceOptions<in O, in G> extends SelectingOptions<O, G> {
  /** Largest difference. Default: 0. */
  readonly absolute?: number | undefined
  /** Largest difference as a share of what was expected. Default: 0. Either tolerance is enough. */
  readonly relative?: number | undefined
}

/** A number, a text that is one, or the only number in a text. */
const numberIn = (value: unknown): number | undefined => {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined
  if (typeof value !== "string") return undefined
  const found = value.replaceAll(/(?<=\d),(?=\d{3})/g, "").match(/-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi) ?? []
  return found.length === 1 ? Number(found[0]) : undefined
}

/**
 * The output is the expected number, as near as it has to be. An output without a number, or with several, does not pass.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Evaluator, Evaluators } from "@honeyhive/experiments"
 *
 * const near = Evaluators.numericTolerance({ relative: 0.01 })
 * const answer = { outputs: "about 1,005 euros", groundTruth: 1000 }
 * const { value } = await Effect.runPromise(Evaluator.judge(near, answer))
 *
 * value // => true
 * ```
 *
 * @category evaluators
 * @since 0.1.0
 */
export const numericTolerance = <O = unknown, G = unknown>(
  options: NumericToleranceOptions<O, G> = {}
): Evaluator<unknown, O, G> =>
  comparing("numeric_tolerance", options, (output, expected) => {
    const [found, wanted] = [numberIn(output), numberIn(expected)]
    if (wanted === undefined) return Effect.fail(new EvaluatorError({ message: "the ground truth is no number" }))
    if (found === undefined) return Effect.succeed({ value: false, reason: "the output is no number" })
    const difference = Math.abs(found - wanted)
    const tolerance = Math.max(options.absolute ?? 0, (options.relative ?? 0) * Math.abs(wanted))
    return Effect.succeed({ value: difference <= tolerance, reason: `${found}, expected ${wanted}` })
  })
