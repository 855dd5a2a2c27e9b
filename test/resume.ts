/**
 * The evaluation that is stopped and resumed, alike in the test and in the processes that it starts.
 */
import * as Effect from "effect/Effect"
import * as Dataset from "@honeyhive/experiments/Dataset"
import * as Evaluator from "@honeyhive/experiments/Evaluator"

export const RUN = "11111111-2222-4333-8444-555555555555"

export const CONCURRENCY = 4

export const SIZE = 160

export const options = {
  name: "nightly",
  runId: RUN,
  dataset: Dataset.make(
    Array.from({ length: SIZE }, (_, index) => ({ inputs: index, ground_truth: index % 3, id: `n${index}` }))
  ),
  concurrency: CONCURRENCY,
  run: (n: number): Effect.Effect<number, string> => (n % 10 === 7 ? Effect.fail("seven") : Effect.succeed(n % 4)),
  evaluators: [
    Evaluator.make("right", (outputs: number, _inputs: number, expected: number) => outputs === expected),
    Evaluator.make(
      "near",
      (outputs: number, _inputs: number, expected: number) => 1 / (1 + Math.abs(outputs - expected))
    )
  ]
}
