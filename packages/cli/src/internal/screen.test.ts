import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { cut, redraw } from "./screen.ts"

/** What a terminal makes of it: lines, moves up, and clearing to the end. */
const terminal = () => {
  const lines: Array<string> = [""]
  let row = 0
  return {
    lines: () => lines.slice(0, -1),
    write: (text: string) => {
      // oxlint-disable-next-line no-control-regex -- the escapes that it understands
      for (const [part] of text.matchAll(/\u001b\[(\d*)([AJ])|\r|\n|[^\r\n\u001b]+/g)) {
        if (part.endsWith("A") && part.startsWith("\u001b")) row -= Number(part.slice(2, -1))
        else if (part === "\u001b[J") lines.splice(row, Infinity, "")
        else if (part === "\n") lines[++row] ??= ""
        else if (part !== "\r") lines[row] += part
      }
    }
  }
}

const texts = fc.array(fc.stringMatching(/^[a-z]{1,5}$/), { maxLength: 6 })

describe("a screen", () => {
  it("law: shows all that stays, and under it the last that was drawn", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ staying: texts, live: texts }), { maxLength: 8 }), (frames) => {
        const screen = terminal()
        let drawn = 0
        for (const { live, staying } of frames) {
          screen.write(redraw(drawn, staying, live))
          drawn = live.length
        }
        assert.deepStrictEqual(screen.lines(), [
          ...frames.flatMap(({ staying }) => staying),
          ...(frames.at(-1)?.live ?? [])
        ])
      })
    )
  })

  it("draws no more than it can take back", () => {
    assert.deepStrictEqual(cut(["a", "b"], 4), ["a", "b"])
    assert.deepStrictEqual(cut(["a", "b", "c", "d"], 4), ["… 2 lines above", "c", "d"])
  })
})
