import { assert, describe, it } from "@effect/vitest"
import * as OtelApi from "@opentelemetry/api"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { getBaggage, withBaggage } from "./Baggage.ts"
import { MemoryExporter } from "./Exporter.ts"
import { start } from "./Handle.ts"
import { HoneyHive } from "./HoneyHive.ts"
import * as instance from "./internal/instance.ts"
import { inject } from "./Propagation.ts"
import * as Registry from "./Registry.ts"
import { traced } from "./Traced.ts"

const id = "4879a1f2-6d5c-4f0e-9d3b-2f6f1f1c9a10"

const attributes = Effect.gen(function* () {
  yield* HoneyHive.flush
  const spans = yield* MemoryExporter.use((memory) => memory.spans)
  return new Map(spans.map((span) => [span.name, span.attributes]))
})

const step = (name: string) => Effect.withSpan(Effect.yieldNow, name)

describe("baggage on spans", () => {
  it.effect("moves a span to its session, project, source and experiment; the rest becomes baggage.*", () =>
    Effect.gen(function* () {
      yield* step("in").pipe(
        withBaggage({
          honeyhive_session_id: id.toUpperCase(),
          session_id: "11111111-1111-4111-8111-111111111111",
          honeyhive_project: "theirs",
          source: "their-source",
          run_id: "r",
          dataset_id: "d",
          datapoint_id: "p",
          honeyhive_tracer_id: "t",
          tenant: "acme"
        })
      )
      yield* step("out")
      const found = yield* attributes
      const [inside, outside] = [found.get("in")!, found.get("out")!]
      assert.strictEqual(inside["honeyhive.session_id"], id)
      assert.strictEqual(inside["traceloop.association.properties.session_id"], id)
      assert.notProperty(inside, "honeyhive.session_name")
      assert.strictEqual(inside["honeyhive.source"], "their-source")
      assert.strictEqual(inside["traceloop.association.properties.project"], "theirs")
      for (const [key, value] of [
        ["run_id", "r"],
        ["dataset_id", "d"],
        ["datapoint_id", "p"]
      ] as const) {
        assert.strictEqual(inside[`honeyhive_metadata.${key}`], value)
        assert.strictEqual(inside[`traceloop.association.properties.${key}`], value)
      }
      assert.deepStrictEqual(
        Object.keys(inside).filter((name) => name.startsWith("baggage.")),
        ["baggage.tenant"]
      )
      assert.strictEqual(outside["honeyhive.source"], "ours")
      assert.strictEqual(outside["honeyhive.session_name"], "mine")
      assert.notStrictEqual(outside["honeyhive.session_id"], id)
      assert.notProperty(outside, "honeyhive_metadata.run_id")
    }).pipe(Effect.provide(HoneyHive.layerMemory({ source: "ours", sessionName: "mine" })))
  )

  it.effect("an id that is no UUID does not become a session's", () =>
    Effect.gen(function* () {
      yield* step("in").pipe(withBaggage({ session_id: "chat-42" }))
      yield* step("out")
      const found = yield* attributes
      assert.strictEqual(found.get("in")!["honeyhive.session_id"], found.get("out")!["honeyhive.session_id"])
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("of sessions the nearest counts: one started inside of baggage is not undone by more baggage", () =>
    Effect.gen(function* () {
      yield* step("own").pipe(
        withBaggage({ run_id: "r" }),
        HoneyHive.withSession({ name: "own" }),
        withBaggage({ session_id: id })
      )
      yield* step("theirs").pipe(withBaggage({ session_id: id }), HoneyHive.withSession({ name: "own" }))
      const found = yield* attributes
      assert.strictEqual(found.get("own")!["honeyhive.session_name"], "own")
      assert.notStrictEqual(found.get("own")!["honeyhive.session_id"], id)
      assert.strictEqual(found.get("own")!["honeyhive_metadata.run_id"], "r")
      assert.strictEqual(found.get("theirs")!["honeyhive.session_id"], id)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("concurrent fibers keep theirs apart, and forked ones inherit", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 20 }, (_, index) => `n${index}`)
      yield* Effect.forEach(
        names,
        (name) =>
          Effect.forkChild(Effect.andThen(Effect.yieldNow, step(name))).pipe(
            Effect.flatMap(Fiber.join),
            withBaggage({ name })
          ),
        { concurrency: "unbounded" }
      )
      const found = yield* attributes
      for (const name of names) assert.strictEqual(found.get(name)!["baggage.name"], name)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("undefined takes a member away, for the inside only", () =>
    Effect.gen(function* () {
      yield* step("outer").pipe(
        Effect.andThen(step("inner").pipe(withBaggage({ a: undefined, b: "2" }))),
        withBaggage({ a: "1" })
      )
      const found = yield* attributes
      assert.strictEqual(found.get("outer")!["baggage.a"], "1")
      assert.notProperty(found.get("inner")!, "baggage.a")
      assert.strictEqual(found.get("inner")!["baggage.b"], "2")
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect(
    "an instance has baggage of its own, on every span, under what its fibers have; another instance has not",
    () =>
      Effect.gen(function* () {
        const instance = (name: string) => Layer.build(Layer.fresh(HoneyHive.layerMemory({ sessionName: name })))
        const [first, second] = [yield* instance("first"), yield* instance("second")]
        yield* Context.get(first, HoneyHive).setBaggage({ run_id: "r1", zone: "eu", gone: "x" })
        yield* Context.get(first, HoneyHive).setBaggage({ gone: undefined })
        const program = Effect.gen(function* () {
          yield* step("plain")
          yield* step("own").pipe(withBaggage({ run_id: "r2" }))
          const seen = getBaggage("zone")
          return [seen, yield* attributes] as const
        })
        const [seen, found] = yield* Effect.provideContext(program, first)
        assert.strictEqual(seen, "eu")
        assert.strictEqual(found.get("plain")!["honeyhive_metadata.run_id"], "r1")
        assert.notProperty(found.get("plain")!, "baggage.gone")
        assert.strictEqual(found.get("own")!["honeyhive_metadata.run_id"], "r2")
        assert.strictEqual(found.get("own")!["baggage.zone"], "eu")
        const [, other] = yield* Effect.provideContext(program, second)
        assert.notProperty(other.get("plain")!, "honeyhive_metadata.run_id")
      })
  )

  it.effect("a library that speaks OpenTelemetry's API brings the baggage of its context", () =>
    Effect.gen(function* () {
      const { tracerProvider } = yield* HoneyHive
      const baggage = OtelApi.propagation.createBaggage({ session_id: { value: id }, tenant: { value: "acme" } })
      const context = OtelApi.propagation.setBaggage(OtelApi.ROOT_CONTEXT, baggage)
      tracerProvider.getTracer("x").startSpan("lib", {}, context).end()
      const found = yield* attributes
      assert.strictEqual(found.get("lib")!["honeyhive.session_id"], id)
      assert.strictEqual(found.get("lib")!["baggage.tenant"], "acme")
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("no attribute limit cuts what says where a span belongs", () =>
    Effect.gen(function* () {
      yield* step("in").pipe(withBaggage({ session_id: id, run_id: "r" }))
      const found = yield* attributes
      assert.strictEqual(found.get("in")!["honeyhive.session_id"], id)
      assert.strictEqual(found.get("in")!["honeyhive_metadata.run_id"], "r")
    }).pipe(Effect.provide(HoneyHive.layerMemory({ maxAttributes: 1 })))
  )
})

describe("an instance that baggage names", () => {
  it.effect("gets the spans of code that runs under no other", () =>
    Effect.gen(function* () {
      const [first, second] = yield* Effect.promise(() =>
        Promise.all([start({ testMode: true }), start({ testMode: true })])
      )
      const under = traced({ name: "under" }, () => instance.current()?.tracer.stamp.identity.id)
      const named = yield* Effect.sync(under).pipe(withBaggage({ honeyhive_tracer_id: second.id }))
      assert.strictEqual(named, second.id)
      assert.strictEqual(yield* Effect.sync(under), first.id)
      assert.strictEqual(yield* Effect.sync(under).pipe(withBaggage({ honeyhive_tracer_id: "unknown" })), first.id)
      yield* Effect.promise(() => Promise.all([first.close(), second.close()]))
    })
  )
})

describe("baggage in plain code", () => {
  const inner = traced({ name: "inner" }, async () => {
    await new Promise((resolve) => setImmediate(resolve))
    return getBaggage("tenant")
  })

  it("goes with the functions that run inside, and whatever they start", async () => {
    await using hive = await start({ testMode: true })
    const seen = await Promise.all(["a", "b"].map((tenant) => withBaggage({ tenant }, () => inner())))
    assert.deepStrictEqual(seen, ["a", "b"])
    assert.isUndefined(getBaggage("tenant"))
    hive.setBaggage({ tenant: "all" })
    assert.strictEqual(await inner(), "all")
    assert.strictEqual(
      withBaggage({ session_id: id }, () => getBaggage("session_id")),
      id
    )
    assert.strictEqual(
      await withBaggage({ tenant: "c" }, () => Effect.runPromise(Effect.sync(() => getBaggage("tenant")))),
      "c"
    )
  })

  it("without an instance a function runs as it is", () => {
    assert.isUndefined(Registry.getDefault())
    const error = new Error("no")
    assert.strictEqual(
      withBaggage({ tenant: "a" }, () => 42),
      42
    )
    assert.throws(() =>
      withBaggage({ tenant: "a" }, () => {
        throw error
      })
    )
    assert.deepStrictEqual(inject(), {})
  })

  it("hostile members do not reach the program", async () => {
    await using _ = await start({ testMode: true })
    const headers = withBaggage({ "": "empty", "a b": "c\ud800", __proto__x: "1", constructor: "2" }, () => inject())
    assert.include(headers["baggage"], "a%20b=c%EF%BF%BD")
    assert.include(headers["baggage"], "constructor=2")
    assert.notInclude(headers["baggage"], "empty")
  })
})
