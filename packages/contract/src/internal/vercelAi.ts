/**
 * The Vercel AI SDK's `ai.*` attributes (versions 4 to 7, and 7's legacy mode), as fields of a HoneyHive event.
 *
 * No source of HoneyHive's maps them. A call of the SDK is a span around its steps: it is a chain, and the calls of the model
 * inside of it (`…doGenerate`, `…doStream`, `…doEmbed`) are the model events.
 */
import type { AttributeRecord } from "../Attributes.ts"
import type { EventType } from "../Event.ts"
import {
  chat,
  type Content,
  type Convention,
  field,
  type Fields,
  isRecord,
  json,
  present,
  recordOf,
  rowOf,
  type Rows,
  toolCall
} from "./content.ts"

const rows: Rows = {
  "ai.operationId": [["metadata", "operation_name"]],
  "ai.telemetry.functionId": [["metadata", "function_id"]],
  "ai.model.id": [["config", "model"]],
  "ai.model.provider": [
    ["config", "provider"],
    ["metadata", "provider"]
  ],
  "ai.response.id": [["metadata", "response_id"]],
  "ai.response.model": [
    ["metadata", "response_model"],
    ["metadata", "model_name"]
  ],
  "ai.response.finishReason": [["metadata", "finish_reason"]],
  "ai.finishReason": [["metadata", "finish_reason"]],
  "ai.response.msToFirstChunk": [["metadata", "time_to_first_token_ms"]],
  "ai.stream.msToFirstChunk": [["metadata", "time_to_first_token_ms"]],
  "ai.response.msToFinish": [["metadata", "latency_ms"]],
  "ai.toolCall.name": [["metadata", "tool_name"]],
  "ai.toolCall.id": [["metadata", "tool_call_id"]],
  "ai.schema.name": [["config", "schema_name"]],
  "ai.schema.description": [["config", "schema_description"]],
  "ai.telemetry.metadata.userId": [["metadata", "user_id"]],
  "ai.telemetry.metadata.sessionId": [["metadata", "session_id"]]
}

const settings: { readonly [name: string]: string } = {
  maxTokens: "max_tokens",
  maxOutputTokens: "max_tokens",
  topP: "top_p",
  topK: "top_k",
  frequencyPenalty: "frequency_penalty",
  presencePenalty: "presence_penalty",
  stopSequences: "stop_sequences"
}

const settingsPrefix = "ai.settings."
const metadataPrefix = "ai.telemetry.metadata."

const fieldsOf = (attribute: string): Fields | undefined => {
  const row = rowOf(rows, attribute)
  if (row !== undefined) return row
  if (attribute.startsWith(settingsPrefix)) {
    const name = attribute.slice(settingsPrefix.length)
    return [["config", Object.hasOwn(settings, name) ? (settings[name] ?? name) : name]]
  }
  if (attribute.startsWith(metadataPrefix)) return [["metadata", attribute.slice(metadataPrefix.length)]]
  return undefined
}

const read = new Set([
  "ai.prompt",
  "ai.prompt.messages",
  "ai.prompt.tools",
  "ai.prompt.toolChoice",
  "ai.response.text",
  "ai.response.object",
  "ai.response.reasoning",
  "ai.response.toolCalls",
  "ai.response.files",
  "ai.response.providerMetadata",
  "ai.result.text",
  "ai.result.object",
  "ai.result.toolCalls",
  "ai.toolCall.args",
  "ai.toolCall.result",
  "ai.value",
  "ai.values",
  "ai.embedding",
  "ai.embeddings",
  "ai.documents",
  "ai.ranking",
  "ai.schema"
])

/** Version 5 wraps what a tool returned: `{ type: "json", value }`. */
const unwrapped = (output: unknown): unknown => (isRecord(output) && "value" in output ? output["value"] : output)

/** One message of the SDK's as chat messages: each result of a tool is one of its own. */
const chatMessages = (message: unknown): ReadonlyArray<Record<string, unknown>> => {
  if (!isRecord(message)) return []
  const content = message["content"]
  if (!Array.isArray(content)) return [{ ...message }]
  const ofType = (...types: ReadonlyArray<string>) =>
    content.filter((part) => types.includes(String(field(part, "type"))))
  const calls = ofType("tool-call").map((part) =>
    toolCall(field(part, "toolCallId"), field(part, "toolName"), field(part, "input") ?? field(part, "args"))
  )
  const results = ofType("tool-result").map((part) => ({
    role: "tool",
    tool_call_id: field(part, "toolCallId") ?? null,
    content: unwrapped(field(part, "output") ?? field(part, "result") ?? null)
  }))
  const text = ofType("text")
    .map((part) => String(field(part, "text") ?? ""))
    .join("")
  const others = content.filter((part) => !["text", "tool-call", "tool-result"].includes(String(field(part, "type"))))
  if (results.length > 0 && calls.length + others.length === 0 && text === "") return results
  return [
    {
      role: message["role"],
      content: text,
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      ...(others.length === 0 ? {} : { parts: others })
    },
    ...results
  ]
}

const listOf = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

/** `{ system, prompt, messages }` of a whole call. */
const wholePrompt = (attribute: unknown): ReadonlyArray<Record<string, unknown>> => {
  const prompt = json(attribute)
  const said = (role: string, content: unknown) =>
    typeof content === "string" && content !== "" ? [{ role, content }] : []
  const asked = field(prompt, "prompt")
  return [
    ...said("system", field(prompt, "system") ?? field(prompt, "instructions")),
    ...said("user", typeof prompt === "string" ? prompt : asked),
    ...listOf(asked).flatMap(chatMessages),
    ...listOf(field(prompt, "messages")).flatMap(chatMessages)
  ]
}

const outputOf = (attributes: AttributeRecord): Record<string, unknown> => {
  const text = attributes["ai.response.text"] ?? attributes["ai.result.text"]
  const object = attributes["ai.response.object"] ?? attributes["ai.result.object"]
  const calls = listOf(json(attributes["ai.response.toolCalls"] ?? attributes["ai.result.toolCalls"])).map((call) =>
    toolCall(field(call, "toolCallId"), field(call, "toolName"), field(call, "input") ?? field(call, "args"))
  )
  const said = text ?? object
  return said === undefined && calls.length === 0
    ? {}
    : {
        role: "assistant",
        content: said ?? "",
        ...(calls.length === 0 ? {} : { tool_calls: calls }),
        ...present({
          reasoning: attributes["ai.response.reasoning"],
          files: json(attributes["ai.response.files"])
        })
      }
}

const number = (...values: ReadonlyArray<unknown>): number | undefined =>
  values.find((value): value is number => typeof value === "number")

/**
 * The counts of all versions. Up to version 5 the details of the cache are the provider's own, and Anthropic's input does not
 * hold its cached tokens while the SDK's total leaves them out; from 6 on its input holds them.
 */
const usageOf = (attributes: AttributeRecord): Record<string, unknown> => {
  const usage = (name: string) => number(attributes[`ai.usage.${name}`])
  const provider = json(attributes["ai.response.providerMetadata"])
  const anthropic = field(provider, "anthropic")
  const openai = field(provider, "openai") ?? field(provider, "azure")
  const prompt = usage("inputTokens") ?? usage("promptTokens") ?? usage("tokens")
  const completion = usage("outputTokens") ?? usage("completionTokens")
  const cacheRead = number(
    usage("inputTokenDetails.cacheReadTokens"),
    usage("cachedInputTokens"),
    field(anthropic, "cacheReadInputTokens"),
    field(openai, "cachedPromptTokens")
  )
  const cacheWrite = number(usage("inputTokenDetails.cacheWriteTokens"), field(anthropic, "cacheCreationInputTokens"))
  const detailed = usage("inputTokenDetails.cacheReadTokens") !== undefined
  const apart = !detailed && String(attributes["ai.model.provider"] ?? "").includes("anthropic")
  return present({
    prompt_tokens: prompt,
    completion_tokens: completion,
    cache_read_input_tokens: cacheRead,
    cache_write_input_tokens: cacheWrite,
    reasoning_tokens: number(
      usage("outputTokenDetails.reasoningTokens"),
      usage("reasoningTokens"),
      field(openai, "reasoningTokens")
    ),
    total_tokens: apart
      ? (prompt ?? 0) + (cacheRead ?? 0) + (cacheWrite ?? 0) + (completion ?? 0) || undefined
      : (usage("totalTokens") ?? (prompt === undefined ? undefined : prompt + (completion ?? 0)))
  })
}

const contentOf = (attributes: AttributeRecord): Content => {
  const messages = listOf(json(attributes["ai.prompt.messages"])).flatMap(chatMessages)
  return {
    inputs: {
      ...chat(messages.length > 0 ? messages : wholePrompt(attributes["ai.prompt"])),
      ...recordOf(attributes["ai.toolCall.args"], "arguments"),
      ...present({
        value: json(attributes["ai.value"]),
        values: attributes["ai.values"] && listOf(attributes["ai.values"]).map(json),
        documents: attributes["ai.documents"] && listOf(attributes["ai.documents"]).map(json)
      })
    },
    outputs: {
      ...outputOf(attributes),
      ...recordOf(attributes["ai.toolCall.result"], "result"),
      ...present({
        embedding: json(attributes["ai.embedding"]),
        embeddings: attributes["ai.embeddings"] && listOf(attributes["ai.embeddings"]).map(json),
        ranking: attributes["ai.ranking"] && listOf(attributes["ai.ranking"]).map(json)
      })
    },
    config: present({
      tools: attributes["ai.prompt.tools"] && listOf(attributes["ai.prompt.tools"]).map(json),
      tool_choice: json(attributes["ai.prompt.toolChoice"]),
      schema: json(attributes["ai.schema"])
    }),
    metadata: {
      ...usageOf(attributes),
      ...present({ provider_metadata: json(attributes["ai.response.providerMetadata"]) })
    }
  }
}

/** What a span of the SDK is; `undefined` for others. */
export const eventType = (operation: unknown): EventType | undefined =>
  typeof operation !== "string" || !operation.startsWith("ai.")
    ? undefined
    : operation === "ai.toolCall"
      ? "tool"
      : /\.do[A-Z]\w*$/.test(operation)
        ? "model"
        : "chain"

/** Whether a span is written so. */
export const matches = (_scope: string, names: ReadonlyArray<string>): boolean =>
  names.some((name) => name === "ai.operationId" || name.startsWith("ai.model.") || name.startsWith("ai.toolCall."))

export const convention: Convention = {
  fieldsOf,
  reads: (attribute) => read.has(attribute) || attribute.startsWith("ai.usage."),
  contentOf
}
