import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as fc from "fast-check"
import type { UpdateEvent } from "@honeyhive/contract/Event"
import * as callQueue from "./callQueue.ts"

/** As a backend does it. */
const applied = (event: UpdateEvent, { feedback, metadata, ...rest }: UpdateEvent): UpdateEvent => ({
  ...event,
  ...rest,
  metadata: { ...event.metadata, ...metadata },
  feedback: { ...event.feedback, ...feedback }
})

const bucket = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.integer(), { maxKeys: 2, noNullPrototype: true })
const change: fc.Arbitrary<UpdateEvent> = fc.record(
  { metadata: bucket, feedback: bucket, outputs: bucket, duration: fc.nat() },
  { requiredKeys: [], noNullPrototype: true }
)

const open = Effect.gen(function* () {
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const made: Array<readonly [id: string, change: UpdateEvent | undefined]> = []
  const gates = new Map<string, Deferred.Deferred<void>>()
  let [running, most] = [0, 0]
  const queue = callQueue.make(2, ({ change, make }) => run(Effect.ignore(make(change))))
  const add = (id: string, change?: UpdateEvent) =>
    queue.add({
      id,
      what: "",
      ...(change === undefined ? {} : { change }),
      make: (joined) =>
        Effect.gen(function* () {
          most = Math.max(most, ++running)
          made.push([id, joined])
          const gate = gates.get(id)
          if (gate !== undefined) yield* Deferred.await(gate)
        }).pipe(Effect.ensuring(Effect.sync(() => running--)))
    })
  return { queue, add, made, gates, most: () => most }
})

describe("callQueue", () => {
  it("law: two changes as one are what the two are, one after the other", () => {
    fc.assert(
      fc.property(change, change, change, (event, before, after) => {
        const both = callQueue.joined(before, after)
        if (both === undefined) return
        assert.deepStrictEqual(applied(event, both), applied(applied(event, before), after))
      })
    )
    assert.deepStrictEqual(callQueue.joined({ metadata: { a: 1 } }, { metadata: { b: 2 }, duration: 3 }), {
      metadata: { a: 1, b: 2 },
      duration: 3
    })
    // Both say what it is
    assert.isUndefined(callQueue.joined({ metadata: { a: 1 } }, { metadata: { a: 2 } }))
    assert.isUndefined(callQueue.joined({ outputs: { a: 1 } }, { outputs: { b: 2 } }))
  })

  it.effect("keeps the order of each session, joins what waits, and makes a few calls at a time", () =>
    Effect.gen(function* () {
      const { add, gates, made, most, queue } = yield* open
      const gate = yield* Deferred.make<void>()
      gates.set("a", gate)
      add("a")
      add("a", { metadata: { x: 1 } })
      add("a", { metadata: { y: 2 } })
      add("a", { metadata: { x: 3 } })
      add("a")
      for (let index = 0; index < 20_000; index++) add(`b${index % 10_000}`)
      const idle = yield* Effect.forkChild(queue.idle)
      while (made.length < 20_001) yield* Effect.yieldNow
      assert.isUndefined(idle.pollUnsafe())
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(idle)
      assert.deepStrictEqual(
        made.filter(([id]) => id === "a").map(([, change]) => change),
        [undefined, { metadata: { x: 1, y: 2 } }, { metadata: { x: 3 } }, undefined]
      )
      assert.strictEqual(made.length, 20_004)
      assert.strictEqual(most(), 2)
      yield* queue.idle
    })
  )
})
