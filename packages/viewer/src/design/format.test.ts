import { assert, describe, it } from "@effect/vitest"
import * as Format from "./format.ts"

describe("durations", () => {
  it.each([
    [0, "0 ms"],
    [0.35, "350 µs"],
    [4.25, "4.25 ms"],
    [42.4, "42 ms"],
    [999.4, "999 ms"],
    [999.6, "1.00 s"],
    [1_034, "1.03 s"],
    [9_996, "10.0 s"],
    [59_960, "1 m 00 s"],
    [125_000, "2 m 05 s"],
    [3_599_600, "1 h 00 m"],
    [-1_500, "-1.50 s"],
    [null, "–"]
  ] as const)("%s", (ms, text) => {
    assert.strictEqual(Format.duration(ms), text)
  })
})

describe("costs", () => {
  it.each([
    [null, "–"],
    [0, "$0"],
    [0.00001, "<$0.0001"],
    [0.0031, "$0.0031"],
    [0.25, "$0.250"],
    [1234.5, "$1,234.50"]
  ] as const)("%s", (dollars, text) => {
    assert.strictEqual(Format.cost(dollars), text)
  })
})

describe("counts", () => {
  it.each([
    [728, "728"],
    [9_999, "9,999"],
    [12_400, "12.4K"],
    [1_200_000, "1.2M"]
  ] as const)("%s", (value, text) => {
    assert.strictEqual(Format.count(value), text)
  })
})

describe("moments", () => {
  it("leaves today's date out", () => {
    const at = new Date(2026, 10, 21, 14, 3, 22).getTime()
    assert.strictEqual(Format.moment(at, at + 1000), "14:03:22")
    assert.strictEqual(Format.moment(at, at + 86_400_000), "2026-11-21 14:03:22")
    assert.strictEqual(Format.fullMoment(at + 7), "2026-11-21 14:03:22.007")
  })

  it("counts backwards", () => {
    assert.strictEqual(Format.ago(0, 59_000), "59 s ago")
    assert.strictEqual(Format.ago(0, 61_000), "1 m ago")
    assert.strictEqual(Format.ago(0, 7_300_000), "2 h ago")
  })
})
