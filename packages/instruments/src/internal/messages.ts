/**
 * effect/ai's prompts and responses in the message form of OpenTelemetry's GenAI conventions.
 */
import type * as Prompt from "effect/ai/Prompt"
import type * as Response from "effect/ai/Response"

type Part = { readonly type: string; readonly [field: string]: unknown }

export interface Message {
  readonly role: string
  readonly parts: ReadonlyArray<Part>
  readonly finish_reason?: string
}

const text = (content: string): Part => ({ type: "text", content })

const reasoning = (content: string): Part => ({ type: "reasoning", content })

const toolCall = ({ id, name, params }: { readonly id: string; readonly name: string; readonly params: unknown }) => ({
  type: "tool_call",
  id,
  name,
  arguments: params
})

/** Base64 carries three bytes in four characters; what stands before a comma is the head of a data URL. */
const base64Size = (data: string): number => {
  const digits = data.slice(data.indexOf(",") + 1).replace(/=+$/, "")
  return Math.floor((digits.length * 3) / 4)
}

/** A file is told by its type and size: its bytes belong in no trace. */
const file = (part: Prompt.FilePart | Response.FilePart): Part => {
  const name = "fileName" in part ? part.fileName : undefined
  const common = { mime_type: part.mediaType, ...(name === undefined ? {} : { file_name: name }) }
  if (part.data instanceof URL && part.data.protocol !== "data:") return { type: "uri", ...common, uri: part.data.href }
  return {
    type: "blob",
    ...common,
    size: part.data instanceof Uint8Array ? part.data.byteLength : base64Size(String(part.data))
  }
}

const promptPart = (part: Prompt.UserMessagePart | Prompt.AssistantMessagePart | Prompt.ToolMessagePart): Part => {
  switch (part.type) {
    case "text":
      return text(part.text)
    case "reasoning":
      return reasoning(part.text)
    case "file":
      return file(part)
    case "tool-call":
      return toolCall(part)
    case "tool-result":
      return { type: "tool_call_response", id: part.id, response: part.result }
    case "tool-approval-request":
      return { type: "tool_approval_request", id: part.approvalId, tool_call_id: part.toolCallId }
    case "tool-approval-response":
      return { type: "tool_approval_response", id: part.approvalId, approved: part.approved, reason: part.reason }
  }
}

/** System instructions are the message with the role `system`. */
export const inputMessages = (prompt: Prompt.Prompt): ReadonlyArray<Message> =>
  prompt.content.map((message) => ({
    role: message.role,
    parts: message.role === "system" ? [text(message.content)] : message.content.map(promptPart)
  }))

// The tools of a response matter to nobody here
type AnyPart =
  | Response.AllParts<{}>
  | Response.ToolCallPart<string, unknown>
  | Response.ToolResultPart<string, unknown, unknown>

/**
 * What the model said: one assistant message, its streamed pieces joined. Results of the tools that the provider ran come
 * before it; those of the program's own tools are no output of the model, and part of its next input.
 */
export const outputMessages = (response: ReadonlyArray<AnyPart>): ReadonlyArray<Message> => {
  const parts: Array<Part> = []
  const results: Array<Part> = []
  const streamed = new Map<string, { type: string; content: string }>()
  let finishReason: string | undefined

  const open = (type: string, id: string) => {
    const part = { type, content: "" }
    streamed.set(`${type} ${id}`, part)
    parts.push(part)
    return part
  }
  const append = (type: string, id: string, delta: string) => {
    const part = streamed.get(`${type} ${id}`) ?? open(type, id)
    part.content += delta
  }

  for (const part of response) {
    switch (part.type) {
      case "text":
        parts.push(text(part.text))
        break
      case "text-start":
        open("text", part.id)
        break
      case "text-delta":
        append("text", part.id, part.delta)
        break
      case "reasoning":
        parts.push(reasoning(part.text))
        break
      case "reasoning-start":
        open("reasoning", part.id)
        break
      case "reasoning-delta":
        append("reasoning", part.id, part.delta)
        break
      case "tool-call":
        parts.push(toolCall(part))
        break
      case "tool-result":
        if (part.providerExecuted) {
          results.push({ type: "tool_call_response", id: part.id, response: part.encodedResult })
        }
        break
      case "file":
        parts.push(file(part))
        break
      case "error":
        parts.push({ type: "error", content: part.error })
        break
      case "finish":
        finishReason = part.reason
    }
  }
  return [
    ...(results.length === 0 ? [] : [{ role: "tool", parts: results }]),
    ...(parts.length === 0 && finishReason === undefined
      ? []
      : [{ role: "assistant", parts, ...(finishReason === undefined ? {} : { finish_reason: finishReason }) }])
  ]
}
