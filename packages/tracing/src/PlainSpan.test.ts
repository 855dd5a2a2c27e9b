import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { MemoryExporter } from "./Exporter.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { currentSpan, startSpan, withSpan } from "./PlainSpan.ts"
import { traced } from "./Traced.ts"

const exported = Effect.gen(function* () {
  yield* HoneyHive.flush
  return yield* MemoryExporter.use((memory) => memory.spans)
})

const tick = () => new Promise((resolve) => setImmediate(resolve))

describe("plain spans", () => {
  it.effect("are held, nested and ended by functions", () =>
    Effect.gen(function* () {
      const leaf = traced({ name: "leaf" }, async () => {
        await tick()
        currentSpan().enrich({ metadata: { leaf: true } })
      })
      yield* Effect.promise(async () => {
        const held = startSpan("held", { type: "workflow", inputs: () => ({ q: "?" }) })
        await held.within(async () => {
          await tick()
          await leaf()
        })
        held.link("00-5b8efff798038103d269b633813fc60c-eee19b7ec3c1b174-01")
        held.end({ outputs: { a: "!" }, error: new Error("no") })
        held.end()
      }).pipe(Effect.withSpan("around"))
      const [leafSpan, held, around] = yield* exported
      assert.deepStrictEqual([leafSpan?.name, held?.name, around?.name], ["leaf", "held", "around"])
      assert.strictEqual(leafSpan?.parentSpanContext?.spanId, held?.spanContext().spanId)
      assert.strictEqual(held?.parentSpanContext?.spanId, around?.spanContext().spanId)
      assert.strictEqual(leafSpan?.attributes["honeyhive_metadata.leaf"], true)
      assert.deepInclude(held?.attributes, {
        honeyhive_event_type: "chain",
        "honeyhive_inputs.q": "?",
        "honeyhive_outputs.a": "!",
        honeyhive_error: "Error: no"
      })
      assert.strictEqual(held?.links.length, 1)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("end as `using` variables", () =>
    Effect.gen(function* () {
      yield* Effect.sync(() => {
        using span = startSpan("scoped")
        span.enrich({ score: 1 })
      })
      assert.deepStrictEqual(
        (yield* exported).map((span) => span.name),
        ["scoped"]
      )
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("withSpan keeps results and errors, and records what it is asked to", () =>
    Effect.gen(function* () {
      const error = new Error("no")
      yield* Effect.promise(async () => {
        assert.strictEqual(
          withSpan("sync", { captureOutput: true }, () => 1),
          1
        )
        const hits = await withSpan("async", { captureOutput: (found) => ({ hits: found.length }) }, async () => {
          await tick()
          return ["a"]
        })
        assert.deepStrictEqual(hits, ["a"])
        assert.throws(
          () =>
            withSpan("throws", {}, () => {
              throw error
            }),
          "no"
        )
        const rejected = await withSpan("rejects", {}, () => Promise.reject(error)).catch((thrown: unknown) => thrown)
        assert.strictEqual(rejected, error)
        const hook = () => {
          throw new Error("hook")
        }
        assert.strictEqual(
          withSpan("hook", { captureOutput: hook, inputs: hook }, () => 2),
          2
        )
      })
      const said = (yield* exported).map(({ attributes, name, status }) => [
        name,
        status.code === 2,
        attributes["honeyhive_outputs.result"] ?? attributes["honeyhive_outputs.hits"]
      ])
      assert.deepStrictEqual(said, [
        ["sync", false, 1],
        ["async", false, 1],
        ["throws", true, undefined],
        ["rejects", true, undefined],
        ["hook", false, undefined]
      ])
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it("do nothing outside of every instance, and cost nothing: it is the same span every time", () => {
    const span = startSpan("nowhere", {
      inputs: () => {
        throw new Error("evaluated")
      }
    })
    assert.strictEqual(span, currentSpan())
    assert.isFalse(span.isRecording)
    assert.strictEqual(
      span.within(() => 1),
      1
    )
    assert.strictEqual(
      withSpan("nowhere", {}, () => 2),
      2
    )
    span.end()
  })
})
