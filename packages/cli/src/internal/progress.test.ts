import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { make as makeOutput, Output } from "./output.ts"
import * as progress from "./progress.ts"

const work = (isTTY: boolean) =>
  Effect.gen(function* () {
    const written: Array<string> = []
    const stream = { isTTY, columns: 80, write: (text: string) => written.push(text) }
    yield* Effect.scoped(
      Effect.gen(function* () {
        const bar = yield* progress.make("reading")
        yield* bar.update(1, 100)
        yield* TestClock.adjust("1 second")
        yield* bar.update(50, 100)
        yield* bar.update(51, 100)
      })
    ).pipe(Effect.provideService(Output, makeOutput(stream, stream, {})))
    return written
  })

describe("progress", () => {
  it("says how far it is", () => {
    assert.strictEqual(progress.textOf("a", 500, 1000), `a  ${"█".repeat(12)}${"░".repeat(12)}  50 %  500 of 1,000`)
    assert.strictEqual(progress.textOf("a", 3, 2), `a  ${"█".repeat(24)} 100 %  3 of 2`)
    assert.strictEqual(progress.textOf("a", 1234, undefined), "a  1,234")
  })

  it.effect("is shown after a while, not for every step, and goes away", () =>
    Effect.gen(function* () {
      const written = yield* work(true)
      assert.strictEqual(written.length, 2)
      assert.include(written[0], "50 of 100")
      assert.match(written[1] ?? "", /^\r +\r$/)
    })
  )

  it.effect("is nothing where there is no terminal", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* work(false), [])
    })
  )
})
