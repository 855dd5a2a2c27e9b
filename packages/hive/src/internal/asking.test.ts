import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Prices from "@honeyhive/contract/Prices"
import * as SqliteTraceStore from "../SqliteTraceStore.ts"
import { TraceQueries } from "../TraceQueries.ts"
import { TraceStore } from "../TraceStore.ts"
import { inPlace, threaded } from "./asking.ts"
import { openQuestions } from "./database.ts"
import { makeQuestions } from "./questions.ts"

const START = 1_790_000_000_000

const filled = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "hive-asking-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  )
  const path = join(folder, "hive.db")
  yield* Effect.gen(function* () {
    const store = yield* TraceStore
    const session_id = "00000000-0000-4000-8000-000000000001"
    yield* store.startSession({ session_id, session_name: "one", start_time: START })
    yield* store.createEvents(
      Array.from({ length: 300 }, (_, index) => ({
        event_type: index % 2 === 0 ? ("model" as const) : ("tool" as const),
        event_name: `e${index}`,
        event_id: `00000000-0000-4000-8000-${String(index + 2).padStart(12, "0")}`,
        session_id,
        inputs: { q: "refund" },
        config: { model: "gpt-4o" },
        metadata: { prompt_tokens: index },
        start_time: START + index,
        duration: 5
      }))
    )
    yield* TraceQueries.use((queries) => queries.search({ _tag: "All" }))
  }).pipe(Effect.provide(SqliteTraceStore.layer({ path })))
  const database = yield* Effect.acquireRelease(
    Effect.sync(() => openQuestions(path)),
    (database) => Effect.sync(() => database.close())
  )
  const now = () => START + 1000
  const direct = inPlace(makeQuestions(database, Prices.builtIn, { now, alive: () => undefined }))
  return { path, direct, now }
})

const all = { _tag: "All" } as const
const refund = { _tag: "Text", text: "refund", prefix: false } as const
const session = "00000000-0000-4000-8000-000000000001"

describe("asking in threads", () => {
  it.live("answers what is answered in place, whatever the question", () =>
    Effect.gen(function* () {
      const { direct, now, path } = yield* filled
      const options = { path, prices: Prices.builtIn, timeLimit: 60_000, now, meanwhile: direct }
      const { ask, isReady } = yield* threaded(options)
      // The first short question is answered meanwhile, and has the thread started
      yield* ask("", "behind")
      while (!isReady()) yield* Effect.sleep(5)
      for (const one of [direct, ask]) {
        const say = yield* Effect.all([
          one("", "search", refund, 3, undefined),
          one("", "facets", all, 5),
          one("", "facets", refund, 5),
          one("", "aggregate", all, "model", "events", 5),
          one("", "complete", "model:g", 7),
          one("", "sessionPage", refund, "cost", 10, undefined),
          one("", "sessionRow", session),
          one("", "spanPage", session, [-Infinity, -1], 10),
          one("", "spanRowsOf", ["00000000-0000-4000-8000-000000000009", "none"]),
          one("", "eventDetail", "00000000-0000-4000-8000-000000000009")
        ])
        if (one === direct) Object.assign(first, say)
        else assert.deepStrictEqual<unknown>(say, first)
      }
      assert.strictEqual(first.length, 10)
      const bad = yield* Effect.flip(ask("", "sessionPage", all, "newest", 10, "no cursor"))
      assert.strictEqual(bad._tag, "SearchError")
    })
  )
  const first: Array<unknown> = []

  it.live("answers a long question anew when somebody wrote", () =>
    Effect.gen(function* () {
      const { direct, now, path } = yield* filled
      const { ask } = yield* threaded({ path, prices: Prices.builtIn, timeLimit: 60_000, now, meanwhile: direct })
      const count = Effect.map(ask("", "facets", all, 5), ({ count }) => count)
      assert.deepStrictEqual([yield* count, yield* count], [301, 301])
      yield* Effect.gen(function* () {
        yield* TraceStore.use((store) => store.createEvents([{ event_type: "tool", inputs: {}, session_id: session }]))
        yield* TraceQueries.use((queries) => queries.search(all))
      }).pipe(Effect.provide(SqliteTraceStore.layer({ path })))
      assert.strictEqual(yield* count, 302)
    })
  )

  it.live("a question that takes too long fails and says what to do; the next one is answered", () =>
    Effect.gen(function* () {
      const { direct, now, path } = yield* filled
      const { ask } = yield* threaded({ path, prices: Prices.builtIn, timeLimit: -1, now, meanwhile: direct })
      const slow = yield* Effect.flip(ask("counting facets", "facets", all, 5))
      assert.match(slow.message, /^counting facets: .* narrow the query/)
      assert.isTrue("busy" in slow && slow.busy)
      // One that looks at nothing in between
      const { sessions } = yield* ask(
        "",
        "sessionPage",
        { _tag: "Is", field: "id", parts: ["none"] },
        "newest",
        10,
        undefined
      )
      assert.deepStrictEqual(sessions, [])
    })
  )

  it.live("a question that nobody waits for any more makes way for the next", () =>
    Effect.gen(function* () {
      const { direct, now, path } = yield* filled
      const { ask } = yield* threaded({ path, prices: Prices.builtIn, timeLimit: 60_000, now, meanwhile: direct })
      const abandoned = yield* Effect.forkChild(Effect.forEach([1, 2, 3], () => ask("", "facets", refund, 5)))
      const waiting = yield* Effect.forkChild(ask("", "facets", refund, 5))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(abandoned)
      assert.strictEqual((yield* Fiber.join(waiting)).count, 300)
    })
  )

  it.live("a thread that cannot start is an error for those who ask, and tried again", () =>
    Effect.gen(function* () {
      const { direct, now, path } = yield* filled
      const options = { prices: Prices.builtIn, timeLimit: 60_000, now, meanwhile: direct }
      const { ask } = yield* threaded({ ...options, path: `${path}.none` })
      for (let times = 0; times < 2; times++) {
        const error = yield* Effect.flip(ask("counting facets", "facets", all, 5))
        assert.match(error.message, /^counting facets: the reader crashed/)
      }
    })
  )
})
