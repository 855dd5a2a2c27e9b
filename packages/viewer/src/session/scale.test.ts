import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { SpanRow } from "../hive/types.ts"
import { layout } from "../trace/Layout.ts"
import { busy, endOf, linear, withoutIdle } from "./scale.ts"
import { spanRow } from "../trace/rows.fixture.ts"

const row = (id: string, type: SpanRow[2], start: number, duration: number | null, status: SpanRow[6] = "ok") =>
  spanRow({ id, parent: id === "s" ? null : "s", type, start, duration, status })

describe("when something was at work", () => {
  it("leaves the session itself out, and joins what overlaps", () => {
    const rows = [
      row("s", "session", 0, 100),
      row("a", "chain", 0, 10),
      row("b", "tool", 5, 10),
      row("c", "model", 50, 5),
      row("d", "tool", 51, 1)
    ]
    assert.deepStrictEqual(busy(layout(rows), rows, 0), [
      { from: 0, to: 15 },
      { from: 50, to: 55 }
    ])
  })

  it("takes what runs as far as it is, and what was lost for its start", () => {
    assert.strictEqual(endOf(row("a", "tool", 5, null, "running"), 9), 9)
    assert.strictEqual(endOf(row("a", "tool", 5, null, "running"), 1), 5)
    assert.strictEqual(endOf(row("a", "tool", 5, null, "lost"), 9), 5)
  })
})

describe("idle time", () => {
  it("is not cut where there is little of it", () => {
    assert.isUndefined(
      withoutIdle(0, 100, [
        { from: 0, to: 50 },
        { from: 53, to: 100 }
      ])
    )
  })

  it("is drawn short, and said", () => {
    const scale = withoutIdle(1_000, 1_000_000, [
      { from: 1_000, to: 1_100 },
      { from: 999_900, to: 1_000_000 }
    ])!
    assert.deepStrictEqual(scale.breaks, [{ at: 100, width: 6, idle: 998_800 }])
    assert.strictEqual(scale.length, 206)
    assert.strictEqual(scale.toPlace(999_900), 106)
    assert.strictEqual(scale.toTime(106), 999_900)
  })

  it("keeps order and length of work, there and back", () => {
    const stretches = fc.array(fc.tuple(fc.nat(10_000), fc.nat(300)), { minLength: 1, maxLength: 12 })
    fc.assert(
      fc.property(stretches, fc.array(fc.nat(20_000), { maxLength: 20 }), (found, times) => {
        let at = 0
        const work = found.map(([gap, length]) => {
          const from = at + gap + 1
          at = from + length + 1
          return { from, to: at }
        })
        const scale = withoutIdle(0, at, work) ?? linear(0, at)
        for (const { from, to } of work) {
          assert.approximately(scale.toPlace(to) - scale.toPlace(from), to - from, 1e-6)
        }
        assert.approximately(scale.toPlace(at), scale.length, 1e-6)
        const sorted = times.map((time) => Math.min(time, at)).toSorted((a, b) => a - b)
        for (const [index, time] of sorted.entries()) {
          assert.approximately(scale.toTime(scale.toPlace(time)), time, 1e-6 * Math.max(1, at))
          if (index > 0) assert.isTrue(scale.toPlace(time) >= scale.toPlace(sorted[index - 1]!))
        }
      })
    )
  })
})
