import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { layout } from "../trace/Layout.ts"
import { align, type Tree } from "./align.ts"
import { spanRow } from "../trace/rows.fixture.ts"

const tree = (spans: ReadonlyArray<readonly [id: string, parent: string | null, name: string]>): Tree => {
  const rows = spans.map(([id, parent, name], at) => spanRow({ id, parent, name, start: at, duration: 1 }))
  return { rows, layout: layout(rows) }
}

const shown = (a: Tree, b: Tree) => {
  const name = ({ layout, rows }: Tree, place: number | undefined) =>
    place === undefined ? "-" : rows[layout.rows[place]!]![3]
  return align(a, b).map((pair) => `${" ".repeat(pair.depth)}${name(a, pair.a)}|${name(b, pair.b)}`)
}

describe("align", () => {
  it("puts what has the same name at the same place together", () => {
    const a = tree([
      ["1", null, "agent"],
      ["2", "1", "ask"],
      ["3", "1", "search"],
      ["4", "3", "embed"],
      ["5", "1", "ask"]
    ])
    const b = tree([
      ["1", null, "agent"],
      ["2", "1", "ask"],
      ["3", "1", "lookup"],
      ["4", "3", "query"],
      ["5", "1", "ask"],
      ["6", "1", "ask"]
    ])
    assert.deepStrictEqual(shown(a, b), [
      "agent|agent",
      " ask|ask",
      " search|-",
      "  embed|-",
      " -|lookup",
      "  -|query",
      " ask|ask",
      " -|ask"
    ])
  })

  const trees = fc
    .array(fc.tuple(fc.nat(20), fc.constantFrom("x", "y", "z")), { maxLength: 20 })
    .map((spans) => tree(spans.map(([parent, name], at) => [String(at), String(parent), name] as const)))

  it("holds every event of both once, and a tree stands for itself", () => {
    fc.assert(
      fc.property(trees, trees, (a, b) => {
        const pairs = align(a, b)
        const places = (side: "a" | "b") => pairs.flatMap((pair) => pair[side] ?? [])
        assert.deepStrictEqual(places("a"), [...a.layout.rows.keys()])
        assert.deepStrictEqual(places("b"), [...b.layout.rows.keys()])
        for (const pair of align(a, a)) assert.strictEqual(pair.a, pair.b)
      })
    )
  })
})
