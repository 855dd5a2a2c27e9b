import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { parse } from "@honeyhive/hive/TraceQuery"
import * as Result from "effect/Result"
import { isAsked, term, toggle } from "./queryText.ts"

describe("terms", () => {
  it("quotes what the language would read otherwise", () => {
    assert.strictEqual(term("model", "gpt-4.1"), "model:gpt-4.1")
    assert.strictEqual(term("name", 'say "hi" \\'), 'name:"say \\"hi\\" \\\\"')
  })

  it("goes in and out", () => {
    assert.strictEqual(toggle("", "type", "model"), "type:model")
    assert.strictEqual(toggle("refund  type:model", "user", "u 1"), 'refund type:model user:"u 1"')
    assert.strictEqual(toggle('refund user:"u 1" type:model', "user", "u 1"), "refund type:model")
  })

  it("keeps an OR together", () => {
    assert.strictEqual(toggle("a OR b", "type", "tool"), "(a OR b) type:tool")
    assert.strictEqual(toggle("(a OR b) type:tool", "type", "tool"), "(a OR b)")
  })

  it("is a query that the hive understands, whatever the value; twice is as before", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (value) => {
        const query = toggle("refund", "name", value)
        assert.isTrue(Result.isSuccess(parse(query)), query)
        assert.isTrue(isAsked(query, "name", value))
        assert.strictEqual(toggle(query, "name", value), "refund")
      })
    )
  })
})
