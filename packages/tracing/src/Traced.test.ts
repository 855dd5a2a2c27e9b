import { assert, describe, expect, expectTypeOf, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { MemoryExporter } from "./Exporter.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { enrichSpan } from "./PlainSpan.ts"
import { traced } from "./Traced.ts"

const exported = Effect.gen(function* () {
  yield* HoneyHive.flush
  return yield* MemoryExporter.use((memory) => memory.spans)
})

/** Runs plain code under a fresh instance. */
const inside = <A>(evaluate: () => A) => Effect.sync(evaluate)

describe("traced", () => {
  it.effect("records sync calls with inputs, output and type", () =>
    Effect.gen(function* () {
      const add = traced({ type: "chain" }, function add(left: number, right: number) {
        return left + right
      })
      assert.strictEqual(yield* inside(() => add(1, 2)), 3)
      const [span] = yield* exported
      assert.strictEqual(span?.name, "add")
      assert.strictEqual(span?.attributes["honeyhive_event_type"], "chain")
      assert.strictEqual(span?.attributes["honeyhive_inputs._params_.left"], 1)
      assert.strictEqual(span?.attributes["honeyhive_inputs._params_.right"], 2)
      assert.strictEqual(span?.attributes["honeyhive_outputs.result"], 3)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("nests async calls under each other, across awaits, and keeps concurrent ones apart", () =>
    Effect.gen(function* () {
      const inner = traced(async function inner(id: string) {
        await Promise.resolve()
        return id
      })
      const outer = traced(async function outer(id: string) {
        await new Promise((resolve) => setImmediate(resolve))
        return inner(id)
      })
      const session = (id: string) => Effect.promise(() => outer(id)).pipe(HoneyHive.withSession({ name: id }))
      yield* Effect.all([session("a"), session("b")], { concurrency: 2 })
      const spans = yield* exported
      assert.strictEqual(spans.length, 4)
      for (const id of ["a", "b"]) {
        const [innerSpan, outerSpan] = ["inner", "outer"].map((name) =>
          spans.find((span) => span.name === name && span.attributes["honeyhive_outputs.result"] === id)
        )
        assert.strictEqual(innerSpan?.parentSpanContext?.spanId, outerSpan?.spanContext().spanId)
        assert.strictEqual(innerSpan?.attributes["honeyhive.session_name"], id)
        assert.strictEqual(outerSpan?.attributes["honeyhive.session_name"], id)
      }
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("is the parent of Effects run inside it, and the child of the fiber around it", () =>
    Effect.gen(function* () {
      const context = yield* Effect.context<HoneyHive>()
      const plain = traced(async function plain() {
        await Effect.runPromiseWith(context)(Effect.withSpan(Effect.void, "effect", { root: false }))
      })
      yield* Effect.promise(() => plain()).pipe(Effect.withSpan("around"))
      const spans = yield* exported
      const find = (name: string) => spans.find((span) => span.name === name)
      assert.strictEqual(find("plain")?.parentSpanContext?.spanId, find("around")?.spanContext().spanId)
      assert.strictEqual(find("effect")?.parentSpanContext?.spanId, find("plain")?.spanContext().spanId)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("hands on the very error, of sync and async functions, and marks the span", () =>
    Effect.gen(function* () {
      const error = { code: 7 }
      const sync = traced(function sync() {
        throw error
      })
      const asynchronous = traced(async function asynchronous() {
        await Promise.resolve()
        throw error
      })
      const caught = yield* inside(() => {
        try {
          sync()
        } catch (thrown) {
          return thrown
        }
        return undefined
      })
      assert.strictEqual(caught, error)
      const rejected = yield* Effect.tryPromise({ try: () => asynchronous(), catch: (thrown) => thrown }).pipe(
        Effect.flip
      )
      assert.strictEqual(rejected, error)
      const spans = yield* exported
      assert.deepStrictEqual(
        spans.map((span) => [span.name, span.status.code]),
        [
          ["sync", 2],
          ["asynchronous", 2]
        ]
      )
      assert.strictEqual(spans[0]?.attributes["honeyhive_metadata.error.fields.code"], 7)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("records arguments as they were when called", () =>
    Effect.gen(function* () {
      const drain = traced(function drain(list: Array<number>) {
        list.length = 0
      })
      yield* inside(() => drain([1, 2]))
      assert.deepStrictEqual((yield* exported)[0]?.attributes["honeyhive_inputs._params_.list"], [1, 2])
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("keeps what should not be recorded to itself", () =>
    Effect.gen(function* () {
      const login = traced({ name: "login", captureInput: false, captureOutput: false }, (password: string) => password)
      yield* inside(() => login("secret"))
      assert.notInclude(JSON.stringify((yield* exported)[0]?.attributes), "secret")
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("records what is the same on every event, for plain functions and for those that return an Effect", () =>
    Effect.gen(function* () {
      const options = { config: { model: "local" }, metadata: { version: 1 } }
      yield* inside(traced({ ...options, name: "plain" }, () => 1))
      yield* yield* inside(traced({ ...options, name: "effect" }, () => Effect.succeed(1)))
      const spans = yield* exported
      assert.deepStrictEqual(
        spans.map(({ attributes, name }) => [
          name,
          attributes["honeyhive_config.model"],
          attributes["honeyhive_metadata.version"]
        ]),
        [
          ["plain", "local", 1],
          ["effect", "local", 1]
        ]
      )
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("lets plain code add to its own event, across awaits, and to nobody else's", () =>
    Effect.gen(function* () {
      const step = traced({ name: "step" }, async (id: string) => {
        await Promise.resolve()
        enrichSpan({ metadata: { id }, name: `step ${id}` })
      })
      enrichSpan({ metadata: { lost: true } })
      yield* Effect.promise(() => Promise.all([step("a"), step("b")])).pipe(Effect.withSpan("around"))
      yield* Effect.sync(() => enrichSpan({ error: "said" })).pipe(Effect.withSpan("fiber"))
      const spans = yield* exported
      const said = spans.map((span) => [
        span.name,
        span.attributes["honeyhive_metadata.id"],
        span.attributes["honeyhive_event_name"],
        span.attributes["honeyhive_error"]
      ])
      assert.deepStrictEqual(said, [
        ["step", "a", "step a", undefined],
        ["step", "b", "step b", undefined],
        ["around", undefined, undefined, undefined],
        ["fiber", undefined, undefined, "said"]
      ])
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it("is the plain function outside of every instance", () => {
    const double = traced((n: number) => n * 2)
    assert.strictEqual(double(2), 4)
  })

  it("keeps this, length, name and own properties", () => {
    const original = Object.assign(
      function method(this: { factor: number }, a: number, b: number) {
        return this.factor * (a + b)
      },
      { extra: 1 }
    )
    const wrapped = traced({ name: "other" }, original)
    assert.strictEqual(wrapped.call({ factor: 2 }, 1, 2), 6)
    assert.strictEqual(wrapped.length, 2)
    assert.strictEqual(wrapped.name, "method")
    assert.strictEqual(wrapped.extra, 1)
  })

  it.effect("hands on a known promise itself", () =>
    Effect.gen(function* () {
      const known = Promise.resolve(1)
      const cached = traced(() => known)
      assert.strictEqual(yield* inside(() => cached()), known)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("records of arguments and result what it is asked to, and what is true at the call", () =>
    Effect.gen(function* () {
      let region = "eu"
      const search = traced(
        {
          name: "search",
          type: "agent",
          captureInput: ([query, { key }]) => ({ query, key: key.slice(0, 2) }),
          captureOutput: (hits) => ({ hits: hits.length }),
          attributes: () => ({ region, "deployment.zone": { name: "a" } })
        },
        async (query: string, options: { readonly key: string }) => [query, options.key]
      )
      yield* Effect.promise(() => search("refund", { key: "secret" }))
      region = "us"
      yield* Effect.promise(() => search("refund", { key: "secret" }))
      const [first, second] = yield* exported
      assert.deepInclude(first?.attributes, {
        honeyhive_event_type: "chain",
        "honeyhive_inputs.query": "refund",
        "honeyhive_inputs.key": "se",
        "honeyhive_outputs.hits": 2,
        region: "eu",
        "deployment.zone.name": "a"
      })
      assert.strictEqual(second?.attributes["region"], "us")
      assert.notInclude(JSON.stringify(first?.attributes), "secret")
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("a hook that throws records nothing of what it was to record", () =>
    Effect.gen(function* () {
      const hook = () => {
        throw new Error("hook")
      }
      const login = traced(
        { name: "login", captureInput: hook, captureOutput: hook, attributes: hook },
        (password: string) => password
      )
      const stream = traced({ name: "stream", captureOutput: hook }, function* (password: string) {
        yield password
      })
      const effect = traced({ name: "effect", captureOutput: hook, captureInput: hook }, (password: string) =>
        Effect.succeed(password)
      )
      assert.strictEqual(yield* inside(() => login("secret")), "secret")
      assert.deepStrictEqual(yield* inside(() => [...stream("x")]), ["x"])
      assert.strictEqual(yield* effect("secret"), "secret")
      const spans = yield* exported
      assert.deepStrictEqual(
        spans.map((span) => [span.name, span.status.code]),
        [
          ["login", 1],
          ["stream", 1],
          ["effect", 1]
        ]
      )
      assert.notInclude(JSON.stringify(spans.map((span) => span.attributes)), "secret")
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("maps what a stream and an Effect gave", () =>
    Effect.gen(function* () {
      const words = traced({ name: "words", captureOutput: (text) => ({ text }) }, function* () {
        yield "a"
        yield "b"
      })
      const double = traced({ name: "double", captureOutput: (n) => ({ half: n / 2 }) }, (n: number) =>
        Effect.succeed(2 * n)
      )
      yield* inside(() => [...words()])
      yield* double(4)
      const [stream, effect] = yield* exported
      assert.strictEqual(stream?.attributes["honeyhive_outputs.text"], "ab")
      assert.strictEqual(effect?.attributes["honeyhive_outputs.half"], 4)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("keeps an error's name, message, own properties and identity", () =>
    Effect.gen(function* () {
      class OutOfStock extends Error {
        override readonly name = "OutOfStock"
        readonly sku = "a1"
      }
      const error = Object.freeze(new OutOfStock("none left"))
      const before = Object.getOwnPropertyDescriptors(error)
      const buy = traced({ name: "buy" }, () => {
        throw error
      })
      const thrown = yield* inside(() => {
        try {
          return buy()
        } catch (thrown) {
          return thrown
        }
      })
      assert.strictEqual(thrown, error)
      assert.deepStrictEqual(Object.getOwnPropertyDescriptors(error), before)
      const [span] = yield* exported
      assert.strictEqual(span?.attributes["honeyhive_error"], "OutOfStock: none left")
      assert.strictEqual(span?.attributes["honeyhive_metadata.error.fields.sku"], "a1")
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it("keeps types: overloads, generics, this, type predicates, and those of the hooks", () => {
    interface Overloaded {
      (value: string): "text"
      (value: number): "number"
    }
    const overloaded = ((value: unknown) => (typeof value === "string" ? "text" : "number")) as Overloaded
    expectTypeOf(traced(overloaded)).toEqualTypeOf<Overloaded>()
    expectTypeOf(traced({ name: "o" }, overloaded)).toEqualTypeOf<Overloaded>()
    expectTypeOf(traced({ name: "o" })(overloaded)).toEqualTypeOf<Overloaded>()

    const generic = <A>(value: A): ReadonlyArray<A> => [value]
    const same: typeof generic = traced(generic)
    expectTypeOf(same("a" as const)).toEqualTypeOf<ReadonlyArray<"a">>()
    expectTypeOf(traced({ type: "model" }, generic)(1 as const)).toEqualTypeOf<ReadonlyArray<1>>()

    const method = function (this: { readonly factor: number }, n: number) {
      return this.factor * n
    }
    expectTypeOf(traced(method)).toEqualTypeOf<(this: { readonly factor: number }, n: number) => number>()

    const isText = (value: unknown): value is string => typeof value === "string"
    expectTypeOf(traced(isText)).guards.toEqualTypeOf<string>()

    const withProperty = Object.assign((n: number) => n, { extra: 1 })
    expectTypeOf(traced(withProperty).extra).toEqualTypeOf<number>()

    traced(
      {
        captureInput: (args) => {
          expectTypeOf(args).toEqualTypeOf<[query: string, limit: number]>()
          return {}
        },
        captureOutput: (result) => {
          expectTypeOf(result).toEqualTypeOf<Array<string>>()
          return {}
        }
      },
      async (query: string, limit: number) => [query, String(limit)]
    )
    // @ts-expect-error an event type that does not exist
    traced({ type: "banana" }, generic)
    // @ts-expect-error no function
    expect(() => traced({}, 1)).toBeDefined()
  })
})
