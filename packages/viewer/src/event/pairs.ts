/**
 * Tool calls beside what the tools answered, as a person reads a conversation.
 */
import type { Message, Part } from "../trace/messages.ts"

type Call = Extract<Part, { _tag: "toolCall" }>
type Result = Extract<Part, { _tag: "toolResult" }>

export type Shown =
  | Exclude<Part, Call | Result>
  | { readonly _tag: "tool"; readonly call: Call | undefined; readonly result: Result | undefined }

export interface ShownMessage {
  readonly role: string
  readonly parts: ReadonlyArray<Shown>
}

/**
 * Every result goes to the call with its id; one without an id to the first call before it that has none and the same name. A
 * message of nothing but results that found their calls is not shown again.
 */
export const paired = (messages: ReadonlyArray<Message>): ReadonlyArray<ShownMessage> => {
  const results = new Map<Call, Result>()
  const open: Array<Call> = []
  const taken = new Set<Result>()
  for (const part of messages.flatMap(({ parts }) => parts)) {
    if (part._tag === "toolCall") open.push(part)
    if (part._tag !== "toolResult") continue
    const at = open.findIndex(({ id, name }) =>
      part.id !== null && id !== null ? id === part.id : part.name === null || part.name === name
    )
    const call = open[at]
    if (call === undefined) continue
    open.splice(at, 1)
    results.set(call, part)
    taken.add(part)
  }
  return messages.flatMap(({ parts, role }) => {
    const shown = parts.flatMap((part): ReadonlyArray<Shown> => {
      if (part._tag === "toolCall") return [{ _tag: "tool", call: part, result: results.get(part) }]
      if (part._tag === "toolResult") return taken.has(part) ? [] : [{ _tag: "tool", call: undefined, result: part }]
      return [part]
    })
    return shown.length === 0 && parts.length > 0 ? [] : [{ role, parts: shown }]
  })
}
