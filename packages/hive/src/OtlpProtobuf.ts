/**
 * OTLP's protobuf encoding, to and from the same form that its JSON encoding has.
 *
 * The descriptor holds the messages of opentelemetry-proto 1.x that a trace request consists of; fields of newer versions
 * are skipped, as protobuf means it.
 *
 * @since 0.1.0
 */
import protobuf from "protobufjs/light.js"
import type { ExportTraceServiceRequest, Spans } from "@honeyhive/contract/Otlp"
import { readSpans } from "./internal/spanReader.ts"

const field = (type: string, id: number) => ({ type, id })
const repeated = (type: string, id: number) => ({ type, id, rule: "repeated" })
const attributes = (id: number) => ({ attributes: repeated("KeyValue", id) })

const root = protobuf.Root.fromJSON({
  nested: {
    AnyValue: {
      oneofs: {
        value: {
          oneof: ["stringValue", "boolValue", "intValue", "doubleValue", "arrayValue", "kvlistValue", "bytesValue"]
        }
      },
      fields: {
        stringValue: field("string", 1),
        boolValue: field("bool", 2),
        intValue: field("int64", 3),
        doubleValue: field("double", 4),
        arrayValue: field("ArrayValue", 5),
        kvlistValue: field("KeyValueList", 6),
        bytesValue: field("bytes", 7)
      }
    },
    ArrayValue: { fields: { values: repeated("AnyValue", 1) } },
    KeyValueList: { fields: { values: repeated("KeyValue", 1) } },
    KeyValue: { fields: { key: field("string", 1), value: field("AnyValue", 2) } },
    Scope: { fields: { name: field("string", 1), version: field("string", 2), ...attributes(3) } },
    Resource: { fields: attributes(1) },
    Status: { fields: { message: field("string", 2), code: field("int32", 3) } },
    Event: { fields: { timeUnixNano: field("fixed64", 1), name: field("string", 2), ...attributes(3) } },
    Link: {
      fields: {
        traceId: field("bytes", 1),
        spanId: field("bytes", 2),
        traceState: field("string", 3),
        ...attributes(4)
      }
    },
    Span: {
      fields: {
        traceId: field("bytes", 1),
        spanId: field("bytes", 2),
        traceState: field("string", 3),
        parentSpanId: field("bytes", 4),
        name: field("string", 5),
        kind: field("int32", 6),
        startTimeUnixNano: field("fixed64", 7),
        endTimeUnixNano: field("fixed64", 8),
        ...attributes(9),
        events: repeated("Event", 11),
        links: repeated("Link", 13),
        status: field("Status", 15),
        flags: field("fixed32", 16)
      }
    },
    ScopeSpans: { fields: { scope: field("Scope", 1), spans: repeated("Span", 2) } },
    ResourceSpans: { fields: { resource: field("Resource", 1), scopeSpans: repeated("ScopeSpans", 2) } },
    Request: { fields: { resourceSpans: repeated("ResourceSpans", 1) } },
    PartialSuccess: { fields: { rejectedSpans: field("int64", 1), errorMessage: field("string", 2) } },
    Response: { fields: { partialSuccess: field("PartialSuccess", 1) } }
  }
})

const Request = root.lookupType("Request")
const Response = root.lookupType("Response")

// Protobuf's own JSON form spells bytes as base64; OTLP's spells ids as hexadecimal
const hex = (base64: string | null | undefined): string => Buffer.from(base64 ?? "", "base64").toString("hex")

type Span = NonNullable<
  NonNullable<NonNullable<ExportTraceServiceRequest["resourceSpans"]>[number]["scopeSpans"]>[number]["spans"]
>[number]

const withHexIds = (span: Span): Span => ({
  ...span,
  traceId: hex(span.traceId),
  spanId: hex(span.spanId),
  parentSpanId: hex(span.parentSpanId),
  ...(span.links == null
    ? {}
    : {
        links: span.links.map((link) => ({ ...link, traceId: hex(link.traceId), spanId: hex(link.spanId) }))
      })
})

/**
 * Decodes a request. Throws an `Error` that says what is wrong with the bytes.
 *
 * @example
 * ```ts
 * import { OtlpProtobuf } from "@honeyhive/hive"
 *
 * OtlpProtobuf.decodeRequest(new Uint8Array()) // => { resourceSpans: [] }
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export const decodeRequest = (bytes: Uint8Array): ExportTraceServiceRequest => {
  // The descriptor above is OTLP's, so what it decodes has OTLP's form
  const request: ExportTraceServiceRequest = Request.toObject(Request.decode(bytes), { longs: String, bytes: String })
  return {
    resourceSpans: (request.resourceSpans ?? []).map((resourceSpans) => ({
      ...resourceSpans,
      scopeSpans: (resourceSpans.scopeSpans ?? []).map((scopeSpans) => ({
        ...scopeSpans,
        spans: (scopeSpans.spans ?? []).map(withHexIds)
      }))
    }))
  }
}

/**
 * The spans of a request, in one pass over the bytes: what `Otlp.spans` makes of {@link decodeRequest}'s result, at about
 * a fifth of the cost. Throws a `RangeError` that says what is wrong with the bytes.
 *
 * @example
 * ```ts
 * import { OtlpProtobuf } from "@honeyhive/hive"
 *
 * OtlpProtobuf.decodeSpans(new Uint8Array()) // => { accepted: [], rejected: [] }
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export const decodeSpans = (bytes: Uint8Array): Spans => readSpans(bytes)

/**
 * OTLP's answer: what was refused and why; empty when everything was taken.
 *
 * @category models
 * @since 0.1.0
 */
export interface ExportTraceServiceResponse {
  readonly partialSuccess?: { readonly rejectedSpans: number; readonly errorMessage: string }
}

/**
 * Encodes an answer.
 *
 * @category encoding
 * @since 0.1.0
 */
export const encodeResponse = (response: ExportTraceServiceResponse): Uint8Array =>
  Response.encode(Response.fromObject(response)).finish()
