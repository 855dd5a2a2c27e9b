/**
 * What of an event's inputs and outputs is a conversation, and what is beside it.
 */
import type { EventDetail } from "../hive/types.ts"
import { type Messages, readMessages } from "../trace/messages.ts"

type Event = EventDetail["event"]
type Bucket = { readonly [key: string]: unknown }

const without = (bucket: Bucket, keys: ReadonlySet<string>): Bucket =>
  Object.fromEntries(Object.entries(bucket).filter(([key]) => !keys.has(key)))

/** Where messages may be kept. */
const places = [
  "chat_history",
  "messages",
  "input",
  "contents",
  "prompt",
  "value",
  "choices",
  "output",
  "text",
  "completion",
  "result"
]
const ofMessage = ["role", "content", "tool_calls", "function_call", "reasoning", "reasoning_content"]

/** Nothing that was said may be left out: a field is beside the conversation unless it alone makes the conversation. */
const rest = (bucket: Bucket, count: number, read: (part: Bucket) => number): Bucket => {
  if (count === 0) return bucket
  const place = places.find((key) => Object.hasOwn(bucket, key) && read({ [key]: bucket[key] }) === count)
  return without(bucket, new Set(place === undefined ? ofMessage : [place]))
}

export interface Payload extends Messages {
  readonly restOfInput: Bucket
  readonly restOfOutput: Bucket
}

export const readPayload = (event: Event): Payload => {
  const messages = readMessages(event)
  // Parts of what came out of JSON are JSON
  const only = (inputs: Bucket, outputs: Bucket | null) =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
    readMessages({
      event_type: event.event_type,
      inputs: inputs as Event["inputs"],
      outputs: outputs as Event["outputs"]
    })
  return {
    ...messages,
    restOfInput: rest(event.inputs, messages.input.length, (inputs) => only(inputs, null).input.length),
    restOfOutput: rest(event.outputs ?? {}, messages.output.length, (outputs) => only({}, outputs).output.length)
  }
}
