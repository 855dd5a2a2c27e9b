/**
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as EmbeddingModel from "effect/ai/EmbeddingModel"
import { type Evaluator, EvaluatorError } from "../Evaluator.ts"
import { call } from "../internal/call.ts"
import { comparing, type SelectingOptions, text } from "../internal/read.ts"

type Vectors = ReadonlyArray<ReadonlyArray<number>>

/**
 * What makes vectors of texts, one of each.
 *
 * @category models
 * @since 0.1.0
 */
export type Embed<out R = never> = (
  texts: ReadonlyArray<string>
) => Vectors | Promise<Vectors> | Effect.Effect<Vectors, unknown, R>

const cosine = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): number => {
  let [dot, left, right] = [0, 0, 0]
  for (const [index, value] of a.entries()) {
    const other = b[index] ?? 0
    dot += value * other
    left += value * value
    right += other * other
  }
  return left === 0 || right === 0 ? 0 : dot / Math.sqrt(left * right)
}

const withModel: Embed<EmbeddingModel.EmbeddingModel> = (texts) =>
  Effect.gen(function* () {
    const model = yield* EmbeddingModel.EmbeddingModel
    const { embeddings } = yield* model.embedMany(texts)
    return embeddings.map(({ vector }) => vector)
  })

/**
 * How near two texts are in meaning: the cosine of their vectors, by `effect/ai`'s `EmbeddingModel` or any function.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Evaluator, Evaluators } from "@honeyhive/experiments"
 *
 * // Stands for a model
 * const embed = (texts: ReadonlyArray<string>) => texts.map((text) => [text.length, 1])
 * const near = Evaluators.embeddingSimilarity({ embed, threshold: 0.9 })
 * const { passed } = await Effect.runPromise(Evaluator.judge(near, { outputs: "refund", groundTruth: "return" }))
 *
 * passed // => true
 * ```
 *
 * @category evaluators
 * @since 0.1.0
 */
export const embeddingSimilarity: {
  <O = unknown, G = unknown, R = never>(
    options: SelectingOptions<O, G> & { readonly embed: Embed<R> }
  ): Evaluator<unknown, O, G, R>
  <O = unknown, G = unknown>(options?: SelectingOptions<O, G>): Evaluator<unknown, O, G, EmbeddingModel.EmbeddingModel>
} = <O, G>(
  options: SelectingOptions<O, G> & { readonly embed?: Embed<EmbeddingModel.EmbeddingModel> } = {}
): Evaluator<unknown, O, G, EmbeddingModel.EmbeddingModel> =>
  comparing("embedding_similarity", options, (output, expected) =>
    Effect.gen(function* () {
      const texts = [yield* text(output, "output"), yield* text(expected, "ground truth")]
      // Of the three things that `embed` may return, only an Effect needs something
      const [one, other] = yield* call(() => (options.embed ?? withModel)(texts)) as Effect.Effect<
        Vectors,
        unknown,
        EmbeddingModel.EmbeddingModel
      >
      if (one === undefined || other?.length !== one.length) {
        return yield* new EvaluatorError({
          message: "the embedding has not one vector of the same length for each text"
        })
      }
      return { value: cosine(one, other) }
    })
  )
