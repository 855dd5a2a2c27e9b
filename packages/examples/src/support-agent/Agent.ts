/**
 * The support agent: a model, two tools and a bounded number of turns.
 */
import { Effect, Schema } from "effect"
import { LanguageModel, Prompt } from "effect/ai"
import { EffectAi } from "@honeyhive/instruments"
import { HoneyHive } from "@honeyhive/tracing"
import { SupportTools } from "./Tools.ts"

/** The model asked for tools until the turns were used up. */
export class NoAnswer extends Schema.TaggedError<NoAnswer>()("NoAnswer", {
  question: Schema.String,
  turns: Schema.Int
}) {}

const instructions =
  "You are the support assistant of Kettle & Crane, a shop for coffee equipment and beans. " +
  "Answer from the shop's documents and the customer's orders only; look them up with your tools. " +
  "Quote what you rely on. If something cannot be found, say so."

const maxTurns = 4

// Every tool call becomes an event of its own
const toolkit = EffectAi.traceTools(SupportTools)

/** Answers a customer's question. */
export const answer = Effect.fn("support-agent")(function* (question: string) {
  yield* HoneyHive.enrichSpan({ type: "chain", inputs: { question } })
  let prompt = Prompt.make([
    { role: "system", content: instructions },
    { role: "user", content: [{ type: "text", text: question }] }
  ])
  for (let turn = 1; turn <= maxTurns; turn++) {
    const response = yield* LanguageModel.generateText({ prompt, toolkit })
    if (response.toolCalls.length === 0) {
      yield* HoneyHive.enrichSpan({ outputs: { answer: response.text }, metadata: { turns: turn } })
      return response.text
    }
    prompt = Prompt.concat(prompt, Prompt.fromResponseParts(response.content))
  }
  return yield* new NoAnswer({ question, turns: maxTurns })
})
