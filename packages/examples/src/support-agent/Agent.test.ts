import { assert, describe, it } from "@effect/vitest"
import { NodeServices } from "@effect/platform-node"
import { Effect, Exit, Layer, Option, Stream } from "effect"
import { LanguageModel } from "effect/ai"
import { EffectAi } from "@honeyhive/instruments"
import { HoneyHive, MemoryExporter } from "@honeyhive/tracing"
import { answer, NoAnswer } from "./Agent.ts"
import { Knowledge } from "./Knowledge.ts"
import * as LocalModel from "./LocalModel.ts"
import { Orders } from "./Orders.ts"
import { SupportToolsLive } from "./Tools.ts"

const ToolsLive = SupportToolsLive.pipe(
  Layer.provide([Knowledge.layer(`${import.meta.dirname}/docs`), Orders.layer(`${import.meta.dirname}/orders.json`)]),
  Layer.provide(NodeServices.layer)
)

const AgentLive = Layer.mergeAll(LocalModel.layer, EffectAi.layer, ToolsLive)

const exported = Effect.gen(function* () {
  yield* HoneyHive.flush
  return yield* MemoryExporter.use((memory) => memory.spans)
})

const nameOf = (id: string | undefined, spans: Effect.Success<typeof exported>) =>
  spans.find((span) => span.spanContext().spanId === id)?.name

describe("the support agent", () => {
  it.effect("answers with both tools, and every step is an event", () =>
    Effect.gen(function* () {
      const said = yield* answer("The machine from order KC-1042 leaks. Is that a defect you repair for free?")
      assert.include(said, "Heron 58 espresso machine")
      assert.include(said, "Warranty and repairs")
      const spans = yield* exported
      assert.deepStrictEqual(
        spans.map((span) => [span.name, nameOf(span.parentSpanContext?.spanId, spans)].join(" < ")).toSorted(),
        [
          "Knowledge.search < searchDocs",
          "LanguageModel.generateText < support-agent",
          "LanguageModel.generateText < support-agent",
          "lookupOrder < LanguageModel.generateText",
          "searchDocs < LanguageModel.generateText",
          "support-agent < "
        ]
      )
      const agent = spans.find((span) => span.name === "support-agent")
      assert.strictEqual(agent?.attributes["honeyhive_event_type"], "chain")
      assert.strictEqual(agent?.attributes["honeyhive_outputs.answer"], said)
      const [model] = spans.filter((span) => span.name === "LanguageModel.generateText")
      assert.strictEqual(model?.attributes["gen_ai.provider.name"], "local")
      assert.strictEqual(model?.attributes["gen_ai.request.model"], "local-deterministic")
      assert.deepStrictEqual(model?.attributes["gen_ai.response.finish_reasons"], ["tool-calls"])
      assert.isNumber(model?.attributes["gen_ai.usage.input_tokens"])
      assert.isString(model?.attributes["gen_ai.tool.definitions"])
    }).pipe(Effect.provide(AgentLive), Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("answers honestly when a tool fails, and the tool's event has failed with its error", () =>
    Effect.gen(function* () {
      assert.include(yield* answer("Where is my order KC-4711?"), "I could not find order KC-4711")
      const spans = yield* exported
      const [tool] = spans.filter((span) => span.name === "lookupOrder")
      assert.strictEqual(tool?.status.code, 2)
      assert.strictEqual(tool?.attributes["honeyhive_error"], "OrderNotFound: There is no order KC-4711")
      assert.strictEqual(tool?.attributes["honeyhive_error_type"], "OrderNotFound")
      assert.strictEqual(tool?.attributes["honeyhive_metadata.error.fields.orderId"], "KC-4711")
      assert.isTrue(spans.filter((span) => span !== tool).every((span) => span.status.code !== 2))
    }).pipe(Effect.provide(AgentLive), Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("keeps customers who ask at the same time apart", () =>
    Effect.gen(function* () {
      const orders = ["KC-1042", "KC-1077", "KC-1090"]
      const said = yield* Effect.forEach(
        orders,
        (id) => answer(`Where is my order ${id}?`).pipe(HoneyHive.withSession({ name: id })),
        { concurrency: "unbounded" }
      )
      const spans = yield* exported
      for (const [index, id] of orders.entries()) {
        assert.include(said[index], id)
        const own = spans.filter((span) => span.attributes["honeyhive.session_name"] === id)
        assert.strictEqual(own.length, 4)
        assert.strictEqual(new Set(own.map((span) => span.spanContext().traceId)).size, 1)
        const tool = own.find((span) => span.name === "lookupOrder")
        assert.strictEqual(tool?.attributes["gen_ai.tool.call.arguments"], JSON.stringify({ orderId: id }))
        // No message of another customer
        for (const other of orders.filter((order) => order !== id)) {
          assert.isFalse(own.some((span) => JSON.stringify(span.attributes).includes(other)))
        }
      }
    }).pipe(Effect.provide(AgentLive), Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("gives up when the model never stops asking for tools", () =>
    Effect.gen(function* () {
      const restless = Layer.effect(
        LanguageModel.LanguageModel,
        LanguageModel.make({
          generateText: () =>
            Effect.succeed([{ type: "tool-call", id: "c", name: "lookupOrder", params: { orderId: "KC-1042" } }]),
          streamText: () => Stream.empty
        })
      )
      const exit = yield* answer("?").pipe(Effect.exit, Effect.provide(restless))
      assert.deepStrictEqual(Exit.findErrorOption(exit), Option.some(new NoAnswer({ question: "?", turns: 4 })))
      const spans = yield* exported
      assert.strictEqual(
        spans.find((span) => span.name === "support-agent")?.attributes["honeyhive_error_type"],
        "NoAnswer"
      )
    }).pipe(Effect.provide(AgentLive), Effect.provide(HoneyHive.layerMemory()))
  )
})
