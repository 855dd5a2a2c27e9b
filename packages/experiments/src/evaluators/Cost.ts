/**
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import type { Event } from "@honeyhive/contract/Event"
import type { Evaluator, EvaluatorOptions } from "../Evaluator.ts"
import { evaluator } from "../internal/read.ts"
import { usage } from "../Trace.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface CostOptions extends EvaluatorOptions {
  readonly name?: string | undefined
  /** What a model event costs. Default: what the events say themselves (`metrics.cost` or `metadata.cost`). */
  readonly price?: ((event: Event) => number) | undefined
}

/**
 * The models cost no more than this, in the currency of the events or of `price`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Evaluator, Evaluators, Trace } from "@honeyhive/experiments"
 *
 * const { value } = await Effect.runPromise(
 *   Evaluator.judge(Evaluators.cost(0.01), { outputs: "", trace: Trace.make([]) })
 * )
 *
 * value // => true
 * ```
 *
 * @category evaluators
 * @since 0.1.0
 */
export const cost = (most: number, options: CostOptions = {}): Evaluator<unknown, unknown, unknown> =>
  evaluator("cost", options, ({ trace }) =>
    Effect.sync(() => {
      const { price } = options
      const models = trace.events.filter((event) => event.event_type === "model")
      const spent = price === undefined ? usage(trace).cost : models.reduce((sum, event) => sum + price(event), 0)
      return { value: spent <= most, reason: `${Number(spent.toPrecision(6))}, at most ${most}` }
    })
  )
