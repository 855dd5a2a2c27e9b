import { assert, describe, it } from "@effect/vitest"
import * as progress from "./progress.ts"

const terminal = (isTTY: boolean) => {
  const written: Array<string> = []
  return { written, isTTY, columns: 60, write: (text: string) => written.push(text) }
}

describe("progress", () => {
  it("is drawn on a terminal, not too often, within its width, and removed", () => {
    const screen = terminal(true)
    let now = 0
    const bar = progress.make("nightly", 4, { ci: false, terminal: screen, now: () => now })
    bar.step(false)
    now = 10
    // Too soon
    bar.step(false)
    now = 30_000
    bar.step(true)
    bar.step(false)
    bar.end()
    assert.deepStrictEqual(
      screen.written.map((text) => text.replace("\r\u001b[2K", "")),
      [
        "nightly [======                  ] 1/4  0 s left",
        "nightly [==================      ] 3/4  1 failed  10 s left".slice(0, 59),
        "nightly [========================] 4/4  1 failed  0 s left",
        ""
      ]
    )
  })

  it("says at once that the run waits, until it does not", () => {
    const screen = terminal(true)
    const bar = progress.make("nightly", 4, { ci: false, terminal: { ...screen, columns: 100 }, now: () => 0 })
    bar.note("2 at a time, waiting 5 s")
    bar.note("2 at a time, waiting 5 s")
    bar.note("")
    assert.deepStrictEqual(
      screen.written.map((text) => text.replace("\r\u001b[2K", "")),
      ["nightly [                        ] 0/4  2 at a time, waiting 5 s", "nightly [                        ] 0/4"]
    )
  })

  it.each([
    ["no terminal", false, false, 4],
    ["in CI", true, true, 4],
    ["nothing to do", true, false, 0]
  ] as const)("is silent: %s", (_, isTTY, ci, total) => {
    const screen = terminal(isTTY)
    const bar = progress.make("nightly", total, { ci, terminal: screen })
    bar.step(false)
    bar.note("slow")
    bar.end()
    assert.deepStrictEqual(screen.written, [])
  })
})
