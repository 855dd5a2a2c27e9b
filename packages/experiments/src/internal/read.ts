/**
 * What the shipped evaluators read of an answer.
 */
import * as Effect from "effect/Effect"
import { type Evaluator, EvaluatorError, type EvaluatorOptions, type Sample, type Score } from "../Evaluator.ts"

/** Where an evaluator finds the two things that it compares. */
export interface Selection<in O, in G> {
  /** The part of the outputs that counts. Default: all. */
  readonly output?: ((outputs: O) => unknown) | undefined
  /** What is expected. Default: the ground truth. */
  readonly expected?: ((groundTruth: G) => unknown) | undefined
}

export interface SelectingOptions<in O, in G> extends EvaluatorOptions, Selection<O, G> {
  readonly name?: string | undefined
}

const refuse = (message: string) => Effect.fail(new EvaluatorError({ message }))

export const textOf = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""))

/** A text; lists and objects have no text of their own. */
export const text = (value: unknown, what: string): Effect.Effect<string, EvaluatorError> =>
  typeof value === "string"
    ? Effect.succeed(value)
    : typeof value === "number" || typeof value === "boolean"
      ? Effect.succeed(String(value))
      : refuse(value === undefined || value === null ? `there is no ${what}` : `the ${what} is no text`)

export const outputOf = <O, G>({ output }: Selection<O, G>, outputs: O): unknown =>
  output === undefined ? outputs : output(outputs)

const expectedOf = <O, G>({ expected }: Selection<O, G>, groundTruth: G): Effect.Effect<unknown, EvaluatorError> => {
  const value = expected === undefined ? groundTruth : expected(groundTruth)
  return value === undefined ? refuse("there is no ground truth") : Effect.succeed(value)
}

/** An evaluator over the whole sample. */
export const evaluator = <I, O, G, R>(
  name: string,
  options: EvaluatorOptions & { readonly name?: string | undefined },
  evaluate: (sample: Sample<I, O, G>) => Effect.Effect<Score, unknown, R>
): Evaluator<I, O, G, R> => ({ name: options.name ?? name, options, evaluate })

/** An evaluator over an output and what is expected. */
export const comparing = <O, G, R = never>(
  name: string,
  options: SelectingOptions<O, G>,
  compare: (output: unknown, expected: unknown) => Effect.Effect<Score, unknown, R>
): Evaluator<unknown, O, G, R> =>
  evaluator(name, options, ({ groundTruth, outputs }) =>
    Effect.flatMap(expectedOf(options, groundTruth), (expected) => compare(outputOf(options, outputs), expected))
  )

/** An evaluator over two texts. */
export const comparingTexts = <O, G>(
  name: string,
  options: SelectingOptions<O, G>,
  score: (output: string, expected: string) => number
): Evaluator<unknown, O, G> =>
  comparing(name, options, (output, expected) =>
    Effect.gen(function* () {
      return { value: score(yield* text(output, "output"), yield* text(expected, "ground truth")) }
    })
  )
