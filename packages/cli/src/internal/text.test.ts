import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as text from "./text.ts"

describe("text", () => {
  it("law: what is fitted fits, and is what it was where that fits already", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 60 }), fc.nat(70), (string, width) => {
        const cleaned = text.clean(string)
        const fitted = text.fit(cleaned, width)
        assert.isAtMost(text.widthOf(fitted), width)
        if (text.widthOf(cleaned) <= width && cleaned.length <= width) assert.strictEqual(fitted, cleaned)
      }),
      { numRuns: 2000 }
    )
  })

  it("law: cleaned texts hold nothing that a terminal obeys", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (string) => {
        // oxlint-disable-next-line no-control-regex -- these are what is looked for
        assert.notMatch(text.clean(string), /[\u0000-\u001f\u007f-\u009f\u202e]/)
      })
    )
  })

  it("cuts parts, not colours", () => {
    const paint = text.painter(true)
    assert.strictEqual(
      text.write(
        [
          ["red", "failed"],
          [undefined, "in the end"]
        ],
        12,
        paint
      ),
      "\u001b[31mfailed\u001b[0m  in …"
    )
  })

  it("says times as people do", () => {
    assert.deepStrictEqual([0.25, 9.96, 12.6, 999, 1500, 61_000, 5_400_000, -20].map(text.milliseconds), [
      "0.3 ms",
      "10.0 ms",
      "13 ms",
      "999 ms",
      "1.50 s",
      "1 min 1 s",
      "1 h 30 min",
      "-20 ms"
    ])
    assert.strictEqual(text.moment(new Date(2026, 10, 21, 8, 5, 9).getTime()), "2026-11-21 08:05:09")
    assert.strictEqual(text.moment(Number.NaN), "unknown time")
  })

  it("aligns tables by cells, and leaves no blanks behind", () => {
    const lines = text.table(
      [{ title: "NAME" }, { title: "COUNT", align: "right" }, { title: "LAST" }],
      [
        ["検索", "1", "x"],
        ["a", "1,000", ""]
      ],
      text.painter(false)
    )
    assert.deepStrictEqual(
      lines,
      ["NAME  COUNT  LAST", "検索      1  x", "a     1,000  "]
        .map((line) => line.trimEnd())
        .map((line, index) => (index === 2 ? `${line}  ` : line))
    )
  })
})
