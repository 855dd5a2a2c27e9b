/**
 * Spans as OTLP JSON (`opentelemetry.proto.trace.v1` in proto3's JSON form). Zero counts and empty lists are left out,
 * 64-bit integers are text.
 */
import type { AttributeValue, Attributes, HrTime, Link, SpanContext } from "@opentelemetry/api"
import type { ReadableSpan, TimedEvent } from "@opentelemetry/sdk-trace-base"
import { byResource, type Encoding, flagsOf, memoize, nanosOf, type Origin } from "./encoding.ts"

const text = JSON.stringify as (value: string) => string // of a string, it is never undefined

const numberValue = (value: number): string =>
  Number.isSafeInteger(value)
    ? `{"intValue":"${value}"}`
    : Number.isFinite(value)
      ? `{"doubleValue":${value}}`
      : `{"doubleValue":"${value}"}`

const valueOf = (value: AttributeValue | undefined | null): string => {
  switch (typeof value) {
    case "string":
      return `{"stringValue":${text(value)}}`
    case "number":
      return numberValue(value)
    case "boolean":
      return `{"boolValue":${value}}`
    default:
      return Array.isArray(value) ? `{"arrayValue":{"values":[${value.map(valueOf).join(",")}]}}` : "{}"
  }
}

const list = (name: string, values: string): string => (values === "" ? "" : `,"${name}":[${values}]`)

const count = (name: string, dropped: number | undefined): string =>
  dropped === undefined || dropped === 0 ? "" : `,"${name}":${dropped}`

const optional = (name: string, value: string | undefined): string =>
  value === undefined || value === "" ? "" : `,"${name}":${text(value)}`

const state = ({ traceState }: SpanContext): string => optional("traceState", traceState?.serialize())

const time = (moment: HrTime): string => `"${nanosOf(moment)}"`

const COMMA = Buffer.from(",")

const separated = (parts: ReadonlyArray<Buffer>): ReadonlyArray<Buffer> =>
  parts.flatMap((part, index) => (index === 0 ? [part] : [COMMA, part]))

export const make = (): Encoding => {
  // The opening of an attribute up to its value: a program has few names, and uses them on every span
  const opening = memoize((name) => `{"key":${text(name)},"value":`)

  const attributesOf = (attributes: Attributes): string => {
    let encoded = ""
    for (const name in attributes) {
      const value = attributes[name]
      if (value !== undefined) encoded += `${encoded === "" ? "" : ","}${opening(name)}${valueOf(value)}}`
    }
    return encoded
  }

  const eventOf = (event: TimedEvent): string =>
    `{"timeUnixNano":${time(event.time)},"name":${text(event.name)}` +
    list("attributes", attributesOf(event.attributes ?? {})) +
    `${count("droppedAttributesCount", event.droppedAttributesCount)}}`

  const linkOf = ({ attributes = {}, context, droppedAttributesCount }: Link): string =>
    `{"traceId":"${context.traceId}","spanId":"${context.spanId}"${state(context)}` +
    list("attributes", attributesOf(attributes)) +
    count("droppedAttributesCount", droppedAttributesCount) +
    `,"flags":${flagsOf(context.traceFlags, context.isRemote)}}`

  const spanOf = (span: ReadableSpan): string => {
    const context = span.spanContext()
    const parent = span.parentSpanContext
    const { code, message } = span.status
    return (
      `{"traceId":"${context.traceId}","spanId":"${context.spanId}"${state(context)}` +
      optional("parentSpanId", parent?.spanId) +
      `,"flags":${flagsOf(context.traceFlags, parent?.isRemote)},"name":${text(span.name)},"kind":${span.kind + 1}` +
      `,"startTimeUnixNano":${time(span.startTime)},"endTimeUnixNano":${time(span.endTime)}` +
      list("attributes", attributesOf(span.attributes)) +
      count("droppedAttributesCount", span.droppedAttributesCount) +
      list("events", span.events.map(eventOf).join(",")) +
      count("droppedEventsCount", span.droppedEventsCount) +
      list("links", span.links.map(linkOf).join(",")) +
      count("droppedLinksCount", span.droppedLinksCount) +
      (code === 0 ? "" : `,"status":{"code":${code}${optional("message", message)}}`) +
      "}"
    )
  }

  const scopeSpans = (scope: Origin["scope"], spans: ReadonlyArray<Buffer>): Buffer =>
    Buffer.concat([
      Buffer.from(`{"scope":{"name":${text(scope.name)}${optional("version", scope.version)}},"spans":[`),
      ...separated(spans),
      Buffer.from(`]${optional("schemaUrl", scope.schemaUrl)}}`)
    ])

  const resourceSpans = (
    { attributes }: Origin["resource"],
    scopes: ReadonlyMap<Origin, ReadonlyArray<Buffer>>
  ): Buffer =>
    Buffer.concat([
      Buffer.from(`{"resource":{"attributes":[${attributesOf(attributes as Attributes)}]},"scopeSpans":[`), // awaited before
      ...separated(Array.from(scopes, ([{ scope }, spans]) => scopeSpans(scope, spans))),
      Buffer.from("]}")
    ])

  return {
    contentType: "application/json",
    span: (span) => Buffer.from(spanOf(span)),
    request: (groups) =>
      Buffer.concat([
        Buffer.from('{"resourceSpans":['),
        ...separated(Array.from(byResource(groups), ([resource, scopes]) => resourceSpans(resource, scopes))),
        Buffer.from("]}")
      ])
  }
}
