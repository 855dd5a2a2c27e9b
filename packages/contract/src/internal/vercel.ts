/**
 * Vercel's AI SDK: `ai.*` of versions 4 to 7 (7 writes them through `LegacyOpenTelemetry`).
 */
import type { AttributeRecord } from "../Attributes.ts"
import { field, isChat, isRecord, parsed, Reader, type Reading, type Rows } from "./reading.ts"

const rows: Rows = {
  "ai.operationId": ["metadata", "operation_name"],
  "ai.model.id": ["config", "model"],
  "ai.usage.promptTokens": ["metadata", "prompt_tokens"],
  "ai.usage.completionTokens": ["metadata", "completion_tokens"],
  "ai.usage.totalTokens": ["metadata", "total_tokens"],
  "ai.usage.reasoningTokens": ["metadata", "reasoning_tokens"],
  "ai.usage.cachedInputTokens": ["metadata", "cache_read_input_tokens"],
  "ai.response.finishReason": ["metadata", "finish_reason"],
  "ai.response.id": ["metadata", "response_id"],
  "ai.response.model": ["metadata", "response_model"],
  "ai.toolCall.name": ["metadata", "tool_name"],
  "ai.toolCall.id": ["metadata", "tool_call_id"],
  "ai.telemetry.functionId": ["metadata", "function_id"]
}

const SETTINGS = "ai.settings."
const USER_METADATA = "ai.telemetry.metadata."

const part = (one: unknown): string => {
  const text = field(one, "text")
  return field(one, "type") === "text" && typeof text === "string" ? text : ""
}

const calls = (list: unknown): ReadonlyArray<Record<string, unknown>> =>
  (Array.isArray(list) ? list : []).map((call: unknown) => ({
    id: field(call, "toolCallId") ?? null,
    name: field(call, "toolName") ?? null,
    arguments: parsed(field(call, "input") ?? field(call, "args")) ?? null
  }))

/** Their message as chat messages: parts become text and tool calls; every tool result is a message of its own. */
const message = (one: Record<string, unknown>): ReadonlyArray<Record<string, unknown>> => {
  const { content, role } = one
  if (!Array.isArray(content)) return [{ role, content: content ?? null }]
  const results = content.filter((entry: unknown) => field(entry, "type") === "tool-result")
  if (results.length > 0) {
    return results.map((entry: unknown) => {
      const output = field(entry, "output") ?? field(entry, "result")
      return {
        role: "tool",
        tool_call_id: field(entry, "toolCallId") ?? null,
        content: (isRecord(output) ? output["value"] : undefined) ?? output ?? null
      }
    })
  }
  const called = calls(content.filter((entry: unknown) => field(entry, "type") === "tool-call"))
  return [{ role, content: content.map(part).join(""), ...(called.length > 0 ? { tool_calls: called } : {}) }]
}

/** The prompt in whichever form: messages, a prompt with its system text, or a bare text. */
const chatOf = (prompt: unknown): ReadonlyArray<Record<string, unknown>> => {
  if (isChat(prompt)) return prompt.flatMap(message)
  const system = field(prompt, "system")
  const before = typeof system === "string" ? [{ role: "system", content: system }] : []
  const messages = field(prompt, "messages")
  if (isChat(messages)) return [...before, ...messages.flatMap(message)]
  const text = typeof prompt === "string" ? prompt : field(prompt, "prompt")
  if (isChat(text)) return [...before, ...text.flatMap(message)]
  return typeof text === "string" ? [...before, { role: "user", content: text }] : before
}

export const vercel = (attributes: AttributeRecord): Reading => {
  const reader = new Reader(attributes)
  reader.rows(rows)
  const provider = reader.take("ai.model.provider")
  reader.set("config", "provider", provider)
  reader.set("metadata", "provider", provider)
  for (const [inputs, prompt] of [
    ["input_tokens", "prompt_tokens"],
    ["output_tokens", "completion_tokens"]
  ] as const) {
    const tokens = reader.take(inputs === "input_tokens" ? "ai.usage.inputTokens" : "ai.usage.outputTokens")
    reader.set("metadata", inputs, tokens)
    reader.set("metadata", prompt, tokens)
  }
  const messages = reader.take("ai.prompt.messages")
  const prompt = reader.take("ai.prompt")
  const asked = chatOf(parsed(messages ?? prompt))
  const text = reader.take("ai.response.text")
  const object = parsed(reader.take("ai.response.object"))
  const called = calls(parsed(reader.take("ai.response.toolCalls")))
  reader.chat(
    asked,
    text === undefined && called.length === 0
      ? undefined
      : { role: "assistant", content: text ?? "", ...(called.length > 0 ? { tool_calls: called } : {}) }
  )
  reader.spread("outputs", object, "object")
  const tools = reader.take("ai.prompt.tools")
  if (Array.isArray(tools)) reader.set("config", "tools", tools.map(parsed))
  reader.spread("inputs", parsed(reader.take("ai.toolCall.args")), "arguments")
  reader.spread("outputs", parsed(reader.take("ai.toolCall.result")), "result")
  for (const name of Object.keys(attributes)) {
    if (name.startsWith(SETTINGS)) reader.set("config", name.slice(SETTINGS.length), reader.take(name))
    else if (name.startsWith(USER_METADATA)) reader.set("metadata", name.slice(USER_METADATA.length), reader.take(name))
  }
  return reader
}
