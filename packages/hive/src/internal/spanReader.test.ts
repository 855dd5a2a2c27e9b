import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import protobuf from "protobufjs/light.js"
import { spans } from "@honeyhive/contract/Otlp"
import { decodeRequest } from "../OtlpProtobuf.ts"
import { readSpans } from "./spanReader.ts"

// Written with protobufjs' low-level writer, so that every form a field may have can be made
type Field = (writer: protobuf.Writer) => void
const message = (fields: ReadonlyArray<Field>): Uint8Array => {
  const writer = protobuf.Writer.create()
  for (const field of fields) field(writer)
  return writer.finish()
}
const nested =
  (id: number, fields: ReadonlyArray<Field>): Field =>
  (writer) => {
    writer.uint32(id * 8 + 2).bytes(message(fields))
  }
const text =
  (id: number, value: string): Field =>
  (writer) => {
    writer.uint32(id * 8 + 2).string(value)
  }
const bytes =
  (id: number, value: Uint8Array): Field =>
  (writer) => {
    writer.uint32(id * 8 + 2).bytes(value)
  }
// The halves are all that the writer looks at
const long = (value: bigint) =>
  ({
    low: Number(BigInt.asIntN(32, value)),
    high: Number(BigInt.asIntN(32, value >> 32n)),
    unsigned: true
  }) as protobuf.Long
const int64 =
  (id: number, value: bigint): Field =>
  (writer) => {
    writer.uint32(id * 8).int64(long(value))
  }
const int32 =
  (id: number, value: number): Field =>
  (writer) => {
    writer.uint32(id * 8).int32(value)
  }
const fixed64 =
  (id: number, value: bigint): Field =>
  (writer) => {
    writer.uint32(id * 8 + 1).fixed64(long(value))
  }
const double =
  (id: number, value: number): Field =>
  (writer) => {
    writer.uint32(id * 8 + 1).double(value)
  }

const string = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.constantFrom("", "__proto__", "a", "é", "gen_ai.x")
)
const signed = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const unsigned = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
const unknown: fc.Arbitrary<Field> = fc.oneof(
  fc.nat().map((value) => int32(99, value)),
  string.map((value) => text(2047, value)),
  unsigned.map((value) => fixed64(500, value))
)

const { any } = fc.letrec<{ any: ReadonlyArray<Field>; keyValue: ReadonlyArray<Field> }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    fc.constant([]),
    string.map((value) => [text(1, value)]),
    fc.boolean().map((value) => [int32(2, Number(value))]),
    signed.map((value) => [int64(3, value)]),
    fc.integer().map((value) => [int64(3, BigInt(value))]),
    fc.double().map((value) => [double(4, value)]),
    fc.array(tie("any"), { maxLength: 3 }).map((values) => [
      nested(
        5,
        values.map((value) => nested(1, value))
      )
    ]),
    fc.array(tie("keyValue"), { maxLength: 3 }).map((values) => [
      nested(
        6,
        values.map((value) => nested(1, value))
      )
    ]),
    fc.uint8Array({ maxLength: 9 }).map((value) => [bytes(7, value)])
  ),
  keyValue: fc
    .tuple(
      string.filter((key) => key !== ""),
      tie("any")
    )
    .map(([key, value]) => [nested(2, value), text(1, key)])
}))
// Protobufjs loses a key that is empty
const key = string.filter((key) => key !== "")
const attributes = (id: number) =>
  fc
    .array(fc.tuple(key, any), { maxLength: 4 })
    .map((entries) => entries.map(([key, value]) => nested(id, [text(1, key), nested(2, value)])))

const shuffled = (...parts: ReadonlyArray<fc.Arbitrary<ReadonlyArray<Field>>>) =>
  fc
    .tuple(fc.array(unknown, { maxLength: 1 }), ...parts)
    .chain((parts) => fc.shuffledSubarray(parts.flat(), { minLength: parts.flat().length }))

const one = <A>(values: fc.Arbitrary<A>, field: (value: A) => Field) =>
  fc.array(values, { maxLength: 1 }).map((found) => found.map(field))
const id = (length: number) =>
  fc.oneof(
    fc.uint8Array({ minLength: length, maxLength: length }),
    fc.constant(new Uint8Array(length)),
    fc.uint8Array({ maxLength: 20 })
  )

const event = shuffled(
  one(unsigned, (value) => fixed64(1, value)),
  one(string, (value) => text(2, value)),
  attributes(3)
)
const link = shuffled(
  one(id(16), (value) => bytes(1, value)),
  one(id(8), (value) => bytes(2, value)),
  attributes(4)
)
const status = shuffled(
  one(string, (value) => text(2, value)),
  one(fc.integer(), (value) => int32(3, value))
)
const span = shuffled(
  one(id(16), (value) => bytes(1, value)),
  one(id(8), (value) => bytes(2, value)),
  one(id(8), (value) => bytes(4, value)),
  one(string, (value) => text(5, value)),
  one(fc.integer(), (value) => int32(6, value)),
  one(unsigned, (value) => fixed64(7, value)),
  one(unsigned, (value) => fixed64(8, value)),
  attributes(9),
  fc.array(event, { maxLength: 2 }).map((events) => events.map((event) => nested(11, event))),
  fc.array(link, { maxLength: 2 }).map((links) => links.map((link) => nested(13, link))),
  one(status, (value) => nested(15, value))
)
const scope = shuffled(
  one(string, (value) => text(1, value)),
  one(string, (value) => text(2, value)),
  attributes(3)
)
const scopeSpans = shuffled(
  one(scope, (value) => nested(1, value)),
  fc.array(span, { maxLength: 3 }).map((spans) => spans.map((span) => nested(2, span)))
)
const resourceSpans = shuffled(
  one(attributes(1), (value) => nested(1, value)),
  fc.array(scopeSpans, { maxLength: 2 }).map((all) => all.map((one) => nested(2, one)))
)
const request = fc.array(resourceSpans, { maxLength: 2 }).map((all) => message(all.map((one) => nested(1, one))))

describe("the span reader", () => {
  it("law: says what the decoded request says, whatever the order of fields, unknown ones among them", () => {
    fc.assert(
      fc.property(request, (bytes) => {
        assert.deepStrictEqual(readSpans(bytes), spans(decodeRequest(bytes)))
      }),
      { numRuns: 1000 }
    )
  }, 60_000)

  it("law: bytes that are damaged are refused with a RangeError, or read; never anything else", () => {
    const damage = fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 4 })
    fc.assert(
      fc.property(request, damage, fc.nat(2000), (bytes, damage, cut) => {
        const damaged = Uint8Array.from(bytes)
        for (const [at, byte] of damage) if (at < damaged.length) damaged[at] = byte
        try {
          readSpans(damaged.subarray(0, Math.max(1, damaged.length - (cut % 7))))
        } catch (error) {
          assert.instanceOf(error, RangeError)
        }
      }),
      { numRuns: 5000 }
    )
  }, 60_000)

  it("cuts what is nested without end", () => {
    let value: ReadonlyArray<Field> = [text(1, "deepest")]
    for (let depth = 0; depth < 1000; depth++) value = [nested(5, [nested(1, value)])]
    const bytes = message([
      nested(1, [
        nested(2, [
          nested(2, [
            (writer) => writer.uint32(10).bytes(new Uint8Array(16).fill(1)),
            (writer) => writer.uint32(18).bytes(new Uint8Array(8).fill(1)),
            nested(9, [text(1, "a"), nested(2, value)])
          ])
        ])
      ])
    ])
    assert.include(JSON.stringify(readSpans(bytes).accepted[0]?.attributes), "[nested too deep]")
  })
})
