import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { AiError, RateLimitError } from "effect/ai/AiError"
import { TestClock } from "effect/testing"
import { HoneyHive } from "@honeyhive/tracing/HoneyHive"
import * as Dataset from "../Dataset.ts"
import { type Concurrency, evaluate } from "../Evaluate.ts"
import * as Evaluator from "../Evaluator.ts"
import * as limits from "./limiter.ts"

const numbers = (count: number) =>
  Dataset.make(Array.from({ length: count }, (_, index) => ({ inputs: index, id: `n${index}` })))

const limited = (retryAfter?: Duration.Input) =>
  AiError.make({
    module: "Test",
    method: "generateText",
    reason: new RateLimitError(retryAfter === undefined ? {} : { retryAfter: Duration.fromInputUnsafe(retryAfter) })
  })

/** Lets seconds pass until the work is done. */
const elapsed = <A, E>(fiber: Fiber.Fiber<A, E>) =>
  Effect.gen(function* () {
    for (let seconds = 0; fiber.pollUnsafe() === undefined && seconds < 10_000; seconds++) {
      yield* TestClock.adjust("1 second")
    }
    return yield* Fiber.join(fiber)
  })

/** A service that refuses what is more than it takes at a time, and how many were under way when. */
const service = (takes: () => number, error = limited("5 seconds")) => {
  let running = 0
  const seen: Array<{ readonly at: number; readonly running: number }> = []
  const call = <A>(answer: A) =>
    Effect.suspend(() => {
      if (running >= takes()) return Effect.fail(error)
      running++
      return Effect.gen(function* () {
        seen.push({ at: yield* Clock.currentTimeMillis, running })
        yield* Effect.sleep("1 second")
        return answer
      }).pipe(Effect.ensuring(Effect.sync(() => running--)))
    })
  return { call, seen }
}

describe("rate limits", () => {
  it.effect("lower the number of items at a time, are waited for, and are no failures", () =>
    Effect.gen(function* () {
      let takes = 3
      const { call, seen } = service(() => takes)
      const fiber = yield* evaluate({
        name: "limited",
        dataset: numbers(200),
        concurrency: 16,
        // Less than the wait, which is not the item's
        timeout: "3 seconds",
        run: (n) => call(n),
        onItem: ({ index }) => {
          if (index === 60) takes = 100
        }
      }).pipe(Effect.forkChild)
      const { report } = yield* elapsed(fiber)
      const { completed, items } = report.summary
      assert.deepStrictEqual([items, completed], [200, 200])
      assert.isTrue(report.items.every(({ attempts, duration }) => attempts === 1 && duration === 1000))
      assert.isAbove(Number(report.metadata["rate_limits"]), 5)
      // Nobody asks before the five seconds are over
      const begin = seen[0]?.at ?? 0
      assert.deepStrictEqual(
        seen.filter(({ at }) => at > begin && at < begin + 5000),
        []
      )
      // All the places again, when there is room for them
      assert.strictEqual(Math.max(...seen.map(({ running }) => running)), 16)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("of evaluators are waited for, too, and take nothing of their time", () =>
    Effect.gen(function* () {
      let refusals = 3
      const fiber = yield* evaluate({
        name: "judged",
        dataset: numbers(4),
        run: (n) => n,
        evaluators: [
          Evaluator.make(
            "judge",
            () => (refusals-- > 0 ? Effect.fail(limited()) : Effect.delay(Effect.succeed(1), "1 second")),
            { timeout: "2 seconds" }
          )
        ]
      }).pipe(Effect.forkChild)
      const { report } = yield* elapsed(fiber)
      assert.deepStrictEqual(
        report.items.map(({ scores }) => scores[0]?.value),
        [1, 1, 1, 1]
      )
      assert.strictEqual(report.metadata["rate_limits"], 3)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect.each([
    [{ adaptive: false }, limited("1 second"), 1, 0],
    [{ retries: 2 }, limited("1 second"), 3, 2],
    [{ longestWait: "1 minute" }, limited("2 minutes"), 1, 0],
    [{}, new Error("another"), 1, 0]
  ] as ReadonlyArray<readonly [Concurrency, unknown, number, number]>)(
    "become failures where there is no end to them, or nobody waits: %s",
    ([concurrency, error, calls, met]) =>
      Effect.gen(function* () {
        let called = 0
        const fiber = yield* evaluate({
          name: "refused",
          dataset: numbers(1),
          concurrency,
          run: () => {
            called++
            return Effect.fail(error)
          }
        }).pipe(Effect.forkChild)
        const { report } = yield* elapsed(fiber)
        assert.deepStrictEqual([report.summary.failed, called, report.metadata["rate_limits"] ?? 0], [1, calls, met])
      }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("are halved once for all that met one together, grow by one a round, and are told", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      const limiter = limits.make(8, (text) => told.push(text))
      let refuses = true
      const answer = Effect.suspend(() => (refuses ? Effect.fail(limited("30 seconds")) : Effect.void))
      const call = limiter.call(Effect.delay(answer, "1 second"))
      const fibers = yield* Effect.forEach(Array.from({ length: 8 }), () => Effect.forkChild(call))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual([limiter.met(), told.at(-1)], [8, "4 at a time, waiting 30 s"])
      refuses = false
      yield* TestClock.adjust("30 seconds")
      assert.isTrue(fibers.every((fiber) => fiber.pollUnsafe() === undefined))
      yield* TestClock.adjust("2 seconds")
      yield* Effect.forEach(fibers, Fiber.join)
      assert.deepStrictEqual(told.slice(-2), ["4 at a time", "5 at a time"])
      const more = yield* Effect.forkChild(Effect.forEach(Array.from({ length: 5 + 6 + 7 }), () => call))
      yield* TestClock.adjust("20 seconds")
      yield* Fiber.join(more)
      assert.strictEqual(told.at(-1), "")
    })
  )
})
