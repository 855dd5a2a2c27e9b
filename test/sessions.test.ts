/**
 * Sessions as a backend has them: what came out, whose experiment they are, one for every request.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { HoneyHiveLocal, TraceStore } from "@honeyhive/hive"
import { layer } from "@honeyhive/hive/HoneyHiveLocal"
import { CurrentSession, HoneyHive, traced } from "@honeyhive/tracing"

/** The sessions of the hive, by name, each with its events; the session's own comes first. */
const stored = Effect.gen(function* () {
  yield* HoneyHive.flush
  const store = yield* TraceStore
  const sessions = yield* store.sessions({ limit: 100, offset: 0 })
  const all = yield* Effect.forEach(sessions, (session) =>
    Effect.map(store.sessionEvents(session.session_id), (events) => [session.name, events] as const)
  )
  return new Map(all)
})

const answer = traced({ name: "answer", type: "model" }, async (question: string) => `re: ${question}`)

describe("sessions", () => {
  it.live("have the program's result, and the experiment on every event", () =>
    Effect.gen(function* () {
      yield* Effect.promise(() => answer("refund")).pipe(
        HoneyHive.withSession({
          name: "datapoint",
          inputs: { question: "refund" },
          outputs: (content: string) => ({ content }),
          runId: "run-1",
          datapointId: "EXT-1"
        })
      )
      const events = (yield* stored).get("datapoint")
      assert.deepStrictEqual(
        events?.map((event) => [event.event_type, event.metadata["run_id"], event.metadata["datapoint_id"]]),
        [
          ["session", "run-1", "EXT-1"],
          ["model", "run-1", "EXT-1"]
        ]
      )
      assert.deepStrictEqual(events?.[0]?.inputs, { question: "refund" })
      assert.deepStrictEqual(events?.[0]?.outputs, { content: "re: refund" })
    }).pipe(Effect.provide(HoneyHiveLocal))
  )

  it.live("are one where a conversation goes on, by its own id", () =>
    Effect.gen(function* () {
      for (const question of ["a", "b"]) {
        const session = yield* HoneyHive.startSession({ id: "chat-42", name: "chat" })
        yield* Effect.promise(() => answer(question)).pipe(Effect.provideService(CurrentSession, session))
        yield* HoneyHive.endSession(session, { outputs: { last: question } })
        yield* HoneyHive.flush
      }
      const events = (yield* stored).get("chat")
      assert.deepStrictEqual(
        events?.map((event) => event.event_name),
        ["chat", "answer", "answer"]
      )
      assert.deepStrictEqual(events?.[0]?.outputs, { last: "b" })
      assert.strictEqual(events?.[0]?.metadata["session_id"], "chat-42")
    }).pipe(Effect.provide(HoneyHiveLocal))
  )

  it.live("are opened and ended by every request, if that is wanted", () =>
    Effect.gen(function* () {
      const request = (name: string, body: Effect.Effect<unknown, string, HoneyHive>) =>
        body.pipe(Effect.withSpan(name, { kind: "server" }), Effect.ignore)
      yield* Effect.all(
        [
          request(
            "GET /a",
            Effect.promise(() => answer("a"))
          ),
          request(
            "GET /b",
            Effect.andThen(HoneyHive.enrichSession({ userProperties: { id: "u1" } }), Effect.fail("no"))
          )
        ],
        { concurrency: 2 }
      )
      const sessions = yield* stored
      const said = ["GET /a", "GET /b"].map((name) => sessions.get(name)?.map((event) => event.event_name))
      assert.deepStrictEqual(said, [
        ["GET /a", "GET /a", "answer"],
        ["GET /b", "GET /b"]
      ])
      const [a, b] = ["GET /a", "GET /b"].map((name) => sessions.get(name)?.[0])
      assert.strictEqual(a?.metadata["status"], "ok")
      assert.deepInclude(b?.metadata, { status: "error", error: "no" })
      assert.deepStrictEqual(b?.user_properties, { id: "u1" })
    }).pipe(Effect.provide(layer({ tracing: { sessionPerServerSpan: true } })))
  )
})
