/**
 * An event as a row: buckets are JSON text.
 */
import type { Event } from "@honeyhive/contract/Event"
import { withOwnId } from "./ownIds.ts"

/** What a span adds to its event: ids by which events find each other whatever order they arrive in. */
export interface Lineage {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
}

export const columns = [
  "event_id",
  "session_id",
  "parent_id",
  "trace_id",
  "span_id",
  "parent_span_id",
  "event_type",
  "event_name",
  "source",
  "start_time",
  "end_time",
  "duration",
  "error",
  "children_ids",
  "inputs",
  "outputs",
  "config",
  "metadata",
  "metrics",
  "feedback",
  "user_properties"
] as const

/** The last of them. */
export const bucketColumns = columns.slice(columns.indexOf("inputs"))

/** How many values a span takes in a command: its columns, its tokens, its session's name and source, its process. */
export const SPAN_VALUES = columns.length + 4

export type Row = { readonly [column in (typeof columns)[number]]: string | number | null } & {
  /** The span that has the buckets, where the row has none. */
  readonly raw?: string | number | null
}

/** Every column of a stored row. */
export const stored = [...columns, "raw"].join(", ")

const content = (bucket: object | null): string => {
  // Most buckets are empty
  for (const _ in bucket) return JSON.stringify(bucket)
  return bucket === null ? "null" : "{}"
}

/** Appends the values of an event's row, in the columns' order. */
export const pushRow = (values: Array<string | number | null>, event: Event, lineage: Lineage | undefined): void => {
  values.push(
    event.event_id,
    event.session_id,
    event.parent_id,
    lineage?.traceId ?? null,
    lineage?.spanId ?? null,
    lineage?.parentSpanId ?? null,
    event.event_type,
    event.event_name,
    event.source,
    event.start_time,
    event.end_time,
    event.duration,
    event.error,
    event.children_ids.length === 0 ? "[]" : JSON.stringify(event.children_ids),
    content(event.inputs),
    content(event.outputs),
    content(event.config),
    content(event.metadata),
    content(event.metrics),
    content(event.feedback),
    content(event.user_properties)
  )
}

export const toRow = (event: Event, lineage: Lineage | undefined): Row => {
  const values: Array<string | number | null> = []
  pushRow(values, event, lineage)
  return rowAt(values, 0)
}

/** The row at a place in a list of values, in the columns' order. */
export const rowAt = (values: ReadonlyArray<string | number | null>, at: number): Row =>
  // Every column is there
  Object.fromEntries(columns.map((column, index) => [column, values[at + index] ?? null])) as Row

const json = (text: unknown): never => JSON.parse(String(text)) as never

/** Rows are written by `toRow` only, after a Schema has seen the event; reading them again needs no check. */
export const fromRow = (row: Row): Event => ({
  event_id: row.event_id as string,
  session_id: row.session_id as string,
  parent_id: row.parent_id as string | null,
  children_ids: json(row.children_ids),
  event_type: row.event_type as Event["event_type"],
  event_name: row.event_name as string,
  source: row.source as string,
  start_time: row.start_time as number,
  end_time: row.end_time as number | null,
  duration: row.duration as number | null,
  error: row.error as string | null,
  inputs: json(row.inputs),
  outputs: json(row.outputs),
  config: json(row.config),
  metadata: json(row.metadata),
  metrics: json(row.metrics),
  feedback: json(row.feedback),
  user_properties: json(row.user_properties)
})

export const lineageOf = (row: Row): Lineage | undefined =>
  row.span_id === null
    ? undefined
    : {
        traceId: String(row.trace_id),
        spanId: String(row.span_id),
        parentSpanId: row.parent_span_id === null ? undefined : String(row.parent_span_id)
      }

/** The row with its buckets as they were before it was stored: the one that the others here understand. */
export const unpackedRow = (row: Row, unpack: (text: string) => string, rawEvent: (raw: number) => Event): Row =>
  row.raw === null || row.raw === undefined
    ? unpackedBuckets(row, unpack)
    : { ...row, ...bucketsOf(rawEvent(Number(row.raw))) }

/** The buckets of an event, as a row has them. */
const bucketsOf = (event: Event) => ({
  inputs: content(event.inputs),
  outputs: content(event.outputs),
  config: content(event.config),
  metadata: content(event.metadata),
  metrics: content(event.metrics),
  feedback: content(event.feedback),
  user_properties: content(event.user_properties)
})

const unpackedBuckets = (row: Row, unpack: (text: string) => string): Row => ({
  ...row,
  inputs: unpack(String(row.inputs)),
  outputs: unpack(String(row.outputs)),
  config: unpack(String(row.config)),
  metadata: unpack(String(row.metadata)),
  metrics: unpack(String(row.metrics)),
  feedback: unpack(String(row.feedback)),
  user_properties: unpack(String(row.user_properties))
})

/** A parent is found through its span, so that it may carry an event id of its own. */
export const parentId = `COALESCE(${withOwnId("events.trace_id", "events.parent_span_id")}, events.parent_id)`

/** The columns for reading. */
export const selected = [...columns, "raw" as const]
  .map((column) => (column === "parent_id" ? `${parentId} AS parent_id` : `events.${column}`))
  .join(", ")
