/**
 * An event as a row: buckets are JSON text.
 */
import type { Event } from "@honeyhive/contract/Event"

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

export type Row = { readonly [column in (typeof columns)[number]]: string | number | null }

export const toRow = (event: Event, lineage: Lineage | undefined): Row => ({
  event_id: event.event_id,
  session_id: event.session_id,
  parent_id: event.parent_id,
  trace_id: lineage?.traceId ?? null,
  span_id: lineage?.spanId ?? null,
  parent_span_id: lineage?.parentSpanId ?? null,
  event_type: event.event_type,
  event_name: event.event_name,
  source: event.source,
  start_time: event.start_time,
  end_time: event.end_time,
  duration: event.duration,
  error: event.error,
  children_ids: JSON.stringify(event.children_ids),
  inputs: JSON.stringify(event.inputs),
  outputs: JSON.stringify(event.outputs),
  config: JSON.stringify(event.config),
  metadata: JSON.stringify(event.metadata),
  metrics: JSON.stringify(event.metrics),
  feedback: JSON.stringify(event.feedback),
  user_properties: JSON.stringify(event.user_properties)
})

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

/** The columns for reading: a parent is found through its span, so that it may carry an event id of its own. */
export const selected = columns
  .map((column) =>
    column === "parent_id"
      ? `COALESCE((SELECT parent.event_id FROM events parent
           WHERE parent.trace_id = events.trace_id AND parent.span_id = events.parent_span_id), events.parent_id) AS parent_id`
      : `events.${column}`
  )
  .join(", ")
