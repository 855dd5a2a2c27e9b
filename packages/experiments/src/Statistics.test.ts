import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Statistics from "./Statistics.ts"

const scores = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), { minLength: 1, maxLength: 40 })

const close = (actual: number, expected: number, within = 1e-9) => assert.closeTo(actual, expected, within)

describe("Statistics", () => {
  it("law: mean and quantiles agree with a naive implementation", () => {
    fc.assert(
      fc.property(scores, fc.double({ min: 0, max: 1, noNaN: true }), (values, p) => {
        let sum = 0
        for (const value of values) sum += value
        close(Statistics.mean(values), sum / values.length)
        // numpy's definition, counted out
        const sorted = values.toSorted((a, b) => a - b)
        const at = p * (sorted.length - 1)
        const low = sorted[Math.floor(at)] ?? 0
        const high = sorted[Math.min(sorted.length - 1, Math.floor(at) + 1)] ?? 0
        close(Statistics.quantile(values, p), low * (1 - (at % 1)) + high * (at % 1))
        assert.strictEqual(Statistics.quantile(values, 0), sorted[0])
        assert.strictEqual(Statistics.quantile(values, 1), sorted.at(-1))
      })
    )
  })

  it("knows what numpy and scipy say", () => {
    close(Statistics.quantile([15, 20, 35, 40, 50], 0.4), 29)
    close(Statistics.quantile([3, 1, 2], 0.9), 2.8)
    // statsmodels.stats.proportion.proportion_confint(8, 10, method="wilson")
    const { high, low } = Statistics.wilson(8, 10)
    close(low, 0.4901624715, 1e-6)
    close(high, 0.9433178485, 1e-6)
    // scipy.stats.binomtest(k, n).pvalue
    close(Statistics.mcnemar(5, 15), 0.04138946533203125)
    close(Statistics.mcnemar(0, 6), 0.03125)
    close(Statistics.mcnemar(2, 3), 1)
    assert.isBelow(Statistics.mcnemar(100, 5000), 1e-100)
  })

  it("law: the interval holds the mean's neighbourhood, stays within the values, and is the same for the same seed", () => {
    fc.assert(
      fc.property(scores, fc.integer(), (values, seed) => {
        const { high, low } = Statistics.meanInterval(values, { seed, resamples: 100 })
        assert.isAtLeast(low, Math.min(...values) - 1e-9)
        assert.isAtMost(high, Math.max(...values) + 1e-9)
        assert.isAtMost(low, high)
        assert.deepStrictEqual(Statistics.meanInterval(values, { seed, resamples: 100 }), { low, high })
      })
    )
  })

  it("covers the true mean about as often as it says", () => {
    let [state, covered] = [7, 0]
    const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647
    for (let round = 0; round < 200; round++) {
      const values = Array.from({ length: 50 }, random)
      const { high, low } = Statistics.meanInterval(values, { seed: round, resamples: 300 })
      if (low <= 0.5 && 0.5 <= high) covered++
    }
    assert.isAbove(covered, 178)
    assert.isBelow(covered, 200)
  })

  it("law: the tests do not care which run is which", () => {
    fc.assert(
      fc.property(scores, fc.nat(60), fc.nat(60), (differences, one, other) => {
        const forward = Statistics.pairedBootstrap(differences, { resamples: 200 })
        const backward = Statistics.pairedBootstrap(
          differences.map((difference) => -difference),
          { resamples: 200 }
        )
        assert.strictEqual(forward.p, backward.p)
        close(forward.mean, -backward.mean)
        close(forward.interval.low, -backward.interval.high)
        assert.isTrue(forward.p > 0 && forward.p <= 1)
        assert.strictEqual(Statistics.mcnemar(one, other), Statistics.mcnemar(other, one))
      })
    )
  })

  it("says of nothing that it is nothing", () => {
    assert.strictEqual(Statistics.mean([]), 0)
    assert.strictEqual(Statistics.quantile([], 0.5), 0)
    assert.deepStrictEqual(Statistics.meanInterval([]), { low: 0, high: 0 })
    assert.strictEqual(Statistics.pairedBootstrap([]).p, 1)
    assert.deepStrictEqual(Statistics.wilson(0, 0), { low: 0, high: 1 })
  })
})
