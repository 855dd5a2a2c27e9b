/**
 * What a convention makes of a span's attributes, and the small steps that all of them share.
 */
import * as Predicate from "effect/Predicate"
import type { AttributeRecord } from "../Attributes.ts"
import * as Bucket from "../Bucket.ts"

/**
 * Fields of the event, and the attributes that need not show in `metadata` any more.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reading {
  readonly fields: ReadonlyArray<readonly [bucket: Bucket.Bucket, path: string, value: unknown]>
  readonly consumed: ReadonlySet<string>
}

export type Rows = { readonly [attribute: string]: readonly [bucket: Bucket.Bucket, path: string] }

const MAX_DEPTH = 64

const isWithin = (value: unknown, depth: number): boolean =>
  typeof value !== "object" ||
  value === null ||
  (depth > 0 && Object.values(value).every((entry) => isWithin(entry, depth - 1)))

/** What a text says as JSON; a text that is none, or is nested too deep to be handed on, stays text. */
export const parsed = (text: unknown): unknown => {
  if (typeof text !== "string" || !/^\s*[[{"]/.test(text)) return text
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

/** Collects fields and the attributes they were made of. */
export class Reader {
  readonly attributes: AttributeRecord
  readonly fields: Array<readonly [bucket: Bucket.Bucket, path: string, value: unknown]> = []
  readonly consumed = new Set<string>()

  constructor(attributes: AttributeRecord) {
    this.attributes = attributes
  }

  /** The value of an attribute, which is thereby explained. */
  take(name: string): unknown {
    const value = this.attributes[name]
    if (value !== undefined) this.consumed.add(name)
    return value
  }

  set(bucket: Bucket.Bucket, path: string, value: unknown): void {
    if (value !== undefined && value !== null) this.fields.push([bucket, path, value])
  }

  rows(rows: Rows): void {
    for (const [name, [bucket, path]] of Object.entries(rows)) this.set(bucket, path, this.take(name))
  }

  /** A JSON object spread over a bucket; anything else under one name in it. */
  spread(bucket: Bucket.Bucket, value: unknown, otherwise: string): void {
    if (value === undefined || value === null) return
    if (isRecord(value)) Object.entries(value).forEach(([key, entry]) => this.set(bucket, key, entry))
    else this.set(bucket, otherwise, value)
  }

  /** Numbered attributes (`<prefix>.0.role`) as a list. */
  list(prefix: string): ReadonlyArray<unknown> {
    const start = `${prefix}.`
    const entries: Array<readonly [string, unknown]> = []
    for (const [name, value] of Object.entries(this.attributes)) {
      if (!name.startsWith(start)) continue
      this.consumed.add(name)
      entries.push([`list.${name.slice(start.length)}`, value])
    }
    if (entries.length === 0) return []
    const list = Bucket.nest(entries)["list"]
    return Array.isArray(list) ? list : Object.values(isRecord(list) ? list : {})
  }

  /** The messages of a chat, and what came back; nothing where there is none. */
  chat(asked: ReadonlyArray<unknown>, said: unknown): void {
    if (asked.length > 0) this.set("inputs", "chat_history", asked)
    this.spread("outputs", said, "content")
  }
}

/** A list of chat messages. */
export const isChat = (value: unknown): value is ReadonlyArray<Record<string, unknown>> =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof field(one, "role") === "string")
