/**
 * OpenTelemetry's GenAI conventions, as fields of a HoneyHive event.
 *
 * The rows are the "OTel GenAI" column of HoneyHive's own mapping; a name without a row stays in `metadata` as it is.
 *
 * @since 0.1.0
 */
import * as Predicate from "effect/Predicate"
import { type AttributeRecord, Attributes } from "./Attributes.ts"
import { field, type Fields, isRecord, json, lastSaid, recordOf, rowOf, type Rows } from "./internal/content.ts"

const rows: Rows = {
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
  // The registry's names since 1.38, which other libraries had written otherwise before
  "gen_ai.usage.cache_read.input_tokens": [["metadata", "cache_read_input_tokens"]],
  "gen_ai.usage.cache_creation.input_tokens": [["metadata", "cache_write_input_tokens"]],
  "gen_ai.usage.reasoning.output_tokens": [["metadata", "reasoning_tokens"]],
  "gen_ai.usage.cache_creation_input_tokens": [["metadata", "cache_write_input_tokens"]],
  "gen_ai.usage.total_tokens": [["metadata", "total_tokens"]],
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
  rowOf(rows, attribute) ??
  (attribute.startsWith(requestPrefix) ? [["config", attribute.slice(requestPrefix.length)]] : undefined)

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

/** A list of parts, or a text. */
const instructions = (attribute: unknown): string =>
  [json(attribute)]
    .flat()
    .map((part) => (typeof part === "string" ? part : isRecord(part) ? textOf([part]) : ""))
    .filter((text) => text !== "")
    .join("\n")

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
): { readonly [B in "inputs" | "outputs" | "config" | "metadata"]: Record<string, unknown> } => {
  const asked = attributes[Attributes.GEN_AI_INPUT_MESSAGES] ?? attributes[Attributes.GEN_AI_PROMPT]
  const said = messages(
    attributes[Attributes.GEN_AI_OUTPUT_MESSAGES] ?? attributes[Attributes.GEN_AI_COMPLETION],
    "assistant"
  )
  const tools = json(attributes[Attributes.GEN_AI_TOOL_DEFINITIONS])
  // Instructions that stand apart are what the model read first
  const system = instructions(attributes[Attributes.GEN_AI_SYSTEM_INSTRUCTIONS])
  const instructed = system === "" ? [] : [{ role: "system", content: system }]
  return {
    inputs: {
      ...(asked === undefined && system === "" ? {} : { chat_history: [...instructed, ...messages(asked, "user")] }),
      ...recordOf(attributes[Attributes.GEN_AI_TOOL_CALL_ARGUMENTS], "arguments")
    },
    outputs: {
      ...lastSaid(said),
      ...recordOf(attributes[Attributes.GEN_AI_TOOL_CALL_RESULT], "result")
    },
    config: tools === undefined ? {} : { tools },
    metadata: { ...inclusiveTotal(attributes), ...firstToken(attributes) }
  }
}

/** Whoever writes the registry's names for cached tokens counts as it says: the input holds them, whatever the provider does. */
const inclusiveTotal = (attributes: AttributeRecord): Record<string, unknown> => {
  const input = attributes[Attributes.GEN_AI_USAGE_INPUT_TOKENS]
  const output = attributes[Attributes.GEN_AI_USAGE_OUTPUT_TOKENS]
  const registry =
    "gen_ai.usage.cache_read.input_tokens" in attributes || "gen_ai.usage.cache_creation.input_tokens" in attributes
  return registry && typeof input === "number" && typeof output === "number" ? { total_tokens: input + output } : {}
}

const firstTokens = [
  "gen_ai.response.time_to_first_chunk",
  "gen_ai.client.operation.time_to_first_chunk",
  "gen_ai.server.time_to_first_token"
]

/** Seconds there, milliseconds here. */
const firstToken = (attributes: AttributeRecord): Record<string, unknown> => {
  const seconds = firstTokens.map((name) => attributes[name]).find((value) => typeof value === "number")
  return typeof seconds === "number" ? { time_to_first_token_ms: seconds * 1000 } : {}
}

/**
 * The attributes that {@link messagesOf} reads, and which therefore need not appear in `metadata` again.
 *
 * @category projection
 * @since 0.1.0
 */
export const messageAttributes: ReadonlySet<string> = new Set([
  Attributes.GEN_AI_INPUT_MESSAGES,
  Attributes.GEN_AI_OUTPUT_MESSAGES,
  Attributes.GEN_AI_SYSTEM_INSTRUCTIONS,
  Attributes.GEN_AI_PROMPT,
  Attributes.GEN_AI_COMPLETION,
  Attributes.GEN_AI_TOOL_CALL_ARGUMENTS,
  Attributes.GEN_AI_TOOL_CALL_RESULT,
  Attributes.GEN_AI_TOOL_DEFINITIONS
])
