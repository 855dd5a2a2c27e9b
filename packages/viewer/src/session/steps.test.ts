import { assert, describe, it } from "@effect/vitest"
import type { SpanRow } from "../hive/types.ts"
import { layout } from "../trace/Layout.ts"
import { pauseBefore, short, stepOf, stepsOf } from "./steps.ts"
import { spanRow } from "../trace/rows.fixture.ts"

const row = (id: string, parent: string | null, type: SpanRow[2], start: number, duration: number | null) =>
  spanRow({ id, parent, type, start, duration })

describe("steps", () => {
  it("are everything but sessions, as deep as the chains that they are in", () => {
    const rows = [
      row("s", null, "session", 0, 100),
      row("agent", "s", "chain", 0, 90),
      row("model", "agent", "model", 1, 10),
      row("inner", "agent", "chain", 20, 10),
      row("tool", "inner", "tool", 21, 5)
    ]
    const found = layout(rows)
    const { depth, places } = stepsOf(found, rows)
    assert.deepStrictEqual(
      [...places].map((place, at) => [rows[found.rows[place]!]![0], depth[at]]),
      [
        ["agent", 0],
        ["model", 1],
        ["inner", 1],
        ["tool", 2]
      ]
    )
  })

  it("say how long nothing was between them", () => {
    assert.strictEqual(pauseBefore(row("b", null, "tool", 30, 1), row("a", null, "tool", 10, 5)), 15)
    assert.strictEqual(pauseBefore(row("b", null, "tool", 12, 1), row("a", null, "chain", 10, 5)), 2)
    assert.strictEqual(pauseBefore(row("b", null, "tool", 12, 1), row("a", null, "chain", 10, null)), 2)
    assert.isUndefined(pauseBefore(row("b", null, "tool", 12, 1), undefined))
    assert.isUndefined(pauseBefore(row("b", null, "tool", 12, 1), row("a", null, "tool", 20, 5)))
  })
})

describe("a step in words", () => {
  it("of a model: what it read last, what it said, what it called", () => {
    const asked = stepOf({
      event_type: "model",
      inputs: {
        chat_history: [
          { role: "system", content: "be brief" },
          { role: "user", content: "a   refund?" }
        ]
      },
      outputs: { role: "assistant", content: "", tool_calls: [{ id: "1", name: "search", arguments: { q: "refund" } }] }
    })
    assert.deepStrictEqual(asked, {
      asked: "a refund?",
      gave: "",
      calls: [{ name: "search", arguments: 'q: "refund"' }]
    })
  })

  it("of a tool: its arguments and its result, without what is around them", () => {
    assert.deepStrictEqual(
      stepOf({ event_type: "tool", inputs: { _params_: { q: "refund", n: 3 } }, outputs: { result: ["a.md"] } }),
      { asked: 'q: "refund", n: 3', gave: '["a.md"]', calls: [] }
    )
    assert.deepStrictEqual(stepOf({ event_type: "chain", inputs: {}, outputs: null }), {
      asked: "",
      gave: "",
      calls: []
    })
  })

  it("is short", () => {
    assert.isAtMost(short("x".repeat(100_000)).length, 240)
  })
})
