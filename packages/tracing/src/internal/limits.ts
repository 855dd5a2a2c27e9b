/**
 * The bounds of a span, applied when it ends: what is too long is cut and says so, what is too much is left out and
 * counted, and what says where the span belongs stays whatever happens.
 */
import { Attributes } from "@honeyhive/contract/Attributes"
import type { Settings } from "../TracerConfig.ts"

type Values = { [name: string]: unknown }

export interface BoundedSpan {
  readonly name: string
  readonly attributes: Values
  readonly status: { readonly message?: string | undefined }
  readonly events: ReadonlyArray<{ readonly name: string; readonly attributes?: Values | undefined }>
  readonly links: ReadonlyArray<{ readonly attributes?: Values | undefined }>
  readonly droppedAttributesCount: number
  readonly droppedEventsCount: number
  readonly droppedLinksCount: number
}

export type Limits = Pick<Settings, "maxAttributes" | "maxAttributeBytes" | "maxSpanBytes">

const DROPPED_ATTRIBUTES = "honeyhive_metadata.dropped_attributes"
const DROPPED_EVENTS = "honeyhive_metadata.dropped_events"
const DROPPED_LINKS = "honeyhive_metadata.dropped_links"

/** They stay, whatever the limit; the order is the order in which they are written. */
const survivors: ReadonlySet<string> = new Set([
  Attributes.SESSION_ID,
  Attributes.SESSION_AUTO_CREATE,
  Attributes.SESSION_NAME,
  Attributes.SOURCE,
  Attributes.PROJECT,
  Attributes.PARENT_ID,
  Attributes.ASSOCIATION_SESSION_ID,
  Attributes.ASSOCIATION_PROJECT,
  Attributes.ASSOCIATION_SOURCE,
  Attributes.ASSOCIATION_PARENT_ID,
  Attributes.EVENT_TYPE,
  Attributes.EVENT_TYPE_RAW,
  Attributes.EVENT_NAME,
  Attributes.EVENT_ID,
  Attributes.ERROR,
  Attributes.ERROR_TYPE,
  Attributes.RUN_ID,
  Attributes.DATASET_ID,
  Attributes.DATAPOINT_ID,
  Attributes.ASSOCIATION_RUN_ID,
  Attributes.ASSOCIATION_DATASET_ID,
  Attributes.ASSOCIATION_DATAPOINT_ID,
  DROPPED_ATTRIBUTES,
  DROPPED_EVENTS,
  DROPPED_LINKS
])

const survives = (name: string): boolean => survivors.has(name) || name.startsWith("honeyhive.experiment_")

/**
 * How many attributes a span may hold while it is open, so that what is written last and matters most is not refused;
 * at its end the limit itself holds.
 */
export const openLimit = (limits: Limits): number => limits.maxAttributes * 4

/** Cuts a text to a number of UTF-8 bytes, marker included, between two characters. */
export const cut = (text: string, bytes: number): string => {
  // A character has 1 to 3 bytes for each of its UTF-16 units
  if (text.length * 3 <= bytes) return text
  if (text.length <= bytes && Buffer.byteLength(text) <= bytes) return text
  // The marker is as long as its longest number
  const room = Math.max(0, bytes - Buffer.byteLength(marker(text.length)))
  // Of a text of any length, only what may be kept is looked at; a character that is halved here does not fit anyway
  const encoded = Buffer.from(text.slice(0, room + 1))
  let end = Math.min(room, encoded.length)
  while (end > 0 && ((encoded[end] ?? 0) & 0xc0) === 0x80) end--
  const kept = encoded.toString("utf8", 0, end)
  return kept + marker(text.length - kept.length)
}

const marker = (characters: number): string => `…[cut: ${characters} more characters]`

const sizeOf = (value: unknown, textSize: (text: string) => number): number => {
  if (typeof value === "string") return textSize(value)
  if (!Array.isArray(value)) return 8
  let size = 8
  for (const item of value) size += sizeOf(item, textSize)
  return size
}

const sizeOfValues = (values: Values | undefined, textSize: (text: string) => number): number => {
  let size = 0
  for (const name in values) size += textSize(name) + sizeOf(values[name], textSize)
  return size
}

const sizeOfSpan = (span: BoundedSpan, textSize: (text: string) => number): number => {
  let size = textSize(span.name) + textSize(span.status.message ?? "") + sizeOfValues(span.attributes, textSize)
  for (const event of span.events) size += textSize(event.name) + sizeOfValues(event.attributes, textSize)
  for (const link of span.links) size += sizeOfValues(link.attributes, textSize)
  return size
}

const utf8 = (text: string): number => Buffer.byteLength(text)
const atMost = (text: string): number => text.length * 3

const textsOf = function* (value: unknown): Generator<string> {
  if (typeof value === "string") yield value
  else if (Array.isArray(value)) for (const item of value) yield* textsOf(item)
}

/** A part of an id is none. */
const ids: ReadonlySet<string> = new Set([
  Attributes.SESSION_ID,
  Attributes.PARENT_ID,
  Attributes.ASSOCIATION_SESSION_ID,
  Attributes.ASSOCIATION_PARENT_ID,
  Attributes.EVENT_ID,
  Attributes.EVENT_TYPE
])

/** The texts that may be cut. */
const texts = function* (span: BoundedSpan): Generator<string> {
  for (const name in span.attributes) if (!ids.has(name)) yield* textsOf(span.attributes[name])
  for (const event of span.events) for (const name in event.attributes) yield* textsOf(event.attributes[name])
  for (const link of span.links) for (const name in link.attributes) yield* textsOf(link.attributes[name])
  if (span.status.message !== undefined) yield span.status.message
}

/** The length to which the longest texts have to be cut for all to take `excess` bytes less; the others stay whole. */
const levelFor = (sizes: ReadonlyArray<number>, excess: number): number => {
  const sorted = sizes.toSorted((a, b) => b - a)
  let left = excess
  for (let index = 0; index < sorted.length; index++) {
    const drop = (sorted[index] ?? 0) - (sorted[index + 1] ?? 0)
    if (drop * (index + 1) >= left) return Math.floor((sorted[index] ?? 0) - left / (index + 1))
    left -= drop * (index + 1)
  }
  return 0
}

const cutValue = (value: unknown, bytes: number): unknown =>
  typeof value === "string"
    ? cut(value, bytes)
    : Array.isArray(value)
      ? value.map((item: unknown) => cutValue(item, bytes))
      : value

const cutValues = (values: Values | undefined, bytes: number, spared: ReadonlySet<string>): void => {
  for (const name in values) {
    if (!spared.has(name)) values[name] = cutValue(values[name], bytes)
  }
}

const none: ReadonlySet<string> = new Set()

const cutAll = (span: BoundedSpan, bytes: number): void => {
  cutValues(span.attributes, bytes, ids)
  for (const event of span.events) cutValues(event.attributes, bytes, none)
  for (const link of span.links) cutValues(link.attributes, bytes, none)
  const { message } = span.status
  if (message !== undefined) Object.assign(span, { status: { ...span.status, message: cut(message, bytes) } })
}

/** Keeps the survivors and, of the others, the first that fit. */
const keepFirst = (span: BoundedSpan, fits: (name: string, value: unknown) => boolean): number => {
  let dropped = 0
  for (const name in span.attributes) {
    if (survives(name) || fits(name, span.attributes[name])) continue
    delete span.attributes[name]
    dropped++
  }
  return dropped
}

const boundCount = (span: BoundedSpan, count: number, maxAttributes: number): number => {
  if (count <= maxAttributes) return 0
  let vital = 1 // the marker
  for (const name in span.attributes) if (survives(name)) vital++
  let room = maxAttributes - vital
  return keepFirst(span, () => room-- > 0)
}

const boundBytes = (span: BoundedSpan, maxBytes: number): number => {
  let excess = sizeOfSpan(span, utf8) - maxBytes
  if (excess <= 0) return 0
  cutAll(span, levelFor(Array.from(texts(span), utf8), excess))
  excess = sizeOfSpan(span, utf8) - maxBytes
  if (excess <= 0) return 0
  // Not long texts but many: an event is looked at less than an attribute
  if (span.events.length + span.links.length > 0) {
    const { events, links } = span
    Object.assign(span, { events: [], links: [] })
    if (events.length > 0) span.attributes[DROPPED_EVENTS] = events.length + span.droppedEventsCount
    if (links.length > 0) span.attributes[DROPPED_LINKS] = links.length + span.droppedLinksCount
  }
  let room = maxBytes
  return keepFirst(span, (name, value) => (room -= utf8(name) + sizeOf(value, utf8)) >= 0)
}

/** How many attributes a span has, and how many bytes it takes at most: one look, which nearly always is the only one. */
const measure = (span: BoundedSpan): { readonly count: number; readonly size: number } => {
  let count = 0
  let size = (span.name.length + (span.status.message?.length ?? 0)) * 3
  for (const name in span.attributes) {
    const value = span.attributes[name]
    size += name.length * 3 + (typeof value === "string" ? value.length * 3 : sizeOf(value, atMost))
    count++
  }
  for (const event of span.events) size += atMost(event.name) + sizeOfValues(event.attributes, atMost)
  for (const link of span.links) size += sizeOfValues(link.attributes, atMost)
  return { count, size }
}

const bound = (span: BoundedSpan, limits: Limits): number => {
  const { count, size } = measure(span)
  if (span.droppedEventsCount > 0) span.attributes[DROPPED_EVENTS] = span.droppedEventsCount
  if (span.droppedLinksCount > 0) span.attributes[DROPPED_LINKS] = span.droppedLinksCount
  let dropped = span.droppedAttributesCount + boundCount(span, count, limits.maxAttributes)
  if (size > limits.maxAttributeBytes) cutAll(span, limits.maxAttributeBytes)
  if (size > limits.maxSpanBytes) dropped += boundBytes(span, limits.maxSpanBytes)
  if (dropped > 0) span.attributes[DROPPED_ATTRIBUTES] = dropped
  return Math.min(size, limits.maxSpanBytes)
}

/**
 * Applies the limits to a span in place, and never throws: a span that cannot be bounded stays as it is. Returns about how
 * many bytes it takes.
 */
export const enforce = (span: BoundedSpan, limits: Limits): number => {
  try {
    return bound(span, limits)
  } catch {
    // The queue still bounds how much memory such spans take
    return limits.maxSpanBytes
  }
}
