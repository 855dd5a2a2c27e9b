import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { linear, withoutIdle } from "./scale.ts"
import { tickLabel, ticks, tickStep } from "./ticks.ts"

describe("steps", () => {
  it("are the smallest round ones that are few enough", () => {
    assert.strictEqual(tickStep(1_000, 10), 100)
    assert.strictEqual(tickStep(1_001, 10), 200)
    assert.strictEqual(tickStep(100_000, 10), 10_000)
    assert.strictEqual(tickStep(0.02, 10), 0.002)
    assert.strictEqual(tickStep(90 * 86_400_000, 2), 45 * 86_400_000)
  })
})

describe("labels", () => {
  it.each([
    [0, 1, "0"],
    [0.002, 0.001, "0.002 ms"],
    [1_500, 500, "1,500 ms"],
    [12_500, 500, "12.5 s"],
    [61_500, 500, "1 m 1.5 s"],
    [120_000, 15_000, "2 m"],
    [125_000, 5_000, "2 m 05 s"],
    [3_600_000, 60_000, "1 h"],
    [6_960_500, 500, "1 h 56 m 0.5 s"],
    [3_601_000, 1_000, "1 h 00 m 01 s"],
    [3_905_000, 5_000, "1 h 05 m 05 s"]
  ] as const)("%s by %s", (ms, step, label) => {
    assert.strictEqual(tickLabel(ms, step), label)
  })
})

describe("ticks", () => {
  it("stand at round moments inside of the window", () => {
    const found = ticks(linear(1_000_000, 1_001_000), 150, 650, 5)
    assert.deepStrictEqual(
      found.map(({ label, place }) => [place, label]),
      [
        [200, "200 ms"],
        [300, "300 ms"],
        [400, "400 ms"],
        [500, "500 ms"],
        [600, "600 ms"]
      ]
    )
  })

  it("say the true time behind a cut, and nothing in it", () => {
    const scale = withoutIdle(0, 7_202_000, [
      { from: 0, to: 1_000 },
      { from: 7_201_000, to: 7_202_000 }
    ])!
    const found = ticks(scale, 0, scale.length, 10)
    assert.isTrue(found.some(({ label }) => label === "500 ms"))
    assert.isTrue(found.some(({ label }) => label.startsWith("2 h 00 m")))
    for (const { place } of found) {
      for (const { at, width } of scale.breaks) assert.isFalse(place > at + 1e-6 && place < at + width - 1e-6)
    }
  })

  it("are in order, inside, and not too many, whatever the window", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-3, max: 1e9, noNaN: true }),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        fc.double({ min: 1e-3, max: 0.1, noNaN: true }),
        (length, at, share) => {
          const scale = linear(0, length)
          const [from, to] = [scale.length * at, scale.length * (at + share)]
          const found = ticks(scale, from, to, 8)
          assert.isTrue(found.length <= 9)
          for (const [index, { place }] of found.entries()) {
            assert.isTrue(place >= from - length * 1e-6 && place <= to + length * 1e-6)
            if (index > 0) assert.isTrue(place > found[index - 1]!.place)
          }
        }
      )
    )
  })
})
