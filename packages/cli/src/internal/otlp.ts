/**
 * Events as OTLP JSON, one request per session: what a hive reads back as the same events, and any OpenTelemetry tool as
 * spans.
 */
import { type AttributeRecord, Attributes } from "@honeyhive/contract/Attributes"
import * as Bucket from "@honeyhive/contract/Bucket"
import type { Event } from "@honeyhive/contract/Event"
import * as GenAi from "@honeyhive/contract/GenAi"
import type { AnyValue, ExportTraceServiceRequest, KeyValue } from "@honeyhive/contract/Otlp"

/** What a hive says of a span by itself. */
const lineage = new Set<string>(["trace_id", "span_id", "parent_span_id", "has_otlp_lineage", Attributes.EVENT_TYPE])

const isHex = (value: unknown, digits: number): value is string =>
  typeof value === "string" && value.length === digits && /^[0-9a-f]+$/.test(value) && /[^0]/.test(value)

const hexOf = (uuid: string): string => uuid.replaceAll("-", "")

const traceOf = ({ metadata, session_id }: Event): string =>
  isHex(metadata["trace_id"], 32) ? metadata["trace_id"] : hexOf(session_id)

const spanOf = ({ event_id, metadata }: Event): string =>
  isHex(metadata["span_id"], 16) ? metadata["span_id"] : hexOf(event_id).slice(-16)

const nanos = (millis: number): string => String(BigInt(Math.round(millis * 1000)) * 1000n)

const anyValue = (value: unknown): AnyValue => {
  switch (typeof value) {
    case "string":
      return { stringValue: value }
    case "boolean":
      return { boolValue: value }
    case "number":
      return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
    default:
      return Array.isArray(value)
        ? { arrayValue: { values: value.map(anyValue) } }
        : typeof value === "object" && value !== null
          ? { kvlistValue: { values: keyValues(value) } }
          : {}
  }
}

const keyValues = (record: object): ReadonlyArray<KeyValue> =>
  Object.entries(record).map(([key, value]) => ({ key, value: anyValue(value) }))

/** At the top, what is written as `null` and `{}` in text stands for the things themselves. */
const topValue = (value: unknown): AnyValue =>
  value === null
    ? { stringValue: "null" }
    : typeof value === "object" && !Array.isArray(value) && Object.keys(value).length === 0
      ? { stringValue: "{}" }
      : anyValue(value)

/** A name that nobody makes anything of lands in `metadata` as it is, dots and all. */
const isPlainMetadata = (name: string): boolean =>
  name.includes(".") &&
  Bucket.split(name) === undefined &&
  GenAi.fieldsOf(name) === undefined &&
  !name.startsWith(Attributes.ASSOCIATION_PREFIX) &&
  !/^(honeyhive|session)[._]/.test(name)

const bucketAttributes = (event: Event): ReadonlyArray<KeyValue> =>
  Bucket.Bucket.literals.flatMap((bucket) =>
    Object.entries(event[bucket] ?? {}).flatMap(([key, value]): ReadonlyArray<KeyValue> => {
      if (bucket === "metadata" && lineage.has(key)) return []
      const name = bucket === "metadata" && isPlainMetadata(key) ? key : `${Bucket.prefixOf(bucket)}${key}`
      return [{ key: name, value: topValue(value) }]
    })
  )

interface Place {
  readonly traceId: string
  readonly spanId: string
}

const parentOf = (event: Event, { traceId }: Place, places: ReadonlyMap<string, Place>): string | undefined => {
  const said = event.metadata["parent_span_id"]
  if (isHex(said, 16)) return said
  const parent = event.parent_id === null ? undefined : places.get(event.parent_id)
  return parent?.traceId === traceId ? parent.spanId : undefined
}

/** The request for one session's events. */
export const toRequest = (events: ReadonlyArray<Event>): ExportTraceServiceRequest => {
  const session = events.find(({ event_type }) => event_type === "session")
  const traces = new Set(events.flatMap((event) => (event === session ? [] : [traceOf(event)])))
  const [first] = traces
  const places = new Map(
    events.map((event): readonly [string, Place] => {
      // The session heads its only trace; of several it can be in none
      const traceId = event === session && traces.size === 1 && first !== undefined ? first : traceOf(event)
      return [event.event_id, { traceId, spanId: spanOf(event) }]
    })
  )
  const spans = events.flatMap((event) => {
    const place = places.get(event.event_id)
    if (place === undefined) return []
    const { end_time, error, event_id, event_name, event_type, parent_id, session_id, source, start_time } = event
    const parentSpanId = event === session ? undefined : parentOf(event, place, places)
    const attributes: AttributeRecord = {
      [Attributes.SESSION_ID]: session_id,
      [Attributes.SOURCE]: source,
      [Attributes.EVENT_ID]: event_id,
      [Attributes.EVENT_TYPE]: event_type,
      ...(session === undefined
        ? {}
        : { [Attributes.SESSION_NAME]: session.event_name, [Attributes.SESSION_AUTO_CREATE]: true }),
      ...(parentSpanId === undefined && parent_id !== null ? { [Attributes.PARENT_ID]: parent_id } : {}),
      ...(error === null ? {} : { [Attributes.ERROR]: error })
    }
    return [
      {
        ...place,
        ...(parentSpanId === undefined ? {} : { parentSpanId }),
        name: event_name,
        kind: 1,
        startTimeUnixNano: nanos(start_time),
        // OTLP's sign for a span that has not ended
        endTimeUnixNano: end_time === null ? "0" : nanos(end_time),
        attributes: [...keyValues(attributes), ...bucketAttributes(event)],
        ...(error === null ? {} : { status: { code: 2, message: error } })
      }
    ]
  })
  return {
    resourceSpans: [
      {
        resource: { attributes: keyValues({ "service.name": session?.source ?? events[0]?.source ?? "unknown" }) },
        scopeSpans: [{ scope: { name: "@honeyhive/cli" }, spans }]
      }
    ]
  }
}

const countOf = ({ resourceSpans }: ExportTraceServiceRequest): number =>
  (resourceSpans ?? []).reduce(
    (sum, { scopeSpans }) => sum + (scopeSpans ?? []).reduce((inner, { spans }) => inner + (spans?.length ?? 0), 0),
    0
  )

export interface Piece {
  readonly body: string
  readonly spans: number
}

/** The request in pieces of so many spans and bytes at most; a span that is larger alone is a piece. */
export function* pieces(
  request: ExportTraceServiceRequest,
  maxSpans = 1000,
  maxBytes = 8 * 1024 * 1024
): Generator<Piece> {
  const all = (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) =>
    (scopeSpans ?? []).flatMap(({ scope, spans }) => (spans ?? []).map((span) => ({ resource, scope, span })))
  )
  const make = (items: typeof all): ExportTraceServiceRequest => ({
    resourceSpans: [...Map.groupBy(items, ({ resource }) => resource)].map(([resource, inResource]) => ({
      ...(resource === undefined ? {} : { resource }),
      scopeSpans: [...Map.groupBy(inResource, ({ scope }) => scope)].map(([scope, inScope]) => ({
        ...(scope === undefined ? {} : { scope }),
        spans: inScope.map(({ span }) => span)
      }))
    }))
  })
  function* within(items: typeof all): Generator<Piece> {
    const piece = make(items)
    const body = JSON.stringify(piece)
    if (items.length > 1 && body.length > maxBytes) {
      const half = items.length >> 1
      yield* within(items.slice(0, half))
      yield* within(items.slice(half))
    } else yield { body, spans: countOf(piece) }
  }
  for (let at = 0; at < all.length; at += maxSpans) yield* within(all.slice(at, at + maxSpans))
}
