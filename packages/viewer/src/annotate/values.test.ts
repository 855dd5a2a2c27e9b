import { assert, describe, it } from "@effect/vitest"
import { measureOf, objectOf } from "./values.ts"

describe("what a reader types", () => {
  it.each([
    ["0.75", 0.75],
    [" -3 ", -3],
    ["1e3", 1000],
    [".5", 0.5],
    ["true", true],
    ["false", false],
    ["good", "good"],
    ["0x10", "0x10"],
    ["Infinity", "Infinity"],
    ["1.2.3", "1.2.3"],
    ["", ""]
  ])("as a measure: %j", (text, value) => {
    assert.strictEqual(measureOf(text), value)
  })

  it("as an object", () => {
    assert.deepStrictEqual(objectOf('{"a": [1]}'), { a: [1] })
    assert.deepStrictEqual(objectOf("  "), {})
    for (const text of ["[1]", "null", '"a"', "1"]) assert.strictEqual(objectOf(text), "not a JSON object")
    assert.match(String(objectOf("{a: 1}")), /JSON/)
  })
})
