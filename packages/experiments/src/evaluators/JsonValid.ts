/**
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Evaluator } from "../Evaluator.ts"
import { evaluator, outputOf, type SelectingOptions } from "../internal/read.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface JsonOptions<in O> extends Omit<SelectingOptions<O, unknown>, "expected"> {
  /** What the JSON has to be. Default: anything. */
  readonly schema?: Schema.Codec<unknown, unknown> | undefined
}

/**
 * The output is JSON (a text that is, or a value), and what a Schema says that it should be. The reason names the part that
 * is not.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Evaluator, Evaluators } from "@honeyhive/experiments"
 *
 * const order = Evaluators.jsonValid({ schema: Schema.Struct({ id: Schema.String }) })
 * const judge = (outputs: string) => Effect.runPromise(Evaluator.judge(order, { outputs }))
 *
 * const [good, bad, none] = [await judge('{"id": "KC-1042"}'), await judge('{"id": 1042}'), await judge("{")]
 *
 * good.value // => true
 * bad.value // => false
 * none.value // => false
 * ```
 *
 * @category evaluators
 * @since 0.1.0
 */
export const jsonValid = <O = unknown>(options: JsonOptions<O> = {}): Evaluator<unknown, O, unknown> => {
  const schema = options.schema ?? Schema.Unknown
  const fromText = Schema.decodeUnknownEffect(Schema.fromJsonString(schema))
  const fromValue = Schema.decodeUnknownEffect(schema)
  return evaluator("json_valid", options, ({ outputs }) => {
    const output = outputOf(options, outputs)
    return (typeof output === "string" ? fromText(output) : fromValue(output)).pipe(
      Effect.as({ value: true }),
      Effect.catch(({ message }) => Effect.succeed({ value: false, reason: message }))
    )
  })
}
