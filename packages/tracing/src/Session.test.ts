import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { HoneyHive } from "./HoneyHive.ts"
import { type Answer, backend, type Request } from "./internal/backend.fixture.ts"

const json = (request: Request): Record<string, unknown> => JSON.parse(request.body.toString())

/** Answers as HoneyHive does: a started session comes back as an event. */
const honeyhive: Answer = (request) => {
  if (request.path !== "/v1/sessions") return { status: 200, body: request.method === "PUT" ? "" : "{}" }
  const session = json(request)
  const event = {
    event_id: session["session_id"],
    session_id: session["session_id"],
    parent_id: null,
    children_ids: [],
    event_type: "session",
    event_name: "s",
    source: "dev",
    start_time: 0,
    end_time: null,
    duration: null,
    error: null,
    inputs: {},
    outputs: {},
    config: {},
    metadata: {},
    metrics: {},
    feedback: {},
    user_properties: {}
  }
  return { status: 200, body: JSON.stringify(event) }
}

/** Collects what the instance says through the program's logger. */
const lines: Array<string> = []
const logs = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])

const rest = (requests: ReadonlyArray<Request>) => requests.filter((request) => request.path.startsWith("/v1/"))

describe("Session", () => {
  it.live("is announced with what is known of it and ended with its outcome, in that order", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(honeyhive)
      const id = "5b8efff7-9803-4103-9269-b633813fc60c"
      yield* HoneyHive.enrichSession({ outputs: { answer: 42 }, feedback: { rating: 5 } }).pipe(
        HoneyHive.withSession({ id, name: "support", userId: "u1", inputs: { question: "?" }, metadata: { a: 1 } }),
        Effect.provide(HoneyHive.layer({ apiKey: "hh_key", url, source: "test" })),
        Effect.provide(logs)
      )
      assert.deepStrictEqual(lines, [])
      const [start, update, end] = rest(requests)
      assert.deepStrictEqual([start?.method, start?.path], ["POST", "/v1/sessions"])
      assert.strictEqual(start?.headers["authorization"], "Bearer hh_key")
      assert.isUndefined(start?.headers["traceparent"])
      const { start_time, ...said } = json(start!)
      assert.isNumber(start_time)
      assert.deepStrictEqual(said, {
        session_id: id,
        session_name: "support",
        event_name: "support",
        source: "test",
        inputs: { question: "?" },
        metadata: { a: 1 },
        user_properties: { user_id: "u1" }
      })
      assert.deepStrictEqual([update?.method, update?.path], ["PUT", `/v1/events/${id}`])
      assert.deepStrictEqual(json(update!), { outputs: { answer: 42 }, feedback: { rating: 5 } })
      assert.deepStrictEqual([end?.method, end?.path], ["PUT", `/v1/events/${id}`])
      assert.deepStrictEqual(json(end!)["metadata"], { status: "ok" })
      assert.isNumber(json(end!)["end_time"])
      assert.strictEqual(rest(requests).length, 3)
    })
  )

  it.live("maps an id of another kind to a UUID, always the same, and keeps it", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(honeyhive)
      const id = HoneyHive.use((hive) => hive.session).pipe(
        Effect.map((session) => session.id),
        HoneyHive.withSession({ id: "chat-42", metadata: { a: 1 } }),
        Effect.provide(HoneyHive.layer({ apiKey: "hh_key", url }))
      )
      // python3 -c 'import uuid; print(uuid.uuid5(uuid.NAMESPACE_OID, "chat-42"))'
      assert.strictEqual(yield* id, "30dfb3d8-bff6-586a-a0e7-c6c48cca43b8")
      assert.strictEqual(yield* id, "30dfb3d8-bff6-586a-a0e7-c6c48cca43b8")
      const [start] = rest(requests)
      assert.deepInclude(json(start!), {
        session_id: "30dfb3d8-bff6-586a-a0e7-c6c48cca43b8",
        metadata: { session_id: "chat-42", a: 1 }
      })
    })
  )

  it.live("says why it failed, and hands the failure on", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(honeyhive)
      const error = yield* Effect.fail("no stock").pipe(
        HoneyHive.withSession(),
        Effect.provide(HoneyHive.layer({ apiKey: "hh_key", url })),
        Effect.flip
      )
      assert.strictEqual(error, "no stock")
      assert.deepStrictEqual(json(rest(requests)[1]!)["metadata"], { status: "error", error: "no stock" })
    })
  )

  it.live("the instance's own session is announced only when something belongs to it", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(honeyhive)
      const layer = () => HoneyHive.layer({ apiKey: "hh_key", url, sessionName: "own" })
      yield* Effect.void.pipe(Effect.provide(layer()))
      assert.strictEqual(requests.length, 0)
      yield* Effect.void.pipe(Effect.withSpan("a"), Effect.provide(layer()))
      assert.strictEqual(json(rest(requests)[0]!)["session_name"], "own")
      assert.strictEqual(rest(requests).length, 2)
    })
  )

  it.live("a refused announcement is a warning, never the program's failure", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend((request) =>
        request.path.startsWith("/v1/")
          ? { status: 401, body: JSON.stringify({ statusCode: 401, message: "no", success: false }) }
          : { status: 200, body: "{}" }
      )
      const result = yield* Effect.succeed(1).pipe(
        Effect.withSpan("a"),
        HoneyHive.withSession(),
        Effect.provide(HoneyHive.layer({ apiKey: "hh_key", url })),
        Effect.provide(logs)
      )
      assert.strictEqual(result, 1)
      assert.include(lines[0], "starting a session failed")
      // A key that is refused stays refused: no retry
      assert.strictEqual(rest(requests).filter((request) => request.method === "POST").length, 1)
    })
  )
})
