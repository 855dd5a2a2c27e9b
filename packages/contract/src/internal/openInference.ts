/**
 * OpenInference (Arize, Phoenix): `llm.*`, `input.value`, `output.value`.
 */
import type { AttributeRecord } from "../Attributes.ts"
import { field, isRecord, parsed, Reader, type Reading, type Rows } from "./reading.ts"

const rows: Rows = {
  "openinference.span.kind": ["metadata", "span_kind"],
  "llm.model_name": ["config", "model"],
  "llm.system": ["metadata", "system"],
  "llm.token_count.prompt": ["metadata", "prompt_tokens"],
  "llm.token_count.completion": ["metadata", "completion_tokens"],
  "llm.token_count.total": ["metadata", "total_tokens"],
  "llm.token_count.prompt_details.cache_read": ["metadata", "cache_read_input_tokens"],
  "llm.token_count.prompt_details.cache_write": ["metadata", "cache_write_input_tokens"],
  "llm.token_count.completion_details.reasoning": ["metadata", "reasoning_tokens"],
  "llm.request.type": ["metadata", "request_type"],
  "agent.name": ["metadata", "agent_name"],
  "tool.name": ["metadata", "tool_name"],
  "user.id": ["metadata", "user_id"],
  "input.mime_type": ["metadata", "input_mime_type"],
  "output.mime_type": ["metadata", "output_mime_type"],
  "mcp.client.name": ["metadata", "mcp_client_name"],
  "mcp.server.name": ["metadata", "mcp_server_name"],
  "mcp.tool.name": ["metadata", "mcp_tool_name"],
  "mcp.request.type": ["metadata", "mcp_request_type"],
  "mcp.session.id": ["metadata", "mcp_session_id"],
  "openai.api_base": ["metadata", "openai_api_base"],
  "openai.system_fingerprint": ["metadata", "openai_system_fingerprint"]
}

const toolCall = (call: unknown): Record<string, unknown> => {
  const inner = field(call, "tool_call")
  const name = field(field(inner, "function"), "name")
  return {
    id: field(inner, "id") ?? null,
    name: name ?? null,
    arguments: parsed(field(field(inner, "function"), "arguments")) ?? null
  }
}

const message = (entry: unknown): ReadonlyArray<Record<string, unknown>> => {
  const inner = field(entry, "message")
  if (!isRecord(inner)) return []
  const { contents, tool_calls: calls, ...rest } = inner
  const texts = Array.isArray(contents)
    ? contents.map((content) => field(field(content, "message_content"), "text")).filter((text) => text !== undefined)
    : []
  return [
    {
      ...rest,
      ...(texts.length > 0 && rest["content"] === undefined ? { content: texts.join("") } : {}),
      ...(Array.isArray(calls) ? { tool_calls: calls.map(toolCall) } : {})
    }
  ]
}

export const openInference = (attributes: AttributeRecord): Reading => {
  const reader = new Reader(attributes)
  reader.rows(rows)
  const provider = reader.take("llm.provider")
  reader.set("config", "provider", provider)
  reader.set("metadata", "provider", provider)
  reader.spread("config", parsed(reader.take("llm.invocation_parameters")), "invocation_parameters")
  const asked = reader.list("llm.input_messages").flatMap(message)
  const said = reader.list("llm.output_messages").flatMap(message)
  reader.chat(asked, said.at(-1))
  // The value repeats the messages where there are some
  const input = parsed(reader.take("input.value"))
  const output = parsed(reader.take("output.value"))
  if (asked.length === 0) reader.spread("inputs", input, "input")
  if (said.length === 0) reader.spread("outputs", output, "result")
  return reader
}
