import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Event } from "./Event.ts"
import { toEvent } from "./Projection.ts"
import * as Usage from "./Usage.ts"
import { spans } from "./vercelAi.fixture.ts"

const event = (
  attributes: Record<string, unknown>,
  more: { readonly scope?: string; readonly name?: string } = {}
): Event =>
  toEvent({
    traceId: "a".repeat(32),
    spanId: "b".repeat(16),
    parentSpanId: undefined,
    name: more.name ?? "span",
    kind: 1,
    startTimeUnixNano: 0n,
    endTimeUnixNano: 0n,
    attributes,
    events: [],
    links: [],
    status: { code: 0, message: "" },
    scope: { name: more.scope ?? "", version: "" },
    resource: {}
  }).event

const at = (read: Event, path: string): unknown =>
  // As a reader of the event's JSON would
  path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], read)

const chat = [
  { role: "system", content: "be brief" },
  { role: "user", content: "refund?" }
]
const said = { role: "assistant", content: "", tool_calls: [{ id: "c1", name: "search", arguments: { q: "refund" } }] }

type Case = readonly [attributes: Record<string, unknown>, path: string, value: unknown]

const LLM = { "openinference.span.kind": "LLM" }
const TRACELOOP = { "llm.request.type": "chat" }

/** The rows of HoneyHive's mapping (wire contract 3.3): what a span says, and where it stands in the event. */
const openInference: ReadonlyArray<Case> = [
  [{ "llm.model_name": "m" }, "config.model", "m"],
  [{ "llm.model_name": "m" }, "metadata.model_name", "m"],
  [{ "llm.provider": "p" }, "config.provider", "p"],
  [{ "llm.provider": "p" }, "metadata.provider", "p"],
  [{ "gen_ai.system": "s" }, "metadata.system", "s"],
  [{ "llm.invocation_parameters": '{"temperature":0.2,"max_tokens":9}' }, "config.temperature", 0.2],
  [{ "llm.invocation_parameters": '{"temperature":0.2,"max_tokens":9}' }, "config.max_tokens", 9],
  [{ "llm.invocation_parameters": '{"model":"x"}', "llm.model_name": "m" }, "config.model", "m"],
  [
    {
      "llm.input_messages.0.message.role": "system",
      "llm.input_messages.0.message.content": "be brief",
      "llm.input_messages.1.message.role": "user",
      "llm.input_messages.1.message.contents.0.message_content.type": "text",
      "llm.input_messages.1.message.contents.0.message_content.text": "refund?",
      "input.value": '{"messages":[]}'
    },
    "inputs",
    { chat_history: chat }
  ],
  [{ "input.value": JSON.stringify({ messages: chat }) }, "inputs.chat_history", chat],
  [{ "input.value": '{"query":"refund"}' }, "inputs.query", "refund"],
  [{ "input.value": "refund" }, "inputs.value", "refund"],
  [
    {
      "llm.output_messages.0.message.role": "assistant",
      "llm.output_messages.0.message.tool_calls.0.tool_call.id": "c1",
      "llm.output_messages.0.message.tool_calls.0.tool_call.function.name": "search",
      "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments": '{"q":"refund"}',
      "output.value": "raw"
    },
    "outputs",
    said
  ],
  [{ "output.value": '{"choices":[{"message":{"role":"assistant","content":"hi"}}]}' }, "outputs.content", "hi"],
  [{ "output.value": "hi" }, "outputs.value", "hi"],
  [{ "llm.token_count.prompt": 3 }, "metadata.prompt_tokens", 3],
  [{ "llm.token_count.completion": 2 }, "metadata.completion_tokens", 2],
  [{ "llm.token_count.total": 5 }, "metadata.total_tokens", 5],
  [{ "llm.token_count.prompt": 3, "llm.token_count.completion": 2 }, "metadata.total_tokens", 5],
  [{ "llm.token_count.prompt_details.cache_read": 1 }, "metadata.cache_read_input_tokens", 1],
  [{ "llm.token_count.prompt_details.cache_write": 1 }, "metadata.cache_write_input_tokens", 1],
  [{ "llm.token_count.completion_details.reasoning": 1 }, "metadata.reasoning_tokens", 1],
  [{ "gen_ai.usage.cache_read_input_tokens": 1 }, "metadata.cache_read_input_tokens", 1],
  [{ "gen_ai.response.finish_reasons": ["stop"] }, "metadata.finish_reasons", ["stop"]],
  [{ "gen_ai.response.finish_reason": "stop" }, "metadata.finish_reason", "stop"],
  [{ "gen_ai.response.id": "r" }, "metadata.response_id", "r"],
  [{ "gen_ai.agent.name": "a" }, "metadata.agent_name", "a"],
  [{ "gen_ai.tool.call.id": "c" }, "metadata.tool_call_id", "c"],
  [{ "gen_ai.operation.name": "chat" }, "metadata.operation_name", "chat"],
  [{}, "metadata.span_kind", "LLM"],
  [{ "session.id": "s1" }, "metadata.conversation_id", "s1"],
  [{ "session.id": "s1" }, "metadata.session_id", "s1"],
  [{ "user.id": "u1" }, "metadata.user_id", "u1"],
  [{ "llm.request.type": "chat" }, "metadata.request_type", "chat"],
  [{ "mcp.client.name": "c" }, "metadata.mcp_client_name", "c"],
  [{ "mcp.server.name": "s" }, "metadata.mcp_server_name", "s"],
  [{ "mcp.tool.name": "t" }, "metadata.mcp_tool_name", "t"],
  [{ "mcp.request.type": "r" }, "metadata.mcp_request_type", "r"],
  [{ "mcp.session.id": "i" }, "metadata.mcp_session_id", "i"],
  [{ "input.mime_type": "text/plain" }, "metadata.input_mime_type", "text/plain"],
  [{ "output.mime_type": "text/plain" }, "metadata.output_mime_type", "text/plain"],
  [{ "openai.api_base": "u" }, "metadata.openai_api_base", "u"],
  [{ "openai.system_fingerprint": "f" }, "metadata.openai_system_fingerprint", "f"],
  [{ "http.status_code": 200 }, "metadata.status_code", 200],
  [{ "messaging.destination.name": "d" }, "metadata.messaging_destination", "d"],
  [{ "llm.tools.0.tool.json_schema": '{"name":"search"}' }, "config.tools", [{ name: "search" }]],
  [{ "tool.parameters": '{"q":1}' }, "inputs.parameters", { q: 1 }],
  [
    {
      "retrieval.documents.0.document.content": "a.md",
      "retrieval.documents.0.document.score": 0.5,
      "retrieval.documents.0.document.metadata": '{"page":1}'
    },
    "outputs.documents",
    [{ content: "a.md", score: 0.5, metadata: { page: 1 } }]
  ],
  [{ metadata: '{"plan":"pro"}' }, "metadata.plan", "pro"]
]

const traceloop: ReadonlyArray<Case> = [
  [{ "gen_ai.request.model": "m" }, "config.model", "m"],
  [{ "llm.provider": "p" }, "config.provider", "p"],
  [{ "gen_ai.system": "s" }, "metadata.system", "s"],
  [{ "gen_ai.request.temperature": 0.2 }, "config.temperature", 0.2],
  [
    {
      "gen_ai.prompt.0.role": "system",
      "gen_ai.prompt.0.content": "be brief",
      "gen_ai.prompt.1.role": "user",
      "gen_ai.prompt.1.content": "refund?"
    },
    "inputs",
    { chat_history: chat }
  ],
  [
    {
      "gen_ai.completion.0.role": "assistant",
      "gen_ai.completion.0.finish_reason": "tool_calls",
      "gen_ai.completion.0.tool_calls.0.id": "c1",
      "gen_ai.completion.0.tool_calls.0.name": "search",
      "gen_ai.completion.0.tool_calls.0.arguments": '{"q":"refund"}'
    },
    "outputs",
    said
  ],
  [{ "gen_ai.completion.0.finish_reason": "stop" }, "metadata.finish_reason", "stop"],
  [{ "llm.prompts.0.content": "hi" }, "inputs.chat_history", [{ role: "user", content: "hi" }]],
  [{ "gen_ai.usage.prompt_tokens": 3 }, "metadata.prompt_tokens", 3],
  [{ "gen_ai.usage.completion_tokens": 2 }, "metadata.completion_tokens", 2],
  [{ "llm.usage.total_tokens": 5 }, "metadata.total_tokens", 5],
  [{ "gen_ai.usage.cache_read_input_tokens": 1 }, "metadata.cache_read_input_tokens", 1],
  [{ "gen_ai.usage.cache_write_input_tokens": 1 }, "metadata.cache_write_input_tokens", 1],
  [{ "gen_ai.usage.cache_creation_input_tokens": 1 }, "metadata.cache_write_input_tokens", 1],
  [{ "gen_ai.usage.reasoning_tokens": 1 }, "metadata.reasoning_tokens", 1],
  [{ "gen_ai.response.finish_reasons": ["stop"] }, "metadata.finish_reasons", ["stop"]],
  [{ "gen_ai.response.model": "m2" }, "metadata.response_model", "m2"],
  [{ "gen_ai.agent.name": "a" }, "metadata.agent_name", "a"],
  [{ "gen_ai.tool.status": "ok" }, "metadata.tool_status", "ok"],
  [{ "gen_ai.operation.name": "chat" }, "metadata.operation_name", "chat"],
  [{ "traceloop.span.kind": "llm" }, "metadata.span_kind", "llm"],
  [{}, "metadata.request_type", "chat"],
  [{ "llm.model_name": "m" }, "metadata.model_name", "m"],
  [{ "http.status_code": 200 }, "metadata.status_code", 200],
  [{ "messaging.destination.name": "d" }, "config.destination", "d"],
  [{ "messaging.destination.name": "d" }, "metadata.messaging_destination", "d"],
  [{ "traceloop.entity.input": '{"inputs":{"q":1},"kwargs":{}}' }, "inputs", { q: 1 }],
  [{ "traceloop.entity.output": '"done"' }, "outputs.value", "done"],
  [
    { "llm.request.functions.0.name": "search", "llm.request.functions.0.parameters": '{"type":"object"}' },
    "config.tools",
    [{ name: "search", parameters: { type: "object" } }]
  ]
]

/** Names that came after the mapping was made, and those of effect/ai, which writes OpenTelemetry's. */
const genAi: ReadonlyArray<Case> = [
  [{ "gen_ai.usage.cache_read.input_tokens": 1 }, "metadata.cache_read_input_tokens", 1],
  [{ "gen_ai.usage.cache_creation.input_tokens": 1 }, "metadata.cache_write_input_tokens", 1],
  [{ "gen_ai.usage.reasoning.output_tokens": 1 }, "metadata.reasoning_tokens", 1],
  [{ "gen_ai.response.time_to_first_chunk": 0.25 }, "metadata.time_to_first_token_ms", 250],
  [
    {
      "gen_ai.system_instructions": '[{"type":"text","content":"be brief"}]',
      "gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"refund?"}]}]'
    },
    "inputs.chat_history",
    chat
  ],
  [{ "gen_ai.system_instructions": "be brief" }, "inputs.chat_history", [chat[0]]],
  [{ "http.status_code": 200 }, "metadata", { ...event({}).metadata, "http.status_code": 200 }]
]

describe("conventions", () => {
  it.each(openInference)("OpenInference: %j becomes %s", (attributes, path, value) => {
    assert.deepStrictEqual(at(event({ ...LLM, ...attributes }), path), value)
  })

  it.each(traceloop)("Traceloop: %j becomes %s", (attributes, path, value) => {
    assert.deepStrictEqual(at(event({ ...TRACELOOP, ...attributes }), path), value)
  })

  it.each(genAi)("OpenTelemetry: %j becomes %s", (attributes, path, value) => {
    assert.deepStrictEqual(at(event(attributes), path), value)
  })

  it.each(["4", "5", "6", "7 (legacy)", "7"] as const)(
    "Vercel AI SDK %s: an agent's call as it was recorded",
    (version) => {
      const { answers, calls, outer, tool } = spans[version]
      const read = (span: {
        readonly name: string
        readonly scope: string
        readonly attributes: Record<string, unknown>
      }) => event(span.attributes, span)
      const asked = read(calls)
      assert.strictEqual(asked.event_type, "model")
      assert.deepStrictEqual(asked.inputs, { chat_history: chat })
      assert.deepStrictEqual(asked.outputs, said)
      assert.deepInclude(asked.config, { max_tokens: 99, temperature: 0.2 })
      assert.deepInclude(at(asked, "config.tools.0"), { type: "function", name: "search" })
      const answered = read(answers)
      assert.deepStrictEqual(answered.inputs["chat_history"], [
        ...chat,
        said,
        { role: "tool", tool_call_id: "c1", content: { hits: ["refund"] } }
      ])
      assert.deepInclude(answered.outputs, { role: "assistant", content: "See a.md" })
      const called = read(tool)
      assert.strictEqual(called.event_type, "tool")
      assert.deepStrictEqual([called.inputs, called.outputs], [{ q: "refund" }, { hits: ["refund"] }])
      assert.deepInclude(called.metadata, { tool_name: "search", tool_call_id: "c1" })
      const whole = read(outer)
      assert.strictEqual(whole.event_type, "chain")
      assert.deepStrictEqual(whole.inputs["chat_history"], chat)
      assert.deepInclude(whole.outputs, { role: "assistant", content: "See a.md" })
      // Nothing that has a place of its own stays behind under its old name
      for (const { metadata } of [asked, answered, called, whole]) {
        const left = Object.keys(metadata).filter((name) => /^(ai|gen_ai)\./.test(name))
        assert.isEmpty(
          left.filter(
            (name) =>
              !/^ai\.(request\.headers|response\.timestamp|prompt\.format)|duration$|gen_ai\.tool\.type/.test(name)
          )
        )
      }
    }
  )

  it("Vercel AI SDK: the functions' metadata say session, user and the rest", () => {
    const { metadata, session_id } = event(spans["5"].calls.attributes, spans["5"].calls)
    assert.deepInclude(metadata, { user_id: "u1", plan: "pro", session_id: "s-1", function_id: "support" })
    assert.strictEqual(session_id, event({ "session.id": "s-1" }).session_id)
  })

  it("Vercel AI SDK: objects, embeddings and streams", () => {
    const inner = { "ai.operationId": "ai.streamObject.doStream", "ai.response.msToFirstChunk": 120 }
    const streamed = event({ ...inner, "ai.response.object": '{"a":1}', "ai.schema": '{"type":"object"}' })
    assert.strictEqual(streamed.event_type, "model")
    assert.deepStrictEqual(streamed.outputs, { role: "assistant", content: '{"a":1}' })
    assert.strictEqual(streamed.metadata["time_to_first_token_ms"], 120)
    assert.deepStrictEqual(streamed.config["schema"], { type: "object" })
    const embedded = event(spans["5 (embed)"].embed.attributes)
    assert.deepStrictEqual([embedded.inputs, embedded.outputs], [{ values: ["refund"] }, { embeddings: [[0.1, 0.2]] }])
    assert.strictEqual(embedded.metadata["total_tokens"], 7)
  })

  it.each<readonly [string, Record<string, unknown>, Partial<Usage.Usage>]>([
    ["Vercel 6, detailed", spans["6"].answers.attributes, { input: 8, cacheRead: 4, reasoning: 2, output: 3 }],
    ["Vercel 7, OpenTelemetry's names", spans["7"].answers.attributes, { input: 8, cacheRead: 4, output: 5 }],
    ["Vercel 4, Anthropic's own details", spans["4"].answers.attributes, { input: 12, cacheRead: 90, output: 5 }],
    [
      "Vercel 5, Anthropic: the total leaves the cache out",
      {
        "ai.operationId": "ai.generateText.doGenerate",
        "ai.model.provider": "anthropic.messages",
        "ai.usage.inputTokens": 100,
        "ai.usage.outputTokens": 5,
        "ai.usage.totalTokens": 105,
        "ai.usage.cachedInputTokens": 90
      },
      { input: 100, cacheRead: 90, output: 5 }
    ],
    [
      "OpenTelemetry's registry, Anthropic: the input holds the cache",
      {
        "gen_ai.provider.name": "anthropic",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read.input_tokens": 90
      },
      { input: 10, cacheRead: 90, output: 5 }
    ],
    [
      "older names, Anthropic: as its API counts",
      {
        "gen_ai.system": "anthropic",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 5,
        "gen_ai.usage.cache_read_input_tokens": 90
      },
      { input: 100, cacheRead: 90, output: 5 }
    ],
    [
      "OpenInference, Anthropic: the prompt holds the cache",
      {
        ...LLM,
        "llm.provider": "anthropic",
        "llm.token_count.prompt": 100,
        "llm.token_count.completion": 5,
        "llm.token_count.prompt_details.cache_read": 90
      },
      { input: 10, cacheRead: 90, output: 5 }
    ]
  ])("tokens: %s", (_, attributes, expected) => {
    const read = event(attributes)
    const usage = Usage.ofEvent(read)
    assert.deepStrictEqual(usage, { input: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, output: 0, ...expected })
    assert.strictEqual(read.metadata["total_tokens"], usage && Usage.total(usage))
  })

  it("fuzz: whatever stands under these names, there is an event", () => {
    const names = [...openInference, ...traceloop, ...genAi].flatMap(([attributes]) => Object.keys(attributes))
    const all = [
      ...new Set([
        ...names,
        ...Object.values(spans).flatMap((group) => Object.values(group).flatMap((span) => Object.keys(span.attributes)))
      ])
    ]
    const value = fc.oneof(
      fc.jsonValue(),
      fc.json(),
      fc.constantFrom(
        "[[]]",
        "[null]",
        '{"messages":[null,1]}',
        '[{"content":[null,{"type":"tool-call"}]}]',
        "__proto__"
      )
    )
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...all, "llm.tools.x", "gen_ai.prompt.__proto__.role"), value, { maxKeys: 20 }),
        (attributes) => {
          assert.isString(event(attributes).event_name)
        }
      ),
      { numRuns: 2000 }
    )
  })
})
