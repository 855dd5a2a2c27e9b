/**
 * The chat messages that an event carries: what a model was told and what it said.
 *
 * The hive's projections put them into `inputs.chat_history` and into `outputs.role`, `content` and `tool_calls`. Contents
 * that libraries and providers write in their own ways stay as they were sent, so their common forms are read here: those of
 * OpenAI, Anthropic, Gemini, LangChain, Vercel's AI SDK, and of OpenTelemetry's and OpenInference's conventions. What has no
 * known form becomes a `json` part: nothing is left out.
 */
import type { EventDetail } from "../hive/types.ts"

export type Part =
  | { readonly _tag: "text"; readonly text: string }
  | { readonly _tag: "reasoning"; readonly text: string }
  /** `url` is null where the bytes are not in the trace; it may be a `data:` address, or one of another host. */
  | { readonly _tag: "image"; readonly url: string | null; readonly mimeType: string | null }
  | {
      readonly _tag: "file"
      readonly url: string | null
      readonly mimeType: string | null
      readonly name: string | null
      /** Bytes. */
      readonly size: number | null
    }
  | { readonly _tag: "toolCall"; readonly id: string | null; readonly name: string; readonly arguments: unknown }
  | {
      readonly _tag: "toolResult"
      /** Of the call that it answers. */
      readonly id: string | null
      readonly name: string | null
      readonly value: unknown
      readonly isError: boolean
    }
  | { readonly _tag: "json"; readonly value: unknown }

export interface Message {
  /** `system`, `user`, `assistant` and `tool`, whatever the provider calls them; another role as it is. */
  readonly role: string
  /** What of it is text. */
  readonly text: string
  /** All of it, in order. */
  readonly parts: ReadonlyArray<Part>
}

export interface Messages {
  readonly input: ReadonlyArray<Message>
  readonly output: ReadonlyArray<Message>
}

type Json = { readonly [key: string]: unknown }

const isRecord = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value)

const field = (value: unknown, ...path: ReadonlyArray<string>): unknown => {
  let at = value
  for (const key of path) at = isRecord(at) && Object.hasOwn(at, key) ? at[key] : undefined
  return at
}

const string = (...values: ReadonlyArray<unknown>): string | null =>
  values.find((value): value is string => typeof value === "string" && value !== "") ?? null

/** Arguments travel as JSON in a text. */
const parsed = (value: unknown): unknown => {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}

const text = (value: unknown): ReadonlyArray<Part> => {
  const said = string(value)
  return said === null ? [] : [{ _tag: "text", text: said }]
}

const reasoning = (...values: ReadonlyArray<unknown>): ReadonlyArray<Part> => {
  const said = string(...values)
  return said === null ? [] : [{ _tag: "reasoning", text: said }]
}

const toolCall = (id: unknown, name: unknown, args: unknown): Part => ({
  _tag: "toolCall",
  id: string(id),
  name: string(name) ?? "tool",
  arguments: parsed(args) ?? null
})

const toolResult = (id: unknown, name: unknown, value: unknown, isError: boolean): Part => ({
  _tag: "toolResult",
  id: string(id),
  name: string(name),
  value: parsed(value) ?? null,
  isError
})

/** An address, or bytes in base64 that are made one. */
const media = (where: unknown, type: unknown, name?: unknown, size?: unknown): Part => {
  const said = string(where)
  const mimeType = string(type) ?? said?.match(/^data:([^;,]+)/)?.[1] ?? null
  const url = said === null ? null : /^[a-z][a-z\d+.-]*:/i.test(said) ? said : `data:${mimeType ?? ""};base64,${said}`
  return mimeType === null || mimeType.startsWith("image/")
    ? { _tag: "image", url, mimeType }
    : { _tag: "file", url, mimeType, name: string(name), size: typeof size === "number" ? size : null }
}

/** `{ type: "json" | "text" | "error-text", value }` of Vercel's SDK. */
const unwrapped = (output: unknown): unknown => (string(field(output, "type")) !== null ? field(output, "value") : null)

/** One piece of a message's content. */
const partOf = (part: unknown): ReadonlyArray<Part> => {
  if (typeof part === "string") return text(part)
  if (!isRecord(part)) return part === null || part === undefined ? [] : [{ _tag: "json", value: part }]
  const type = string(part["type"]) ?? ""
  switch (type) {
    case "text":
    case "input_text":
    case "output_text":
    case "refusal":
      return text(string(part["text"], part["content"], part["refusal"]))
    case "reasoning":
    case "thinking":
      return reasoning(part["text"], part["content"], part["thinking"])
    case "image_url":
    case "input_image":
      return [media(string(field(part, "image_url", "url"), part["image_url"]), undefined)]
    case "image":
    case "file":
    case "document":
    case "blob":
    case "uri":
    case "media": {
      const source = part["source"]
      const where = string(
        part["uri"],
        part["url"],
        field(part, "image", "image", "url"),
        field(part, "image", "url"),
        part["image"],
        part["data"],
        part["content"],
        field(source, "url"),
        field(source, "data"),
        part["file_uri"]
      )
      const mimeType = string(part["mime_type"], part["mediaType"], part["mimeType"], field(source, "media_type"))
      const unnamed = type === "image" ? (mimeType ?? undefined) : (mimeType ?? "application/octet-stream")
      return [media(where, unnamed, string(part["file_name"], part["filename"], part["title"]), part["size"])]
    }
    case "tool_call":
    case "tool-call":
    case "tool_use":
    case "function_call":
      return [
        toolCall(
          string(part["id"], part["toolCallId"], part["call_id"]),
          string(part["name"], part["toolName"]),
          part["arguments"] ?? part["input"] ?? part["args"]
        )
      ]
    case "tool_call_response":
    case "tool-result":
    case "tool_result":
    case "function_call_output":
      return [
        toolResult(
          string(part["id"], part["toolCallId"], part["tool_use_id"], part["call_id"]),
          string(part["name"], part["toolName"]),
          unwrapped(part["output"]) ?? part["output"] ?? part["response"] ?? part["result"] ?? part["content"],
          part["is_error"] === true || string(field(part, "output", "type"))?.startsWith("error") === true
        )
      ]
  }
  // Gemini's parts have no type
  if (typeof part["text"] === "string" && type === "") {
    return part["thought"] === true ? reasoning(part["text"]) : text(part["text"])
  }
  const call = part["functionCall"] ?? part["function_call"]
  if (isRecord(call)) return [toolCall(call["id"], call["name"], call["args"] ?? call["arguments"])]
  const answer = part["functionResponse"] ?? part["function_response"]
  if (isRecord(answer)) return [toolResult(answer["id"], answer["name"], answer["response"], false)]
  const inline = part["inlineData"] ?? part["inline_data"] ?? part["fileData"]
  if (isRecord(inline)) {
    return [media(string(inline["data"], inline["fileUri"]), string(inline["mimeType"], inline["mime_type"]))]
  }
  return [{ _tag: "json", value: part }]
}

const roles: Record<string, string> = { human: "user", ai: "assistant", model: "assistant", function: "tool" }

const list = (value: unknown): ReadonlyArray<unknown> =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]

const callOf = (call: unknown): Part =>
  toolCall(
    string(field(call, "id"), field(call, "call_id"), field(call, "toolCallId")),
    string(field(call, "name"), field(call, "function", "name"), field(call, "toolName")),
    field(call, "arguments") ?? field(call, "function", "arguments") ?? field(call, "args") ?? field(call, "input")
  )

/** LangChain's own way of writing what it holds. */
const unserialised = (message: Json): Json => {
  const kind = Array.isArray(message["id"]) ? string(message["id"].at(-1)) : null
  const inner = message["kwargs"]
  if (kind === null || !isRecord(inner)) return message
  return { role: kind.replace(/Message(Chunk)?$/, "").toLowerCase(), ...inner }
}

const messageOf = (value: unknown, role: string): ReadonlyArray<Message> => {
  if (typeof value === "string") return value === "" ? [] : [{ role, text: value, parts: text(value) }]
  if (!isRecord(value)) return []
  // Choices of OpenAI's, items of OpenInference's
  const inner = isRecord(value["message"]) ? value["message"] : unserialised(value)
  const type = string(inner["type"])
  // OpenAI's responses have calls and their results beside the messages
  if (type === "function_call") return [{ role: "assistant", text: "", parts: partOf(inner) }]
  if (type === "function_call_output") return [{ role: "tool", text: "", parts: partOf(inner) }]
  const said = string(inner["role"], type !== null && Object.hasOwn(roles, type) ? type : null)?.toLowerCase() ?? role
  const known = Object.hasOwn(roles, said) ? (roles[said] ?? said) : said
  const content = inner["content"]
  const name = string(inner["name"])
  const parts: ReadonlyArray<Part> =
    known === "tool" && !list(content).some((part) => string(field(part, "type"))?.startsWith("tool") === true)
      ? content === undefined
        ? list(inner["parts"]).flatMap(partOf)
        : [toolResult(inner["tool_call_id"], name, content, inner["status"] === "error")]
      : [
          ...reasoning(inner["reasoning"], inner["reasoning_content"]),
          ...list(inner["parts"]).flatMap(partOf),
          ...list(content).flatMap(partOf),
          ...list(inner["tool_calls"]).map(callOf),
          ...(isRecord(inner["function_call"]) ? [callOf(inner["function_call"])] : [])
        ]
  const isUnknown = !["role", "content", "parts", "tool_calls", "function_call"].some((key) => key in inner)
  return [{ role: known, text: textOf(parts), parts: isUnknown ? [{ _tag: "json", value }] : parts }]
}

const textOf = (parts: ReadonlyArray<Part>): string =>
  parts.flatMap((part) => (part._tag === "text" ? [part.text] : [])).join("\n\n")

const looksLikeMessages = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every(
    (item) =>
      isRecord(item) &&
      (typeof item["role"] === "string" || isRecord(item["message"]) || isRecord(item["kwargs"]) || "type" in item)
  )

const messagesOf = (value: unknown, role: string): ReadonlyArray<Message> =>
  list(value).flatMap((item) => messageOf(item, role))

/** The messages that went into an event and came out of it; none where it speaks of something else. */
export const readMessages = ({
  event_type,
  inputs,
  outputs
}: Pick<EventDetail["event"], "event_type" | "inputs" | "outputs">): Messages => {
  const isModel = event_type === "model"
  const asked =
    inputs["chat_history"] ??
    ["messages", "input", "contents"].map((key) => inputs[key]).find((value) => looksLikeMessages(value)) ??
    (isModel ? string(inputs["prompt"], inputs["input"], inputs["value"]) : undefined)
  return { input: messagesOf(asked, "user"), output: outputs === null ? [] : saidIn(outputs, isModel) }
}

const saidIn = (outputs: Json, isModel: boolean): ReadonlyArray<Message> => {
  const isSaid = typeof outputs["role"] === "string" || Array.isArray(outputs["tool_calls"])
  if (isSaid || (isModel && outputs["content"] !== undefined)) return messageOf(outputs, "assistant")
  for (const key of ["messages", "choices", "output"]) {
    if (looksLikeMessages(outputs[key])) return messagesOf(outputs[key], "assistant")
  }
  const plain = string(outputs["text"], outputs["completion"], outputs["value"], outputs["result"], outputs["output"])
  return isModel && plain !== null ? messageOf(plain, "assistant") : []
}
