import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { paced } from "./pace.ts"
import type { Send } from "./writing.ts"

const spans = (count: number) => ({ op: "ingest", count, values: [], now: 0 }) as const

// The writer's answer is not looked at
const sending = (answer: Effect.Effect<void>): Send => (() => answer) as Send

describe("how fast spans come", () => {
  it.live("is fast for a while after many came, and bulk only as long as more do", () =>
    Effect.gen(function* () {
      let now = 0
      const gate = yield* Deferred.make<void>()
      let answer: Effect.Effect<void> = Effect.void
      const [send, pace] = paced(
        (...args) => sending(answer)(...args),
        () => now
      )
      assert.isFalse(pace.isFast())
      yield* send(spans(500), "")
      assert.deepStrictEqual([pace.isFast(), yield* pace.isBulk], [false, false])

      answer = Deferred.await(gate)
      const waiting = yield* Effect.forkChild(send(spans(5000), ""), { startImmediately: true })
      assert.deepStrictEqual([pace.isFast(), yield* pace.isBulk], [true, true])
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(waiting)
      assert.deepStrictEqual([pace.isFast(), yield* pace.isBulk], [true, false], "nothing more came")

      const asked = yield* Effect.forkChild(pace.isBulk, { startImmediately: true })
      yield* send(spans(1), "")
      assert.isTrue(yield* Fiber.join(asked), "more came meanwhile")

      now += 300
      assert.isTrue(pace.isFast())
      now += 300
      assert.isFalse(pace.isFast())
    })
  )

  it.effect("the index's own work is none", () =>
    Effect.gen(function* () {
      const [send, pace] = paced(sending(Effect.void), () => 0)
      for (let step = 0; step < 5000; step++) yield* send({ op: "index" }, "")
      assert.isFalse(pace.isFast())
    })
  )
})
