import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import * as Uuid from "./Uuid.ts"

const hex = (digits: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`))
const valid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe("Uuid", () => {
  it("law: two spans of a trace never share an id, and every id is a version 8 UUID", () => {
    fc.assert(
      fc.property(hex(32), hex(16), hex(16), (trace, one, two) => {
        assert.match(Uuid.fromSpan(trace, one), valid)
        assert.match(Uuid.fromTrace(trace), valid)
        assert.strictEqual(Uuid.fromSpan(trace, one) === Uuid.fromSpan(trace, two), one === two)
      }),
      { numRuns: 1000 }
    )
  })

  it("law: a text is one where the schema says so", () => {
    const isSchema = Schema.is(Uuid.Uuid)
    const near = fc
      .tuple(fc.uuid(), fc.nat(36), fc.constantFrom("", "-", "g", "A", "0", "\n", "é"), fc.nat(2))
      .map(([uuid, at, piece, gone]) => uuid.slice(0, at) + piece + uuid.slice(at + gone))
    fc.assert(
      fc.property(
        fc.oneof(
          near,
          fc.uuid().map((uuid) => uuid.toUpperCase()),
          fc.string()
        ),
        (text) => {
          assert.strictEqual(Uuid.isUuid(text), isSchema(text), text)
        }
      ),
      { numRuns: 1000, examples: [["00000000-0000-0000-0000-000000000000"], ["ffffffff-ffff-ffff-ffff-ffffffffffff"]] }
    )
    assert.isFalse(Uuid.isUuid(7))
  })

  it("tells short trace ids apart, whose first digits are all zero", () => {
    const short = (id: number) => id.toString(16).padStart(32, "0")
    const span = "b".repeat(16)
    assert.strictEqual(new Set([1, 2, 256, 257].map((id) => Uuid.fromTrace(short(id)))).size, 4)
    assert.strictEqual(new Set([1, 2, 256, 257].map((id) => Uuid.fromSpan(short(id), span))).size, 4)
  })

  it("law: a text always gets the same id, another text another one", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, two) => {
        assert.match(Uuid.fromText(one), valid)
        assert.strictEqual(Uuid.fromText(one) === Uuid.fromText(two), one.toWellFormed() === two.toWellFormed())
      }),
      { numRuns: 1000 }
    )
  })

  // The published vectors of FNV-1a, 128 bits: 6c62272e07bb014262b821756295c58d, d228cb696f1a8caf78912b704e4a8964
  it.each([
    ["", "6c62272e-07bb-8014-8262-b821756295c5"],
    ["a", "d228cb69-6f1a-88ca-8f78-912b704e4a89"]
  ])("hashes %j as FNV-1a does", (text, id) => assert.strictEqual(Uuid.fromText(text), id))

  it("knows a UUID", () => {
    assert.isTrue(Uuid.isUuid("5B8EFFF7-9803-4103-9269-B633813FC60C"))
    for (const no of [
      "",
      "chat-42",
      "5b8efff7980341039269b633813fc60c",
      `${"5b8efff7-9803-4103-9269-b633813fc60c"} `,
      1,
      null
    ]) {
      assert.isFalse(Uuid.isUuid(no))
    }
  })
})
