import { assert, describe, it } from "@effect/vitest"
import type { SpanRow } from "../hive/types.ts"
import { layout } from "../trace/Layout.ts"
import { minimap } from "./strokes.ts"
import { linear } from "./scale.ts"
import { spanRow } from "../trace/rows.fixture.ts"

const row = (id: string, parent: string | null, type: SpanRow[2], start: number, duration: number, failed = false) =>
  spanRow({ id, parent, type, start, duration, status: failed ? "error" : "ok" })

describe("the small picture", () => {
  it("has a lane for each depth, and joins what stands beside each other", () => {
    const rows = [
      row("s", null, "session", 0, 100),
      row("a", "s", "model", 0, 20),
      row("b", "s", "model", 20, 19),
      row("c", "s", "tool", 60, 39)
    ]
    assert.deepStrictEqual(
      [...minimap(layout(rows), rows, linear(0, 100), 0, 10, 4)],
      [
        ["session", "M0 0.5h10"],
        ["model", "M0 1.5h4"],
        ["tool", "M6 1.5h4"]
      ]
    )
  })

  it("never hides a failure, and puts what is deeper than it has lanes into the last one", () => {
    const rows = [row("a", null, "chain", 0, 100), row("b", "a", "tool", 0, 10, true), row("c", "b", "model", 0, 100)]
    assert.deepStrictEqual(Object.fromEntries(minimap(layout(rows), rows, linear(0, 100), 0, 10, 2)), {
      chain: "M0 0.5h10",
      error: "M0 1.5h2",
      model: "M2 1.5h8"
    })
  })
})
