/**
 * Spans as a request's bytes: what tests of a store say of spans must be so however they come.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import protobuf from "protobufjs/light.js"
import type { SpanRecord } from "@honeyhive/contract/Otlp"
import { TraceStore, TraceStoreError } from "../TraceStore.ts"
import { readLazySpans } from "./spanReader.ts"

type Field = (writer: protobuf.Writer) => void

const message = (fields: ReadonlyArray<Field>): Uint8Array => {
  const writer = protobuf.Writer.create()
  for (const field of fields) field(writer)
  return writer.finish()
}
const bytes =
  (id: number, content: Uint8Array): Field =>
  (writer) =>
    void writer.uint32(id * 8 + 2).bytes(content)
const nested = (id: number, fields: ReadonlyArray<Field>): Field => bytes(id, message(fields))
const text = (id: number, content: string): Field => bytes(id, Buffer.from(content))
// The halves are all that the writer looks at
const long = (value: bigint) =>
  ({ low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)) }) as protobuf.Long
const fixed64 =
  (id: number, value: bigint): Field =>
  (writer) =>
    void writer.uint32(id * 8 + 1).fixed64(long(value))
const varint =
  (id: number, value: bigint): Field =>
  (writer) =>
    void writer.uint32(id * 8).int64(long(value))

const any = (value: unknown): ReadonlyArray<Field> => {
  if (value === null || value === undefined) return []
  if (typeof value === "string") return [text(1, value)]
  if (typeof value === "boolean") return [varint(2, value ? 1n : 0n)]
  if (typeof value === "number")
    return Number.isSafeInteger(value)
      ? [varint(3, BigInt(value))]
      : [(writer) => void writer.uint32(4 * 8 + 1).double(value)]
  if (Array.isArray(value))
    return [
      nested(
        5,
        value.map((item) => nested(1, any(item)))
      )
    ]
  return [nested(6, attributes(1, value))]
}
const attributes = (id: number, record: object): ReadonlyArray<Field> =>
  Object.entries(record).map(([key, value]) => nested(id, [text(1, key), nested(2, any(value))]))

const hex = (id: string) => Buffer.from(id, "hex")

const span = (span: SpanRecord): Field =>
  nested(2, [
    bytes(1, hex(span.traceId)),
    bytes(2, hex(span.spanId)),
    ...(span.parentSpanId === undefined ? [] : [bytes(4, hex(span.parentSpanId))]),
    text(5, span.name),
    varint(6, BigInt(span.kind)),
    fixed64(7, span.startTimeUnixNano),
    fixed64(8, span.endTimeUnixNano),
    ...attributes(9, span.attributes),
    ...span.events.map((event) =>
      nested(11, [fixed64(1, event.timeUnixNano), text(2, event.name), ...attributes(3, event.attributes)])
    ),
    ...span.links.map((link) =>
      nested(13, [bytes(1, hex(link.traceId)), bytes(2, hex(link.spanId)), ...attributes(4, link.attributes)])
    ),
    nested(15, [text(2, span.status.message), varint(3, BigInt(span.status.code))])
  ])

export const encoded = (spans: ReadonlyArray<SpanRecord>): Uint8Array =>
  message(
    spans.map((record) =>
      nested(1, [
        nested(1, attributes(1, record.resource)),
        nested(2, [nested(1, [text(1, record.scope.name), text(2, record.scope.version)]), span(record)])
      ])
    )
  )

/** A store that is given the same spans as bytes. */
export const asBytes = <A, E>(layer: Layer.Layer<A | TraceStore, E>): Layer.Layer<A | TraceStore, E> =>
  Layer.effect(
    TraceStore,
    Effect.map(TraceStore, (store) =>
      TraceStore.of({
        ...store,
        ingest: (spans) =>
          Effect.try({
            try: () => readLazySpans(encoded(spans)).accepted,
            catch: (cause) => new TraceStoreError({ message: String(cause) })
          }).pipe(Effect.flatMap(store.ingest))
      })
    )
  ).pipe(Layer.provideMerge(layer))
