/**
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Evaluator } from "../Evaluator.ts"
import { evaluator, outputOf, type SelectingOptions, text } from "../internal/read.ts"

/**
 * The output matches a pattern.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Evaluator, Evaluators } from "@honeyhive/experiments"
 *
 * const order = Evaluators.regex(/\bKC-\d{4}\b/)
 * const { value } = await Effect.runPromise(Evaluator.judge(order, { outputs: "Your order KC-1042 is on its way." }))
 *
 * value // => true
 * ```
 *
 * @category evaluators
 * @since 0.1.0
 */
export const regex = <O = unknown>(
  pattern: RegExp,
  options: Omit<SelectingOptions<O, unknown>, "expected"> = {}
): Evaluator<unknown, O, unknown> =>
  evaluator("regex", options, ({ outputs }) =>
    Effect.map(text(outputOf(options, outputs), "output"), (found) => ({
      // A global pattern remembers where it was
      value: new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).test(found)
    }))
  )
