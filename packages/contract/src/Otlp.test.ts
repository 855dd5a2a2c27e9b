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
    ["a negative one", { intValue: "-9007199254740993" }, "-9007199254740993"],
    ["the largest of 64 bits", { intValue: "18446744073709551615" }, "18446744073709551615"],
    ["a large one that JavaScript happens to hold exactly", { intValue: "1152921504606846976" }, "1152921504606846976"],
    ["a large one as a number, as OpenTelemetry's serializer writes it", { intValue: 1e20 }, 1e20],
    ["a list of null", { arrayValue: { values: null } }, []],
    ["a map", { kvlistValue: { values: [{ key: "k", value: { intValue: "1" } }, { key: "n" }] } }, { k: 1, n: null }],
    ["a double as text", { doubleValue: "0.5" }, 0.5],
    ["false and zero", { arrayValue: { values: [{ boolValue: false }, { intValue: 0 }] } }, [false, 0]],
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
    ["a time that is not whole", { startTimeUnixNano: 1.5 }, /nanoseconds/],
    ["a time that is not whole, as text", { endTimeUnixNano: "1.5" }, /nanoseconds/],
    ["a time that is a date", { startTimeUnixNano: "2026-10-01T00:00:00Z" }, /nanoseconds/],
    ["a time that is no text at all", { startTimeUnixNano: "" }, /nanoseconds/],
    ["a time before 1970", { startTimeUnixNano: "-1" }, /nanoseconds/],
    ["a time beyond 64 bits", { endTimeUnixNano: "18446744073709551616" }, /nanoseconds/],
    ["a time beyond 64 bits, as a number", { endTimeUnixNano: 1e300 }, /nanoseconds/]
  ])("refuses %s and keeps its neighbours", (_, broken, reason) => {
    const { accepted, rejected } = Otlp.spans(request(valid, { ...valid, ...broken }, valid))
    assert.strictEqual(accepted.length, 2)
    assert.strictEqual(rejected.length, 1)
    assert.match(rejected[0] ?? "", reason)
  })

  it("law: 64-bit times come back to the nanosecond", () => {
    const time = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
    fc.assert(
      fc.property(time, time, (start, end) => {
        const times = { startTimeUnixNano: String(start), endTimeUnixNano: String(end) }
        const [span] = Otlp.spans(request({ ...valid, ...times, events: [{ timeUnixNano: String(end) }] })).accepted
        assert.deepInclude(span, { startTimeUnixNano: start, endTimeUnixNano: end })
        assert.strictEqual(span?.events[0]?.timeUnixNano, end)
      })
    )
  })

  it("law: a 64-bit integer is the same one as number or text", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (integer) => {
        const attributes = [{ key: "n", value: { intValue: String(integer) } }]
        const read = Otlp.spans(request({ ...valid, attributes })).accepted[0]?.attributes["n"]
        assert.strictEqual(BigInt(read as number | string), integer) // one of the two, by the row above
        if (integer === BigInt.asIntN(53, integer)) assert.isNumber(read)
      })
    )
  })

  it("cuts what is nested too deep, and says so", () => {
    let value: Otlp.AnyValue = { intValue: 1 }
    for (let level = 0; level < 200; level++) value = { arrayValue: { values: [value] } }
    const [span] = Otlp.spans(request({ ...valid, attributes: [{ key: "a", value }] })).accepted
    assert.include(JSON.stringify(span?.attributes), '[[["[nested too deep]"]]]')
  })

  it("keeps the scope, resource and links of each span", () => {
    const named = (name: string) => [{ key: "service.name", value: { stringValue: name } }]
    const link = { traceId: "c".repeat(32), spanId: "d".repeat(16), attributes: named("linked") }
    const { accepted } = Otlp.spans(
      decode(
        JSON.stringify({
          resourceSpans: ["one", "two"].map((name) => ({
            resource: { attributes: named(name) },
            scopeSpans: [{ scope: { name, version: "1" }, spans: [{ ...valid, links: [link] }] }, { spans: [valid] }]
          }))
        })
      )
    )
    assert.deepStrictEqual(
      accepted.map((span) => [span.resource["service.name"], span.scope.name, span.links.length]),
      [
        ["one", "one", 1],
        ["one", "", 0],
        ["two", "two", 1],
        ["two", "", 0]
      ]
    )
    assert.deepStrictEqual(accepted[0]?.links, [{ ...link, attributes: { "service.name": "linked" } }])
  })

  it("ids are lower case, a parent that is none is none", () => {
    const [child] = Otlp.spans(request({ ...valid, parentSpanId: "C".repeat(16) })).accepted
    assert.strictEqual(child?.parentSpanId, "c".repeat(16))
    const [span] = Otlp.spans(request({ ...valid, traceId: "A".repeat(32), parentSpanId: "" })).accepted
    assert.strictEqual(span?.traceId, "a".repeat(32))
    assert.isUndefined(span?.parentSpanId)
  })

  it("an empty request is none", () => {
    assert.deepStrictEqual(Otlp.spans(decode("{}")), { accepted: [], rejected: [] })
    assert.deepStrictEqual(Otlp.spans(decode('{"resourceSpans":null}')), { accepted: [], rejected: [] })
  })
})
