import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { transform } from "esbuild"
import { MemoryExporter } from "./Exporter.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { tracedClass, traceMethod } from "./TracedClass.ts"

const spansOf = (evaluate: () => Promise<void> | void) =>
  Effect.gen(function* () {
    yield* Effect.promise(async () => evaluate())
    yield* HoneyHive.flush
    const spans = yield* MemoryExporter.use((memory) => memory.spans)
    return spans.map((span) => [span.name, span.attributes["honeyhive_event_type"]])
  }).pipe(Effect.provide(HoneyHive.layerMemory()))

class Base {
  readonly unit: string = "g"
  inherited() {
    return this.unit
  }
  overridden() {
    return "base"
  }
}

const make = (options: Parameters<typeof tracedClass>[0]) =>
  tracedClass(options)(
    class Scale extends Base {
      #weight = 0
      static of() {
        return new this()
      }
      get weight() {
        return this.#weight
      }
      async put(weight: number) {
        this.#weight += weight
        return `${this.#weight}${this._suffix()}`
      }
      override overridden() {
        return `${super.overridden()}, scale`
      }
      _suffix() {
        return this.unit
      }
    }
  )

describe("tracedClass", () => {
  it.effect("traces public methods, inherited ones too, with their own this", () =>
    Effect.gen(function* () {
      const Scale = make({ type: "chain" })
      const spans = yield* spansOf(async () => {
        const scale = Scale.of()
        assert.instanceOf(scale, Base)
        assert.strictEqual(await scale.put(3), "3g")
        assert.strictEqual(await scale.put(4), "7g")
        assert.strictEqual(scale.weight, 7)
        assert.strictEqual(scale.inherited(), "g")
        assert.strictEqual(scale.overridden(), "base, scale")
        assert.strictEqual(scale.put.length, 1)
      })
      assert.deepStrictEqual(spans, [
        ["Scale.put", "chain"],
        ["Scale.put", "chain"],
        ["Scale.inherited", "chain"],
        ["Scale.overridden", "chain"]
      ])
    })
  )

  it.effect("is a decorator with or without options, and a function of a class", () =>
    Effect.gen(function* () {
      const make = () =>
        class Tool {
          use(n: number) {
            return n
          }
        }
      const bare = tracedClass(make())
      const called = tracedClass()(make())
      const two = tracedClass({ type: "model", captureInput: false }, make())
      expectTypeOf(bare).toEqualTypeOf<ReturnType<typeof make>>()
      expectTypeOf(two).toEqualTypeOf<ReturnType<typeof make>>()
      const spans = yield* spansOf(() => {
        for (const Class of [bare, called, two]) assert.strictEqual(new Class().use(1), 1)
      })
      assert.deepStrictEqual(spans, [
        ["Tool.use", "tool"],
        ["Tool.use", "tool"],
        ["Tool.use", "model"]
      ])
    })
  )

  it.effect("works in the syntax of decorators", () =>
    Effect.gen(function* () {
      const source = `
        @tracedClass({ type: "chain" })
        export class Planner {
          #steps = 2
          plan(goal) { return this.#steps + goal.length }
          @traceMethod({ name: "own", type: "model" }) ask(text) { return text }
        }
        @tracedClass
        export class Bare { @traceMethod go() { return 1 } }
      `
      const { code } = yield* Effect.promise(() => transform(source, { target: "es2022", format: "cjs" }))
      const module: { exports: Record<string, new () => Record<string, (text: string) => unknown>> } = { exports: {} }
      new Function("module", "tracedClass", "traceMethod", code)(module, tracedClass, traceMethod)
      const { Bare, Planner } = module.exports
      const spans = yield* spansOf(() => {
        const planner = new Planner!()
        assert.deepStrictEqual([planner["plan"]!("look"), planner["ask"]!("?"), new Bare!()["go"]!("")], [6, "?", 1])
      })
      assert.deepStrictEqual(spans, [
        ["Planner.plan", "chain"],
        ["own", "model"],
        ["Planner.ask", "chain"],
        ["go", "tool"],
        ["Bare.go", "tool"]
      ])
    })
  )

  it.effect("leaves the parent class as it is", () =>
    Effect.gen(function* () {
      make({})
      assert.deepStrictEqual(yield* spansOf(() => void new Base().inherited()), [])
    })
  )

  it.effect("includes and excludes by name, under a name of one's own", () =>
    Effect.gen(function* () {
      const use = (options: Parameters<typeof tracedClass>[0]) =>
        spansOf(async () => {
          const scale = make(options).of()
          await scale.put(1)
          scale.inherited()
        })
      assert.deepStrictEqual(yield* use({ include: ["put"], name: "Balance" }), [["Balance.put", "tool"]])
      assert.deepStrictEqual(yield* use({ exclude: ["put"] }), [["Scale.inherited", "tool"]])
    })
  )
})

describe("traceMethod", () => {
  it.effect("traces one method under its own name", () =>
    Effect.gen(function* () {
      const decorate = traceMethod({ type: "model" })
      const spans = yield* spansOf(() => {
        const method = decorate(
          function (this: { readonly base: number }, add: number) {
            return this.base + add
          },
          { name: "sum" }
        )
        assert.strictEqual(method.call({ base: 1 }, 2), 3)
      })
      assert.deepStrictEqual(spans, [["sum", "model"]])
    })
  )
})
