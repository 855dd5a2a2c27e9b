/**
 * OTLP trace requests in their JSON form, and the spans inside them as plain records.
 *
 * 64-bit integers travel as decimal text (numbers are accepted too), ids as hexadecimal text, bytes as base64. A decoder
 * of the protobuf form produces the same `ExportTraceServiceRequest`, so everything after it is shared.
 *
 * Source: opentelemetry-proto 1.x, "OTLP/HTTP, JSON Protobuf Encoding".
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { AttributeRecord } from "./Attributes.ts"

const Int64 = Schema.Union([Schema.Number, Schema.String.check(Schema.isPattern(/^-?\d{1,20}$/, { title: "integer" }))])

/**
 * One value of an attribute; exactly one field is set, none means null.
 *
 * @category models
 * @since 0.1.0
 */
export interface AnyValue {
  readonly stringValue?: string | null
  readonly boolValue?: boolean | null
  readonly intValue?: string | number | null
  readonly doubleValue?: number | string | null
  readonly bytesValue?: string | null
  readonly arrayValue?: { readonly values?: ReadonlyArray<AnyValue> | null } | null
  readonly kvlistValue?: { readonly values?: ReadonlyArray<KeyValue> | null } | null
}

/**
 * @category models
 * @since 0.1.0
 */
export interface KeyValue {
  readonly key: string
  readonly value?: AnyValue | null
}

const optional = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/**
 * @category schemas
 * @since 0.1.0
 */
export const AnyValue: Schema.Codec<AnyValue> = Schema.Struct({
  stringValue: optional(Schema.String),
  boolValue: optional(Schema.Boolean),
  intValue: optional(Int64),
  // Protobuf's JSON spells NaN and the infinities as text
  doubleValue: optional(Schema.Union([Schema.Number, Schema.String])),
  bytesValue: optional(Schema.String),
  arrayValue: optional(
    Schema.Struct({ values: optional(Schema.Array(Schema.suspend((): Schema.Codec<AnyValue> => AnyValue))) })
  ),
  kvlistValue: optional(
    Schema.Struct({ values: optional(Schema.Array(Schema.suspend((): Schema.Codec<KeyValue> => KeyValue))) })
  )
})

/**
 * @category schemas
 * @since 0.1.0
 */
export const KeyValue: Schema.Codec<KeyValue> = Schema.Struct({ key: Schema.String, value: optional(AnyValue) })

const attributes = { attributes: optional(Schema.Array(KeyValue)) }

// Looked at span by span, in `spans`: a bad time must not cost its neighbours
const Time = Schema.Union([Schema.Number, Schema.String])

const Span = Schema.Struct({
  traceId: optional(Schema.String),
  spanId: optional(Schema.String),
  traceState: optional(Schema.String),
  parentSpanId: optional(Schema.String),
  flags: optional(Schema.Number),
  name: optional(Schema.String),
  kind: optional(Schema.Number),
  startTimeUnixNano: optional(Time),
  endTimeUnixNano: optional(Time),
  ...attributes,
  events: optional(
    Schema.Array(Schema.Struct({ timeUnixNano: optional(Time), name: optional(Schema.String), ...attributes }))
  ),
  links: optional(
    Schema.Array(
      Schema.Struct({
        traceId: optional(Schema.String),
        spanId: optional(Schema.String),
        traceState: optional(Schema.String),
        ...attributes
      })
    )
  ),
  status: optional(Schema.Struct({ message: optional(Schema.String), code: optional(Schema.Number) }))
})

/**
 * The body of `POST …/v1/traces`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ExportTraceServiceRequest = Schema.Struct({
  resourceSpans: optional(
    Schema.Array(
      Schema.Struct({
        resource: optional(Schema.Struct(attributes)),
        scopeSpans: optional(
          Schema.Array(
            Schema.Struct({
              scope: optional(
                Schema.Struct({ name: optional(Schema.String), version: optional(Schema.String), ...attributes })
              ),
              spans: optional(Schema.Array(Span))
            })
          )
        )
      })
    )
  )
})

/**
 * @category models
 * @since 0.1.0
 */
export type ExportTraceServiceRequest = typeof ExportTraceServiceRequest.Type

/**
 * One span with everything that was said of it, ready for projection.
 *
 * @category models
 * @since 0.1.0
 */
export interface SpanRecord {
  /** 32 hexadecimal digits, lower case. */
  readonly traceId: string
  /** 16 hexadecimal digits, lower case. */
  readonly spanId: string
  /** `undefined` for the root of a trace. */
  readonly parentSpanId: string | undefined
  readonly name: string
  /** OTLP's number: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  readonly startTimeUnixNano: bigint
  readonly endTimeUnixNano: bigint
  readonly attributes: AttributeRecord
  readonly events: ReadonlyArray<{
    readonly name: string
    readonly timeUnixNano: bigint
    readonly attributes: AttributeRecord
  }>
  readonly links: ReadonlyArray<{
    readonly traceId: string
    readonly spanId: string
    readonly attributes: AttributeRecord
  }>
  /** OTLP's code: 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message: string }
  readonly scope: { readonly name: string; readonly version: string }
  readonly resource: AttributeRecord
}

/**
 * The valid spans of a request, and why each of the others was refused (OTLP's partial success).
 *
 * @category models
 * @since 0.1.0
 */
export interface Spans {
  readonly accepted: ReadonlyArray<SpanRecord>
  readonly rejected: ReadonlyArray<string>
}

const MAX_DEPTH = 64

const value = (any: AnyValue | null | undefined, depth = 0): unknown => {
  if (any === null || any === undefined) return null
  if (depth > MAX_DEPTH) return "[nested too deep]"
  if (any.stringValue != null) return any.stringValue
  if (any.boolValue != null) return any.boolValue
  if (any.intValue != null) return integer(any.intValue)
  if (any.doubleValue != null) return double(any.doubleValue)
  if (any.arrayValue != null) return (any.arrayValue.values ?? []).map((item) => value(item, depth + 1))
  if (any.kvlistValue != null) return record(any.kvlistValue.values, depth + 1)
  return any.bytesValue ?? null
}

// Beyond 2^53 an integer stays text: a number could be its neighbour, and ids of that size must not change their type
const integer = (text: string | number): number | string =>
  typeof text === "number" || Number.isSafeInteger(Number(text)) ? double(text) : text

// JSON has no NaN and no infinities: they stay text
const double = (text: string | number): number | string => {
  const number = Number(text)
  return Number.isFinite(number) ? number : String(text)
}

const record = (entries: ReadonlyArray<KeyValue> | null | undefined, depth = 0): AttributeRecord =>
  entries == null ? {} : Object.fromEntries(entries.map((entry) => [entry.key, value(entry.value, depth)]))

const nanos = (time: string | number | null | undefined): bigint | undefined => {
  if (time == null) return 0n
  const whole = typeof time === "number" ? Number.isInteger(time) : /^\d{1,20}$/.test(time)
  const nanos = whole ? BigInt(time) : -1n
  return nanos === BigInt.asUintN(64, nanos) ? nanos : undefined
}

const hexId = (id: string | null | undefined, digits: number): string | undefined =>
  id != null && id.length === digits && /^[0-9a-f]+$/i.test(id) && /[^0]/.test(id) ? id.toLowerCase() : undefined

/**
 * Takes a request apart. A span without a valid trace id, span id or time is refused with the reason; the others of the
 * same request are kept.
 *
 * @example
 * ```ts
 * import { Otlp } from "@honeyhive/contract"
 *
 * const { accepted, rejected } = Otlp.spans({
 *   resourceSpans: [{ scopeSpans: [{ spans: [{ name: "search", traceId: "00", spanId: "00" }] }] }]
 * })
 *
 * accepted.length // => 0
 * rejected // => ["span \"search\": trace id must be 32 hexadecimal digits, not all zero"]
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export const spans = (request: ExportTraceServiceRequest): Spans => {
  const accepted: Array<SpanRecord> = []
  const rejected: Array<string> = []
  for (const resourceSpans of request.resourceSpans ?? []) {
    const resource = record(resourceSpans.resource?.attributes)
    for (const scopeSpans of resourceSpans.scopeSpans ?? []) {
      const scope = { name: scopeSpans.scope?.name ?? "", version: scopeSpans.scope?.version ?? "" }
      for (const span of scopeSpans.spans ?? []) {
        const result = spanRecord(span, scope, resource)
        if (typeof result === "string") rejected.push(`span ${JSON.stringify(span.name ?? "")}: ${result}`)
        else accepted.push(result)
      }
    }
  }
  return { accepted, rejected }
}

const spanRecord = (
  span: typeof Span.Type,
  scope: SpanRecord["scope"],
  resource: AttributeRecord
): SpanRecord | string => {
  const traceId = hexId(span.traceId, 32)
  if (traceId === undefined) return "trace id must be 32 hexadecimal digits, not all zero"
  const spanId = hexId(span.spanId, 16)
  if (spanId === undefined) return "span id must be 16 hexadecimal digits, not all zero"
  const startTimeUnixNano = nanos(span.startTimeUnixNano)
  const endTimeUnixNano = nanos(span.endTimeUnixNano)
  if (startTimeUnixNano === undefined || endTimeUnixNano === undefined)
    return "times must be whole nanoseconds of 64 bits"
  return {
    traceId,
    spanId,
    parentSpanId: hexId(span.parentSpanId, 16),
    name: span.name ?? "",
    kind: span.kind ?? 0,
    startTimeUnixNano,
    endTimeUnixNano,
    attributes: record(span.attributes),
    events: (span.events ?? []).map((event) => ({
      name: event.name ?? "",
      timeUnixNano: nanos(event.timeUnixNano) ?? 0n,
      attributes: record(event.attributes)
    })),
    links: (span.links ?? []).map((link) => ({
      traceId: link.traceId ?? "",
      spanId: link.spanId ?? "",
      attributes: record(link.attributes)
    })),
    status: { code: span.status?.code ?? 0, message: span.status?.message ?? "" },
    scope,
    resource
  }
}
