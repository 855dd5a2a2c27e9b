import { afterEach, assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import { TestClock } from "effect/testing"
import * as OtelApi from "@opentelemetry/api"
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks"
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor
} from "@opentelemetry/sdk-trace-base"
import { Exporter, MemoryExporter } from "./Exporter.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { start } from "./Handle.ts"
import * as ProviderMode from "./ProviderMode.ts"
import { traced } from "./Traced.ts"
import { TracerConfig } from "./TracerConfig.ts"
import { fromSpanExporter } from "./Transport.ts"

afterEach(() => {
  OtelApi.trace.disable()
  OtelApi.context.disable()
  OtelApi.propagation.disable()
})

const noOp = () => {
  const NoOp = new OtelApi.ProxyTracerProvider().getDelegate().constructor
  return Reflect.construct(NoOp, []) as OtelApi.TracerProvider // its own class
}
const unknown: OtelApi.TracerProvider = { getTracer: (name) => noOp().getTracer(name) }

const warnings = () => {
  const said: Array<string> = []
  const logger = Logger.make(({ message }) => void said.push(String(message)))
  return { said, layer: Logger.layer([logger]) }
}

const mode = (options: Parameters<typeof HoneyHive.layerMemory>[0]) =>
  HoneyHive.use((hive) => Effect.succeed(hive.providerMode)).pipe(Effect.provide(HoneyHive.layerMemory(options)))

describe("the look at the global provider", () => {
  const cases: ReadonlyArray<readonly [ProviderMode.GlobalKind, () => OtelApi.TracerProvider | undefined]> = [
    ["none", () => undefined],
    ["no-op", noOp],
    ["proxy", () => new OtelApi.ProxyTracerProvider()],
    ["sdk", () => new BasicTracerProvider()],
    ["unknown", () => unknown]
  ]

  it.effect.each(cases)("sees %s", ([kind, make]) =>
    Effect.sync(() => {
      const provider = make()
      if (provider !== undefined) OtelApi.trace.setGlobalTracerProvider(provider)
      assert.strictEqual(ProviderMode.kindOf(OtelApi.trace.getTracerProvider()), kind)
    })
  )

  it.effect.each(cases)("leaves %s alone unless it is asked for more", ([, make]) =>
    Effect.gen(function* () {
      const provider = make()
      if (provider !== undefined) OtelApi.trace.setGlobalTracerProvider(provider)
      const before = ProviderMode.globalProvider()
      assert.strictEqual(yield* mode({}), "independent")
      assert.strictEqual(yield* mode({ provider: "auto" }), "independent")
      const inside = yield* Effect.sync(ProviderMode.globalProvider).pipe(Effect.provide(HoneyHive.layerMemory()))
      assert.strictEqual(inside, before)
    })
  )

  it.effect.each(cases)("becomes main where %s does not work, and gives it back", ([kind, make]) =>
    Effect.gen(function* () {
      const provider = make()
      if (provider !== undefined) OtelApi.trace.setGlobalTracerProvider(provider)
      const before = ProviderMode.globalProvider()
      const works = kind === "sdk" || kind === "unknown"
      const { layer, said } = warnings()
      const look = HoneyHive.use((hive) =>
        Effect.succeed([hive.providerMode, ProviderMode.globalProvider() !== before] as const)
      )
      const asked = yield* look.pipe(Effect.provide(HoneyHive.layerMemory({ provider: "main" })), Effect.provide(layer))
      assert.deepStrictEqual(asked, works ? ["independent", false] : ["main", true])
      assert.strictEqual(said.length, works ? 1 : 0)
      assert.strictEqual(ProviderMode.globalProvider(), before)
      const auto = HoneyHive.layerMemory({ provider: "auto", registerGlobal: true })
      assert.deepStrictEqual(yield* look.pipe(Effect.provide(auto)), works ? ["independent", false] : ["main", true])
      assert.strictEqual(ProviderMode.globalProvider(), before)
    })
  )

  it.effect.each(cases)("does not attach to %s unless it is the SDK, and says so", ([kind, make]) =>
    Effect.gen(function* () {
      const provider = make()
      if (provider !== undefined) OtelApi.trace.setGlobalTracerProvider(provider)
      const { layer, said } = warnings()
      const found = yield* mode({ provider: "attached" }).pipe(Effect.provide(layer))
      assert.strictEqual(found, kind === "sdk" ? "attached" : "independent")
      assert.strictEqual(said.length, kind === "sdk" ? 0 : 1)
    })
  )
})

describe("main", () => {
  it.effect("of many instances built at the same time, one is it", () =>
    Effect.gen(function* () {
      const go = yield* Deferred.make<void>()
      const modes = yield* Effect.forEach(
        Array.from({ length: 8 }, () => HoneyHive.layerMemory({ provider: "main" })),
        (layer) =>
          Effect.gen(function* () {
            const hive = Context.get(yield* Layer.build(layer), HoneyHive)
            if (hive.providerMode === "main") yield* Deferred.succeed(go, undefined)
            yield* Deferred.await(go)
            return hive.providerMode
          }),
        { concurrency: "unbounded" }
      ).pipe(Effect.scoped, Effect.provide(warnings().layer))
      assert.deepStrictEqual(modes.toSorted(), [...Array.from({ length: 7 }, () => "independent"), "main"])
      assert.strictEqual(ProviderMode.kindOf(OtelApi.trace.getTracerProvider()), "none")
    })
  )

  it.effect("leaves a provider that was registered after it", () =>
    Effect.gen(function* () {
      const later = new BasicTracerProvider()
      yield* Effect.sync(() => {
        OtelApi.trace.disable()
        OtelApi.trace.setGlobalTracerProvider(later)
      }).pipe(Effect.provide(HoneyHive.layerMemory({ provider: "main" })))
      assert.strictEqual(ProviderMode.globalProvider(), later)
    })
  )

  it.effect("an instance that is built while the old one is still closing takes over", () =>
    Effect.gen(function* () {
      const hanging = HoneyHive.layerExporter.pipe(
        Layer.provide(
          Layer.succeed(Exporter, fromSpanExporter({ export: () => {}, shutdown: () => Promise.resolve() }))
        ),
        Layer.provide(TracerConfig.layer({ testMode: true, provider: "main" }))
      )
      const old = yield* Scope.make()
      const first = yield* Layer.buildWithScope(hanging, old)
      yield* Effect.void.pipe(Effect.withSpan("never delivered"), Effect.provide(first))
      const closing = yield* Effect.forkChild(Scope.close(old, Exit.void))
      yield* Effect.yieldNow
      assert.strictEqual(yield* mode({ provider: "main" }), "main")
      assert.isUndefined(closing.pollUnsafe())
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(closing)
    }).pipe(Effect.provide(warnings().layer))
  )

  it.effect("instrumentations, Effect and traced functions share one tree", () =>
    Effect.gen(function* () {
      const instrumentation = OtelApi.trace.getTracer("instrumentation")
      const client = () => instrumentation.startSpan("client").end()
      const step = traced({ name: "step" }, async () => {
        client()
        await Promise.resolve()
        return instrumentation.startActiveSpan("library", async (span) => {
          await Promise.resolve()
          leaf()
          await Effect.runPromise(Effect.void.pipe(Effect.withSpan("inner effect"), Effect.provide(context)))
          span.end()
        })
      })
      const leaf = traced({ name: "leaf" }, () => {})
      const context = yield* Effect.context<never>()
      yield* Effect.promise(step).pipe(
        Effect.andThen(Effect.sync(client)),
        Effect.withSpan("outer"),
        HoneyHive.withSession({ name: "mine" })
      )
      yield* Effect.promise(() =>
        instrumentation.startActiveSpan("request", async (span) => {
          await Effect.runPromise(Effect.void.pipe(Effect.withSpan("b"), Effect.withSpan("a"), Effect.provide(context)))
          span.end()
        })
      )
      yield* HoneyHive.flush
      const spans = yield* MemoryExporter.use((memory) => memory.spans)
      const parents = spans.map((span) => {
        const parent = spans.find((other) => other.spanContext().spanId === span.parentSpanContext?.spanId)
        return `${span.name} < ${parent?.name ?? ""}`
      })
      assert.sameMembers(parents, [
        "client < step",
        "leaf < library",
        "inner effect < library",
        "library < step",
        "step < outer",
        "client < outer",
        "outer < ",
        "b < a",
        "a < request",
        "request < "
      ])
      const sessions = new Set(
        spans
          .filter((span) => span.spanContext().traceId === spans[0]!.spanContext().traceId)
          .map((span) => span.attributes["honeyhive.session_name"])
      )
      assert.deepStrictEqual([...sessions], ["mine"])
    }).pipe(Effect.provide(HoneyHive.layerMemory({ provider: "main" })))
  )

  it.effect("a span that starts outside of every fiber, below one of ours, is of its session", () =>
    Effect.gen(function* () {
      const below = yield* Effect.sync(() => OtelApi.context.active()).pipe(
        Effect.withSpan("ours"),
        HoneyHive.withSession({ name: "mine" })
      )
      OtelApi.trace.getTracer("library").startSpan("late", {}, below).end()
      OtelApi.trace.getTracer("library").startSpan("other", {}, OtelApi.ROOT_CONTEXT).end()
      yield* HoneyHive.flush
      const spans = yield* MemoryExporter.use((memory) => memory.spans)
      assert.deepStrictEqual(
        spans.map((span) => [span.name, span.attributes["honeyhive.session_name"]]),
        [
          ["ours", "mine"],
          ["late", "mine"],
          ["other", "own"]
        ]
      )
    }).pipe(Effect.provide(HoneyHive.layerMemory({ provider: "main", sessionName: "own" })))
  )

  it.effect("tracers that libraries have kept go on with the instance that takes over", () =>
    Effect.gen(function* () {
      const early = OtelApi.trace.getTracer("early")
      const used = (tracer: OtelApi.Tracer, name: string) =>
        tracer.startActiveSpan(`outer ${name}`, (span) => {
          tracer.startSpan(`inner ${name}`).end()
          span.end()
        })
      const names = Effect.gen(function* () {
        yield* HoneyHive.flush
        return (yield* MemoryExporter.use((memory) => memory.spans)).map((span) => span.name)
      })
      const [kept, first] = yield* Effect.gen(function* () {
        const kept = OtelApi.trace.getTracer("kept")
        used(early, "early")
        used(kept, "kept")
        return [kept, yield* names] as const
      }).pipe(Effect.provide(HoneyHive.layerMemory({ provider: "main" })))
      assert.deepStrictEqual(first, ["inner early", "outer early", "inner kept", "outer kept"])
      used(kept, "to nobody")
      yield* Effect.gen(function* () {
        used(early, "early")
        used(kept, "kept")
        assert.deepStrictEqual(yield* names, ["inner early", "outer early", "inner kept", "outer kept"])
      }).pipe(Effect.provide(HoneyHive.layerMemory({ provider: "main" })))
    })
  )

  it.effect("outgoing requests carry the current span, unless somebody has chosen other headers", () =>
    Effect.gen(function* () {
      const headers = Effect.flatMap(Effect.currentSpan, ({ spanId }) =>
        Effect.sync(() => {
          const carrier: Record<string, string> = {}
          OtelApi.propagation.inject(OtelApi.context.active(), carrier)
          return [carrier["traceparent"]?.includes(spanId), Object.keys(carrier)] as const
        })
      ).pipe(Effect.withSpan("request"))
      const main = HoneyHive.layerMemory({ provider: "main" })
      assert.deepStrictEqual(yield* Effect.provide(headers, main), [true, ["traceparent"]])
      assert.deepStrictEqual(OtelApi.propagation.fields(), [])
      OtelApi.propagation.setGlobalPropagator({
        inject: (_context, carrier, setter) => setter.set(carrier, "theirs", "1"),
        extract: (context) => context,
        fields: () => ["theirs"]
      })
      assert.deepStrictEqual(yield* Effect.provide(headers, main), [undefined, ["theirs"]])
      assert.deepStrictEqual(OtelApi.propagation.fields(), ["theirs"])
    })
  )

  it.effect("keeps the context manager that is there", () =>
    Effect.gen(function* () {
      const key = OtelApi.createContextKey("theirs")
      const manager = new AsyncLocalStorageContextManager().enable()
      OtelApi.context.setGlobalContextManager(manager)
      yield* Effect.void.pipe(Effect.withSpan("a"), Effect.provide(HoneyHive.layerMemory({ provider: "main" })))
      manager.with(OtelApi.ROOT_CONTEXT.setValue(key, 1), () =>
        assert.strictEqual(OtelApi.context.active().getValue(key), 1)
      )
    })
  )
})

describe("attached", () => {
  const theirs = (processors: ConstructorParameters<typeof BasicTracerProvider>[0] = {}) => {
    const exporter = new InMemorySpanExporter()
    const provider = new BasicTracerProvider({
      ...processors,
      spanProcessors: [new SimpleSpanProcessor(exporter), ...(processors.spanProcessors ?? [])]
    })
    OtelApi.trace.setGlobalTracerProvider(provider)
    OtelApi.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    return exporter
  }

  it.effect("one tree by their provider, a copy with HoneyHive's attributes, theirs without", () =>
    Effect.gen(function* () {
      const exporter = theirs()
      const work = traced({ name: "work" }, (input: string) => {
        OtelApi.trace
          .getTracer("library")
          .startSpan("library", { attributes: { theirs: 1 } })
          .end()
        return input
      })
      const mine = yield* Effect.gen(function* () {
        yield* Effect.sync(() => work("in")).pipe(
          Effect.tap(HoneyHive.enrichSpan({ metadata: { tier: "gold" } })),
          Effect.withSpan("outer", { attributes: { shared: true } }),
          HoneyHive.withSession({ name: "mine" })
        )
        yield* HoneyHive.flush
        return yield* MemoryExporter.use((memory) => memory.spans)
      }).pipe(Effect.provide(HoneyHive.layerMemory({ provider: "attached" })))
      const theirCopies = exporter.getFinishedSpans()
      assert.deepStrictEqual(
        mine.map((span) => span.name),
        ["library", "work", "outer"]
      )
      assert.deepStrictEqual(
        theirCopies.map((span) => [span.name, span.spanContext(), span.attributes]),
        mine.map((span) => [
          span.name,
          span.spanContext(),
          span.name === "library" ? { theirs: 1 } : span.name === "outer" ? { shared: true } : {}
        ])
      )
      for (const span of mine) {
        assert.strictEqual(span.attributes["honeyhive.session_name"], "mine")
        assert.strictEqual(span.attributes["honeyhive_event_type"], "tool")
      }
      assert.strictEqual(mine[1]!.attributes["honeyhive_inputs._params_.input"], "in")
      assert.strictEqual(mine[2]!.attributes["honeyhive_metadata.tier"], "gold")
      assert.strictEqual(mine[0]!.parentSpanContext?.spanId, mine[1]!.spanContext().spanId)
      assert.strictEqual(mine[1]!.parentSpanContext?.spanId, mine[2]!.spanContext().spanId)
      // The instance is closed: their spans go on without it
      OtelApi.trace.getTracer("library").startSpan("after").end()
      assert.strictEqual(exporter.getFinishedSpans().length, 4)
    })
  )

  it.effect("a copy is redacted, theirs is not", () =>
    Effect.gen(function* () {
      const exporter = theirs()
      const secret = `sk-proj-${"a1".repeat(24)}`
      const mine = yield* Effect.gen(function* () {
        yield* Effect.sync(() =>
          OtelApi.trace
            .getTracer("library")
            .startSpan("library", { attributes: { said: secret } })
            .end()
        ).pipe(Effect.withSpan("outer", { attributes: { said: secret } }))
        yield* HoneyHive.flush
        return yield* MemoryExporter.use((memory) => memory.spans)
      }).pipe(Effect.provide(HoneyHive.layerMemory({ provider: "attached", redact: { packs: ["secrets"] } })))
      assert.deepStrictEqual(
        mine.map((span) => [span.name, span.attributes["said"]]),
        [
          ["library", "[redacted]"],
          ["outer", "[redacted]"]
        ]
      )
      for (const span of exporter.getFinishedSpans()) assert.strictEqual(span.attributes["said"], secret)
    })
  )

  it.effect("their flush is ours, their shutdown is not", () =>
    Effect.gen(function* () {
      theirs()
      const provider = ProviderMode.globalProvider() as BasicTracerProvider // just made
      const count = MemoryExporter.use((memory) => Effect.map(memory.spans, (spans) => spans.length))
      yield* Effect.gen(function* () {
        yield* Effect.void.pipe(Effect.withSpan("one"))
        yield* Effect.promise(() => provider.forceFlush())
        assert.strictEqual(yield* count, 1)
        yield* Effect.promise(() => provider.shutdown())
        yield* Effect.void.pipe(Effect.withSpan("two"))
        yield* HoneyHive.flush
        assert.strictEqual(yield* count, 2)
      }).pipe(Effect.provide(HoneyHive.layerMemory({ provider: "attached" })))
    })
  )

  it.effect("what is open when the instance closes still comes", () =>
    Effect.gen(function* () {
      const exporter = theirs()
      const stream = traced({ name: "stream" }, function* () {
        yield 1
      })
      const exported: Array<ReadableSpan> = []
      const collecting = Layer.succeed(
        Exporter,
        fromSpanExporter({
          export: (spans, done) => {
            exported.push(...spans)
            done({ code: 0 })
          },
          shutdown: () => Promise.resolve()
        })
      )
      yield* Effect.sync(() => stream().next()).pipe(
        Effect.provide(
          HoneyHive.layerExporter.pipe(
            Layer.provide(collecting),
            Layer.provide(TracerConfig.layer({ testMode: true, provider: "attached" }))
          )
        )
      )
      assert.deepStrictEqual(
        [exported, exporter.getFinishedSpans()].map((spans) => spans.map((span) => span.name)),
        [["stream"], ["stream"]]
      )
    })
  )

  it.live("a program without Effect attaches, too", () =>
    Effect.promise(async () => {
      const attachment = HoneyHive.attach({ testMode: true })
      const exporter = theirs({ spanProcessors: [attachment.spanProcessor] })
      const hive = await start(attachment)
      await hive.withSession({ name: "mine" }, async () => {
        await OtelApi.trace.getTracer("library").startActiveSpan("library", async (span) => {
          await traced({ name: "ours" }, async () => {})()
          span.end()
        })
      })
      const receipt = await hive.flush()
      await hive.close()
      assert.strictEqual(receipt.accepted, 2)
      const [ours, library] = exporter.getFinishedSpans()
      assert.strictEqual(ours?.parentSpanContext?.spanId, library?.spanContext().spanId)
      assert.deepStrictEqual([ours?.attributes, library?.attributes], [{}, {}])
    })
  )

  it.effect("takes over their sampling", () =>
    Effect.gen(function* () {
      const exporter = theirs({
        sampler: { shouldSample: () => ({ decision: OtelApi.SamplingDecision.NOT_RECORD }), toString: () => "none" }
      })
      yield* Effect.void.pipe(Effect.withSpan("dropped"))
      yield* Effect.gen(function* () {
        yield* Effect.void.pipe(Effect.withSpan("dropped"))
        yield* HoneyHive.flush
        assert.deepStrictEqual(yield* MemoryExporter.use((memory) => memory.spans), [])
      }).pipe(Effect.provide(HoneyHive.layerMemory({ provider: "attached" })))
      assert.deepStrictEqual(exporter.getFinishedSpans(), [])
    })
  )

  it.effect("two attached instances each have their own spans, and both have the others'", () =>
    Effect.gen(function* () {
      theirs()
      const one = Layer.build(HoneyHive.layerMemory({ provider: "attached" }))
      const [a, b] = yield* Effect.all([one, Layer.build(HoneyHive.layerMemory({ provider: "attached" }))])
      yield* Effect.void.pipe(Effect.withSpan("a"), Effect.provide(a))
      yield* Effect.void.pipe(Effect.withSpan("b"), Effect.provide(b))
      OtelApi.trace.getTracer("library").startSpan("library").end()
      const names = Effect.gen(function* () {
        yield* HoneyHive.flush
        return (yield* MemoryExporter.use((memory) => memory.spans)).map((span) => span.name)
      })
      assert.deepStrictEqual(yield* Effect.provide(names, a), ["a", "library"])
      assert.deepStrictEqual(yield* Effect.provide(names, b), ["b", "library"])
    }).pipe(Effect.scoped)
  )

  it.effect("a processor that was given to the owner is used once, wherever it is", () =>
    Effect.gen(function* () {
      const { layer, spanProcessor } = HoneyHive.attach({ testMode: true })
      const onEnd: Array<string> = []
      const composite = {
        processors: [spanProcessor],
        onStart: spanProcessor.onStart.bind(spanProcessor),
        onEnd: (span: Parameters<typeof spanProcessor.onEnd>[0]) => {
          onEnd.push(span.name)
          spanProcessor.onEnd(span)
        },
        forceFlush: () => spanProcessor.forceFlush(),
        shutdown: () => spanProcessor.shutdown()
      }
      theirs({ spanProcessors: [composite] })
      const receipt = yield* Effect.void.pipe(
        Effect.withSpan("once"),
        Effect.andThen(HoneyHive.flush),
        Effect.provide(layer)
      )
      assert.deepStrictEqual(onEnd, ["once"])
      assert.strictEqual(receipt.accepted, 1)
    })
  )
})
