import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
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

  it.effect("law: wrapped f equals f, run exactly once", () =>
    Effect.gen(function* () {
      const context = yield* Effect.context<HoneyHive>()
      const run = Effect.runSyncWith(context)
      const throwing = () => {
        throw new Error("hostile")
      }
      const revoked = Proxy.revocable({}, {})
      revoked.revoke()
      const cycle: Record<string, unknown> = {}
      cycle["self"] = cycle
      const hostile: ReadonlyArray<unknown> = [
        cycle,
        revoked.proxy,
        new Proxy({}, { get: throwing, has: throwing, ownKeys: throwing, getPrototypeOf: throwing }),
        new Proxy(() => 1, { get: throwing, apply: throwing }),
        Object.defineProperty({}, "then", { get: throwing }),
        { toJSON: throwing },
        Object.freeze({ then: () => 1 }),
        Object.freeze([1]),
        Symbol("s"),
        10n
      ]
      const any = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true })
      // Lazily: fast-check itself looks at the values it generates
      const value = fc.oneof(
        any.map((value) => () => value),
        fc.nat(hostile.length - 1).map((index) => () => hostile[index])
      )
      fc.assert(
        fc.property(fc.array(value, { maxLength: 4 }), value, fc.boolean(), (someArgs, someResult, throws) => {
          const [args, result] = [someArgs.map((arg) => arg()), someResult()]
          let calls = 0
          const seen: Array<Array<unknown>> = []
          const f = function (...received: Array<unknown>) {
            calls++
            seen.push(received)
            if (throws) throw result
            return result
          }
          const outcome = run(
            Effect.sync(() => {
              try {
                return { returned: traced({ name: "f" }, f)(...args) }
              } catch (thrown) {
                return { thrown }
              }
            })
          )
          assert.strictEqual(calls, 1)
          assert.isTrue(seen[0]?.every((received, index) => Object.is(received, args[index])))
          assert.isTrue(
            throws
              ? "thrown" in outcome && Object.is(outcome.thrown, result)
              : "returned" in outcome && Object.is(outcome.returned, result)
          )
        }),
        { numRuns: 1000 }
      )
      assert.isAbove((yield* exported).length, 0)
    }).pipe(Effect.provide(HoneyHive.layerMemory({ batchMaxQueue: 10_000 })))
  )
})
