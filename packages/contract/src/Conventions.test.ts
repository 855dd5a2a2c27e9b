import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { AttributeRecord } from "./Attributes.ts"
import * as Conventions from "./Conventions.ts"
import { detect } from "./EventKind.ts"
import type { SpanRecord } from "./Otlp.ts"
import { toEvent } from "./Projection.ts"

const event = (attributes: AttributeRecord) => {
  const span: SpanRecord = {
    traceId: "a".repeat(32),
    spanId: "b".repeat(16),
    parentSpanId: undefined,
    name: "span",
    kind: 1,
    startTimeUnixNano: 0n,
    endTimeUnixNano: 1n,
    events: [],
    links: [],
    status: { code: 0, message: "" },
    scope: { name: "s", version: "" },
    resource: {},
    attributes
  }
  return toEvent(span).event
}

describe("Conventions", () => {
  it("leaves a span alone that follows none", () => {
    assert.isUndefined(Conventions.read({ "input.value": "x", "gen_ai.prompt": "y" }))
    assert.strictEqual(event({ "input.value": "x" }).metadata["input.value"], "x")
  })

  it("what a program says itself comes first", () => {
    const { config, inputs, metadata } = event({
      "openinference.span.kind": "LLM",
      "llm.model_name": "theirs",
      "gen_ai.request.model": "semantic",
      "honeyhive_inputs.chat_history": "mine",
      "llm.input_messages.0.message.role": "user",
      "something.else": 1
    })
    assert.strictEqual(config["model"], "semantic")
    assert.strictEqual(inputs["chat_history"], "mine")
    assert.deepInclude(metadata, { span_kind: "LLM", "something.else": 1 })
    assert.notProperty(metadata, "llm.model_name")
  })

  it("OpenInference: contents and tool calls of messages", () => {
    const { inputs, outputs } = event({
      "openinference.span.kind": "LLM",
      "llm.input_messages.0.message.role": "user",
      "llm.input_messages.0.message.contents.0.message_content.type": "text",
      "llm.input_messages.0.message.contents.0.message_content.text": "hi",
      "llm.output_messages.0.message.role": "assistant",
      "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
      "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "f",
      "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"a":1}',
      "input.value": '{"messages":[]}'
    })
    assert.deepStrictEqual(inputs, { chat_history: [{ role: "user", content: "hi" }] })
    assert.deepStrictEqual(outputs, { role: "assistant", tool_calls: [{ id: "c1", name: "f", arguments: { a: 1 } }] })
  })

  it("Traceloop: numbered prompts and completions", () => {
    const { config, inputs, metadata, outputs } = event({
      "llm.request.type": "chat",
      "gen_ai.request.model": "gpt-x",
      "gen_ai.prompt.0.role": "user",
      "gen_ai.prompt.0.content": "hi",
      "gen_ai.completion.0.role": "assistant",
      "gen_ai.completion.0.tool_calls.0.id": "c1",
      "gen_ai.completion.0.tool_calls.0.name": "f",
      "gen_ai.completion.0.tool_calls.0.arguments": '{"a":1}',
      "gen_ai.usage.prompt_tokens": 3,
      "llm.usage.total_tokens": 5
    })
    assert.deepStrictEqual(inputs, { chat_history: [{ role: "user", content: "hi" }] })
    assert.deepStrictEqual(outputs, { role: "assistant", tool_calls: [{ id: "c1", name: "f", arguments: { a: 1 } }] })
    assert.deepInclude(config, { model: "gpt-x" })
    assert.deepInclude(metadata, { request_type: "chat", prompt_tokens: 3, total_tokens: 5 })
  })

  it("Vercel: version 4's prompts and token names, and metadata of the caller", () => {
    const { inputs, metadata, outputs } = event({
      "ai.operationId": "ai.generateObject",
      "ai.prompt": '{"system":"be kind","prompt":"hi"}',
      "ai.response.object": '{"a":1}',
      "ai.usage.promptTokens": 3,
      "ai.usage.completionTokens": 2,
      "ai.telemetry.metadata.userId": "u1"
    })
    assert.deepStrictEqual(inputs["chat_history"], [
      { role: "system", content: "be kind" },
      { role: "user", content: "hi" }
    ])
    assert.deepStrictEqual(outputs, { a: 1 })
    assert.deepInclude(metadata, { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5, userId: "u1" })
  })

  it.each([
    [{ "ai.operationId": "ai.streamText" }, "chain"],
    [{ "ai.operationId": "ai.streamText.doStream" }, "model"],
    [{ "ai.operationId": "ai.embed" }, "tool"],
    [{ "langfuse.observation.type": "generation" }, "model"],
    [{ "langfuse.observation.type": "retriever" }, "tool"],
    [{ "gen_ai.operation.name": "agent_step" }, "chain"]
  ] as const)("%j is a %s", (attributes, type) => {
    assert.strictEqual(detect("x", attributes), type)
  })

  const marker = fc.constantFrom(
    "openinference.span.kind",
    "ai.operationId",
    "langfuse.observation.type",
    "traceloop.span.kind"
  )
  const name = fc.oneof(
    fc.constantFrom(
      "input.value",
      "output.value",
      "llm.input_messages.0.message",
      "llm.input_messages.0.message.role",
      "llm.output_messages.1.message.tool_calls.0",
      "gen_ai.prompt.0.content",
      "gen_ai.prompt.1.tool_calls.0.name",
      "traceloop.entity.input",
      "ai.prompt",
      "ai.prompt.messages",
      "ai.prompt.tools",
      "ai.response.toolCalls",
      "ai.toolCall.args",
      "langfuse.observation.input",
      "langfuse.observation.usage_details",
      "__proto__"
    ),
    fc.string()
  )
  const value = fc.oneof(fc.json(), fc.string(), fc.integer(), fc.boolean(), fc.array(fc.json(), { maxLength: 3 }))

  it("law: whatever the attributes hold, there is an event, and it is JSON", () => {
    fc.assert(
      fc.property(marker, fc.string(), fc.dictionary(name, value), (key, kind, attributes) => {
        const found = event({ ...attributes, [key]: kind })
        assert.deepStrictEqual(JSON.parse(JSON.stringify(found)), found)
      }),
      { numRuns: 2000 }
    )
  })
})
