import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { histogramOf } from "./histograms.ts"

describe("histograms", () => {
  it("law: every value is in exactly the bucket whose bounds are around it, and buckets lie side by side", () => {
    const value = fc.oneof(
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.integer({ min: -5, max: 100 }),
      fc.constantFrom(0.001, 1, 10, 100, 1000)
    )
    fc.assert(
      fc.property(fc.array(value, { maxLength: 60 }), fc.integer({ min: 1, max: 50 }), (values, size) => {
        const { buckets, count, max, min, percentiles } = histogramOf(values, size)
        assert.strictEqual(count, values.length)
        assert.strictEqual(
          buckets.reduce((sum, bucket) => sum + bucket.count, 0),
          values.length
        )
        assert.isAtMost(buckets.length, size)
        if (values.length === 0) return
        assert.deepStrictEqual([min, max], [Math.min(...values), Math.max(...values)])
        assert.include(values, percentiles?.p95)
        for (const [index, { count, from, to }] of buckets.entries()) {
          if (index > 0) assert.strictEqual(from, buckets[index - 1]?.to)
          const inside = values.filter(
            (value) => (index === 0 || value >= from) && (index === buckets.length - 1 ? value <= to : value < to)
          )
          assert.strictEqual(count, inside.length, `${from} to ${to} of ${values.join()}`)
        }
      })
    )
  })
})
