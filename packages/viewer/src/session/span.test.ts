import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { clamp, moved, zoomed } from "./span.ts"

describe("a window on the scale", () => {
  it("stays inside", () => {
    assert.deepStrictEqual(clamp({ from: -10, to: 10 }, 100), { from: 0, to: 20 })
    assert.deepStrictEqual(moved({ from: 80, to: 90 }, 100, 5), { from: 90, to: 100 })
    assert.isUndefined(zoomed({ from: 10, to: 90 }, 100, 50, 2))
  })

  it("keeps what the reader points at where it is, and comes back", () => {
    const shares = fc.double({ min: 0.01, max: 0.99, noNaN: true })
    fc.assert(
      fc.property(shares, shares, (at, factor) => {
        const near = zoomed({ from: 0, to: 1_000 }, 1_000, at * 1_000, factor)
        if (near === undefined) return
        assert.approximately((at * 1_000 - near.from) / (near.to - near.from), at, 1e-6)
        const far = zoomed(near, 1_000, at * 1_000, 1 / factor) ?? { from: 0, to: 1_000 }
        assert.approximately(far.from, 0, 1e-6)
        assert.approximately(far.to, 1_000, 1e-6)
      })
    )
  })
})
