import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { parse } from "@honeyhive/hive/TraceQuery"
import { both, during, lasting, RANGES, stretch, within } from "./ranges.ts"

describe("ranges", () => {
  it("are terms that the hive understands", () => {
    for (const range of RANGES) assert.isTrue(Result.isSuccess(parse(within('type:model OR "a b"', range))), range)
    assert.isTrue(Result.isSuccess(parse(during("", "2026-11-21T10", "hour"))))
    assert.isTrue(Result.isSuccess(parse(lasting("type:tool", 1.5, 20))))
  })

  it("keep an OR together", () => {
    assert.strictEqual(both("a OR b", "", "c"), "(a OR b) c")
    assert.strictEqual(both("a OR b"), "a OR b")
  })

  it("know the moments of a step", () => {
    assert.deepStrictEqual(stretch("2026-11-21", "day"), [Date.UTC(2026, 10, 21), Date.UTC(2026, 10, 22)])
    assert.deepStrictEqual(stretch("2026-11-21T10", "hour"), [Date.UTC(2026, 10, 21, 10), Date.UTC(2026, 10, 21, 11)])
  })
})
