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
type Fields = readonly [Field, ...ReadonlyArray<Field>]

const rows: { readonly [attribute: string]: Fields } = {
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
  [Attributes.GEN_AI_RESPONSE_FINISH_REASON]: [["metadata", "finish_reason"]],
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
  [Attributes.GEN_AI_CONVERSATION_ID]: [["metadata", "conversation_id"]],
  [Attributes.OTEL_SESSION_ID]: [["metadata", "session_id"]]
}

const requestPrefix = Attributes.GEN_AI_REQUEST_PREFIX

/**
 * Where one GenAI attribute goes; `undefined` when it is none of the convention's mapped names. The first field is its own;
 * the others are those of a sibling, and filled in where the sibling is missing.
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
export const fieldsOf = (attribute: string): Fields | undefined =>
  Object.hasOwn(rows, attribute)
    ? rows[attribute]
    : attribute.startsWith(requestPrefix)
      ? [["config", attribute.slice(requestPrefix.length)]]
      : undefined

const MAX_DEPTH = 64

const isWithin = (value: unknown, depth: number): boolean => {
  if (typeof value !== "object" || value === null) return true
  if (depth === 0) return false
  for (const entry of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof entry === "object" && !isWithin(entry, depth - 1)) return false
  }
  return true
}

// A plain prompt is no JSON, and making an error of that costs more than all the rest
const mayBeJson = /^\s*(?:[[{"\d-]|true|false|null)/

/** What a text says as JSON; a text that is none, or is nested too deep to be handed on, stays text. */
const json = (text: unknown): unknown => {
  if (typeof text !== "string" || !mayBeJson.test(text)) return text
  try {
    const value: unknown = JSON.parse(text)
    return isWithin(value, MAX_DEPTH) ? value : text
  } catch {
    return text
  }
}

const partsOf = (message: object): ReadonlyArray<object> =>
  Predicate.hasProperty(message, "parts") && Array.isArray(message.parts)
    ? message.parts.filter(Predicate.isObject)
    : []

const understood: ReadonlySet<unknown> = new Set(["text", "tool_call", "tool_call_response"])

const textOf = (parts: ReadonlyArray<object>): string => {
  let text = ""
  for (const part of parts) {
    if (field(part, "type") !== "text") continue
    const content = field(part, "content")
    if (typeof content === "string") text += content
  }
  return text
}

const field = (value: object, key: string): unknown => (Predicate.hasProperty(value, key) ? value[key] : undefined)

/**
 * One message of OpenTelemetry's form (`role`, `parts`) as chat messages of HoneyHive's (`role`, `content`, `tool_calls`);
 * several tool results in one message become one chat message each. Parts of other types (reasoning, images) stay in
 * `parts`; a bare text is said by `role`.
 */
const chatMessages = (message: unknown, role: string): ReadonlyArray<Record<string, unknown>> => {
  if (typeof message === "string" && message !== "") return [{ role, content: message }]
  if (!isRecord(message)) return []
  const parts = partsOf(message)
  if (parts.length === 0) return [{ ...message }]
  const results = parts.filter((part) => field(part, "type") === "tool_call_response")
  const calls = parts.filter((part) => field(part, "type") === "tool_call")
  const others = parts.filter((part) => !understood.has(field(part, "type")))
  const content = textOf(parts)
  const toolMessages = results.map((part) => ({
    role: "tool",
    tool_call_id: field(part, "id") ?? null,
    content: field(part, "response") ?? field(part, "result") ?? null
  }))
  if (content === "" && calls.length + others.length === 0 && toolMessages.length > 0) return toolMessages
  const toolCalls = calls.map((part) => ({
    id: field(part, "id") ?? null,
    name: field(part, "name") ?? null,
    arguments: field(part, "arguments") ?? null
  }))
  return [
    {
      role: field(message, "role") ?? role,
      content,
      ...(toolCalls.length > 0 ? { tool_calls: toolCalls } : {}),
      ...(others.length > 0 ? { parts: others } : {})
    },
    ...toolMessages
  ]
}

// Text that is no JSON (a plain prompt, a list that some limit cut) is one message, rather than lost
const messages = (attribute: unknown, role: string): ReadonlyArray<Record<string, unknown>> => {
  const said = json(attribute)
  return Array.isArray(said) ? said.flatMap((message) => chatMessages(message, role)) : [...chatMessages(said, role)]
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
  const asked = attributes[Attributes.GEN_AI_INPUT_MESSAGES] ?? attributes[Attributes.GEN_AI_PROMPT]
  // What the assistant said last; results of tools that ran at the provider may stand around it
  const said = messages(
    attributes[Attributes.GEN_AI_OUTPUT_MESSAGES] ?? attributes[Attributes.GEN_AI_COMPLETION],
    "assistant"
  )
  const tools = json(attributes[Attributes.GEN_AI_TOOL_DEFINITIONS])
  return {
    inputs: {
      ...(asked === undefined ? {} : { chat_history: messages(asked, "user") }),
      ...recordOf(attributes[Attributes.GEN_AI_TOOL_CALL_ARGUMENTS], "arguments")
    },
    outputs: {
      ...(said.findLast((message) => message["role"] === "assistant") ?? said.at(-1)),
      ...recordOf(attributes[Attributes.GEN_AI_TOOL_CALL_RESULT], "result")
    },
    config: tools === undefined ? {} : { tools }
  }
}

const recordOf = (attribute: unknown, key: string): Record<string, unknown> => {
  const value = json(attribute)
  return isRecord(value) ? value : value === undefined ? {} : { [key]: value }
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
