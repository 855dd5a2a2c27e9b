import { assert, describe, it } from "@effect/vitest"
import { parse } from "./since.ts"

const now = Date.parse("2026-11-21T09:00:00Z")

describe("since", () => {
  it("reads lengths of time and dates", () => {
    assert.strictEqual(parse("15m", now), now - 900_000)
    assert.strictEqual(parse("2h", now), now - 7_200_000)
    assert.strictEqual(parse("7d", now), now - 604_800_000)
    assert.strictEqual(parse("999999999w", now), 0)
    assert.strictEqual(parse("2026-11-20T00:00:00Z", now), Date.parse("2026-11-20"))
  })

  it("reads nothing else", () => {
    for (const text of ["", "yesterday", "5", "-5m", "5 m", "1e3s", "2026-13-01", "12"]) {
      assert.isUndefined(parse(text, now), text)
    }
  })
})
