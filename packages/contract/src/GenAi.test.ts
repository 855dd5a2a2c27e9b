import { assert, describe, it } from "@effect/vitest"
import * as GenAi from "./GenAi.ts"
import { toEvent } from "./Projection.ts"

const event = (attributes: Record<string, unknown>) =>
  toEvent({
    traceId: "a".repeat(32),
    spanId: "b".repeat(16),
    parentSpanId: undefined,
    name: "LanguageModel.generateText",
    kind: 3,
    startTimeUnixNano: 0n,
    endTimeUnixNano: 0n,
    attributes,
    events: [],
    links: [],
    status: { code: 0, message: "" },
    scope: { name: "", version: "" },
    resource: {}
  }).event

/** The "OTel GenAI" column of HoneyHive's mapping: attribute, then where it goes. */
const rows: ReadonlyArray<readonly [attribute: string, value: unknown, field: string]> = [
  ["gen_ai.request.model", "m", "config.model"],
  ["gen_ai.provider.name", "p", "config.provider"],
  ["gen_ai.provider.name", "p", "metadata.provider"],
  ["gen_ai.system", "s", "metadata.system"],
  ["gen_ai.request.temperature", 0.2, "config.temperature"],
  ["gen_ai.request.max_tokens", 9, "config.max_tokens"],
  ["gen_ai.request.top_p", 1, "config.top_p"],
  ["gen_ai.request.frequency_penalty", 1, "config.frequency_penalty"],
  ["gen_ai.request.presence_penalty", 1, "config.presence_penalty"],
  ["gen_ai.usage.prompt_tokens", 3, "metadata.prompt_tokens"],
  ["gen_ai.usage.input_tokens", 3, "metadata.input_tokens"],
  ["gen_ai.usage.input_tokens", 3, "metadata.prompt_tokens"],
  ["gen_ai.usage.completion_tokens", 2, "metadata.completion_tokens"],
  ["gen_ai.usage.output_tokens", 2, "metadata.output_tokens"],
  ["gen_ai.usage.output_tokens", 2, "metadata.completion_tokens"],
  ["gen_ai.usage.cache_read_input_tokens", 1, "metadata.cache_read_input_tokens"],
  ["gen_ai.usage.cache_write_input_tokens", 1, "metadata.cache_write_input_tokens"],
  ["gen_ai.usage.reasoning_tokens", 1, "metadata.reasoning_tokens"],
  ["gen_ai.response.finish_reasons", ["stop"], "metadata.finish_reasons"],
  ["gen_ai.response.finish_reason", "stop", "metadata.finish_reason"],
  ["gen_ai.response.id", "r", "metadata.response_id"],
  ["gen_ai.response.model", "m2", "metadata.response_model"],
  ["gen_ai.response.model", "m2", "metadata.model_name"],
  ["gen_ai.agent.name", "a", "metadata.agent_name"],
  ["gen_ai.agent.id", "a", "metadata.agent_id"],
  ["gen_ai.agent.description", "a", "metadata.agent_description"],
  ["gen_ai.agent.type", "planner", "metadata.span_kind"],
  ["gen_ai.tool.name", "t", "metadata.tool_name"],
  ["gen_ai.tool.call.id", "c", "metadata.tool_call_id"],
  ["gen_ai.tool.status", "ok", "metadata.tool_status"],
  ["gen_ai.operation.name", "chat", "metadata.operation_name"],
  ["gen_ai.conversation.id", "c", "metadata.conversation_id"],
  ["session.id", "11111111-1111-4111-8111-111111111111", "metadata.session_id"]
]

describe("GenAi", () => {
  it.each(rows)("%s (%j) becomes %s", (attribute, value, field) => {
    const [bucket, key] = field.split(".") as ["config" | "metadata", string] // as the rows are written
    const read = event({ [attribute]: value })
    assert.deepStrictEqual(read[bucket][key], value)
    assert.isFalse(attribute in read.metadata)
  })

  it("leaves other names alone", () => {
    assert.isUndefined(GenAi.fieldsOf("gen_ai.something.new"))
    assert.strictEqual(event({ "gen_ai.something.new": 1 }).metadata["gen_ai.something.new"], 1)
  })

  it("falls back to the requested model's name, and adds tokens up", () => {
    const read = event({ "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 3, "gen_ai.usage.output_tokens": 2 })
    assert.strictEqual(read.metadata["model_name"], "m")
    assert.strictEqual(read.metadata["total_tokens"], 5)
  })

  it("turns messages of parts into a chat", () => {
    const read = event({
      "gen_ai.operation.name": "chat",
      "gen_ai.input.messages": JSON.stringify([
        { role: "system", parts: [{ type: "text", content: "be brief" }] },
        {
          role: "user",
          parts: [
            { type: "text", content: "re" },
            { type: "text", content: "fund?" }
          ]
        },
        { role: "assistant", parts: [{ type: "tool_call", id: "1", name: "search", arguments: { q: "refund" } }] },
        {
          role: "tool",
          parts: [
            { type: "tool_call_response", id: "1", response: ["a.md"] },
            { type: "tool_call_response", id: "2", response: null }
          ]
        }
      ]),
      "gen_ai.output.messages": JSON.stringify([
        { role: "assistant", parts: [{ type: "text", content: "see a.md" }], finish_reason: "stop" },
        { role: "tool", parts: [{ type: "tool_call_response", id: "3", response: 1 }] }
      ])
    })
    assert.strictEqual(read.event_type, "model")
    assert.deepStrictEqual(read.inputs, {
      chat_history: [
        { role: "system", content: "be brief" },
        { role: "user", content: "refund?" },
        { role: "assistant", content: "", tool_calls: [{ id: "1", name: "search", arguments: { q: "refund" } }] },
        { role: "tool", tool_call_id: "1", content: ["a.md"] },
        { role: "tool", tool_call_id: "2", content: null }
      ]
    })
    assert.deepStrictEqual(read.outputs, { role: "assistant", content: "see a.md" })
  })

  it("takes plain messages as they are, and no harm from what is no message", () => {
    const chat = [{ role: "user", content: "hi" }]
    assert.deepStrictEqual(event({ "gen_ai.input.messages": JSON.stringify(chat) }).inputs, { chat_history: chat })
    assert.deepStrictEqual(event({ "gen_ai.prompt": JSON.stringify(chat) }).inputs, { chat_history: chat })
    assert.deepStrictEqual(event({ "gen_ai.input.messages": "[]" }).inputs, { chat_history: [] })
    assert.deepStrictEqual(event({ "gen_ai.output.messages": "[1,null,[]]" }).outputs, {})
    assert.deepStrictEqual(
      event({ "gen_ai.completion": JSON.stringify([{ role: "assistant", content: "yo" }]) }).outputs,
      {
        role: "assistant",
        content: "yo"
      }
    )
  })

  it("keeps a text that is no JSON as a message: a plain prompt, or a list that some limit has cut", () => {
    const cut = '[{"role":"user","content":"tell me'
    const read = event({ "gen_ai.prompt": cut, "gen_ai.completion": "Knock, knock" })
    assert.deepStrictEqual(read.inputs, { chat_history: [{ role: "user", content: cut }] })
    assert.deepStrictEqual(read.outputs, { role: "assistant", content: "Knock, knock" })
    assert.deepStrictEqual(event({ "gen_ai.prompt": '{"role":"system","content":"be brief"}' }).inputs, {
      chat_history: [{ role: "system", content: "be brief" }]
    })
    assert.deepStrictEqual(event({ "gen_ai.input.messages": ["hi"] }).inputs, {
      chat_history: [{ role: "user", content: "hi" }]
    })
    assert.deepStrictEqual(event({ "gen_ai.tool.call.arguments": "{broken" }).inputs, { arguments: "{broken" })
  })

  it("keeps the parts that a chat has no place for", () => {
    const reasoning = { type: "reasoning", content: "hm" }
    const parts = [reasoning, { type: "text", content: "yes" }]
    assert.deepStrictEqual(
      event({ "gen_ai.output.messages": JSON.stringify([{ role: "assistant", parts }]) }).outputs,
      {
        role: "assistant",
        content: "yes",
        parts: [reasoning]
      }
    )
    const result = { type: "tool_call_response", id: "1", result: "r" }
    assert.deepStrictEqual(event({ "gen_ai.prompt": JSON.stringify([{ parts: [reasoning, result] }]) }).inputs, {
      chat_history: [
        { role: "user", content: "", parts: [reasoning] },
        { role: "tool", tool_call_id: "1", content: "r" }
      ]
    })
  })

  it("shows the last message where no assistant spoke, and newer attributes before older ones", () => {
    const said = (...contents: ReadonlyArray<string>) =>
      JSON.stringify(contents.map((content) => ({ role: "tool", content })))
    const read = event({
      "gen_ai.input.messages": said("new"),
      "gen_ai.prompt": said("old"),
      "gen_ai.output.messages": said("first", "last"),
      "gen_ai.completion": said("old")
    })
    assert.deepStrictEqual(read.inputs, { chat_history: [{ role: "tool", content: "new" }] })
    assert.deepStrictEqual(read.outputs, { role: "tool", content: "last" })
  })

  it("an attribute's own value goes before a sibling's, in whatever order", () => {
    const attributes = {
      "gen_ai.usage.input_tokens": 4,
      "gen_ai.usage.prompt_tokens": 3,
      "gen_ai.usage.completion_tokens": 1,
      "gen_ai.usage.output_tokens": 2
    }
    for (const entries of [Object.entries(attributes), Object.entries(attributes).toReversed()]) {
      assert.deepInclude(event(Object.fromEntries(entries)).metadata, {
        input_tokens: 4,
        prompt_tokens: 3,
        completion_tokens: 1,
        output_tokens: 2,
        total_tokens: 4
      })
    }
  })

  it("the model's name is that of the one that answered, else of the one that is configured", () => {
    const asked = { "gen_ai.request.model": "m" }
    assert.strictEqual(event({ ...asked, "gen_ai.response.model": "m-2026" }).metadata["model_name"], "m-2026")
    assert.strictEqual(event({ "honeyhive_config.model": "mine" }).metadata["model_name"], "mine")
    assert.isFalse("model_name" in event({}).metadata)
  })

  it("turns a tool call's arguments and result into inputs and outputs, and definitions into configuration", () => {
    const read = event({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.call.arguments": '{"query":"refund"}',
      "gen_ai.tool.call.result": "[1,2]",
      "gen_ai.tool.definitions": '[{"name":"search"}]'
    })
    assert.deepInclude(read, {
      event_type: "tool",
      inputs: { query: "refund" },
      outputs: { result: [1, 2] },
      config: { tools: [{ name: "search" }] }
    })
  })

  it("what the program says itself wins", () => {
    const read = event({
      "gen_ai.input.messages": "[]",
      "honeyhive_inputs.chat_history": "mine",
      "gen_ai.request.model": "m",
      "honeyhive_config.model": "mine"
    })
    assert.strictEqual(read.inputs["chat_history"], "mine")
    assert.strictEqual(read.config["model"], "mine")
  })
})
