import { assert, describe, it } from "@effect/vitest"
import type { SpanRow } from "../hive/types.ts"
import { layout } from "../trace/Layout.ts"
import { graphOf } from "./graph.ts"
import { spanRow } from "../trace/rows.fixture.ts"

interface More {
  readonly status?: SpanRow[6]
  readonly model?: string
  readonly tokens?: number
}

const row = (
  id: string,
  parent: string | null,
  type: SpanRow[2],
  name: string,
  start: number,
  duration: number,
  more: More = {}
): SpanRow => spanRow({ id, parent, type, name, start, duration, ...more })

describe("the graph", () => {
  const rows = [
    row("s", null, "session", "support", 0, 100),
    row("a", "s", "chain", "agent", 0, 50),
    row("m1", "a", "model", "chat", 0, 10, { model: "gpt", tokens: 3 }),
    row("t1", "a", "tool", "search", 10, 5),
    row("t2", "a", "tool", "search", 16, 5, { status: "error" }),
    row("m2", "a", "model", "chat again", 22, 10, { model: "gpt", tokens: 4 }),
    row("b", "a", "chain", "agent", 40, 5)
  ]
  const { edges, kinds, nodes } = graphOf(layout(rows), rows, 150)
  const named = (id: string) => nodes.find((node) => node.id === id)?.name

  it("puts events of a type and name together, model calls by their model", () => {
    assert.deepStrictEqual(
      nodes.map(({ errors, name, places, tokens, total }) => [name, places.length, total, errors, tokens]),
      [
        ["support", 1, 100, 0, 0],
        ["agent", 2, 55, 0, 0],
        ["gpt", 2, 20, 0, 7],
        ["search", 2, 10, 1, 0]
      ]
    )
    assert.strictEqual(kinds, 4)
  })

  it("counts who calls whom, itself among them", () => {
    assert.sameDeepMembers(
      edges.map(({ count, errors, from, to }) => [named(from), named(to), count, errors]),
      [
        ["support", "agent", 1, 0],
        ["agent", "gpt", 2, 0],
        ["agent", "search", 2, 1],
        ["agent", "agent", 1, 0]
      ]
    )
  })

  it("counts the tokens of calls around others as the layout does", () => {
    const twice = [
      row("outer", null, "model", "generate", 0, 10, { tokens: 7 }),
      row("inner", "outer", "model", "chat", 1, 8, { model: "gpt", tokens: 7 })
    ]
    const found = layout(twice)
    assert.strictEqual(
      graphOf(found, twice, 150).nodes.reduce((sum, { tokens }) => sum + tokens, 0),
      found.tokens[0]
    )
  })

  it("merges what took little time, loses nothing, and keeps what failed", () => {
    const many = [
      row("s", null, "session", "support", 0, 1_000),
      ...Array.from({ length: 300 }, (_, at) =>
        row(`t${at}`, "s", "tool", `tool ${at}`, at, at, at === 0 ? { status: "error" } : {})
      )
    ]
    const found = graphOf(layout(many), many, 50)
    assert.isAtMost(found.nodes.length, 50)
    assert.strictEqual(found.kinds, 301)
    assert.strictEqual(
      found.nodes.reduce((sum, { places }) => sum + places.length, 0),
      many.length
    )
    assert.strictEqual(
      found.nodes.reduce((sum, node) => sum + node.kinds, 0),
      301
    )
    assert.isTrue(found.nodes.some(({ name }) => name === "tool 0"))
    assert.isTrue(found.nodes.some(({ name }) => name === "tool 299"))
    assert.isFalse(found.nodes.some(({ name }) => name === "tool 1"))
  })
})
