import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { isTangled, pieces } from "./markdownPieces.ts"

describe("pieces of markdown", () => {
  it("are one where the text is short", () => {
    assert.deepStrictEqual(pieces(""), [""])
    assert.deepStrictEqual(pieces("# a\n\nb"), ["# a\n\nb"])
  })

  it("lose nothing, and are short", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("word ", "\n", "\n\n", "x".repeat(900), "😀"), { maxLength: 400 }),
        (parts) => {
          const text = parts.join("").repeat(8)
          const found = pieces(text)
          assert.strictEqual(found.join(""), text)
          assert.isTrue(found.every(({ length }) => length <= 12_002))
        }
      ),
      { numRuns: 30 }
    )
  })

  it("part code into code", () => {
    const found = pieces(`before\n\n\`\`\`ts\n${"const a = 1\n".repeat(3_000)}\`\`\`\n\nafter`)
    assert.isAbove(found.length, 2)
    for (const piece of found.slice(1)) assert.isTrue(piece.startsWith("```ts\n"))
    for (const piece of found.slice(0, -1)) assert.isTrue(piece.endsWith("\n```"))
    assert.isTrue(found.at(-1)?.endsWith("```\n\nafter"))
  })

  it("knows what is nested without end", () => {
    assert.isTrue(isTangled("> ".repeat(5_000)))
    assert.isTrue(isTangled(`text\n${"- ".repeat(100)}`))
    assert.isFalse(isTangled("> > > three\n- - - -\n\n----------------------------------------------- \n* a"))
  })

  it("are found in a text of ten million characters without a place to part it", () => {
    const start = performance.now()
    assert.isAbove(pieces("x".repeat(10_000_000)).length, 800)
    // Minutes, were every piece looked for in all of it
    assert.isBelow(performance.now() - start, 5_000)
  })
})
