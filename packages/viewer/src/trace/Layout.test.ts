import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { SpanRow } from "../hive/types.ts"
import { failures, layout } from "./Layout.ts"
import { spanRow } from "./rows.fixture.ts"

const row = (
  id: string,
  parent: string | null,
  start: number,
  duration: number | null,
  more: { type?: SpanRow[2]; tokens?: number; cost?: number; status?: SpanRow[6]; counts?: boolean } = {}
) => spanRow({ id, parent, start, duration, ...more })

const ids = (rows: ReadonlyArray<SpanRow>, places: Iterable<number>) => Array.from(places, (at) => rows[at]?.[0])

describe("layout", () => {
  it("puts parents before children and siblings by start, whatever the order of arrival", () => {
    const rows = [row("c", "a", 5, 1), row("b", "a", 2, 1), row("d", "b", 3, 1), row("a", null, 0, 10)]
    const found = layout(rows)
    assert.deepStrictEqual(ids(rows, found.rows), ["a", "b", "d", "c"])
    assert.deepStrictEqual([...found.depth], [0, 1, 2, 1])
    assert.deepStrictEqual([...found.parent], [-1, 0, 1, 0])
    assert.deepStrictEqual([...found.size], [4, 2, 1, 1])
    assert.deepStrictEqual([found.start, found.end], [0, 10])
  })

  it("keeps events whose parent is unknown, and those that are in each other", () => {
    const rows = [row("a", "gone", 0, 1), row("b", "c", 1, 1), row("c", "b", 2, 1), row("d", "d", 3, 1)]
    const found = layout(rows)
    assert.sameMembers(ids(rows, found.rows), ["a", "b", "c", "d"])
  })

  it("counts time that no child was at work as an event's own, overlaps once", () => {
    const rows = [row("a", null, 0, 10), row("b", "a", 1, 4), row("c", "a", 3, 4), row("d", "a", 9, 5)]
    // 1..7 and 9..10 are the children's
    assert.strictEqual(layout(rows).self[0], 3)
  })

  it("sums tokens and cost of model calls, one that two events tell once", () => {
    const rows = [
      row("a", null, 0, 9, { tokens: 999 }),
      row("outer", "a", 0, 5, { type: "model", tokens: 30, cost: 3, counts: false }),
      row("inner", "outer", 1, 2, { type: "model", tokens: 30, cost: 3 }),
      row("other", "a", 6, 2, { type: "model", tokens: 12, cost: 1 })
    ]
    const found = layout(rows)
    assert.strictEqual(found.tokens[0], 42)
    assert.strictEqual(found.cost[0], 4)
  })

  it("finds failures, and counts them upwards", () => {
    const rows = [row("a", null, 0, 9), row("b", "a", 0, 5), row("c", "b", 1, 2, { status: "error" })]
    const found = layout(rows)
    assert.deepStrictEqual([...found.errors], [1, 1, 1])
    assert.deepStrictEqual(failures(found, rows), [2])
  })

  it("follows what the end waited for", () => {
    // b and c run beside each other; c ends later; d comes after both, and a waits for it
    const rows = [
      row("a", null, 0, 10),
      row("b", "a", 0, 3),
      row("c", "a", 0, 5),
      row("d", "a", 5, 5),
      row("e", "c", 1, 2)
    ]
    const found = layout(rows)
    const path = [...found.rows].filter((_, at) => found.critical[at] === 1)
    assert.sameMembers(ids(rows, path), ["a", "c", "d", "e"])
  })

  it("follows a child that seems to end after its parent", () => {
    const rows = [row("a", null, 0, 10), row("b", "a", 1, 9.5), row("c", "b", 2, 8)]
    assert.deepStrictEqual([...layout(rows).critical], [1, 1, 1])
  })

  it("does not care how deep a trace is", () => {
    const rows = Array.from({ length: 50_000 }, (_, at) =>
      row(String(at), at === 0 ? null : String(at - 1), at, 50_000 - at)
    )
    const found = layout(rows)
    assert.strictEqual(found.depth[49_999], 49_999)
    assert.strictEqual(found.size[0], 50_000)
  })

  it("holds every row once, inside its parent's stretch, for any links between them", () => {
    const links = fc.array(fc.tuple(fc.nat(40), fc.nat(100), fc.option(fc.nat(50))), { maxLength: 40 })
    fc.assert(
      fc.property(links, (spans) => {
        const rows = spans.map(([parent, start, duration], at) => row(String(at), String(parent), start, duration))
        const found = layout(rows)
        assert.deepStrictEqual(
          [...found.rows].toSorted((a, b) => a - b),
          rows.map((_, at) => at)
        )
        for (const [at, up] of found.parent.entries()) {
          if (up === -1) continue
          assert.isTrue(up < at && at + found.size[at]! <= up + found.size[up]!)
          assert.strictEqual(found.depth[at], found.depth[up]! + 1)
        }
        for (const [at, self] of found.self.entries())
          assert.isTrue(self >= 0 && self <= (rows[found.rows[at]!]![5] ?? 0))
      })
    )
  })
})
