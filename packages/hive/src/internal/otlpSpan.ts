/**
 * A stored event as the OTLP span that means it.
 */
import { isDeepStrictEqual } from "node:util"
import { Attributes } from "@honeyhive/contract/Attributes"
import { type AnyValue, type SpanRecord, spans } from "@honeyhive/contract/Otlp"
import { toEvent, writeFields } from "@honeyhive/contract/Projection"
import type { StoredEvent } from "../TraceStore.ts"

/** An event that its span alone does not say in full (a session, feedback that was given later) is in this attribute. */
export const EXACT = "hive.event"

/** The scope of those whose own is not known. */
export const UNKNOWN_SCOPE = "honeyhive.hive"

const anyValue = (value: unknown): AnyValue => {
  switch (typeof value) {
    case "string":
      return { stringValue: value }
    case "boolean":
      return { boolValue: value }
    case "number":
      return Number.isSafeInteger(value) ? { intValue: value } : { doubleValue: value }
    default:
      return Array.isArray(value)
        ? { arrayValue: { values: value.map(anyValue) } }
        : typeof value === "object" && value !== null
          ? { kvlistValue: { values: keyValues(Object.entries(value)) } }
          : {}
  }
}

const hexOf = (uuid: string): string => uuid.replaceAll("-", "").toLowerCase().padStart(32, "1").slice(-32)

const nanos = (millis: number | null): string => String(BigInt(Math.max(0, Math.round((millis ?? 0) * 1000))) * 1000n)

/** The attributes of the span; with `exact`, the whole event once more, where they alone do not say it. */
export const attributesOf = ({ event, span }: StoredEvent, exact: boolean): ReadonlyMap<string, unknown> => {
  const attributes = new Map<string, unknown>([
    [Attributes.SESSION_ID, event.session_id],
    [Attributes.SOURCE, event.source]
  ])
  const { outputs, ...fields } = event
  writeFields({ ...fields, outputs: outputs ?? {}, error: event.error ?? undefined }, (name, value) => {
    attributes.set(name, value)
  })
  if (exact) attributes.set(EXACT, JSON.stringify(span === undefined ? { event } : { event, span }))
  return attributes
}

const keyValues = (record: Iterable<readonly [string, unknown]>) =>
  Array.from(record, ([key, value]) => ({ key, value: anyValue(value) }))

const spanOf = (record: StoredEvent, exact: boolean) => {
  const { event, source, span } = record
  const parent = span === undefined && event.parent_id !== null ? hexOf(event.parent_id).slice(-16) : span?.parentSpanId
  const happened = source?.events ?? []
  const links = source?.links ?? []
  return {
    traceId: span?.traceId ?? hexOf(event.session_id),
    spanId: span?.spanId ?? hexOf(event.event_id).slice(-16),
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    name: event.event_name,
    kind: source?.kind ?? 1,
    startTimeUnixNano: nanos(event.start_time),
    ...(event.end_time === null ? {} : { endTimeUnixNano: nanos(event.end_time) }),
    attributes: keyValues(attributesOf(record, exact)),
    ...(happened.length === 0
      ? {}
      : {
          events: happened.map(({ attributes, name, time }) => ({
            name,
            timeUnixNano: nanos(time),
            attributes: keyValues(Object.entries(attributes))
          }))
        }),
    ...(links.length === 0
      ? {}
      : {
          links: links.map(({ attributes, spanId, traceId }) => ({
            traceId,
            spanId,
            attributes: keyValues(Object.entries(attributes))
          }))
        }),
    status: event.error === null ? {} : { code: 2, message: event.error }
  }
}

/** Spans of one process and library stand together, as an exporter would have sent them. */
const grouped = (records: ReadonlyArray<StoredEvent>, encoded: (record: StoredEvent) => ReturnType<typeof spanOf>) =>
  [
    ...Map.groupBy(records, ({ source }) =>
      source === undefined ? "" : JSON.stringify([source.resource, source.scope])
    ).values()
  ].map((same) => {
    const source = same[0]?.source
    return {
      resource: { attributes: keyValues(Object.entries(source?.resource ?? {})) },
      scopeSpans: [{ scope: source?.scope ?? { name: UNKNOWN_SCOPE }, spans: same.map(encoded) }]
    }
  })

/** Whether reading a span gives the record back. */
const isExact = (record: StoredEvent, span: SpanRecord | undefined): boolean =>
  span !== undefined &&
  record.span !== undefined &&
  span.parentSpanId === record.span.parentSpanId &&
  isDeepStrictEqual(toEvent(span).event, record.event)

const encode = (record: StoredEvent): ReturnType<typeof spanOf> => {
  const plain = grouped([record], (record) => spanOf(record, false))
  const [read] = spans({ resourceSpans: plain }).accepted
  return spanOf(record, !isExact(record, read))
}

/** The body of a request that says these events. */
export const requestOf = (records: ReadonlyArray<StoredEvent>) => ({ resourceSpans: grouped(records, encode) })
