import { assert, describe, it } from "@effect/vitest"
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks"
import * as OtelApi from "@opentelemetry/api"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MemoryExporter } from "./Exporter.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { withSpan } from "./PlainSpan.ts"
import * as Registry from "./Registry.ts"
import { traced } from "./Traced.ts"

const instance = (source: string) =>
  Effect.map(Layer.build(Layer.fresh(HoneyHive.layerMemory({ source }))), (context) => ({
    context,
    hive: Context.get(context, HoneyHive),
    /** Names of spans with their source, and whether they are roots of this instance's own session. */
    said: Effect.gen(function* () {
      const hive = Context.get(context, HoneyHive)
      const own = yield* hive.session
      yield* Effect.ignore(hive.flush)
      const spans = yield* Context.get(context, MemoryExporter).spans
      return spans.map(({ attributes, name, parentSpanContext }) => [
        name,
        attributes["honeyhive.source"],
        parentSpanContext === undefined,
        attributes["honeyhive.session_id"] === own.id
      ])
    })
  }))

/** Runs a function where no fiber and no traced function is around. */
const fromNowhere = (evaluate: () => void) =>
  Effect.promise(() => new Promise<void>((resolve) => setImmediate(() => resolve(evaluate()))))

describe("the instance that is named", () => {
  it.effect("has the call, at the root of its own session, whatever is around", () =>
    Effect.gen(function* () {
      const [around, named] = [yield* instance("around"), yield* instance("named")]
      const inner = traced({ name: "inner" }, () => 1)
      const outer = traced({ name: "outer", instance: named.hive }, () => inner())
      const lazy = traced({ name: "lazy", instance: named.hive }, () =>
        Effect.succeed(2).pipe(Effect.withSpan("below"))
      )
      const results = yield* Effect.gen(function* () {
        return [yield* Effect.sync(() => outer()), yield* lazy(), yield* Effect.sync(() => inner())]
      }).pipe(Effect.withSpan("around"), HoneyHive.withSession({ name: "s" }), Effect.provideContext(around.context))
      assert.deepStrictEqual(results, [1, 2, 1])
      assert.deepStrictEqual(yield* named.said, [
        ["inner", "named", false, true],
        ["outer", "named", true, true],
        ["below", "named", false, true],
        ["lazy", "named", true, true]
      ])
      assert.deepStrictEqual(yield* around.said, [
        ["inner", "around", false, false],
        ["around", "around", true, false]
      ])
    })
  )

  it.effect("has what runs within it, functions and Effects", () =>
    Effect.gen(function* () {
      const [around, named] = [yield* instance("around"), yield* instance("named")]
      yield* Effect.gen(function* () {
        yield* Effect.sync(() => Registry.withInstance(named.hive, () => withSpan("plain", {}, () => 1)))
        const id = yield* HoneyHive.use((hive) => Effect.succeed(hive.id)).pipe(
          Effect.withSpan("effect"),
          Registry.provideInstance(named.hive)
        )
        assert.strictEqual(id, named.hive.id)
      }).pipe(Effect.withSpan("around"), HoneyHive.withSession({ name: "s" }), Effect.provideContext(around.context))
      assert.deepStrictEqual(yield* named.said, [
        ["plain", "named", true, true],
        ["effect", "named", true, true]
      ])
      assert.strictEqual((yield* around.said).length, 1)
    })
  )

  it.effect("is found after `clear`, and is nobody else's when it is closed", () =>
    Effect.gen(function* () {
      const around = yield* instance("around")
      const search = yield* Effect.scoped(
        Effect.gen(function* () {
          const named = yield* instance("named")
          const search = traced({ name: "search", instance: named.hive }, (text: string) => text)
          assert.strictEqual(Registry.byId(named.hive.id), named.hive)
          Registry.clear()
          assert.isUndefined(Registry.byId(named.hive.id))
          search("a")
          assert.strictEqual((yield* named.said).length, 1)
          return search
        })
      )
      const lazy = traced({ name: "lazy", instance: { id: "nobody" } }, () => Effect.succeed("c"))
      const results = Effect.all([Effect.sync(() => search("b")), lazy()])
      assert.deepStrictEqual(yield* Effect.provideContext(results, around.context), ["b", "c"])
      assert.deepStrictEqual(yield* around.said, [])
    })
  )
})

describe("the instance that the baggage names", () => {
  it.effect("comes after the fiber's own and before the default, by Effect's context", () =>
    Effect.gen(function* () {
      const [first, second] = [yield* instance("default"), yield* instance("baggage")]
      const search = traced({ name: "search" }, () => 1)
      const call = Effect.sync(() => search())
      yield* call.pipe(Effect.provideService(Registry.TracerId, second.hive.id))
      yield* call.pipe(Effect.provideService(Registry.TracerId, "nobody"))
      yield* call.pipe(Effect.provideService(Registry.TracerId, second.hive.id), Effect.provideContext(first.context))
      assert.strictEqual((yield* second.said).length, 1)
      assert.strictEqual((yield* first.said).length, 2)
    })
  )

  it.effect("also by OpenTelemetry's", () =>
    Effect.gen(function* () {
      const [first, second] = [yield* instance("default"), yield* instance("baggage")]
      const search = traced({ name: "search" }, () => 1)
      const manager = new AsyncLocalStorageContextManager().enable()
      OtelApi.context.setGlobalContextManager(manager)
      const baggage = OtelApi.propagation.createBaggage({ honeyhive_tracer_id: { value: second.hive.id } })
      const inside = OtelApi.propagation.setBaggage(OtelApi.ROOT_CONTEXT, baggage)
      yield* fromNowhere(() => OtelApi.context.with(inside, search)).pipe(
        Effect.ensuring(Effect.sync(() => OtelApi.context.disable()))
      )
      yield* fromNowhere(search)
      assert.strictEqual((yield* second.said).length, 1)
      assert.strictEqual((yield* first.said).length, 1)
    })
  )
})
