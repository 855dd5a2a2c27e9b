/**
 * Traceloop's (OpenLLMetry's) conventions, as fields of a HoneyHive event.
 *
 * The rows are the "Traceloop" column of HoneyHive's own mapping where it differs from OpenTelemetry's, and the contents that
 * have no row there: numbered prompts and completions, and what goes into and out of workflows, tasks and tools.
 */
import { type AttributeRecord, Attributes } from "../Attributes.ts"
import {
  chat,
  type Content,
  type Convention,
  field,
  isRecord,
  json,
  lastSaid,
  numbered,
  present,
  recordOf,
  rowOf,
  type Rows,
  toolCall
} from "./content.ts"

const rows: Rows = {
  "llm.provider": [
    ["config", "provider"],
    ["metadata", "provider"]
  ],
  "llm.model_name": [["metadata", "model_name"]],
  "llm.request.type": [["metadata", "request_type"]],
  "llm.request.model": [["config", "model"]],
  "llm.response.model": [
    ["metadata", "response_model"],
    ["metadata", "model_name"]
  ],
  "llm.usage.total_tokens": [["metadata", "total_tokens"]],
  "llm.usage.prompt_tokens": [["metadata", "prompt_tokens"]],
  "llm.usage.completion_tokens": [["metadata", "completion_tokens"]],
  "llm.usage.reasoning_tokens": [["metadata", "reasoning_tokens"]],
  "llm.response.finish_reason": [["metadata", "finish_reason"]],
  "llm.response.stop_reason": [["metadata", "finish_reason"]],
  "llm.top_k": [["config", "top_k"]],
  "llm.frequency_penalty": [["config", "frequency_penalty"]],
  "llm.presence_penalty": [["config", "presence_penalty"]],
  "llm.chat.stop_sequences": [["config", "stop_sequences"]],
  [Attributes.TRACELOOP_SPAN_KIND]: [["metadata", "span_kind"]],
  "gen_ai.openai.api_base": [["metadata", "openai_api_base"]],
  "gen_ai.openai.system_fingerprint": [["metadata", "openai_system_fingerprint"]],
  "gen_ai.openai.response.system_fingerprint": [["metadata", "openai_system_fingerprint"]],
  "http.status_code": [["metadata", "status_code"]],
  "messaging.destination.name": [
    ["metadata", "messaging_destination"],
    ["config", "destination"]
  ]
}

const prompts = ["gen_ai.prompt.", "llm.prompts."] as const
const completions = ["gen_ai.completion.", "llm.completions."] as const
const functions = "llm.request.functions."
const lists = [...prompts, ...completions, functions]
const entityInput = "traceloop.entity.input"
const entityOutput = "traceloop.entity.output"

const chatMessage = (item: unknown): Record<string, unknown> => {
  const called = field(item, "tool_calls")
  const calls = (Array.isArray(called) ? called : isRecord(called) ? Object.values(called) : []).map((call) =>
    toolCall(field(call, "id"), field(call, "name"), field(call, "arguments"))
  )
  const content = field(item, "content")
  // A message of several parts travels as JSON
  const parts = typeof content === "string" && content.startsWith("[") ? json(content) : undefined
  return {
    role: field(item, "role") ?? "user",
    content: Array.isArray(parts) && parts.every(isRecord) ? parts : (content ?? ""),
    ...present({ tool_call_id: field(item, "tool_call_id"), finish_reason: field(item, "finish_reason") }),
    ...(calls.length === 0 ? {} : { tool_calls: calls })
  }
}

const messages = (attributes: AttributeRecord, prefixes: ReadonlyArray<string>, role: string) =>
  prefixes
    .flatMap((prefix) => numbered(attributes, prefix) ?? [])
    .filter(isRecord)
    .map((item) => chatMessage({ role, ...item }))

/** `{ inputs, kwargs, … }` of a decorated function or of LangChain: what was really passed. */
const entity = (attribute: unknown, key: "inputs" | "outputs"): Record<string, unknown> => {
  const value = json(attribute)
  const inner = field(value, key)
  return isRecord(inner) ? inner : recordOf(attribute, key === "inputs" ? "input" : "value")
}

const contentOf = (attributes: AttributeRecord): Content => {
  const { finish_reason, ...said } = lastSaid(messages(attributes, completions, "assistant"))
  const tools = numbered(attributes, functions)?.map((item) =>
    isRecord(item) ? { ...item, ...present({ parameters: json(item["parameters"]) }) } : item
  )
  return {
    inputs: { ...entity(attributes[entityInput], "inputs"), ...chat(messages(attributes, prompts, "user")) },
    outputs: { ...entity(attributes[entityOutput], "outputs"), ...said },
    config: tools === undefined ? {} : { tools },
    metadata: present({ finish_reason })
  }
}

/** Whether a span is written so. */
export const matches = (scope: string, names: ReadonlyArray<string>): boolean =>
  scope.includes("traceloop") ||
  scope.startsWith("opentelemetry.instrumentation.") ||
  names.some(
    (name) =>
      name === Attributes.TRACELOOP_SPAN_KIND ||
      name === "llm.request.type" ||
      name.startsWith("llm.usage.") ||
      lists.some((prefix) => name.startsWith(prefix))
  )

export const convention: Convention = {
  fieldsOf: (attribute) => rowOf(rows, attribute),
  reads: (attribute) =>
    attribute === entityInput || attribute === entityOutput || lists.some((prefix) => attribute.startsWith(prefix)),
  contentOf
}
