/**
 * Spans as OTLP JSON (`opentelemetry.proto.trace.v1` in proto3's JSON form). Zero counts and empty lists are left out,
 * 64-bit integers are text.
 */
import type { AttributeValue, Attributes, Link } from "@opentelemetry/api"
import type { ReadableSpan, TimedEvent } from "@opentelemetry/sdk-trace-base"
import { byResource, type Encoding, flagsOf, nanosOf, type Origin } from "./encoding.ts"
import { Slab } from "./slab.ts"

/** As a plain object, which `JSON.stringify` writes faster than anything that is put together from texts. */
type Json = { readonly [name: string]: unknown }

const valueOf = (value: AttributeValue | undefined | null): Json => {
  switch (typeof value) {
    case "string":
      return { stringValue: value }
    case "number":
      if (Number.isSafeInteger(value)) return { intValue: String(value) }
      // JSON has no NaN and no infinities
      return { doubleValue: Number.isFinite(value) ? value : String(value) }
    case "boolean":
      return { boolValue: value }
    default:
      return Array.isArray(value) ? { arrayValue: { values: value.map(valueOf) } } : {}
  }
}

const attributesOf = (attributes: Attributes): ReadonlyArray<Json> | undefined => {
  const list: Array<Json> = []
  for (const key in attributes) {
    const value = attributes[key]
    if (value !== undefined) list.push({ key, value: valueOf(value) })
  }
  return list.length === 0 ? undefined : list
}

// What is undefined is not written
const some = <A>(list: ReadonlyArray<A>): ReadonlyArray<A> | undefined => (list.length === 0 ? undefined : list)
const count = (dropped: number | undefined): number | undefined => (dropped === 0 ? undefined : dropped)
const text = (value: string | undefined): string | undefined => (value === "" ? undefined : value)

const eventOf = (event: TimedEvent): Json => ({
  timeUnixNano: nanosOf(event.time),
  name: event.name,
  attributes: attributesOf(event.attributes ?? {}),
  droppedAttributesCount: count(event.droppedAttributesCount)
})

const linkOf = ({ attributes = {}, context, droppedAttributesCount }: Link): Json => ({
  traceId: context.traceId,
  spanId: context.spanId,
  traceState: text(context.traceState?.serialize()),
  attributes: attributesOf(attributes),
  droppedAttributesCount: count(droppedAttributesCount),
  flags: flagsOf(context.traceFlags, context.isRemote)
})

const spanOf = (span: ReadableSpan): Json => {
  const { spanId, traceFlags, traceId, traceState } = span.spanContext()
  const parent = span.parentSpanContext
  const { code, message } = span.status
  return {
    traceId,
    spanId,
    traceState: text(traceState?.serialize()),
    parentSpanId: parent?.spanId,
    flags: flagsOf(traceFlags, parent?.isRemote),
    name: span.name,
    kind: span.kind + 1,
    startTimeUnixNano: nanosOf(span.startTime),
    endTimeUnixNano: nanosOf(span.endTime),
    attributes: attributesOf(span.attributes),
    droppedAttributesCount: count(span.droppedAttributesCount),
    events: some(span.events.map(eventOf)),
    droppedEventsCount: count(span.droppedEventsCount),
    links: some(span.links.map(linkOf)),
    droppedLinksCount: count(span.droppedLinksCount),
    status: code === 0 ? undefined : { code, message: text(message) }
  }
}

const COMMA = Buffer.from(",")
const CLOSED = Buffer.from("]}")

const scopeOpening = ({ scope }: Origin): Buffer =>
  Buffer.from(`{"scope":${JSON.stringify({ name: scope.name, version: text(scope.version) })},"spans":[`)

const scopeClosing = ({ scope: { schemaUrl } }: Origin): Buffer =>
  Buffer.from(schemaUrl === undefined ? "]}" : `],"schemaUrl":${JSON.stringify(schemaUrl)}}`)

const resourceOpening = ({ attributes }: Origin["resource"]): Buffer => {
  // Their values have been awaited before
  const list = attributesOf(attributes as Attributes)
  return Buffer.from(`{"resource":${JSON.stringify({ attributes: list })},"scopeSpans":[`)
}

export const make = (): Encoding => {
  const slab = new Slab(COMMA)
  return {
    contentType: "application/json",
    span: (span) => slab.text(JSON.stringify(spanOf(span))),
    release: (span) => slab.release(span),
    request: (groups) => {
      const parts: Array<Buffer> = [Buffer.from('{"resourceSpans":[')]
      for (const [resource, scopes] of byResource(groups)) {
        if (parts.length > 1) parts.push(COMMA)
        parts.push(resourceOpening(resource))
        let count = 0
        for (const [origin, spans] of scopes) {
          if (count++ > 0) parts.push(COMMA)
          parts.push(scopeOpening(origin), ...slab.joined(spans), scopeClosing(origin))
        }
        parts.push(CLOSED)
      }
      parts.push(CLOSED)
      return parts
    }
  }
}
