import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { JsonNode, openAtFirst, revealed, rowsOf, search, STEP, untouched } from "./JsonTree.ts"

const shown = (root: JsonNode, open = untouched) =>
  rowsOf(root, openAtFirst(root), open).map(({ more, node }) => (more === undefined ? node.path : `+${more}`))

const nested = (depth: number): unknown => {
  let value: unknown = "deep"
  for (let at = 0; at < depth; at++) value = { a: value }
  return value
}

/** The value that a path of ours means, found by JavaScript itself. */
const at = (value: unknown, path: string): unknown =>
  new Function("value", `return value${path.startsWith("[") || path === "" ? path : `.${path}`}`)(value)

describe("rows of JSON", () => {
  it("stand in order, the small open, the large closed", () => {
    assert.deepStrictEqual(shown(new JsonNode({ a: [1, { b: 2 }], "c d": null })), [
      "a",
      "a[0]",
      "a[1]",
      "a[1].b",
      '["c d"]'
    ])
    const large = { list: Array.from({ length: 200 }, (_, index) => index) }
    assert.deepStrictEqual(shown(new JsonNode(large)), ["list"])
  })

  it("come in steps where there are many", () => {
    const root = new JsonNode(Array.from({ length: STEP + 5 }, () => 0))
    const rows = shown(root)
    assert.strictEqual(rows.length, STEP + 1)
    assert.strictEqual(rows.at(-1), "+5")
  })

  it("are only what is open of what is deep", () => {
    const root = new JsonNode(nested(10_000))
    const [leaf] = search(root, "deep")
    assert.strictEqual(leaf?.depth, 10_000)
    assert.strictEqual(rowsOf(root, openAtFirst(root), revealed(untouched, leaf ?? root)).length, 10_000)
  })

  it("have paths that JavaScript understands", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const root = new JsonNode(value)
        for (const node of search(root, "a")) assert.deepStrictEqual(at(value, node.path), node.value)
      })
    )
  })

  it("take keys that mean something to JavaScript as what they are", () => {
    const value: unknown = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2}')
    assert.deepStrictEqual(shown(new JsonNode(value)), ["__proto__", "__proto__.polluted", "constructor"])
    assert.isFalse("polluted" in {})
  })
})

describe("searching JSON", () => {
  it("finds keys and values, whatever their case", () => {
    const root = new JsonNode({ Order: 1, b: ["an ORDER", { c: 12, d: null }] })
    assert.deepStrictEqual(
      search(root, "order").map(({ path }) => path),
      ["Order", "b[0]"]
    )
    assert.deepStrictEqual(
      search(root, "12").map(({ path }) => path),
      ["b[1].c"]
    )
    assert.deepStrictEqual(
      search(root, "null").map(({ path }) => path),
      ["b[1].d"]
    )
    assert.deepStrictEqual(search(root, ""), [])
  })

  it("what is found has a row", () => {
    const value = { list: Array.from({ length: 3_000 }, (_, index) => ({ at: `item ${index}.` })) }
    const root = new JsonNode(value)
    const [found] = search(root, "item 2500.")
    assert.strictEqual(found?.path, "list[2500].at")
    assert.include(shown(root, revealed(untouched, found ?? root)), "list[2500].at")
  })
})
