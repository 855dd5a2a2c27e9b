/**
 * The support agent, judged: does it say what the documents and the orders say, with the right tools, for how many tokens?
 */
import { fileURLToPath } from "node:url"
import { Effect, Layer, Schema } from "effect"
import { NodeServices } from "@effect/platform-node"
import { Dataset, evaluate, Evaluators } from "@honeyhive/experiments"
import { EffectAi } from "@honeyhive/instruments"
import { answer } from "../support-agent/Agent.ts"
import { Knowledge } from "../support-agent/Knowledge.ts"
import * as LocalModel from "../support-agent/LocalModel.ts"
import { Orders } from "../support-agent/Orders.ts"
import { SupportToolsLive } from "../support-agent/Tools.ts"

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

const GroundTruth = Schema.Struct({
  /** What a right answer contains. */
  says: Schema.Array(Schema.String),
  tools: Schema.Array(Schema.String)
})

const questions = Dataset.fromFile(file("questions.jsonl"), {
  inputs: Schema.Struct({ question: Schema.String }),
  groundTruth: GroundTruth
})

export interface Settings {
  /** How many passages the agent's search gives to the model. */
  readonly passages: number
}

const agent = ({ passages }: Settings) => {
  const all = Knowledge.layer(file("../support-agent/docs"))
  const fewer = Layer.effect(
    Knowledge,
    Knowledge.use(({ search }) => Effect.succeed({ search: (query: string) => search(query, passages) }))
  ).pipe(Layer.provide(all))
  return Layer.mergeAll(
    LocalModel.layer,
    EffectAi.layer,
    SupportToolsLive.pipe(
      Layer.provide([fewer, Orders.layer(file("../support-agent/orders.json"))]),
      Layer.provide(NodeServices.layer)
    )
  )
}

/** Evaluates the agent with these settings. */
export const evaluation = (name: string, settings: Settings) =>
  evaluate({
    name,
    dataset: questions,
    run: ({ question }) => answer(question),
    evaluators: [
      Evaluators.contains({ name: "facts", weight: 2, expected: ({ says }: typeof GroundTruth.Type) => says }),
      Evaluators.toolCalls(({ tools }: typeof GroundTruth.Type) => ({ called: tools, order: tools })),
      Evaluators.tokens({ total: 900 }, { name: "in_budget", weight: 0 })
    ],
    timeout: "30 seconds",
    configuration: { passages: settings.passages, model: "local-deterministic" }
  }).pipe(Effect.provide(agent(settings)))
