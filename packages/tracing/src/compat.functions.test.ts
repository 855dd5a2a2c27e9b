import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { HoneyHiveTracer, traceChain, traceFunction, traceModel, traceTool } from "./compat.ts"
import { scenario } from "./internal/honeyhive.fixture.ts"

const SESSION = "honeyhive.session_id"
const pause = () => new Promise((resolve) => setImmediate(resolve))

describe("traced functions", () => {
  const wrappers = async (url: string) => {
    const tracer = await HoneyHiveTracer.init({ apiKey: "hh_key", serverUrl: url })
    type Wrap = typeof traceTool
    return [
      traceModel,
      traceTool,
      traceChain,
      traceFunction({ eventType: "tool" }) as Wrap,
      (fn) => tracer.traceModel(fn),
      (fn) => tracer.traceTool(fn),
      (fn) => tracer.traceChain(fn),
      tracer.traceFunction() as Wrap
    ] satisfies ReadonlyArray<Wrap>
  }

  it.live("run once, keep `this`, identity, name, length, properties, and whether they are synchronous", () =>
    scenario(async ({ url }) => {
      for (const wrap of await wrappers(url)) {
        let calls = 0
        const error = new Error("no")
        const value = { big: 1n }
        const fails = wrap((): never => {
          calls++
          throw error
        })
        assert.strictEqual(
          (() => {
            try {
              return fails()
            } catch (thrown) {
              return thrown
            }
          })(),
          error
        )
        assert.strictEqual(calls, 1)
        const rejects = wrap(async () => Promise.reject(error))
        assert.strictEqual(await rejects().catch((thrown: unknown) => thrown), error)
        const method = wrap(
          Object.assign(
            function method(this: unknown, _left: unknown, _right: unknown) {
              return [this, value]
            },
            { extra: 1 }
          )
        )
        const [self, same] = method.call(value, 1, 2)
        assert.strictEqual(self, value)
        assert.strictEqual(same, value)
        assert.deepStrictEqual([method.name, method.length, method.extra], ["method", 2, 1])
      }
    })
  )

  it.live("law: wrapped f equals f, run exactly once, whatever it is given and however it ends", () =>
    scenario(async ({ url }) => {
      const wraps = await wrappers(url)
      const outcome = fc.record({ value: fc.anything(), fails: fc.boolean(), waits: fc.boolean() })
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...wraps),
          fc.array(fc.anything()),
          outcome,
          async (wrap, args, { fails, value, waits }) => {
            const seen: Array<ReadonlyArray<unknown>> = []
            const settle = () => {
              if (fails) throw value
              // In a list: a thenable would be awaited
              return [value]
            }
            const wrapped = wrap((...given: Array<unknown>): unknown => {
              seen.push(given)
              return waits ? pause().then(settle) : settle()
            })
            let threw = false
            let ended: unknown
            try {
              const result = wrapped(...args)
              assert.strictEqual(result instanceof Promise, waits)
              ended = await result
            } catch (error) {
              threw = true
              ended = [error]
            }
            assert.strictEqual(threw, fails)
            assert.isTrue(Object.is((ended as ReadonlyArray<unknown>)[0], value))
            assert.strictEqual(seen.length, 1)
            assert.isTrue(args.every((arg, index) => Object.is(arg, seen[0]?.[index])))
          }
        )
      )
    })
  )

  it.live("trace: runs once, returns and throws what the function does", () =>
    scenario(async ({ url }) => {
      const tracer = await HoneyHiveTracer.init({ apiKey: "hh_key", serverUrl: url })
      let calls = 0
      const error = { not: "an Error" }
      assert.strictEqual(
        await tracer
          .trace(async () => {
            calls++
            throw error
          })
          .catch((thrown: unknown) => thrown),
        error
      )
      try {
        tracer.trace(() => {
          calls++
          throw error
        })
      } catch (thrown) {
        assert.strictEqual(thrown, error)
      }
      assert.strictEqual(calls, 2)
    })
  )

  it.live("belong to the first tracer when they are called from nowhere, and to no one before", () =>
    scenario(async ({ spans, url }) => {
      const search = traceTool(() => 1, { eventName: "search" })
      search()
      const first = await HoneyHiveTracer.init({ apiKey: "hh_key", serverUrl: url })
      await HoneyHiveTracer.init({ apiKey: "hh_key", serverUrl: url })
      search()
      await HoneyHiveTracer.flush()
      assert.deepStrictEqual(
        spans().map(({ attributes }) => attributes[SESSION]),
        [first.sessionId]
      )
    })
  )

  it.live("are named by eventName, their own name, hh_name, their type", () =>
    scenario(async ({ spans, url }) => {
      const tracer = await HoneyHiveTracer.init({ apiKey: "hh_key", serverUrl: url })
      const named = function named() {}
      tracer.trace(() => {
        traceTool(named, { eventName: "given" })()
        traceTool(named)()
        traceFunction({})(Object.assign(() => {}, { hh_name: "marked" }))()
        traceFunction({ eventType: "MODEL" })((() => () => {})())()
        traceFunction({ eventType: "other" })((() => () => {})())()
        traceFunction()((() => () => {})())()
      })
      await tracer.flush()
      assert.deepStrictEqual(
        spans().map(({ attributes, name }) => [name, attributes["honeyhive_event_type"]]),
        [
          ["given", "tool"],
          ["named", "tool"],
          ["marked", "tool"],
          ["MODEL event", "model"],
          ["other event", "tool"],
          ["event", "tool"]
        ]
      )
    })
  )
})
