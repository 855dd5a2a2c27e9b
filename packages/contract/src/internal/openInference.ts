/**
 * OpenInference's conventions, as fields of a HoneyHive event.
 *
 * The rows are the "OpenInference" column of HoneyHive's own mapping, and the contents that have no row there: messages,
 * retrieved documents, tools and their parameters.
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
  "llm.model_name": [
    ["config", "model"],
    ["metadata", "model_name"]
  ],
  "embedding.model_name": [
    ["config", "model"],
    ["metadata", "model_name"]
  ],
  "reranker.model_name": [
    ["config", "model"],
    ["metadata", "model_name"]
  ],
  "llm.provider": [
    ["config", "provider"],
    ["metadata", "provider"]
  ],
  "llm.system": [["metadata", "system"]],
  "llm.token_count.prompt": [["metadata", "prompt_tokens"]],
  "llm.token_count.completion": [["metadata", "completion_tokens"]],
  "llm.token_count.total": [["metadata", "total_tokens"]],
  "llm.token_count.prompt_details.cache_read": [["metadata", "cache_read_input_tokens"]],
  "llm.token_count.prompt_details.cache_write": [["metadata", "cache_write_input_tokens"]],
  "llm.token_count.completion_details.reasoning": [["metadata", "reasoning_tokens"]],
  "llm.finish_reason": [["metadata", "finish_reason"]],
  "llm.request.type": [["metadata", "request_type"]],
  "llm.prompt_template.template": [["config", "template"]],
  "reranker.query": [["inputs", "query"]],
  "reranker.top_k": [["config", "top_k"]],
  "agent.name": [["metadata", "agent_name"]],
  "tool.name": [["metadata", "tool_name"]],
  "tool.description": [["config", "tool_description"]],
  "tool_call.id": [["metadata", "tool_call_id"]],
  "user.id": [["metadata", "user_id"]],
  [Attributes.OTEL_SESSION_ID]: [
    ["metadata", "session_id"],
    ["metadata", "conversation_id"]
  ],
  [Attributes.OPENINFERENCE_SPAN_KIND]: [["metadata", "span_kind"]],
  "input.mime_type": [["metadata", "input_mime_type"]],
  "output.mime_type": [["metadata", "output_mime_type"]],
  "openai.api_base": [["metadata", "openai_api_base"]],
  "openai.system_fingerprint": [["metadata", "openai_system_fingerprint"]],
  "http.status_code": [["metadata", "status_code"]],
  "messaging.destination.name": [
    ["metadata", "messaging_destination"],
    ["config", "destination"]
  ],
  "mcp.client.name": [["metadata", "mcp_client_name"]],
  "mcp.server.name": [["metadata", "mcp_server_name"]],
  "mcp.tool.name": [["metadata", "mcp_tool_name"]],
  "mcp.request.type": [["metadata", "mcp_request_type"]],
  "mcp.session.id": [["metadata", "mcp_session_id"]],
  "tag.tags": [["metadata", "tags"]]
}

const inputMessages = "llm.input_messages."
const outputMessages = "llm.output_messages."
const lists = [
  inputMessages,
  outputMessages,
  "llm.tools.",
  "retrieval.documents.",
  "reranker.input_documents.",
  "reranker.output_documents.",
  "embedding.embeddings."
]
const singles = new Set([
  "input.value",
  "output.value",
  "llm.invocation_parameters",
  "llm.prompt_template.variables",
  "tool.parameters",
  "metadata"
])

const valuesOf = (value: unknown): ReadonlyArray<unknown> =>
  Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : []

/** A message in pieces: texts are its content, everything else stays in parts. */
const contentsOf = (message: unknown): { readonly content: unknown; readonly parts: ReadonlyArray<unknown> } => {
  const contents = valuesOf(field(message, "contents")).map((entry) => field(entry, "message_content") ?? entry)
  const isText = (entry: unknown) => field(entry, "type") === "text"
  const texts = contents.filter(isText).map((entry) => String(field(entry, "text") ?? ""))
  return {
    content: field(message, "content") ?? texts.join(""),
    parts: contents.filter((entry) => !isText(entry))
  }
}

const chatMessage = (item: unknown): Record<string, unknown> => {
  const message = field(item, "message")
  const { content, parts } = contentsOf(message)
  const calls = valuesOf(field(message, "tool_calls")).map((entry) => {
    const call = field(entry, "tool_call")
    const called = field(call, "function")
    return toolCall(field(call, "id"), field(called, "name"), field(called, "arguments"))
  })
  return {
    role: field(message, "role") ?? "user",
    content,
    ...present({ name: field(message, "name"), tool_call_id: field(message, "tool_call_id") }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...(parts.length === 0 ? {} : { parts })
  }
}

const documents = (attributes: AttributeRecord, prefix: string): ReadonlyArray<unknown> | undefined =>
  numbered(attributes, prefix)?.map((item) => {
    const document = field(item, "document") ?? item
    return isRecord(document) && "metadata" in document
      ? { ...document, metadata: json(document["metadata"]) }
      : document
  })

/** The whole request or answer, as far as its messages are not told apart from it. */
const whole = (attribute: unknown, chatted: boolean): Record<string, unknown> => {
  const value = json(attribute)
  if (chatted) return {}
  const messages = field(value, "messages")
  if (!isRecord(value) || !Array.isArray(messages)) return recordOf(attribute, "value")
  const { messages: _messages, ...rest } = value
  return { ...rest, chat_history: messages }
}

/** OpenAI's answer as it is; of any other only what the value says. */
const answer = (attribute: unknown): Record<string, unknown> => {
  const message = field(valuesOf(field(json(attribute), "choices"))[0], "message")
  return isRecord(message) ? message : recordOf(attribute, "value")
}

const contentOf = (attributes: AttributeRecord): Content => {
  const asked = numbered(attributes, inputMessages)?.map(chatMessage)
  const said = numbered(attributes, outputMessages)?.map(chatMessage)
  const input = attributes["llm.token_count.prompt"]
  const output = attributes["llm.token_count.completion"]
  return {
    inputs: {
      ...whole(attributes["input.value"], asked !== undefined),
      ...chat(asked ?? []),
      ...present({
        parameters: json(attributes["tool.parameters"]),
        documents: documents(attributes, "reranker.input_documents."),
        template_variables: json(attributes["llm.prompt_template.variables"])
      })
    },
    outputs: {
      ...(said === undefined ? answer(attributes["output.value"]) : lastSaid(said)),
      ...present({
        documents: documents(attributes, "retrieval.documents.") ?? documents(attributes, "reranker.output_documents."),
        embeddings: numbered(attributes, "embedding.embeddings.")?.map((item) => field(item, "embedding") ?? item)
      })
    },
    config: {
      ...recordOf(attributes["llm.invocation_parameters"], "invocation_parameters"),
      ...present({
        tools: numbered(attributes, "llm.tools.")?.map((item) =>
          json(field(field(item, "tool"), "json_schema") ?? item)
        )
      })
    },
    metadata: {
      ...recordOf(attributes["metadata"], "metadata"),
      // The convention's prompt count holds the cached tokens, whatever the provider does
      ...(typeof input === "number" && typeof output === "number" ? { total_tokens: input + output } : {})
    }
  }
}

const named =
  /^(openinference\.|llm\.(model_name|input_messages\.|output_messages\.|token_count\.|invocation_parameters))/

/** Whether a span is written so. */
export const matches = (scope: string, names: ReadonlyArray<string>): boolean =>
  scope.includes("openinference") || names.some((name) => named.test(name))

export const convention: Convention = {
  fieldsOf: (attribute) => rowOf(rows, attribute),
  reads: (attribute) => singles.has(attribute) || lists.some((prefix) => attribute.startsWith(prefix)),
  contentOf
}
