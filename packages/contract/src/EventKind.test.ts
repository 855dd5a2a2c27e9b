import { assert, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as EventKind from "./EventKind.ts"

it.each<readonly [type: string, name: string, attributes: Record<string, unknown>]>([
  // Explicit wins, the raw form first
  ["chain", "gpt", { honeyhive_event_type_raw: "chain", honeyhive_event_type: "model" }],
  ["tool", "gpt", { honeyhive_event_type: "tool", "gen_ai.operation.name": "chat" }],
  ["session", "x", { honeyhive_event_type: "session" }],
  ["chain", "x", { honeyhive_event_type: "workflow" }],
  ["chain", "x", { honeyhive_event_type: "agent" }],
  ["model", "x", { honeyhive_event_type: "llm" }],
  // An unknown word is no word
  ["tool", "x", { honeyhive_event_type: "constructor" }],
  // gen_ai.operation.name
  ["model", "x", { "gen_ai.operation.name": "chat", "openinference.span.kind": "TOOL" }],
  ["model", "x", { "gen_ai.operation.name": "text_completion" }],
  ["model", "x", { "gen_ai.operation.name": "generate_content" }],
  ["chain", "x", { "gen_ai.operation.name": "invoke_agent" }],
  ["chain", "x", { "gen_ai.operation.name": "create_agent" }],
  ["tool", "chat", { "gen_ai.operation.name": "execute_tool" }],
  // openinference.span.kind
  ["model", "x", { "openinference.span.kind": "LLM" }],
  ["chain", "x", { "openinference.span.kind": "AGENT" }],
  ["chain", "x", { "openinference.span.kind": "chain" }],
  ["tool", "gpt", { "openinference.span.kind": "RETRIEVER" }],
  // traceloop.span.kind
  ["chain", "x", { "traceloop.span.kind": "task" }],
  ["model", "x", { "traceloop.span.kind": "llm" }],
  ["tool", "gpt", { "openinference.span.kind": "EMBEDDING", "traceloop.span.kind": "llm" }],
  ["tool", "Chat.generateText", { "traceloop.span.kind": "tool" }],
  // effect/ai
  ["model", "LanguageModel.streamText", {}],
  ["chain", "Chat.generateText", {}],
  ["model", "EmbeddingModel.embed", {}],
  ["chain", "PersistedChat.generateText", { "gen_ai.request.model": "m" }],
  // Patterns
  ["model", "x", { "gen_ai.request.model": "m" }],
  ["model", "x", { "llm.model_name": "m" }],
  ["model", "x", { "gen_ai.response.model": "m" }],
  ["model", "x", { model_name: "m" }],
  ["model", "openai.chat", {}],
  ["model", "ChatCompletion", {}],
  ["model", "openai.chat_completion", {}],
  ["model", "text_completion", {}],
  ["model", "google.generate_content", {}],
  ["model", "gpt4o", {}],
  ["model", "claude_3", {}],
  ["tool", "generate_report", {}],
  ["tool", "GroupChatManager", {}],
  ["model", "call GPT", {}],
  ["tool", "chatter", {}],
  // Else
  ["tool", "search", {}]
])("%s: %s %j", (type, name, attributes) => assert.strictEqual(EventKind.detect(name, attributes), type))

it("says which event type a word means", () => {
  const words = ["model", "tool", "chain", "session", "workflow", "agent", "banana", "constructor", 1, null]
  assert.deepStrictEqual(words.map(EventKind.fromWord), [
    "model",
    "tool",
    "chain",
    "session",
    "chain",
    "chain",
    undefined,
    undefined,
    undefined,
    undefined
  ])
})

it("rules are data: all that is said must hold, the first match decides", () => {
  const rules = [
    { match: { name: "POST /chat*" }, type: "agent" },
    { match: { name: "db.*", attribute: "db.system", value: "postgres*" }, type: "tool" },
    { match: { attribute: "retries", value: 3 }, type: "session" },
    { match: { attribute: "llm" }, type: "model" },
    { match: { name: "a.c" }, type: "model" }
  ]
  const decoded = Option.getOrThrow(Schema.decodeUnknownOption(Schema.Array(EventKind.Rule))(rules))
  assert.deepStrictEqual(decoded, rules as never)
  const typeOf = EventKind.fromRules(decoded)
  assert.strictEqual(typeOf("POST /chat/1\n2", { llm: 1 }), "chain")
  assert.strictEqual(typeOf("GET /chat", {}), undefined)
  assert.strictEqual(typeOf("db.query", { "db.system": "postgresql" }), "tool")
  assert.strictEqual(typeOf("query", { "db.system": "postgresql" }), undefined)
  assert.strictEqual(typeOf("db.query", { "db.system": "mysql" }), undefined)
  assert.strictEqual(typeOf("x", { retries: 3 }), "session")
  assert.strictEqual(typeOf("x", { retries: "3" }), undefined)
  assert.strictEqual(typeOf("x", { llm: false }), "model")
  assert.strictEqual(typeOf("abc", {}), undefined)
})
