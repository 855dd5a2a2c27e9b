/**
 * What the conventions share: reading JSON out of attributes, and attributes with numbers in their names as lists.
 */
import * as Predicate from "effect/Predicate"
import type { AttributeRecord } from "../Attributes.ts"
import { type Bucket, nest } from "../Bucket.ts"

/** Where an attribute goes: the first field is its own, the others are filled in where nothing else is. */
type Field = readonly [bucket: Bucket, path: string]
export type Fields = readonly [Field, ...ReadonlyArray<Field>]
export type Rows = { readonly [attribute: string]: Fields }

export type Content = { readonly [B in Bucket]?: { readonly [key: string]: unknown } }

/** One way of writing model calls on spans. */
export interface Convention {
  /** Where one attribute goes; `undefined` when it is none of this convention's. */
  readonly fieldsOf: (attribute: string) => Fields | undefined
  /** Whether `contentOf` reads the attribute, which therefore need not appear in `metadata` again. */
  readonly reads: (attribute: string) => boolean
  /** What the attributes say together. A single attribute with a field of its own goes before it. */
  readonly contentOf: (attributes: AttributeRecord) => Content
}

export const rowOf = (rows: Rows, attribute: string): Fields | undefined =>
  Object.hasOwn(rows, attribute) ? rows[attribute] : undefined

const MAX_DEPTH = 64

const isWithin = (value: unknown, depth: number): boolean => {
  if (typeof value !== "object" || value === null) return true
  if (depth === 0) return false
  for (const entry of Array.isArray(value) ? value : Object.values(value)) {
    if (typeof entry === "object" && !isWithin(entry, depth - 1)) return false
  }
  return true
}

// A plain prompt is no JSON, and making an error of that costs more than all the rest
const mayBeJson = /^\s*(?:[[{"\d-]|true|false|null)/

/** What a text says as JSON; a text that is none, or is nested too deep to be handed on, stays text. */
export const json = (text: unknown): unknown => {
  if (typeof text !== "string" || !mayBeJson.test(text)) return text
  try {
    const value: unknown = JSON.parse(text)
    return isWithin(value, MAX_DEPTH) ? value : text
  } catch {
    return text
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  Predicate.isObject(value) && !Array.isArray(value)

export const field = (value: unknown, key: string): unknown =>
  isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined

/** A JSON object as it is, anything else under a name of its own. */
export const recordOf = (attribute: unknown, key: string): Record<string, unknown> => {
  const value = json(attribute)
  return isRecord(value) ? value : value === undefined ? {} : { [key]: value }
}

/** Only the entries that say something. */
export const present = (record: { readonly [key: string]: unknown }): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined && value !== null))

/** The items that attributes such as `prefix.0.role` make up; `undefined` when there is none. */
export const numbered = (attributes: AttributeRecord, prefix: string): ReadonlyArray<unknown> | undefined => {
  const entries = Object.entries(attributes).filter(([name]) => name.startsWith(prefix))
  if (entries.length === 0) return undefined
  const items = Object.entries(nest(entries.map(([name, value]) => [name.slice(prefix.length), value])))
  // A list that some limit cut keeps its order
  return items.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, item]) => item)
}

/** What the assistant said last; results of tools that ran at the provider may stand around it. */
export const lastSaid = (messages: ReadonlyArray<Record<string, unknown>>): Record<string, unknown> =>
  messages.findLast((message) => message["role"] === "assistant") ?? messages.at(-1) ?? {}

export const chat = (messages: ReadonlyArray<Record<string, unknown>>): Record<string, unknown> =>
  messages.length === 0 ? {} : { chat_history: messages }

export const toolCall = (id: unknown, name: unknown, args: unknown): Record<string, unknown> => ({
  id: id ?? null,
  name: name ?? null,
  arguments: json(args) ?? null
})
