import { assert, describe, it } from "@effect/vitest"
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer"
import { BasicTracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace-base"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import * as Otlp from "./Otlp.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Otlp.ExportTraceServiceRequest))

const encodeValue = (value: unknown): Otlp.AnyValue => {
  if (typeof value === "string") return { stringValue: value }
  if (typeof value === "boolean") return { boolValue: value }
  if (typeof value === "number")
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(encodeValue) } }
  return typeof value === "object" && value !== null ? { kvlistValue: { values: encodeRecord(value) } } : {}
}

const encodeRecord = (record: object): ReadonlyArray<Otlp.KeyValue> =>
  Object.entries(record).map(([key, value]) => ({ key, value: encodeValue(value) }))

const valid = { traceId: "a".repeat(32), spanId: "b".repeat(16), name: "s", startTimeUnixNano: "1", endTimeUnixNano: 2 }
const request = (...spans: ReadonlyArray<object>) =>
  decode(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ scope: { name: "scope" }, spans }] }] }))

describe("Otlp", () => {
  it("law: attributes of any depth come back as they were encoded", () => {
    const json = fc.dictionary(
      fc.string(),
      fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)))
    )
    fc.assert(
      fc.property(json, fc.nat(), (attributes, start) => {
        const expected = JSON.parse(JSON.stringify(attributes))
        const { accepted, rejected } = Otlp.spans(
          request({ ...valid, startTimeUnixNano: String(start), attributes: encodeRecord(expected) })
        )
        assert.deepStrictEqual(rejected, [])
        assert.deepStrictEqual(accepted[0]?.attributes, expected)
        assert.strictEqual(accepted[0]?.startTimeUnixNano, BigInt(start))
      }),
      { numRuns: 1000 }
    )
  })

  it("reads what OpenTelemetry's own serializer writes", () => {
    const span = new BasicTracerProvider().getTracer("theirs", "1.2").startSpan("name", { kind: 2 })
    span.setAttributes({ text: "t", int: 3, double: 0.5, flag: true, list: ["a", "b"] })
    span.addEvent("happened", { at: "here" })
    span.setStatus({ code: 2, message: "bad" })
    span.end()
    const bytes = JsonTraceSerializer.serializeRequest([span as unknown as ReadableSpan]) // the SDK's spans are both
    const [read] = Otlp.spans(decode(new TextDecoder().decode(bytes))).accepted
    const { spanId, traceId } = span.spanContext()
    assert.deepInclude(read, { traceId, spanId, parentSpanId: undefined, name: "name", kind: 3 })
    assert.deepStrictEqual(read?.attributes, { text: "t", int: 3, double: 0.5, flag: true, list: ["a", "b"] })
    assert.deepStrictEqual(read?.status, { code: 2, message: "bad" })
    assert.deepInclude(read?.events[0], { name: "happened", attributes: { at: "here" } })
    assert.deepStrictEqual(read?.scope, { name: "theirs", version: "1.2" })
  })

  it.each<readonly [string, Otlp.AnyValue | undefined, unknown]>([
    ["an integer as text", { intValue: "42" }, 42],
    ["an integer as a number", { intValue: 42 }, 42],
    ["an integer that JavaScript cannot hold", { intValue: "9007199254740993" }, "9007199254740993"],
    ["NaN", { doubleValue: "NaN" }, "NaN"],
    ["infinity", { doubleValue: "-Infinity" }, "-Infinity"],
    ["bytes", { bytesValue: "AQI=" }, "AQI="],
    ["an empty text", { stringValue: "" }, ""],
    ["an empty list", { arrayValue: {} }, []],
    ["no value", undefined, null]
  ])("reads %s", (_, value, expected) => {
    const [span] = Otlp.spans(request({ ...valid, attributes: [{ key: "a", ...(value && { value }) }] })).accepted
    assert.deepStrictEqual(span?.attributes, { a: expected })
  })

  it.each([
    ["a short trace id", { traceId: "ab" }, /trace id/],
    ["a trace id of zeros", { traceId: "0".repeat(32) }, /trace id/],
    ["a trace id in another alphabet", { traceId: "z".repeat(32) }, /trace id/],
    ["no span id", { spanId: null }, /span id/],
    ["a span id of zeros", { spanId: "0".repeat(16) }, /span id/],
    ["a time that is not whole", { startTimeUnixNano: 1.5 }, /nanoseconds/]
  ])("refuses %s and keeps its neighbours", (_, broken, reason) => {
    const { accepted, rejected } = Otlp.spans(request(valid, { ...valid, ...broken }, valid))
    assert.strictEqual(accepted.length, 2)
    assert.strictEqual(rejected.length, 1)
    assert.match(rejected[0] ?? "", reason)
  })

  it("ids are lower case, a parent that is none is none", () => {
    const [span] = Otlp.spans(request({ ...valid, traceId: "A".repeat(32), parentSpanId: "" })).accepted
    assert.strictEqual(span?.traceId, "a".repeat(32))
    assert.isUndefined(span?.parentSpanId)
  })

  it("an empty request is none", () => {
    assert.deepStrictEqual(Otlp.spans(decode("{}")), { accepted: [], rejected: [] })
    assert.deepStrictEqual(Otlp.spans(decode('{"resourceSpans":null}')), { accepted: [], rejected: [] })
  })
})
