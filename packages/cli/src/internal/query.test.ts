import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { event } from "./event.fixture.ts"
import * as queries from "./query.ts"

const parsed = (query: string): queries.Query => {
  const result = queries.parse(query)
  if (Result.isFailure(result)) throw new Error(queries.underline(query, result.failure))
  return result.success
}

const refusal = (query: string): string => {
  const result = queries.parse(query)
  return Result.isFailure(result) ? queries.underline(query, result.failure) : "no error"
}

const call = event(2, {
  event_type: "model",
  event_name: "generate",
  duration: 2500,
  error: "RateLimited: slow down",
  config: { model: "gpt-4.1-mini" },
  inputs: { question: 'Where is my "refund"?' },
  metadata: { total_tokens: 19, user: { name: "u1" }, "http.status": 429 }
})

describe("a query", () => {
  it("is true of events that all its terms are true of", () => {
    for (const query of [
      "type:model",
      "model:gpt*",
      "model:GPT-4.1-mini",
      "model:*mini",
      "duration>2s",
      "duration<=2500",
      "duration>=2500ms",
      "duration<1m",
      "error:true",
      "error:ratelimited",
      "-error:false",
      "tokens>10",
      "tokens:19",
      "name:gen*",
      '"refund"',
      '"Where is my"',
      '-"nothing like it"',
      "metadata.user.name:u1",
      "metadata.http.status>400",
      'type:model model:gpt* duration>2s error:true "refund"',
      'name:"generate"'
    ]) {
      assert.isTrue(parsed(query).test(call), query)
      const [first = ""] = query
      if (!query.includes(" ")) assert.isFalse(parsed(first === "-" ? query.slice(1) : `-${query}`).test(call), query)
    }
  })

  it("asks the backend for no less than it is true of", () => {
    const { filters, text } = parsed('type:model duration>2s error:true model:gpt* "refund"')
    assert.strictEqual(text, "refund")
    assert.deepStrictEqual(filters, [
      { field: "event_type", operator: "is", value: "model" },
      { field: "duration", operator: "greater than", value: 2000 },
      { field: "error", operator: "exists" },
      { field: "config.model", operator: "contains", value: "gpt" }
    ])
    // The contrary, and what may be equal, are not conditions of the backend's
    assert.deepStrictEqual(parsed("-type:model duration>=5").filters, [{ field: "duration", operator: "exists" }])
  })

  it("says where it is wrong, and what would be right", () => {
    assert.strictEqual(
      refusal("type:model typ:x"),
      `there is no typ: use one of ${queries.names.join(", ")}\n  type:model typ:x\n             ^^^^^`
    )
    assert.include(refusal("duration>soon"), "a duration is a number with ms, s, m or h: duration>2s")
    assert.include(refusal('a "b'), 'a quotation mark is missing: "refund"\n  a "b\n    ^^')
    assert.include(refusal("type:"), "type: needs a value")
    assert.include(refusal("type>model"), "type is one of session, model, tool, chain")
    assert.include(refusal("name>x"), "name is a text")
    assert.include(refusal("metadata.x>many"), "needs a number")
    assert.include(refusal('""'), "there is nothing to look for")
  })

  it("law: any text is a query or an error within it", () => {
    const words = fc.constantFrom(
      "type:",
      "duration",
      ">",
      "<=",
      '"',
      "\\",
      "-",
      "model",
      "*",
      " ",
      "metadata.",
      ":",
      "9s"
    )
    const texts = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(words, { maxLength: 12 }).map((parts) => parts.join(""))
    )
    fc.assert(
      fc.property(texts, (text) => {
        const result = queries.parse(text)
        if (Result.isSuccess(result)) assert.isBoolean(result.success.test(call))
        else {
          const [from, to] = result.failure.at
          assert.isTrue(from >= 0 && from <= to && to <= text.length, text)
        }
      }),
      { numRuns: 10_000 }
    )
  })
})
