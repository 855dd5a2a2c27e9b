/**
 * OpenTelemetry's GenAI conventions, as fields of a HoneyHive event.
 *
 * The rows are the "OTel GenAI" column of HoneyHive's own mapping; a name without a row stays in `metadata` as it is.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import { type AttributeRecord, Attributes } from "./Attributes.ts"
import type { Bucket } from "./Bucket.ts"

type Field = readonly [bucket: Bucket, path: string]

const rows: { readonly [attribute: string]: ReadonlyArray<Field> } = {
  [Attributes.GEN_AI_REQUEST_MODEL]: [["config", "model"]],
  [Attributes.GEN_AI_PROVIDER_NAME]: [
    ["config", "provider"],
    ["metadata", "provider"]
  ],
  [Attributes.GEN_AI_SYSTEM]: [["metadata", "system"]],
  [Attributes.GEN_AI_USAGE_PROMPT_TOKENS]: [["metadata", "prompt_tokens"]],
  [Attributes.GEN_AI_USAGE_COMPLETION_TOKENS]: [["metadata", "completion_tokens"]],
  [Attributes.GEN_AI_USAGE_INPUT_TOKENS]: [
    ["metadata", "input_tokens"],
    ["metadata", "prompt_tokens"]
  ],
  [Attributes.GEN_AI_USAGE_OUTPUT_TOKENS]: [
    ["metadata", "output_tokens"],
    ["metadata", "completion_tokens"]
  ],
  [Attributes.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS]: [["metadata", "cache_read_input_tokens"]],
  [Attributes.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS]: [["metadata", "cache_write_input_tokens"]],
  [Attributes.GEN_AI_USAGE_REASONING_TOKENS]: [["metadata", "reasoning_tokens"]],
  [Attributes.GEN_AI_RESPONSE_FINISH_REASONS]: [["metadata", "finish_reasons"]],
  [Attributes.GEN_AI_RESPONSE_ID]: [["metadata", "response_id"]],
  [Attributes.GEN_AI_RESPONSE_MODEL]: [
    ["metadata", "response_model"],
    ["metadata", "model_name"]
  ],
  [Attributes.GEN_AI_AGENT_NAME]: [["metadata", "agent_name"]],
  [Attributes.GEN_AI_AGENT_ID]: [["metadata", "agent_id"]],
  [Attributes.GEN_AI_AGENT_DESCRIPTION]: [["metadata", "agent_description"]],
  [Attributes.GEN_AI_AGENT_TYPE]: [["metadata", "span_kind"]],
  [Attributes.GEN_AI_TOOL_NAME]: [["metadata", "tool_name"]],
  [Attributes.GEN_AI_TOOL_STATUS]: [["metadata", "tool_status"]],
  [Attributes.GEN_AI_TOOL_CALL_ID]: [["metadata", "tool_call_id"]],
  [Attributes.GEN_AI_OPERATION_NAME]: [["metadata", "operation_name"]],
  [Attributes.GEN_AI_CONVERSATION_ID]: [["metadata", "conversation_id"]]
}

const requestPrefix = Attributes.GEN_AI_REQUEST_PREFIX

/**
 * Where one GenAI attribute goes; `undefined` when it is none of the convention's mapped names.
 *
 * @example
 * ```ts
 * import { GenAi } from "@honeyhive/contract"
 *
 * GenAi.fieldsOf("gen_ai.request.temperature") // => [["config", "temperature"]]
 * ```
 *
 * @category projection
 * @since 0.1.0
 */
export const fieldsOf = (attribute: string): ReadonlyArray<Field> | undefined =>
  Object.hasOwn(rows, attribute)
    ? rows[attribute]
    : attribute.startsWith(requestPrefix)
      ? [["config", attribute.slice(requestPrefix.length)]]
      : undefined

const json = (text: unknown): unknown => {
  if (typeof text !== "string") return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const partsOf = (message: object): ReadonlyArray<object> =>
  Predicate.hasProperty(message, "parts") && Array.isArray(message.parts)
    ? message.parts.filter(Predicate.isObject)
    : []

const textOf = (parts: ReadonlyArray<object>): string =>
  parts
    .flatMap((part) =>
      Predicate.hasProperty(part, "type") &&
      part.type === "text" &&
      Predicate.hasProperty(part, "content") &&
      typeof part.content === "string"
        ? [part.content]
        : []
    )
    .join("")

const field = (value: object, key: string): unknown => (Predicate.hasProperty(value, key) ? value[key] : undefined)

/**
 * One message of OpenTelemetry's form (`role`, `parts`) as chat messages of HoneyHive's (`role`, `content`, `tool_calls`);
 * several tool results in one message become one chat message each.
 */
const chatMessages = (message: unknown): ReadonlyArray<Record<string, unknown>> => {
  if (!Predicate.isObject(message)) return []
  const parts = partsOf(message)
  if (parts.length === 0) return [{ ...message }]
  const results = parts.filter((part) => field(part, "type") === "tool_call_response")
  const calls = parts.filter((part) => field(part, "type") === "tool_call")
  const content = textOf(parts)
  const toolMessages = results.map((part) => ({
    role: "tool",
    tool_call_id: field(part, "id") ?? null,
    content: field(part, "response") ?? field(part, "result") ?? null
  }))
  if (content === "" && calls.length === 0 && toolMessages.length > 0) return toolMessages
  const toolCalls = calls.map((part) => ({
    id: field(part, "id") ?? null,
    name: field(part, "name") ?? null,
    arguments: field(part, "arguments") ?? null
  }))
  return [
    { role: field(message, "role") ?? "user", content, ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}) },
    ...toolMessages
  ]
}

const messages = (attribute: unknown): ReadonlyArray<Record<string, unknown>> => {
  const list = json(attribute)
  return Array.isArray(list) ? list.flatMap(chatMessages) : []
}

/**
 * The content of buckets that the GenAI attributes of a span carry as JSON.
 *
 * Input messages become `inputs.chat_history`; the last output message becomes `outputs.role`, `outputs.content` and
 * `outputs.tool_calls`, which HoneyHive shows as a chat. A tool call's arguments become `inputs`, its result `outputs`. The
 * definitions of tools become `config.tools`.
 *
 * @category projection
 * @since 0.1.0
 */
export const messagesOf = (
  attributes: AttributeRecord
): { readonly [B in "inputs" | "outputs" | "config"]: Record<string, unknown> } => {
  const config: Record<string, unknown> = {}
  const inputs: Record<string, unknown> = {}
  const outputs: Record<string, unknown> = {}
  const asked = attributes[Attributes.GEN_AI_INPUT_MESSAGES] ?? attributes[Attributes.GEN_AI_PROMPT]
  if (asked !== undefined) inputs["chat_history"] = messages(asked)
  // What the assistant said last; results of tools that ran at the provider may stand around it
  const said = messages(attributes[Attributes.GEN_AI_OUTPUT_MESSAGES] ?? attributes[Attributes.GEN_AI_COMPLETION])
  Object.assign(outputs, said.findLast((message) => message["role"] === "assistant") ?? said.at(-1))
  if (Attributes.GEN_AI_TOOL_CALL_ARGUMENTS in attributes) {
    const value = json(attributes[Attributes.GEN_AI_TOOL_CALL_ARGUMENTS])
    Object.assign(inputs, isRecord(value) ? value : { arguments: value })
  }
  if (Attributes.GEN_AI_TOOL_CALL_RESULT in attributes) {
    const value = json(attributes[Attributes.GEN_AI_TOOL_CALL_RESULT])
    Object.assign(outputs, isRecord(value) ? value : { result: value })
  }
  if (Attributes.GEN_AI_TOOL_DEFINITIONS in attributes) {
    config["tools"] = json(attributes[Attributes.GEN_AI_TOOL_DEFINITIONS])
  }
  return { inputs, outputs, config }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  Predicate.isObject(value) && !Array.isArray(value)

/**
 * The attributes that {@link messagesOf} reads, and which therefore need not appear in `metadata` again.
 *
 * @category projection
 * @since 0.1.0
 */
export const messageAttributes: ReadonlySet<string> = new Set([
  Attributes.GEN_AI_INPUT_MESSAGES,
  Attributes.GEN_AI_OUTPUT_MESSAGES,
  Attributes.GEN_AI_PROMPT,
  Attributes.GEN_AI_COMPLETION,
  Attributes.GEN_AI_TOOL_CALL_ARGUMENTS,
  Attributes.GEN_AI_TOOL_CALL_RESULT,
  Attributes.GEN_AI_TOOL_DEFINITIONS
])
