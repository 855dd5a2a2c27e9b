import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { print } from "@honeyhive/hive/TraceQuery"
import * as queries from "./query.ts"

const read = (words: ReadonlyArray<string>, from?: number) => Effect.map(queries.read(words, from), print)

describe("a query on a command line", () => {
  it.effect("is what its words say together", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* read(["type:model", "model:gpt*", "duration>2s"]), "type:model model:gpt* duration>2s")
      assert.strictEqual(yield* read(["type:model OR error:true"]), "type:model OR error:true")
      assert.strictEqual(yield* read([]), "")
    })
  )

  it.effect("an argument with blanks is a phrase, unless it holds a query of its own", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* read(["refund for order", "error:true"]), '"refund for order" error:true')
      assert.strictEqual(yield* read(["error:true -name:x"]), "error:true -name:x")
      assert.strictEqual(yield* read(["refund -order"]), "refund -order")
      assert.strictEqual(yield* read(["refund OR order"]), "refund OR order")
      assert.strictEqual(yield* read(["(refund order)"]), "refund order")
    })
  )

  it.effect("a moment narrows all of it", () =>
    Effect.gen(function* () {
      assert.strictEqual(
        yield* read(["a OR b"], Date.parse("2026-11-21T09:30:00Z") + 0.5),
        "(a OR b) since:2026-11-21T09:30:00.000Z"
      )
    })
  )

  it.effect("a mistake is shown where it is", () =>
    Effect.gen(function* () {
      const { message } = yield* Effect.flip(read(["type:tool", "duration>fast"]))
      assert.match(message, /"fast" is no number.*\n {2}type:tool duration>fast\n {21}\^$/)
    })
  )
})

describe("queries that commands make", () => {
  it("name one value, or several", () => {
    assert.strictEqual(print(queries.oneOf("session", ["a"])), "session:a")
    assert.strictEqual(
      print(queries.and(queries.oneOf("session", ["a", "b"]), queries.is("type", "model"))),
      "(session:a OR session:b) type:model"
    )
    assert.strictEqual(print(queries.oneOf("name", ["a b*"])), 'name:"a b*"')
  })
})
