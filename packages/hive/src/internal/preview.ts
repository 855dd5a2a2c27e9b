/**
 * The beginning of what was asked and answered, for a list.
 */
import type { JsonObject } from "./rest/json.ts"

const MAX = 200
const MAX_DEPTH = 6

/** The fields that hold what a person would read, the likeliest first. */
const inputKeys = ["input", "query", "question", "prompt", "message", "user_input", "text", "content"]
const outputKeys = ["output", "answer", "content", "text", "response", "result", "message", "completion"]
const listKeys = ["chat_history", "messages", "input", "prompt"]

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const cut = (text: string): string | null => {
  // Only the beginning is looked at: texts of megabytes are payloads like any other
  const line = text
    .slice(0, MAX * 8)
    .replace(/\s+/g, " ")
    .trim()
  if (line === "") return null
  return line.length <= MAX ? line : `${line.slice(0, MAX - 1).replace(/[\ud800-\udbff]$/, "")}…`
}

/** The text of a message's content: itself, or its parts that are text. */
const textOf = (value: unknown, keys: ReadonlyArray<string>, depth = 0): string | undefined => {
  if (typeof value === "string") return value.trim() === "" ? undefined : value
  if (typeof value === "number" || typeof value === "boolean") return String(value)
  if (depth > MAX_DEPTH || typeof value !== "object" || value === null) return undefined
  if (Array.isArray(value)) {
    for (const item of value.slice(0, 20)) {
      const text = textOf(item, keys, depth + 1)
      if (text !== undefined) return text
    }
    return undefined
  }
  if (!isRecord(value)) return undefined
  for (const key of [...keys, "parts"]) {
    const text = Object.hasOwn(value, key) ? textOf(value[key], keys, depth + 1) : undefined
    if (text !== undefined) return text
  }
  return undefined
}

const spoken = (bucket: JsonObject, role: string, last: boolean): string | undefined => {
  for (const key of listKeys) {
    const list = Object.hasOwn(bucket, key) ? bucket[key] : undefined
    if (!Array.isArray(list)) continue
    const said = (message: unknown) => isRecord(message) && message["role"] === role
    const message = last ? list.findLast(said) : list.find(said)
    const text = isRecord(message) ? textOf(message["content"] ?? message["parts"], outputKeys) : undefined
    if (text !== undefined) return text
  }
  return undefined
}

const isEmpty = (bucket: JsonObject | null): bucket is null => bucket === null || Object.keys(bucket).length === 0

const whole = (bucket: JsonObject): string => JSON.stringify(bucket)

/** The first message of a user, else the first text that stands where one is asked, else all of it as JSON. */
export const inputPreview = (inputs: JsonObject | null): string | null =>
  isEmpty(inputs) ? null : cut(spoken(inputs, "user", false) ?? textOf(inputs, inputKeys) ?? whole(inputs))

/** The last message of an assistant, else the first text that stands where one is answered, else all of it as JSON. */
export const outputPreview = (outputs: JsonObject | null): string | null =>
  isEmpty(outputs) ? null : cut(spoken(outputs, "assistant", true) ?? textOf(outputs, outputKeys) ?? whole(outputs))
