import { assert, describe, it } from "@effect/vitest"
import type { Aggregate } from "../hive/types.ts"
import { points, tick } from "./series.ts"

const group = (key: string, tokens: number): Aggregate => ({
  key,
  keys: [key],
  label: null,
  events: 1,
  errors: 0,
  error_rate: 0,
  first_start: 0,
  last_end: null,
  duration: null,
  time_to_first_token: null,
  usage: { input: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, output: 0 },
  tokens,
  cost: 0,
  unpriced: 0
})

describe("points", () => {
  it("puts every series on one axis, and says nothing where it has nothing", () => {
    const a = [group("2026-11-20", 1), group("2026-11-21", 2)]
    const b = [group("2026-11-21", 5), group("2026-11-22", 0)]
    assert.deepStrictEqual(
      points(["a", "b"], [a, b], ({ tokens }) => tokens),
      [
        { key: "2026-11-20", a: 1, b: null },
        { key: "2026-11-21", a: 2, b: 5 },
        { key: "2026-11-22", a: null, b: 0 }
      ]
    )
  })

  it("names days", () => {
    assert.strictEqual(tick("2026-11-21"), "Nov 21")
  })
})
