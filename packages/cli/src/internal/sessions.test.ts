import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Event } from "@honeyhive/contract/Event"
import { Backend } from "./backend.ts"
import { event, idOf, session } from "./event.fixture.ts"
import { over } from "./list.fixture.ts"
import * as sessions from "./sessions.ts"

const inSession = (session_id: string, one: Event): Event => ({ ...one, session_id })

const few = [
  session(1, { start_time: 1000, end_time: null, duration: null }),
  event(2, { event_type: "model", metadata: { total_tokens: 7 } }),
  event(3, { error: "no", end_time: 1600 }),
  // Nobody has started this one
  inSession(idOf(9), event(10, { start_time: 5000, end_time: 5020 }))
]

describe("sessions", () => {
  it.effect("are listed newest first, orphans among them", () =>
    Effect.gen(function* () {
      const list = yield* sessions.list({ limit: 10 })
      assert.deepStrictEqual(list, [
        {
          session_id: idOf(9),
          name: "(orphan)",
          source: "test",
          start_time: 5000,
          duration: 20,
          events: 1,
          errors: 0,
          tokens: 0,
          cost: 0,
          orphan: true
        },
        {
          session_id: idOf(1),
          name: "support",
          source: "test",
          start_time: 1000,
          duration: 600,
          events: 2,
          errors: 1,
          tokens: 7,
          cost: 0,
          orphan: false
        }
      ])
      assert.strictEqual((yield* sessions.list({ limit: 1 })).length, 1)
      assert.strictEqual((yield* sessions.list({ limit: 10, since: 4000 })).length, 1)
    }).pipe(
      Effect.provideService(
        Backend,
        over(() => few)
      )
    )
  )

  it.effect("of very many events are added up without reading them all", () =>
    Effect.gen(function* () {
      const tools = Array.from({ length: 20_000 }, (_, index) =>
        event(index + 100, { error: index % 10 === 0 ? "no" : null })
      )
      const models = Array.from({ length: 50 }, (_, index) =>
        event(index + 50_000, { event_type: "model", start_time: 1001, metadata: { total_tokens: 2 } })
      )
      const asked = { events: 0 }
      const backend = over(() => [session(1, { start_time: 1000, end_time: 30_000 }), ...tools, ...models], asked)
      const [summary] = yield* sessions.list({ limit: 5 }).pipe(Effect.provideService(Backend, backend))
      assert.deepInclude(summary, { events: 20_050, errors: 2000, tokens: 100, duration: 29_000, name: "support" })
      assert.isBelow(asked.events, 4000)
    })
  )

  it.effect("are found by what a person calls them", () =>
    Effect.gen(function* () {
      for (const name of [idOf(1), "support", idOf(3), idOf(9)]) {
        assert.isAbove((yield* sessions.find(name)).length, 0, name)
      }
      assert.strictEqual((yield* sessions.find("last"))[0]?.session_id, idOf(9))
      assert.include((yield* Effect.flip(sessions.find("00000000"))).message, "is the beginning of 2 sessions")
      assert.include((yield* Effect.flip(sessions.find("nobody"))).message, "`hive ls` shows those that there are")
    }).pipe(
      Effect.provideService(
        Backend,
        over(() => few)
      )
    )
  )
})
