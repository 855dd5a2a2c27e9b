/**
 * An evaluation as a user's file: an application with a service of its own, which answers worse when it is told to.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Dataset, defineEvaluation, Evaluators } from "@honeyhive/experiments"
import { traced } from "@honeyhive/tracing/Traced"

class Memory extends Context.Service<Memory, { readonly knows: number }>()("test/Memory") {}

const recall = traced({ name: "recall", type: "tool" }, async (n: number) => n)

/** The item that never ends. */
const stuckAt = Number(process.env["STUCK_AT"] ?? -1)

export default defineEvaluation({
  name: "recollection",
  dataset: Dataset.make(
    Array.from({ length: 20 }, (_, n) => ({ inputs: { n }, ground_truth: `number ${n}`, id: `n${n}` }))
  ),
  run: ({ n }) =>
    Effect.gen(function* () {
      const { knows } = yield* Memory
      if (process.env["TELLS"] === "yes") yield* Effect.sync(() => process.stderr.write(`asked ${n}\n`))
      if (n === stuckAt) {
        yield* Effect.sync(() => process.stderr.write("stuck\n"))
        return yield* Effect.never
      }
      const found = yield* Effect.promise(() => recall(n))
      return found < knows ? `number ${found}` : "no idea"
    }),
  concurrency: stuckAt < 0 ? 10 : 1,
  evaluators: [Evaluators.exactMatch({ name: "accuracy" })],
  layer: Layer.sync(Memory, () => ({ knows: Number(process.env["KNOWS"] ?? 20) })),
  failOn: "success < 0"
})
