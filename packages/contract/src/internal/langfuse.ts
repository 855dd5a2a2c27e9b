/**
 * Langfuse: `langfuse.observation.*`.
 */
import type { AttributeRecord } from "../Attributes.ts"
import { field, isChat, isRecord, parsed, Reader, type Reading, type Rows } from "./reading.ts"

const rows: Rows = {
  "langfuse.observation.type": ["metadata", "span_kind"],
  "langfuse.observation.model.name": ["config", "model"],
  "langfuse.observation.prompt.name": ["config", "prompt_name"],
  "langfuse.observation.prompt.version": ["config", "prompt_version"],
  "langfuse.environment": ["metadata", "environment"],
  "langfuse.release": ["metadata", "release"],
  "user.id": ["metadata", "user_id"]
}

const OWN_METADATA = "langfuse.observation.metadata."
const TRACE_METADATA = "langfuse.trace.metadata."

const usage = { input: "prompt_tokens", output: "completion_tokens", total: "total_tokens" } as const

export const langfuse = (attributes: AttributeRecord): Reading => {
  const reader = new Reader(attributes)
  reader.rows(rows)
  reader.spread("config", parsed(reader.take("langfuse.observation.model.parameters")), "parameters")
  const details = parsed(reader.take("langfuse.observation.usage_details"))
  for (const [key, name] of Object.entries(usage)) reader.set("metadata", name, field(details, key))
  if (isRecord(details)) {
    const others = Object.entries(details).filter(([key]) => !Object.hasOwn(usage, key))
    if (others.length > 0) reader.set("metadata", "usage_details", Object.fromEntries(others))
  }
  const cost = parsed(reader.take("langfuse.observation.cost_details"))
  reader.set("metadata", "cost", field(cost, "total"))
  const input = parsed(reader.take("langfuse.observation.input"))
  const messages = isChat(input) ? input : field(input, "messages")
  if (isChat(messages)) reader.set("inputs", "chat_history", messages)
  else reader.spread("inputs", input, "input")
  const output = parsed(reader.take("langfuse.observation.output"))
  if (attributes["langfuse.observation.type"] === "generation" && typeof output === "string") {
    reader.chat([], { role: "assistant", content: output })
  } else {
    reader.spread("outputs", isChat(output) ? output.at(-1) : output, "result")
  }
  for (const name of Object.keys(attributes)) {
    if (name.startsWith(OWN_METADATA))
      reader.set("metadata", name.slice(OWN_METADATA.length), parsed(reader.take(name)))
    else if (name.startsWith(TRACE_METADATA)) {
      reader.set("metadata", name.slice(TRACE_METADATA.length), parsed(reader.take(name)))
    }
  }
  return reader
}
