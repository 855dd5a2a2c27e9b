/**
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Evaluator, EvaluatorOptions } from "../Evaluator.ts"
import { evaluator } from "../internal/read.ts"
import { usage } from "../Trace.ts"

/**
 * Each absent one is unlimited.
 *
 * @category models
 * @since 0.1.0
 */
export interface TokenBudget {
  readonly input?: number | undefined
  readonly output?: number | undefined
  readonly total?: number | undefined
}

/**
 * The models used no more tokens than this.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Evaluator, Evaluators, Trace } from "@honeyhive/experiments"
 *
 * const { value } = await Effect.runPromise(
 *   Evaluator.judge(Evaluators.tokens({ output: 500 }), { outputs: "", trace: Trace.make([]) })
 * )
 *
 * value // => true
 * ```
 *
 * @category evaluators
 * @since 0.1.0
 */
export const tokens = (
  budget: TokenBudget,
  options: EvaluatorOptions & { readonly name?: string | undefined } = {}
): Evaluator<unknown, unknown, unknown> =>
  evaluator("tokens", options, ({ trace }) =>
    Effect.sync(() => {
      const used = usage(trace)
      const rows = [
        ["input", used.input_tokens, budget.input],
        ["output", used.output_tokens, budget.output],
        ["total", used.total_tokens, budget.total]
      ] as const
      const over = rows.filter(([, spent, most]) => most !== undefined && spent > most)
      return {
        value: over.length === 0,
        reason: (over.length === 0 ? rows : over)
          .map(([name, spent, most]) => (most === undefined ? `${spent} ${name}` : `${spent} of ${most} ${name}`))
          .join(", ")
      }
    })
  )
