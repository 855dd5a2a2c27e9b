/**
 * A session's steps in order, and what one of them was asked and gave, in a line each.
 */
import type { EventDetail, SpanRow } from "../hive/types.ts"
import { type Layout, rowAt } from "../trace/Layout.ts"
import { type Message, readMessages } from "../trace/messages.ts"

export interface Steps {
  /** Positions of everything but sessions. */
  readonly places: Int32Array
  /** For each: how many chains it is in. */
  readonly depth: Uint16Array
}

export const stepsOf = (layout: Layout, rows: ReadonlyArray<SpanRow>): Steps => {
  const count = layout.rows.length
  const within = new Uint16Array(count)
  const places = new Int32Array(count)
  const depth = new Uint16Array(count)
  let steps = 0
  for (let place = 0; place < count; place++) {
    const type = rowAt(layout, rows, place)?.[2]
    const up = layout.parent[place] ?? -1
    within[place] = (up === -1 ? 0 : (within[up] ?? 0)) + (type === "chain" ? 1 : 0)
    if (type === undefined || type === "session") continue
    places[steps] = place
    depth[steps] = (within[place] ?? 0) - (type === "chain" ? 1 : 0)
    steps++
  }
  return { places: places.subarray(0, steps), depth: depth.subarray(0, steps) }
}

/** Milliseconds from the step before: from its end, or from its start where this one began before that. */
export const pauseBefore = (row: SpanRow, before: SpanRow | undefined): number | undefined => {
  if (before === undefined) return undefined
  const ended = before[5] === null ? Infinity : before[4] + before[5]
  const pause = row[4] - (ended <= row[4] ? ended : before[4])
  return pause >= 0 ? pause : undefined
}

const MAX = 240

const cut = (text: string): string => {
  const line = text
    .slice(0, MAX * 4)
    .replace(/\s+/g, " ")
    .trim()
  return line.length > MAX ? `${line.slice(0, MAX - 1)}…` : line
}

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** `query: "refund", limit: 3`; a text alone as it is. */
export const short = (value: unknown): string => {
  if (value === null || value === undefined) return ""
  if (typeof value === "string") return cut(value)
  if (!isRecord(value)) return cut(JSON.stringify(value))
  const entries = Object.entries(value)
  return cut(entries.map(([key, entry]) => `${key}: ${JSON.stringify(entry) ?? "null"}`).join(", "))
}

/** What wrapped functions put around their arguments and results is left out. */
const unwrapped = (bucket: unknown, names: ReadonlyArray<string>): unknown => {
  if (!isRecord(bucket)) return bucket
  const keys = Object.keys(bucket)
  const [key = ""] = keys
  return keys.length === 1 && names.includes(key) ? bucket[key] : bucket
}

const said = (message: Message | undefined): string => {
  if (message === undefined) return ""
  if (message.text !== "") return cut(message.text)
  const [part] = message.parts
  switch (part?._tag) {
    case "toolResult":
    case "json":
      return short(part.value)
    case "reasoning":
      return cut(part.text)
    case undefined:
      return ""
    default:
      return part?._tag ?? ""
  }
}

export interface Step {
  /** What it was asked or called with. */
  readonly asked: string
  /** What it said or gave; empty where there is none. */
  readonly gave: string
  /** The tools that a model asked for. */
  readonly calls: ReadonlyArray<{ readonly name: string; readonly arguments: string }>
}

export const stepOf = (event: Pick<EventDetail["event"], "event_type" | "inputs" | "outputs">): Step => {
  const { input, output } = readMessages(event)
  if (event.event_type === "model" && input.length + output.length > 0) {
    const answer = output.at(-1)
    const calls = (answer?.parts ?? []).flatMap((part) =>
      part._tag === "toolCall" ? [{ name: part.name, arguments: short(part.arguments) }] : []
    )
    return { asked: said(input.at(-1)), gave: calls.length > 0 && answer?.text === "" ? "" : said(answer), calls }
  }
  return {
    asked: short(unwrapped(event.inputs, ["_params_", "arguments", "input", "question", "query"])),
    gave: short(unwrapped(event.outputs, ["result", "output", "answer", "value"])),
    calls: []
  }
}
