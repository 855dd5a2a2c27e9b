import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { hasColours, make } from "./output.ts"

const stream = (isTTY: boolean) => {
  const written: Array<string> = []
  return { isTTY, columns: 77, rows: 9, written, write: (text: string) => written.push(text) }
}

describe("output", () => {
  it("has colours on terminals, unless it is told otherwise", () => {
    assert.isTrue(hasColours({}, true))
    assert.isFalse(hasColours({}, false))
    assert.isFalse(hasColours({ NO_COLOR: "1" }, true))
    assert.isTrue(hasColours({ NO_COLOR: "" }, true))
    assert.isTrue(hasColours({ FORCE_COLOR: "1" }, false))
    assert.isFalse(hasColours({ FORCE_COLOR: "0" }, true))
    assert.isFalse(hasColours({ FORCE_COLOR: "1", NO_COLOR: "1" }, true))
    assert.isFalse(hasColours({ TERM: "dumb" }, true))
  })

  it("moves the cursor on terminals only", () => {
    assert.isTrue(make(stream(true), stream(false), {}).moves)
    assert.isFalse(make(stream(true), stream(false), { TERM: "dumb" }).moves)
    assert.isFalse(make(stream(false), stream(true), { FORCE_COLOR: "1" }).moves)
  })

  it.effect("keeps results and what is said beside them apart", () =>
    Effect.gen(function* () {
      const [out, err] = [stream(false), stream(false)]
      const output = make(out, err, {})
      yield* output.line("result")
      yield* output.json({ a: 1 })
      yield* output.note("note")
      assert.deepStrictEqual(out.written, ["result\n", '{"a":1}\n'])
      assert.deepStrictEqual(err.written, ["note\n"])
    })
  )

  it("has the width of its terminal, or what COLUMNS says", () => {
    assert.strictEqual(make(stream(true), stream(true), {}).columns(), 77)
    const { columns: _, ...pipe } = stream(false)
    assert.strictEqual(make(pipe, pipe, { COLUMNS: "50" }).columns(), 50)
    assert.strictEqual(make(pipe, pipe, { COLUMNS: "wide" }).columns(), 100)
  })
})
