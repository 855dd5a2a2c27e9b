import { assert, describe, it } from "@effect/vitest"
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

  it("law: a text always gets the same id, another text another one", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, two) => {
        assert.match(Uuid.fromText(one), valid)
        assert.strictEqual(Uuid.fromText(one) === Uuid.fromText(two), one.toWellFormed() === two.toWellFormed())
      }),
      { numRuns: 1000 }
    )
  })

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
