import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as fc from "fast-check"
import * as TestClock from "effect/testing/TestClock"
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
  const backend = { isUp: true, asked: 0, dropped: 0 }
  const queue = callQueue.make({
    most: 2,
    bounds: { calls: 30_000, bytes: 1_000_000 },
    fork: ({ change, make }) =>
      run(
        Effect.suspend((): Effect.Effect<callQueue.Outcome> => {
          backend.asked++
          return backend.isUp ? Effect.as(Effect.ignore(make(change)), undefined) : Effect.succeed({ wait: 0 })
        })
      ),
    sleep: (millis) => run(Effect.sleep(millis)),
    onDropped: () => void backend.dropped++
  })
  const add = (id: string, change?: UpdateEvent, bytes = 10) =>
    queue.add({
      id,
      what: "",
      bytes,
      ...(change === undefined ? {} : { change }),
      make: (joined): Effect.Effect<void> =>
        Effect.gen(function* () {
          most = Math.max(most, ++running)
          made.push([id, joined])
          const gate = gates.get(id)
          if (gate !== undefined) yield* Deferred.await(gate)
        }).pipe(Effect.ensuring(Effect.sync(() => running--)))
    })
  return { queue, add, backend, made, gates, most: () => most }
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

  it.effect("while nobody answers all of it waits, one call asks now and then, and then it is made in order", () =>
    Effect.gen(function* () {
      const { add, backend, made, queue } = yield* open
      backend.isUp = false
      for (let index = 0; index < 5_000; index++) {
        add(`s${index}`)
        add(`s${index}`, { metadata: { index } })
        add(`s${index}`, { metadata: { index: -index } })
      }
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual(made.length, 0)
      // The first, and after 0.2, 0.6, 1.4, 3, 6.2 and 12.6 seconds one more
      assert.strictEqual(backend.asked, 7)
      backend.isUp = true
      yield* TestClock.adjust("7 seconds")
      yield* queue.idle
      assert.strictEqual(backend.dropped, 0)
      const bySession = Map.groupBy(made, ([id]) => id)
      assert.strictEqual(bySession.size, 5_000)
      for (const [id, calls] of bySession) {
        const index = Number(id.slice(1))
        const expected = [undefined, { metadata: { index } }, { metadata: { index: -index } }]
        assert.deepStrictEqual(
          calls.map(([, change]) => change),
          // -0 is no 0
          index === 0 ? [undefined, { metadata: { index: 0 } }, { metadata: { index: -0 } }] : expected
        )
      }
    })
  )

  it.effect(
    "drops the oldest updates that say least where too much waits, and asks at once when somebody wants to end",
    () =>
      Effect.gen(function* () {
        const { add, backend, made, queue } = yield* open
        backend.isUp = false
        for (let index = 0; index < 100; index++) {
          add(`s${index}`, undefined, 1_000)
          add(`s${index}`, { metadata: { index } }, index % 2 === 0 ? 9_000 : 11_000)
        }
        // As many bytes as fit; another small one takes the place of one of the oldest small ones
        add("new", { metadata: { index: -1 } }, 5_000)
        yield* TestClock.adjust("15 seconds")
        backend.isUp = true
        yield* queue.idle
        const updated = made.flatMap(([id, change]) => (change === undefined ? [] : [id]))
        const lost = Array.from({ length: 100 }, (_, index) => `s${index}`).filter((id) => !updated.includes(id))
        assert.strictEqual(lost.length, backend.dropped)
        assert.isAbove(lost.length, 10)
        assert.isTrue(lost.every((id) => Number(id.slice(1)) % 2 === 0 && Number(id.slice(1)) < 64 + lost.length))
        assert.include(updated, "new")
        assert.strictEqual(made.length, 201 - lost.length)
      })
  )

  it.effect("gives up a call that nobody answers while others are answered", () =>
    Effect.gen(function* () {
      const run = Effect.runForkWith(yield* Effect.context<never>())
      const made: Array<string> = []
      const queue = callQueue.make({
        most: 1,
        bounds: { calls: 10, bytes: 1000 },
        fork: ({ id }) =>
          run(
            Effect.sync((): callQueue.Outcome => {
              made.push(id)
              return id === "poison" ? { wait: 0 } : undefined
            })
          ),
        sleep: (millis) => run(Effect.sleep(millis)),
        onDropped: () => {}
      })
      for (const id of ["poison", "a", "b"]) queue.add({ id, what: "", bytes: 1, make: () => Effect.void })
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(queue.waiting(), 0)
      assert.strictEqual(made.filter((id) => id === "poison").length, 4)
      assert.includeMembers(made, ["a", "b"])
    })
  )
})
