import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MemoryExporter } from "./Exporter.ts"
import { start } from "./Handle.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { backend } from "./internal/backend.fixture.ts"
import * as Registry from "./Registry.ts"
import { traced } from "./Traced.ts"

const search = traced({ name: "search" }, async (query: string) => {
  await new Promise((resolve) => setImmediate(resolve))
  return query
})

const memory = Effect.map(Layer.build(Layer.fresh(HoneyHive.layerMemory())), (context) => ({
  hive: Context.get(context, HoneyHive),
  names: Effect.andThen(
    Effect.ignore(Context.get(context, HoneyHive).flush),
    Effect.map(Context.get(context, MemoryExporter).spans, (spans) => spans.map((span) => span.name))
  )
}))

describe("start", () => {
  it.live(
    "traces a program without Effect: sessions apart, results and errors its own, everything sent at the end",
    () =>
      Effect.gen(function* () {
        const { requests, url } = yield* backend((request) => ({
          status: 200,
          body: request.path.startsWith("/v1/") ? "" : "{}"
        }))
        yield* Effect.promise(async () => {
          await using hive = await start({ apiKey: "hh_key", url })
          const answers = await Promise.all(
            ["a", "b"].map((name) => hive.withSession({ name }, async () => [name, await search(name)]))
          )
          assert.deepStrictEqual(answers, [
            ["a", "a"],
            ["b", "b"]
          ])
          const error = new Error("no")
          assert.throws(() =>
            hive.withSession({ name: "throws" }, () => {
              throw error
            })
          )
          const rejected = hive.withSession({ name: "rejects" }, () => Promise.reject(error))
          assert.strictEqual(await rejected.catch((thrown) => thrown), error)
        })
        const spans = requests
          .filter((request) => request.path.startsWith("/opentelemetry"))
          .map((request) => request.body.toString())
          .join("")
        assert.strictEqual(spans.match(/"name":"search"/g)?.length, 2)
        const started = requests
          .filter((request) => request.method === "POST" && request.path === "/v1/sessions")
          .map((request) => JSON.parse(request.body.toString()).session_name)
        assert.deepStrictEqual(started.toSorted(), ["a", "b", "rejects", "throws"])
        const failed = requests.filter(
          (request) => request.method === "PUT" && request.body.includes('"status":"error"')
        )
        assert.strictEqual(failed.length, 2)
      })
  )

  it.live("offers every operation to plain code, in its own instance wherever it is called", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend((request) => ({
        status: 200,
        body: request.path.startsWith("/v1/") ? "" : "{}"
      }))
      const chat = "30dfb3d8-bff6-586a-a0e7-c6c48cca43b8"
      const other = yield* memory
      const eventId = yield* Effect.promise(async () => {
        await using hive = await start({ apiKey: "hh_key", url })
        Registry.setDefault(other.hive)
        const session = hive.startSession({ id: "chat-42", name: "chat" })
        assert.strictEqual(hive.within(hive.currentSession, session).id, chat)
        const id = await hive.within(async () => {
          const span = hive.startSpan("held")
          await span.within(async () => {
            await search("below")
            hive.enrichSpan({ score: 1 })
          })
          span.end()
          const [event] = hive.events([{ name: "vote", feedback: { rating: 5 } }])
          await hive.withSpan("spanned", {}, async () => hive.currentSpan().link(span))
          return event
        }, session)
        hive.enrichSession("chat-42", { score: 1 })
        hive.enrichEvent(id!, { metadata: { later: true } })
        hive.endSession(session, { outputs: { answer: 42 }, status: "answered" })
        await hive.withSession({ name: "result", outputs: (n) => ({ n }) }, async () => 7)
        return id
      })
      const spans = requests
        .filter((request) => request.path.startsWith("/opentelemetry"))
        .map((request) => request.body.toString())
        .join("")
      for (const name of ["held", "search", "vote", "spanned"]) assert.include(spans, `"name":"${name}"`)
      assert.deepStrictEqual(yield* other.names, [])
      const puts = requests.filter((request) => request.method === "PUT")
      const said = puts.map((request) => [request.path, JSON.parse(request.body.toString())] as const)
      // In one call or two: that depends on whether the first still waits when the second is made
      const ofChat = said.filter(([path]) => path.endsWith(chat)).map(([, body]) => body)
      assert.deepStrictEqual(Object.assign({}, ...ofChat.map(({ metadata }) => metadata)), {
        score: 1,
        status: "answered"
      })
      assert.deepStrictEqual(ofChat.at(-1).outputs, { answer: 42 })
      assert.deepStrictEqual(new Map(said).get(`/v1/events/${eventId}`), { metadata: { later: true } })
      assert.isTrue(said.some(([, { outputs }]) => outputs?.n === 7))
    })
  )

  it.effect("does nothing once it is closed, also where another instance is around", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        const hive = yield* Effect.promise(() => start({ testMode: true }))
        yield* Effect.promise(() => hive.close())
        yield* Effect.sync(() => {
          hive.enrichSpan({ score: 1 })
          hive.currentSpan().enrich({ score: 1 })
          hive.startSpan("late").end()
          hive.event({ name: "late" })
          hive.endSession()
          assert.strictEqual(
            hive.withSession({ name: "late" }, () => hive.withSpan("late", {}, () => 1)),
            1
          )
        }).pipe(Effect.withSpan("around"))
        yield* HoneyHive.flush
        const spans = yield* MemoryExporter.use((memory) => memory.spans)
        assert.deepStrictEqual(
          spans.map(({ attributes, name }) => [name, attributes["honeyhive_metadata.score"]]),
          [["around", undefined]]
        )
      }).pipe(Effect.provide(HoneyHive.layerMemory()))
    })
  )

  it("names its session after the file that starts it", async () => {
    await using hive = await start({ testMode: true })
    assert.strictEqual(hive.currentSession().name, "Handle.test")
  })

  it("rejects with the option that cannot be used", async () => {
    const error: unknown = await start({ url: "nowhere" }).catch((thrown: unknown) => thrown)
    assert.include(String(error), "option url")
  })
})

describe("Registry", () => {
  it.effect("code from nowhere belongs to the instance that was opened first, or to the one that was chosen", () =>
    Effect.gen(function* () {
      const [first, second] = [yield* memory, yield* memory]
      const fromNowhere = Effect.promise(
        // A timer that no fiber has started: its context is the one of the process
        () => new Promise<void>((resolve) => queueMicrotask(() => void search("x").then(() => resolve())))
      )
      assert.strictEqual(Registry.getDefault(), first.hive)
      yield* fromNowhere
      assert.isTrue(Registry.setDefault(second.hive))
      yield* fromNowhere
      yield* fromNowhere
      assert.deepStrictEqual(yield* first.names, ["search"])
      assert.deepStrictEqual(yield* second.names, ["search", "search"])
      Registry.clear()
      yield* fromNowhere
      assert.deepStrictEqual(yield* second.names, ["search", "search"])
    })
  )

  it.effect("an instance leaves with its scope, and cannot be chosen any more", () =>
    Effect.gen(function* () {
      const { hive } = yield* Effect.scoped(memory)
      assert.isUndefined(Registry.getDefault())
      assert.isFalse(Registry.setDefault(hive))
    })
  )

  it.effect("the fiber's own instance comes before the default", () =>
    Effect.gen(function* () {
      const other = yield* memory
      const own = yield* Effect.gen(function* () {
        yield* Effect.promise(() => search("mine"))
        yield* HoneyHive.flush
        return yield* MemoryExporter.use(({ spans }) => spans)
      }).pipe(Effect.provide(HoneyHive.layerMemory()))
      assert.strictEqual(own.length, 1)
      assert.deepStrictEqual(yield* other.names, [])
    })
  )

  it.live("shows its configuration, flat, in groups, and where it comes from", () =>
    Effect.promise(async () => {
      await using hive = await start({ testMode: true, otlp: { protocol: "http/protobuf" } })
      assert.deepStrictEqual(
        [hive.settings.otlpProtocol, hive.settings.otlp.protocol],
        ["http/protobuf", "http/protobuf"]
      )
      assert.deepStrictEqual(hive.describe().fields.otlpProtocol, {
        value: "http/protobuf",
        source: "option otlp.protocol"
      })
    })
  )
})
