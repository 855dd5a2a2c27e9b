import { describe, expect, it } from "vitest"
import { atSpeed, type Drawn } from "./drawn.ts"

const SLOTS = 10
const COUNT = 1000
const around = (start: number) => Array.from({ length: SLOTS }, (_, at) => start - 2 + at)
const range = (start: number) => ({ startIndex: start, endIndex: start + 5 })
const sorted = ({ indexes }: Drawn) => indexes.toSorted((a, b) => a - b)
const of = { slots: SLOTS, count: COUNT }

describe("the rows that are drawn", () => {
  const slow = atSpeed({ indexes: [], start: 100, slots: SLOTS }, around(100), range(100), of)

  it("are those in and around sight, and each has an element", () => {
    expect(sorted(slow)).toEqual(around(100))
    expect(sorted(atSpeed(slow, around(103), range(103), of))).toEqual(around(103))
  })

  it("are only those in sight where a screenful goes by; the other elements keep theirs", () => {
    const fast = atSpeed(slow, around(503), range(503), of)
    expect(fast.indexes.slice(0, 6)).toEqual([503, 504, 505, 506, 507, 508])
    // Of 98 to 107, those whose elements nobody took
    expect(fast.indexes.slice(6)).toEqual([99, 100, 101, 102])
    expect(new Set(fast.indexes.map((index) => index % SLOTS)).size).toBe(SLOTS)
    expect(sorted(atSpeed(fast, around(504), range(504), of))).toEqual(around(504))
  })

  it("are all there again when it stands still, and none that is not in the list any more", () => {
    const fast = atSpeed(slow, around(503), range(503), of)
    expect(sorted(atSpeed(fast, around(503), null, of))).toEqual(around(503))
    const shorter = atSpeed(slow, around(3), range(3), { slots: SLOTS, count: 100 })
    expect(shorter.indexes.every((index) => index < 100)).toBe(true)
  })

  it("are new where there are more elements", () => {
    const more = atSpeed(slow, around(503), range(503), { slots: SLOTS + 3, count: COUNT })
    expect(sorted(more)).toEqual(around(503))
  })
})
