/**
 * What leaves the tracer is OTLP: decoded, it says the same as what OpenTelemetry's own serializers make of a span.
 */
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { createTraceState, type Attributes } from "@opentelemetry/api"
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer"
import { resourceFromAttributes } from "@opentelemetry/resources"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import { Context, Effect, Layer, Schema } from "effect"
import * as fc from "fast-check"
import { Otlp } from "@honeyhive/contract"
import { OtlpProtobuf } from "@honeyhive/hive"
import { Exporter, TracerConfig } from "@honeyhive/tracing"

const hex = (length: number) =>
  fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((bytes) => Buffer.from(bytes).fill(1, 0, 1).toString("hex"))

const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Number.isInteger(value))
)
const text = fc.oneof(fc.string({ unit: "grapheme", maxLength: 80 }), fc.lorem({ maxCount: 40 }))
const value = fc.oneof(
  text,
  number,
  fc.boolean(),
  fc.array(text, { maxLength: 4 }),
  fc.array(fc.boolean(), { maxLength: 4 })
)
const attributes = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 60 }).filter((key) => key !== "__proto__"),
  value,
  {
    maxKeys: 12,
    noNullPrototype: true
  }
) as fc.Arbitrary<Attributes> // what fast-check made of these values

const time = fc.tuple(fc.integer({ min: 0, max: 4_000_000_000 }), fc.integer({ min: 0, max: 999_999_999 }))
const state = fc.constantFrom(undefined, createTraceState("vendor=1,other=2"))
const context = fc
  .tuple(hex(16), hex(8), state, fc.boolean(), fc.constantFrom(0, 1))
  .map(([traceId, spanId, traceState, isRemote, traceFlags]) => ({
    traceId,
    spanId,
    traceFlags,
    isRemote,
    ...(traceState === undefined ? {} : { traceState })
  }))

const resources = [
  resourceFromAttributes({ "service.name": "a", n: 1 }),
  resourceFromAttributes({ "service.name": "b" })
]
const scopes = [{ name: "one", version: "1.2", schemaUrl: "https://opentelemetry.io/schemas/1.37.0" }, { name: "two" }]

const span = fc
  .record({
    name: text,
    kind: fc.integer({ min: 0, max: 4 }),
    own: context,
    parentSpanContext: fc.option(context, { nil: undefined }),
    startTime: time,
    endTime: time,
    status: fc.constantFrom({ code: 0 }, { code: 1 }, { code: 2, message: 'no "quotes"' }),
    attributes,
    links: fc.array(fc.record({ context, attributes }), { maxLength: 2 }),
    events: fc.array(fc.record({ name: text, time, attributes }), { maxLength: 2 }),
    resource: fc.constantFrom(...resources),
    instrumentationScope: fc.constantFrom(...scopes),
    droppedAttributesCount: fc.nat(3),
    droppedEventsCount: fc.nat(3),
    droppedLinksCount: fc.nat(3)
  })
  .map(
    ({ own, ...rest }) =>
      ({ ...rest, spanContext: () => own, duration: [0, 0], ended: true }) as unknown as ReadableSpan // as one ends
  )

/** Keeps the body of the last request, whatever it is. */
const server = Effect.acquireRelease(
  Effect.callback<{ readonly url: string; readonly body: () => Buffer; readonly stop: () => void }>((resume) => {
    let last = Buffer.alloc(0)
    const http = Http.createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        last = Buffer.concat(chunks)
        response.end()
      })
    })
    http.listen(0, "127.0.0.1", () => {
      const { port } = http.address() as AddressInfo // of a TCP server
      const stop = () => {
        http.closeAllConnections()
        http.close()
      }
      resume(Effect.succeed({ url: `http://127.0.0.1:${port}/v1/traces`, body: () => last, stop }))
    })
  }),
  ({ stop }) => Effect.sync(stop)
)

const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Otlp.ExportTraceServiceRequest))

/** Spans of a request in the order of their resources and scopes, whatever the order of those. */
const sorted = ({ accepted }: Otlp.Spans) => accepted.toSorted((a, b) => (a.spanId < b.spanId ? -1 : 1))
const meaning = (request: Otlp.ExportTraceServiceRequest) => sorted(Otlp.spans(request))

describe("OTLP", () => {
  it.live("law: JSON and protobuf say what OpenTelemetry's serializers say", () =>
    Effect.gen(function* () {
      const { body, url } = yield* server
      const sender = Effect.fnUntraced(function* (otlpProtocol: "http/json" | "http/protobuf") {
        const layer = Exporter.otlp.pipe(Layer.provide(TracerConfig.layer({ otlpEndpoint: url, otlpProtocol })))
        const exporter = Context.get(yield* Layer.build(layer), Exporter)
        yield* Effect.addFinalizer(() => exporter.shutdown)
        return (spans: ReadonlyArray<ReadableSpan>) =>
          Effect.runPromise(Effect.map(exporter.send(spans.map((one) => exporter.prepare(one))), body))
      })
      const [sendJson, sendProtobuf] = [yield* sender("http/json"), yield* sender("http/protobuf")]
      yield* Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(fc.array(span, { minLength: 1, maxLength: 8 }), async (spans) => {
            const json = await sendJson(spans)
            const protobuf = await sendProtobuf(spans)
            const theirs = Buffer.from(JsonTraceSerializer.serializeRequest(spans) ?? []).toString()
            const expected = meaning(decodeJson(theirs))
            assert.strictEqual(expected.length, spans.length)
            assert.deepStrictEqual(meaning(decodeJson(json.toString())), expected)
            assert.deepStrictEqual(meaning(OtlpProtobuf.decodeRequest(protobuf)), expected)
            const bytes = ProtobufTraceSerializer.serializeRequest(spans) ?? new Uint8Array()
            assert.deepStrictEqual(sorted(OtlpProtobuf.decodeSpans(protobuf)), expected)
            assert.deepStrictEqual(sorted(OtlpProtobuf.decodeSpans(bytes)), expected)
            assert.isAtMost(protobuf.length, bytes.length)
            assert.isAtMost(json.length, Buffer.byteLength(theirs) + 2 * theirs.split("intValue").length)
          }),
          { numRuns: 200 }
        )
      )
    })
  )
})
