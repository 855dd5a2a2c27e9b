import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { trace, TraceFlags } from "@opentelemetry/api"
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace-base"
import { MemoryExporter } from "./Exporter.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { SpanProcessors } from "./SpanProcessors.ts"
import { type Options, TracerConfig } from "./TracerConfig.ts"
import { traced } from "./Traced.ts"

const spansOf = <A, E>(
  options: Options,
  program: Effect.Effect<A, E, HoneyHive>,
  processors: ReadonlyArray<SpanProcessor> = []
) =>
  Effect.gen(function* () {
    yield* program
    yield* HoneyHive.flush
    return yield* MemoryExporter.use((memory) => memory.spans)
  }).pipe(Effect.provide(HoneyHive.layerMemory(options).pipe(Layer.provide(Layer.succeed(SpanProcessors, processors)))))

const names = (spans: ReadonlyArray<ReadableSpan>) => spans.map((span) => span.name)

const step = (name: string) => Effect.void.pipe(Effect.withSpan(name))

describe("Sampling", () => {
  it.effect("records a share of the traces, each of them whole", () =>
    Effect.gen(function* () {
      const trace = Effect.gen(function* () {
        yield* step("child")
        yield* Fiber.join(yield* Effect.forkChild(step("child")))
        traced({ name: "child" }, () => 1)()
      }).pipe(Effect.withSpan("root"))
      const spans = yield* spansOf({ sampling: { ratio: 0.25 } }, Effect.repeat(trace, { times: 399 }))
      const byTrace = Map.groupBy(spans, (span) => span.spanContext().traceId)
      assert.isAbove(byTrace.size, 50)
      assert.isBelow(byTrace.size, 170)
      for (const whole of byTrace.values()) assert.sameMembers(names(whole), ["root", "child", "child", "child"])
      assert.deepStrictEqual(yield* spansOf({ sampling: { ratio: 0 } }, trace), [])
      assert.strictEqual((yield* spansOf({}, trace)).length, 4)
    })
  )

  it.effect("the first rule that fits decides: by name, pattern, event type and the session's user", () =>
    Effect.gen(function* () {
      const sampling = {
        ratio: 0,
        rules: [
          { name: "health*", ratio: 0 },
          { namePattern: "^(answer|plan)$", userProperties: { plan: "free" }, ratio: 0 },
          { namePattern: "^(answer|plan|health)", ratio: 1 },
          { eventType: "chain", ratio: 1 },
          { userProperties: { user_id: "watched" }, ratio: 1 }
        ]
      } as const
      const spans = yield* spansOf(
        { sampling },
        Effect.gen(function* () {
          yield* step("healthy")
          yield* step("answer")
          yield* step("answer").pipe(HoneyHive.withSession({ userProperties: { plan: "free" } }))
          yield* step("other")
          yield* step("seen").pipe(HoneyHive.withSession({ userId: "watched" }))
          traced({ name: "typed", type: "chain" }, () => 1)()
          yield* traced({ name: "lazily typed", type: "chain" }, () => Effect.void)()
          traced({ name: "tool" }, () => 1)()
          const { tracerProvider } = yield* HoneyHive
          const tracer = tracerProvider.getTracer("plain")
          tracer.startSpan("said", { attributes: { honeyhive_event_type: "chain" } }).end()
          tracer.startSpan("unsaid").end()
        })
      )
      assert.deepStrictEqual(names(spans), ["answer", "seen", "typed", "lazily typed", "said"])
    })
  )

  it.effect("user properties that cannot be read keep nothing from starting", () =>
    Effect.gen(function* () {
      const throwing = () => {
        throw new Error("read")
      }
      const userProperties = Object.defineProperty({}, "plan", { enumerable: true, get: throwing })
      const sampling = { rules: [{ userProperties: { plan: "free" }, ratio: 0 }] }
      const program = Effect.andThen(
        step("one").pipe(HoneyHive.withSession({ userProperties })),
        step("two").pipe(HoneyHive.withSession({ userProperties, userId: "u1" }))
      )
      assert.deepStrictEqual(names(yield* spansOf({ sampling }, program)), ["one", "two"])
    })
  )

  it.effect("respects what was decided for a trace elsewhere", () =>
    Effect.gen(function* () {
      const remote = (traceFlags: TraceFlags) =>
        HoneyHive.use(({ tracerProvider }) =>
          Effect.sync(() => {
            const spanContext = {
              traceId: "0af7651916cd43dd8448eb211c80319c",
              spanId: "b7ad6b7169203331",
              traceFlags,
              isRemote: true
            }
            const parent = trace.setSpanContext(
              { getValue: () => undefined, setValue: withKey, deleteValue: none } as never,
              spanContext
            )
            tracerProvider.getTracer("plain").startSpan(`flags ${traceFlags}`, {}, parent).end()
          })
        )
      const both = Effect.andThen(remote(TraceFlags.NONE), remote(TraceFlags.SAMPLED))
      assert.deepStrictEqual(names(yield* spansOf({ sampling: { ratio: 0 } }, both)), ["flags 1"])
      assert.deepStrictEqual(names(yield* spansOf({ sampling: { ratio: 0.999 } }, both)), ["flags 1"])
    })
  )

  it.effect("is read from the environment, and refuses what it cannot use", () =>
    Effect.gen(function* () {
      const make = (options: unknown, env: Record<string, string> = {}) =>
        TracerConfig.make(options as Options).pipe(
          Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env))
        )
      assert.deepStrictEqual((yield* make({}, { HH_SAMPLING: "0.5" })).sampling, { ratio: 0.5 })
      const rules = [{ name: "a", ratio: 0 }]
      assert.deepStrictEqual((yield* make({}, { HH_SAMPLING: JSON.stringify({ rules }) })).sampling, { rules })
      for (const sampling of [{ ratio: 2 }, { ratio: "much" }, { rules: [{ name: "a" }] }, { rate: 1 }, 0.5]) {
        assert.strictEqual((yield* Effect.flip(make({ sampling }))).source, "option sampling")
      }
      const bad = { sampling: { rules: [{ namePattern: "(?!a)", ratio: 1 }] } }
      assert.strictEqual((yield* Effect.flip(make(bad))).source, "option sampling.rules[0].namePattern")
    })
  )
})

const none = () => ({ getValue: () => undefined })
const withKey = (key: symbol, value: unknown) => ({
  getValue: (asked: symbol) => (asked === key ? value : undefined),
  setValue: withKey,
  deleteValue: none
})

describe("span name filters", () => {
  it.effect("children of a span that is not exported hang on the next ancestor that is, though both be over", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const spans = yield* spansOf(
        { spanNameExclude: ["internal"] },
        Effect.gen(function* () {
          const fiber = yield* Effect.forkDetach(Effect.andThen(Deferred.await(gate), step("late"))).pipe(
            Effect.withSpan("internal.a"),
            Effect.withSpan("internal.b"),
            Effect.withSpan("root")
          )
          yield* step("kept").pipe(Effect.withSpan("internal.c"))
          traced({ name: "internal.d" }, () => traced({ name: "inner" }, () => 1)())()
          yield* Deferred.succeed(gate, undefined)
          yield* Fiber.join(fiber)
        })
      )
      const named = (name: string) => spans.find((span) => span.name === name)
      assert.deepStrictEqual(names(spans), ["root", "kept", "inner", "late"])
      assert.strictEqual(named("late")?.parentSpanContext?.spanId, named("root")?.spanContext().spanId)
      assert.isUndefined(named("kept")?.parentSpanContext)
      assert.isUndefined(named("inner")?.parentSpanContext)
    })
  )

  it.effect("keeps the tree together and counts nothing that was left out", () =>
    Effect.gen(function* () {
      const spans = yield* spansOf(
        {},
        Effect.gen(function* () {
          yield* step("app.leaf").pipe(
            Effect.withSpan("http.client"),
            Effect.withSpan("app.debug.retry"),
            Effect.withSpan("app.middle"),
            Effect.withSpan("http.server"),
            Effect.withSpan("app.root")
          )
          const receipt = yield* HoneyHive.flush
          assert.strictEqual(receipt.accepted, 3)
        })
      ).pipe(
        Effect.provideService(
          ConfigProvider.ConfigProvider,
          ConfigProvider.fromEnvRecord({ HH_SPAN_NAME_INCLUDE: "app., db.", HH_SPAN_NAME_EXCLUDE: "app.debug" })
        )
      )
      const [leaf, middle, root] = spans
      assert.deepStrictEqual(names(spans), ["app.leaf", "app.middle", "app.root"])
      assert.strictEqual(leaf?.parentSpanContext?.spanId, middle?.spanContext().spanId)
      assert.strictEqual(middle?.parentSpanContext?.spanId, root?.spanContext().spanId)
      assert.isUndefined(root?.parentSpanContext)
    })
  )
})

describe("SpanProcessors", () => {
  it.effect("see spans with their session, write before redaction, and are shut down", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const processor: SpanProcessor = {
        onStart: (span) => {
          seen.push(`start ${"honeyhive.session_id" in span.attributes}`)
          span.setAttribute("password", "from start")
        },
        onEnding: (span) => {
          seen.push("ending")
          span.setAttribute("api_key", "from ending")
        },
        onEnd: (span) => void seen.push(`end ${String(span.attributes["api_key"])}`),
        forceFlush: () => Promise.resolve(),
        shutdown: async () => void seen.push("shutdown")
      }
      const [span] = yield* spansOf({ redact: { packs: ["secrets"] } }, step("step"), [processor])
      assert.deepInclude(span!.attributes, { password: "[redacted]", api_key: "[redacted]" })
      assert.deepStrictEqual(seen, ["start true", "ending", "end [redacted]", "shutdown"])
    })
  )

  it.effect("what they throw stays with them, and is said once", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const throwing = () => {
        throw new Error("theirs")
      }
      const rejecting = (() => Promise.reject(new Error("later"))) as () => never
      const spans = yield* spansOf(
        { redact: { packs: ["secrets"] }, shutdownTimeout: "1 second" },
        Effect.all([step("one"), step("two")]),
        [
          { onStart: throwing, onEnding: throwing, onEnd: throwing, forceFlush: throwing, shutdown: throwing },
          { onStart: rejecting, onEnding: rejecting, onEnd: rejecting, forceFlush: rejecting, shutdown: rejecting }
        ]
      ).pipe(Effect.provide(Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])))
      assert.deepStrictEqual(names(spans), ["one", "two"])
      assert.deepStrictEqual(lines.toSorted(), [
        "HoneyHive: a span processor failed: Error: later",
        "HoneyHive: a span processor failed: Error: theirs"
      ])
    })
  )

  it.live("one that hangs as it is shut down holds a program no longer than the deadline", () =>
    spansOf({ shutdownTimeout: "50 millis" }, step("one"), [
      {
        onStart: () => {},
        onEnd: () => {},
        forceFlush: () => Promise.resolve(),
        shutdown: () => new Promise(() => {})
      }
    ]).pipe(Effect.map((spans) => assert.deepStrictEqual(names(spans), ["one"])))
  )
})
