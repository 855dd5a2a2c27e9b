import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { builtIn as prices } from "@honeyhive/contract/Prices"
import { threaded } from "./writing.ts"

const fixture = new URL("./writing.fixture.ts", import.meta.url)
const start = { op: "startSession", id: "s", start: {}, now: 0 } as const

describe("the way to the writer", () => {
  it.live.each([
    ["throws at once", /crashed: cannot start/],
    ["throws", /crashed: broken/],
    ["exits", /ended with code 7/]
  ] as const)("a thread that %s is an error for all who wait, and the next command starts another", ([kind, reason]) =>
    Effect.gen(function* () {
      const send = yield* threaded({ path: kind, prices }, 1e6, fixture)
      for (let round = 0; round < 2; round++) {
        const errors = yield* Effect.all(
          [send(start, "one"), send(start, "two")].map((sent) => Effect.flip(sent)),
          { concurrency: "unbounded" }
        )
        for (const error of errors) assert.match(error.message, reason)
      }
    })
  )

  it.live("refuses what does not fit beside what waits, at once and as busy; one command always fits", () =>
    Effect.gen(function* () {
      const send = yield* threaded({ path: "never answers", prices }, 5000, fixture)
      const first = yield* Effect.forkScoped(send(start, "one"))
      yield* Effect.yieldNow
      const error = yield* Effect.flip(send(start, "two"))
      assert.isTrue(error.busy)
      yield* Fiber.interrupt(first)
    })
  )
})
