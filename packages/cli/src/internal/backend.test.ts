import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { Backend, eachPage, explain, inSession } from "./backend.ts"
import { event, session } from "./event.fixture.ts"
import { over } from "./list.fixture.ts"

const ids = (backend: Backend["Service"], onPage: () => void = () => {}) =>
  Effect.gen(function* () {
    const found: Array<string> = []
    const count = yield* eachPage({}, (events) =>
      Effect.sync(() => {
        found.push(...events.map(({ event_id }) => event_id))
        onPage()
      })
    )
    assert.strictEqual(count, found.length)
    return found
  }).pipe(Effect.provideService(Backend, backend))

describe("pages", () => {
  it("law: every event is handed over once, however many begin in one moment", async () => {
    // Times that many events share, with fractions of a millisecond
    const times = fc.array(
      fc.integer({ min: 0, max: 6 }).map((step) => step / 2),
      { minLength: 0, maxLength: 5000, size: "max" }
    )
    await fc.assert(
      fc.asyncProperty(times, async (starts) => {
        const events = starts.map((start_time, index) => event(index, { start_time }))
        const found = await Effect.runPromise(ids(over(() => events)))
        assert.strictEqual(found.length, events.length)
        assert.strictEqual(new Set(found).size, events.length)
      }),
      { numRuns: 30 }
    )
  })

  it.effect("are not shifted by what arrives meanwhile", () =>
    Effect.gen(function* () {
      const events = Array.from({ length: 2500 }, (_, index) => event(index))
      let next = 10_000
      const found = yield* ids(
        over(() => events),
        () => void events.push(event(next++), event(next++))
      )
      assert.deepStrictEqual(new Set(found), new Set(Array.from({ length: 2500 }, (_, index) => event(index).event_id)))
    })
  )

  it.effect("end where nobody wants more", () =>
    Effect.gen(function* () {
      let pages = 0
      yield* eachPage({}, () => Effect.sync(() => ++pages < 2)).pipe(
        Effect.provideService(
          Backend,
          over(() => Array.from({ length: 5000 }, (_, index) => event(index)))
        )
      )
      assert.strictEqual(pages, 2)
    })
  )
})

describe("a session", () => {
  it("that nobody has ended lasts as long as what is in it", () => {
    const [first, second] = inSession([
      event(2, { end_time: 1500 }),
      session(1, { start_time: 1000, end_time: null, duration: null })
    ])
    assert.deepInclude(first, { event_type: "session", end_time: 1500, duration: 500 })
    assert.strictEqual(second?.event_name, "event 2")
  })
})

describe("errors", () => {
  it("say what to do", () => {
    const messages = [
      { statusCode: 401, message: "no" },
      { statusCode: 400, message: "unknown field" },
      {
        _tag: "HttpClientError",
        reason: { cause: new Error("fetch failed", { cause: new Error("connect ECONNREFUSED") }) }
      },
      { _tag: "HttpClientError", reason: { response: { status: 404 } } },
      new Error("Expected string")
    ].map((error) => explain("http://h", error).message)
    assert.deepStrictEqual(messages, [
      "http://h does not accept the key: set HIVE_KEY to one that it does",
      "http://h: unknown field",
      "nothing answers at http://h (connect ECONNREFUSED): start a hive with `hive up`, or name another with --url",
      "http://h answered 404, which is not what a hive answers: is the address right?",
      "http://h answers something else than a hive does: is the address right? (Expected string)"
    ])
  })
})
