import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { beginning, reveal, withoutCutMark } from "./unseen.ts"

describe("what is not seen", () => {
  it("leaves ordinary text alone, in every script", () => {
    for (const text of ["", "plain\ttext\r\n", "नमस्ते 👩‍👩‍👧 שלום مرحبا 日本語", "a\u200db"]) {
      assert.isUndefined(reveal(text))
    }
  })

  it.each([
    ["\u202e", "U+202E", "right-to-left override"],
    ["\u0000", "␀", "control character U+0000"],
    ["\u001b", "␛", "control character U+001B"],
    ["\ud800", "U+D800", "half of a character"],
    ["\u{e0041}", "U+E0041", "a character that is not seen"]
  ])("is shown: %j", (character, mark, name) => {
    assert.deepStrictEqual(reveal(`a${character}b`), ["a", { mark, name }, "b"])
  })

  it("loses nothing else", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "é", "😀", "\u202e", "\0", "\ud800", "\udc00")), (parts) => {
        const text = parts.join("")
        const kept = (reveal(text) ?? [text]).filter((piece) => typeof piece === "string").join("")
        assert.isUndefined(reveal(kept))
        assert.isTrue(text.length >= kept.length)
      })
    )
  })

  it("is quick in a text of ten million characters", () => {
    assert.strictEqual(reveal(`${"a".repeat(10_000_000)}\u202e`)?.length, 2)
  })
})

describe("texts that were cut", () => {
  it("says by how much", () => {
    assert.deepStrictEqual(withoutCutMark("abc…[cut: 1200 more characters]"), ["abc", 1200])
    assert.deepStrictEqual(withoutCutMark("…[cut: 1200 more characters] no"), [
      "…[cut: 1200 more characters] no",
      undefined
    ])
  })

  it("begins with whole characters", () => {
    assert.strictEqual(beginning("a😀b", 2), "a")
    assert.strictEqual(beginning("a😀b", 3), "a😀")
  })
})
