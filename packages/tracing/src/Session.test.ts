import { assert, describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { isUuid } from "@honeyhive/contract/Uuid"
import { HoneyHive } from "./HoneyHive.ts"
import { type Answer, backend, type Request } from "./internal/backend.fixture.ts"
import { CurrentSession } from "./Session.ts"
import type { Options } from "./TracerConfig.ts"

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
      const [start, end] = rest(requests)
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
      // What was said of it and its end waited together for the announcement
      assert.deepStrictEqual([end?.method, end?.path], ["PUT", `/v1/events/${id}`])
      const { duration, end_time, ...update } = json(end!)
      assert.deepStrictEqual(update, { outputs: { answer: 42 }, feedback: { rating: 5 }, metadata: { status: "ok" } })
      assert.isNumber(end_time)
      assert.isNumber(duration)
      assert.strictEqual(rest(requests).length, 2)
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

  it.live("ends with the program's result as outputs when asked, with a status of its own, and once", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(honeyhive)
      yield* Effect.gen(function* () {
        yield* Effect.succeed({ answer: 42 }).pipe(
          HoneyHive.withSession({
            name: "mapped",
            outputs: ({ answer }: { readonly answer: number }) => ({ n: answer })
          })
        )
        yield* Effect.succeed(7).pipe(HoneyHive.withSession({ name: "whole", outputs: true }))
        yield* Effect.succeed(7).pipe(
          HoneyHive.withSession({
            name: "hook",
            outputs: () => {
              throw new Error("hook")
            }
          })
        )
        const session = yield* HoneyHive.startSession({ name: "held" })
        assert.strictEqual(
          (yield* Effect.provideService(HoneyHive.currentSession, CurrentSession, session)).id,
          session.id
        )
        yield* HoneyHive.endSession({ outputs: { n: 8 }, status: "answered" }).pipe(
          Effect.provideService(CurrentSession, session)
        )
        yield* HoneyHive.endSession(session)
        yield* HoneyHive.endSession("chat-42", { error: new Error("gone") })
      }).pipe(Effect.provide(HoneyHive.layer({ apiKey: "hh_key", url })))
      const names = new Map(
        rest(requests)
          .filter(({ method }) => method === "POST")
          .map((request) => [`/v1/events/${String(json(request)["session_id"])}`, json(request)["session_name"]])
      )
      const ends = rest(requests)
        .filter(({ method }) => method === "PUT")
        .map((request) => [names.get(request.path), json(request)["outputs"], json(request)["metadata"]])
      assert.deepStrictEqual(
        ends.toSorted(([a], [b]) => String(a).localeCompare(String(b))),
        [
          ["held", { n: 8 }, { status: "answered" }],
          ["hook", undefined, { status: "ok" }],
          ["mapped", { n: 42 }, { status: "ok" }],
          [undefined, undefined, { status: "error", error: "Error: gone" }],
          ["whole", { result: 7 }, { status: "ok" }]
        ]
      )
    })
  )

  it.live("of an experiment says so itself and on every event", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(honeyhive)
      yield* Effect.void.pipe(
        Effect.withSpan("step"),
        HoneyHive.withSession({ runId: "run-1", datasetId: "EXT-1", datapointId: "EXT-2", metadata: { a: 1 } }),
        Effect.provide(HoneyHive.layer({ apiKey: "hh_key", url }))
      )
      const experiment = { run_id: "run-1", dataset_id: "EXT-1", datapoint_id: "EXT-2" }
      assert.deepStrictEqual(json(rest(requests)[0]!)["metadata"], { ...experiment, a: 1 })
      const spans = requests.find((request) => !request.path.startsWith("/v1/"))?.body.toString() ?? ""
      for (const [id, value] of Object.entries(experiment)) {
        assert.include(spans, `{"key":"honeyhive_metadata.${id}","value":{"stringValue":"${value}"}}`)
      }
    })
  )

  it.effect("is named after the file that asks for the instance, when nothing else names it", () =>
    Effect.gen(function* () {
      const name = Effect.map(HoneyHive.currentSession, (session) => session.name)
      const named = (environment: Record<string, string>, options?: Options) =>
        name.pipe(
          Effect.provide(Layer.fresh(HoneyHive.layer({ testMode: true, ...options }))),
          Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(environment))
        )
      assert.strictEqual(yield* named({}), "Session.test")
      assert.strictEqual(yield* named({ HH_SESSION_NAME: "nightly" }), "nightly")
      assert.strictEqual(yield* named({ HH_SESSION_NAME: "nightly" }, { sessionName: "mine" }), "mine")
      const configured = HoneyHive.layerConfig({ testMode: Config.succeed(true) })
      assert.strictEqual(yield* name.pipe(Effect.provide(configured)), "Session.test")
    })
  )

  it.live("of a request is opened by its server span and ended with it, when that is wanted", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(honeyhive)
      const request = (name: string) =>
        Effect.gen(function* () {
          yield* Effect.yieldNow
          const session = yield* HoneyHive.currentSession.pipe(Effect.withSpan("handler"))
          assert.strictEqual(session.name, name)
          if (name === "GET /b") return yield* Effect.fail("no")
          return session.id
        }).pipe(Effect.withSpan(name, { kind: "server" }), Effect.ignore)
      const run = (options: Options) =>
        Effect.all([request("GET /a"), request("GET /b")], { concurrency: 2 }).pipe(
          Effect.provide(Layer.fresh(HoneyHive.layer({ apiKey: "hh_key", url, ...options })))
        )
      yield* run({ sessionPerServerSpan: true })
      const [first, second, ...ends] = rest(requests)
      assert.deepStrictEqual([first, second].map((request) => json(request!)["session_name"]).toSorted(), [
        "GET /a",
        "GET /b"
      ])
      assert.deepStrictEqual(
        ends
          .map((request) => json(request)["metadata"])
          .toSorted((a, b) => JSON.stringify(b).localeCompare(JSON.stringify(a))),
        [{ status: "ok" }, { status: "error", error: "no" }]
      )
      const spans = requests.find((request) => !request.path.startsWith("/v1/"))?.body.toString() ?? ""
      for (const request of [first, second]) {
        assert.strictEqual(
          spans.split(`"honeyhive.session_id","value":{"stringValue":"${String(json(request!)["session_id"])}"`).length,
          3
        )
      }
      yield* Effect.exit(run({ sessionName: "GET /a" }))
      assert.strictEqual(rest(requests).filter(({ method }) => method === "POST").length, 3)
    })
  )

  it.live("in test mode no request is ever made, and ids are valid", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(honeyhive)
      const ids = yield* Effect.gen(function* () {
        const session = yield* HoneyHive.currentSession
        const event = yield* HoneyHive.event({ name: "vote" }).pipe(Effect.withSpan("page"))
        const current = yield* HoneyHive.currentEventId.pipe(Effect.withSpan("answer"))
        yield* HoneyHive.enrichSession({ metadata: { a: 1 } })
        yield* HoneyHive.enrichEvent(event, { feedback: { rating: 5 } })
        const receipt = yield* HoneyHive.flush
        assert.deepStrictEqual(receipt, { accepted: 3, spooled: 0, dropped: {}, pending: 0 })
        return [session.id, event, current]
      }).pipe(HoneyHive.withSession(), Effect.provide(HoneyHive.layer({ apiKey: "hh_key", url, testMode: true })))
      assert.isTrue(ids.every(isUuid))
      assert.deepStrictEqual(requests, [])
    })
  )
})
