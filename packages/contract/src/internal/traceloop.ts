/**
 * Traceloop (OpenLLMetry), and the SDKs of HoneyHive that are built on it: `gen_ai.prompt.N.*`, `traceloop.entity.*`.
 */
import type { AttributeRecord } from "../Attributes.ts"
import { field, isRecord, parsed, Reader, type Reading, type Rows } from "./reading.ts"

const rows: Rows = {
  "traceloop.span.kind": ["metadata", "span_kind"],
  "llm.request.type": ["metadata", "request_type"],
  "llm.usage.total_tokens": ["metadata", "total_tokens"],
  "llm.model_name": ["metadata", "model_name"]
}

const message = (entry: unknown): ReadonlyArray<Record<string, unknown>> => {
  if (!isRecord(entry)) return []
  const { tool_calls: calls, ...rest } = entry
  return [
    {
      ...rest,
      ...(Array.isArray(calls)
        ? {
            tool_calls: calls.map((call: unknown) => ({
              id: field(call, "id") ?? null,
              name: field(call, "name") ?? null,
              arguments: parsed(field(call, "arguments")) ?? null
            }))
          }
        : {})
    }
  ]
}

export const traceloop = (attributes: AttributeRecord): Reading => {
  const reader = new Reader(attributes)
  reader.rows(rows)
  const provider = reader.take("llm.provider")
  reader.set("config", "provider", provider)
  reader.set("metadata", "provider", provider)
  reader.chat(reader.list("gen_ai.prompt").flatMap(message), reader.list("gen_ai.completion").flatMap(message).at(-1))
  const input = parsed(reader.take("traceloop.entity.input"))
  const named = field(input, "kwargs")
  const args = field(input, "args")
  if (isRecord(named) && Array.isArray(args)) {
    if (args.length > 0) reader.set("inputs", "args", args)
    reader.spread("inputs", named, "kwargs")
  } else {
    reader.spread("inputs", input, "input")
  }
  reader.spread("outputs", parsed(reader.take("traceloop.entity.output")), "result")
  return reader
}
