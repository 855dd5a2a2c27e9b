import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { LanguageModel, Prompt } from "effect/ai"
import { Knowledge } from "./Knowledge.ts"
import * as LocalModel from "./LocalModel.ts"
import { Orders } from "./Orders.ts"
import { SupportTools, SupportToolsLive } from "./Tools.ts"

const passage = { document: "Refunds", section: "Beans", text: "Nothing else. An opened bag cannot be returned." }

const order = {
  id: "KC-1",
  status: "shipped",
  placedOn: "2026-11-01",
  carrier: "DHL",
  items: [{ name: "Kettle", quantity: 2, priceCents: 100 }],
  payment: "card"
} as const

const TestLive = Layer.merge(
  LocalModel.layer,
  SupportToolsLive.pipe(Layer.provide([Knowledge.layerOf([passage]), Orders.layerOf([order])]))
)

const ask = (question: Prompt.RawInput) => LanguageModel.generateText({ prompt: question, toolkit: SupportTools })

const askTwice = Effect.fnUntraced(function* (question: string) {
  const first = yield* ask(question)
  return yield* ask(Prompt.concat(Prompt.make(question), Prompt.fromResponseParts(first.content)))
})

describe("LocalModel", () => {
  it.effect.each([
    ["Can I return an opened bag?", ["searchDocs"]],
    ["Where is my order KC-1?", ["lookupOrder"]],
    ["Can I return the kettle of order kc-1?", ["lookupOrder", "searchDocs"]],
    ["Compare KC-1 with KC-2 please", ["lookupOrder", "lookupOrder", "searchDocs"]]
  ] as const)("asks for the tools that a question needs: %s", ([question, tools]) =>
    Effect.gen(function* () {
      const response = yield* ask(question)
      assert.deepStrictEqual(
        response.toolCalls.map((call) => call.name),
        [...tools]
      )
      assert.strictEqual(response.finishReason, "tool-calls")
    }).pipe(Effect.provide(TestLive))
  )

  it.effect("answers from what the tools found, and says what they did not", () =>
    Effect.gen(function* () {
      const documents = yield* askTwice("Can I return an opened bag?")
      assert.strictEqual(documents.text, `Our documents say: "An opened bag cannot be returned." (Refunds, Beans).`)
      assert.strictEqual(documents.finishReason, "stop")
      assert.strictEqual(
        (yield* askTwice("Where is my order KC-1?")).text,
        "Order KC-1 (2 x Kettle) is on its way with DHL."
      )
      assert.strictEqual(
        (yield* askTwice("Where is my order KC-9?")).text,
        "I could not find order KC-9: please check the number in your confirmation email."
      )
      assert.strictEqual(
        (yield* askTwice("Quantum chromodynamics?")).text,
        "I found nothing about this in our documents."
      )
    }).pipe(Effect.provide(TestLive))
  )

  it.effect("says the same each time, with ids and usage", () =>
    Effect.gen(function* () {
      const [first, second] = yield* Effect.all([askTwice("Opened bag?"), askTwice("Opened bag?")], { concurrency: 2 })
      assert.deepStrictEqual(first.content, second.content)
      assert.isAbove(first.usage.inputTokens.total ?? 0, first.usage.outputTokens.total ?? 0)
      assert.isAbove(first.usage.outputTokens.total ?? 0, 0)
    }).pipe(Effect.provide(TestLive))
  )

  it.effect("streams the same text in pieces", () =>
    Effect.gen(function* () {
      const whole = yield* LanguageModel.generateText({ prompt: "Hello there" })
      const parts = yield* Stream.runCollect(LanguageModel.streamText({ prompt: "Hello there" }))
      const deltas = parts.flatMap((part) => (part.type === "text-delta" ? [part.delta] : []))
      assert.isAbove(deltas.length, 1)
      assert.strictEqual(deltas.join(""), whole.text)
      assert.strictEqual(parts.at(-1)?.type, "finish")
    }).pipe(Effect.provide(LocalModel.layer))
  )
})
