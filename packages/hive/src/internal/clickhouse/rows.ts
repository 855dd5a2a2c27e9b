/**
 * An event as a row on ClickHouse, and back.
 */
import { createHash } from "node:crypto"
import * as Schema from "effect/Schema"
import { Event } from "@honeyhive/contract/Event"
import type { PriceTable } from "@honeyhive/contract/Prices"
import * as Uuid from "@honeyhive/contract/Uuid"
import { factsOf } from "../facts.ts"
import type { SourceTexts } from "../origins.ts"
import type { Lineage } from "../row.ts"
import { STATE } from "../running.ts"
import { tokensOf } from "../summaries.ts"
import { wordsOfEvent } from "./words.ts"

const { children_ids: _, ...fields } = Event.fields

const Text = Schema.NullOr(Schema.String)

/** What is read of an event. */
export const EventRow = Schema.Struct({
  ...fields,
  children_ids: Schema.mutable(Schema.Array(Schema.String)),
  inputs: Schema.fromJsonString(fields.inputs),
  outputs: Schema.fromJsonString(fields.outputs),
  config: Schema.fromJsonString(fields.config),
  metadata: Schema.fromJsonString(fields.metadata),
  metrics: Schema.fromJsonString(fields.metrics),
  feedback: Schema.fromJsonString(fields.feedback),
  user_properties: Schema.fromJsonString(fields.user_properties),
  trace_id: Text,
  span_id: Text,
  parent_span_id: Text,
  name: Schema.String,
  parent_name: Text,
  process: Schema.String,
  version: Schema.Finite
})

export type EventRow = typeof EventRow.Type

export const columns = Object.keys(EventRow.fields).join(", ")

/** What is read of an event with what its span says beside it: JSON, empty where it says nothing. */
export const WholeRow = Schema.Struct({ ...EventRow.fields, origin: Schema.String, extras: Schema.String })

export type WholeRow = typeof WholeRow.Type

export const wholeColumns = Object.keys(WholeRow.fields).join(", ")

export const eventOf = ({
  name: _name,
  parent_name: _parentName,
  parent_span_id: _parentSpanId,
  process: _process,
  span_id: _spanId,
  trace_id: _traceId,
  version: _version,
  ...event
}: EventRow): Event => event

export const sourceOf = ({ extras, origin }: WholeRow): SourceTexts | undefined =>
  origin === "" ? undefined : [origin, extras === "" ? null : extras]

export const lineageOf = ({ parent_span_id, span_id, trace_id }: EventRow): Lineage | undefined =>
  trace_id === null || span_id === null
    ? undefined
    : { traceId: trace_id, spanId: span_id, parentSpanId: parent_span_id ?? undefined }

/** An event as it is stored, and what it is stored under. */
export interface Stored {
  readonly event: Event
  readonly lineage: Lineage | undefined
  /** What its span says beside it. */
  readonly source: SourceTexts | undefined
  /** The process in which it runs; empty when it does not. */
  readonly process: string
  readonly version: number
}

/** The columns of the event alone. */
export const withoutSource = ({ extras: _extras, origin: _origin, ...row }: WholeRow): EventRow => row

export const storedOf = (row: WholeRow): Stored => ({
  event: eventOf(withoutSource(row)),
  source: sourceOf(row),
  lineage: lineageOf(row),
  process: row.process,
  version: row.version
})

/** The id that an event's span gives it, by which the events of its child spans know it. */
export const nameOf = (id: string, lineage: Lineage | undefined): string =>
  lineage === undefined ? id : Uuid.fromSpan(lineage.traceId, lineage.spanId)

/** Days that ClickHouse knows: what says it began outside of them is kept with their first or last. */
const LAST_DAY = Date.UTC(2149, 0, 1)

export const dayOf = (millis: number): string =>
  new Date(Math.max(0, Math.min(LAST_DAY, millis))).toISOString().slice(0, "2026-11-21".length)

const FARTHEST = 2 ** 52 - 1

/**
 * A whole number that says where an event comes in the order of time: microseconds, and half of them. Those that share a
 * millisecond are spread over it, so that few share a place.
 */
export const placeOf = (id: string, start: number): number => {
  const spread = createHash("md5").update(id).digest().readUInt32LE(0)
  const micros = Number.isInteger(start) ? start * 1000 + (spread % 1000) : Math.floor(start * 1000)
  return Math.max(-FARTHEST, Math.min(FARTHEST, micros)) * 2 + ((spread >>> 16) % 2)
}

const keyOf = (event: Event) => ({
  day: dayOf(event.start_time),
  session_id: event.session_id,
  start_time: event.start_time,
  event_id: event.event_id
})

/** Whether a row replaces another one by itself. */
export const sameKey = (a: Event, b: Event): boolean =>
  a.session_id === b.session_id && a.start_time === b.start_time && a.event_id === b.event_id

const linksOf = (extras: string | null | undefined): number => {
  if (typeof extras !== "string") return 0
  const [links]: [ReadonlyArray<unknown>] = JSON.parse(extras) // as `textsOf` wrote it
  return links.length
}

/** A row that says that an event is not there any more. */
export const goneRow = ({ event, lineage, version }: Stored): object => ({
  ...keyOf(event),
  name: nameOf(event.event_id, lineage),
  version: version + 1,
  deleted: 1
})

const text = (value: string): string => value.toWellFormed()

const content = (bucket: object | null): string => text(JSON.stringify(bucket))

export const rowOf = ({ event, lineage, process, source, version }: Stored, prices: PriceTable): object => {
  const { numbers, words } = factsOf(event, prices)
  const word = (value: string | null) => (value === null ? null : text(value))
  const found = wordsOfEvent(event)
  return {
    ...keyOf(event),
    version,
    deleted: 0,
    place: placeOf(event.event_id, event.start_time),
    name: nameOf(event.event_id, lineage),
    parent_name: lineage?.parentSpanId === undefined ? null : Uuid.fromSpan(lineage.traceId, lineage.parentSpanId),
    parent_id: event.parent_id,
    trace_id: lineage?.traceId ?? null,
    span_id: lineage?.spanId ?? null,
    parent_span_id: lineage?.parentSpanId ?? null,
    event_type: event.event_type,
    event_name: text(event.event_name),
    source: text(event.source),
    end_time: event.end_time,
    duration: event.duration,
    error: word(event.error),
    children_ids: event.children_ids.map(text),
    inputs: content(event.inputs),
    outputs: content(event.outputs),
    config: content(event.config),
    metadata: content(event.metadata),
    metrics: content(event.metrics),
    feedback: content(event.feedback),
    user_properties: content(event.user_properties),
    process: text(process),
    state: event.end_time === null ? text(String(event.metadata[STATE] ?? "")) : "",
    origin: text(source?.[0] ?? ""),
    extras: text(source?.[1] ?? ""),
    links: linksOf(source?.[1]),
    total_tokens: event.event_type === "model" ? tokensOf(event.metadata) : 0,
    fact_name: word(words.name),
    fact_source: word(words.source),
    fact_error: word(words.error),
    model: word(words.model),
    provider: word(words.provider),
    user: word(words.user),
    tool: word(words.tool),
    ttft: numbers.ttft,
    tokens: numbers.tokens,
    input: numbers.input,
    cache_read: numbers.cache_read,
    cache_write: numbers.cache_write,
    reasoning: numbers.reasoning,
    output: numbers.output,
    cost: numbers.cost,
    words: text(found.words),
    tags: found.tags
  }
}
