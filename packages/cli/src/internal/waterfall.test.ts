import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { bar, scaleOf } from "./waterfall.ts"

const interval = fc.record({
  start_time: fc.double({ min: 0, max: 2e12, noNaN: true }),
  duration: fc.option(fc.double({ min: -1e6, max: 1e9, noNaN: true }))
})

describe("a waterfall", () => {
  it("law: every bar has something to see and stays within its width", () => {
    fc.assert(
      fc.property(
        fc.array(interval, { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 80 }),
        (events, width) => {
          const scale = scaleOf(events)
          for (const event of events) {
            const drawn = bar(event, scale, width)
            assert.isAtMost(drawn.length, width)
            assert.match(drawn, /^ *[█▏░]+$/)
          }
        }
      ),
      { numRuns: 1000 }
    )
  })

  it("shows when and how long", () => {
    const scale = { from: 100, length: 100 }
    assert.deepStrictEqual(
      [
        bar({ start_time: 100, duration: 100 }, scale, 10),
        bar({ start_time: 150, duration: 20 }, scale, 10),
        bar({ start_time: 150, duration: 1 }, scale, 10),
        bar({ start_time: 170, duration: null }, scale, 10),
        bar({ start_time: 200, duration: 0 }, scale, 10),
        bar({ start_time: 100, duration: 0 }, { from: 100, length: 0 }, 10)
      ],
      ["██████████", "     ██", "     ▏", "       ░░░", "         █", "▏"]
    )
  })
})
