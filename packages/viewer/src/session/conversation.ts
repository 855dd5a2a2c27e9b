/**
 * The conversation that a session's model calls make up. Each call repeats what was said before it, each in its own words:
 * a later one may leave tool calls out, or begin in the middle.
 */
import type { Message, Messages, Part } from "../trace/messages.ts"

/** What one model call was told and what it said. */
export interface Call {
  readonly eventId: string
  /** Who asked the model: the chain around it. */
  readonly agent: string | null
  readonly messages: Messages
}

type ToolCall = Extract<Part, { _tag: "toolCall" }>
type ToolResult = Extract<Part, { _tag: "toolResult" }>

/** What is shown of a message; a tool call has its result in it. */
export type TurnPart =
  | Exclude<Part, ToolCall | ToolResult>
  | (ToolCall & { readonly result: ToolResult | undefined })
  | ToolResult

export interface Turn {
  readonly role: string
  readonly parts: ReadonlyArray<TurnPart>
  /** The model call that it was first seen in. */
  readonly eventId: string
  readonly agent: string | null
}

interface Said {
  readonly message: Message
  readonly eventId: string
  readonly agent: string | null
}

/** Messages are the same when they say the same; ids of calls differ between libraries, and reasoning is not repeated. */
const keyOf = ({ parts, role }: Message): string =>
  JSON.stringify([
    role,
    ...parts.flatMap((part): ReadonlyArray<unknown> =>
      part._tag === "text"
        ? [part.text.trim()]
        : part._tag === "toolCall"
          ? [[part.name, part.arguments]]
          : part._tag === "toolResult"
            ? [[part.value]]
            : part._tag === "reasoning"
              ? []
              : [[part._tag]]
    )
  ])

interface Thread {
  readonly keys: Array<string>
  /** Where each key stands, in order. */
  readonly places: Map<string, Array<number>>
}

/** A call goes on with one of so many threads that began last. */
const NEAR = 64

const append = (thread: Thread, key: string): void => {
  const places = thread.places.get(key)
  if (places === undefined) thread.places.set(key, [thread.keys.length])
  else places.push(thread.keys.length)
  thread.keys.push(key)
}

/** Which of the keys are already in the thread, one after the other. */
const known = (thread: Thread, keys: ReadonlyArray<string>): ReadonlySet<number> => {
  const found = new Set<number>()
  let after = -1
  for (const [at, key] of keys.entries()) {
    const place = thread.places.get(key)?.find((place) => place > after)
    if (place === undefined) continue
    after = place
    found.add(at)
  }
  return found
}

const all = (calls: ReadonlyArray<Call>): ReadonlyArray<Said> => {
  const threads: Array<Thread> = []
  const instructions = new Set<string>()
  const said: Array<Said> = []
  for (const { agent, eventId, messages } of calls) {
    const input = messages.input.filter(({ parts }) => parts.length > 0)
    const output = messages.output.filter(({ parts }) => parts.length > 0)
    const keys = input.map(keyOf)
    // It goes on with the thread of which it repeats most; instructions alone are no thread
    let thread: Thread | undefined
    let seen: ReadonlySet<number> = new Set()
    let most = 0
    for (const candidate of threads.slice(-NEAR).toReversed()) {
      const repeated = known(candidate, keys)
      const weight = [...repeated].filter((at) => input[at]?.role !== "system").length
      if (weight > most) {
        thread = candidate
        seen = repeated
        most = weight
      }
    }
    if (thread === undefined) {
      thread = { keys: [], places: new Map() }
      threads.push(thread)
    }
    for (const [at, message] of input.entries()) {
      const key = keys[at]
      if (key === undefined || seen.has(at)) continue
      append(thread, key)
      if (message.role === "system") {
        if (instructions.has(key)) continue
        instructions.add(key)
      }
      said.push({ message, eventId, agent })
    }
    for (const message of output) {
      append(thread, keyOf(message))
      said.push({ message, eventId, agent })
    }
  }
  return said
}

/** In the order in which it was said, nothing twice, results of tools with what asked for them. */
export const conversation = (calls: ReadonlyArray<Call>): ReadonlyArray<Turn> => {
  const said = all(calls)
  const results = new Map<ToolCall, ToolResult>()
  const taken = new Set<Part>()
  const open: Array<ToolCall> = []
  for (const { message } of said) {
    for (const part of message.parts) {
      if (part._tag === "toolCall") open.push(part)
      if (part._tag !== "toolResult") continue
      // Ids are unique to a conversation only: the newest call of that id. Without one, the oldest that waits
      const at =
        part.id === null
          ? open.findIndex(({ name }) => part.name === null || name === part.name)
          : open.findLastIndex(({ id }) => id === part.id)
      const call = open[at]
      if (call === undefined) continue
      open.splice(at, 1)
      results.set(call, part)
      taken.add(part)
    }
  }
  return said.flatMap(({ agent, eventId, message }) => {
    const parts = message.parts.flatMap((part): ReadonlyArray<TurnPart> =>
      taken.has(part) ? [] : part._tag === "toolCall" ? [{ ...part, result: results.get(part) }] : [part]
    )
    return parts.length === 0 ? [] : [{ role: message.role, parts, eventId, agent }]
  })
}
