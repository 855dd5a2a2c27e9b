import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import { TestClock } from "effect/testing"
import * as OtelApi from "@opentelemetry/api"
import { SpanStatusCode } from "@opentelemetry/api"
import type { ReadableSpan, SpanProcessor } from "@opentelemetry/sdk-trace-base"
import { isUuid } from "@honeyhive/contract/Uuid"
import { MemoryExporter } from "./Exporter.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { SpanProcessors } from "./SpanProcessors.ts"

const exported = Effect.gen(function* () {
  yield* HoneyHive.flush
  return yield* MemoryExporter.use((memory) => memory.spans)
})

const named = (spans: ReadonlyArray<ReadableSpan>, name: string): ReadableSpan => {
  const span = spans.find((span) => span.name === name)
  assert.isDefined(span, `no span "${name}"`)
  return span
}

class OrderNotFound extends Schema.TaggedError<OrderNotFound>()("OrderNotFound", {
  orderId: Schema.Int,
  message: Schema.String
}) {}

describe("HoneyHive", () => {
  it.effect("turns Effect spans into spans of one session, with their parents", () =>
    Effect.gen(function* () {
      yield* Effect.void.pipe(Effect.withSpan("child"), Effect.withSpan("parent"))
      const spans = yield* exported
      const [parent, child] = [named(spans, "parent"), named(spans, "child")]
      assert.strictEqual(child.parentSpanContext?.spanId, parent.spanContext().spanId)
      assert.isUndefined(parent.parentSpanContext)
      assert.isTrue(isUuid(parent.attributes["honeyhive.session_id"]))
      assert.strictEqual(child.attributes["honeyhive.session_id"], parent.attributes["honeyhive.session_id"])
      assert.strictEqual(child.attributes["honeyhive.session_auto_create"], true)
      assert.strictEqual(child.attributes["honeyhive_event_type"], "tool")
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("keeps concurrent sessions apart, in forked fibers too", () =>
    Effect.gen(function* () {
      const request = (id: string) =>
        Effect.gen(function* () {
          yield* Effect.yieldNow
          const fiber = yield* Effect.forkChild(Effect.withSpan(Effect.yieldNow, `${id}-inner`))
          yield* Fiber.join(fiber)
        }).pipe(Effect.withSpan(`${id}-outer`), HoneyHive.withSession({ name: id }))
      const ids = Array.from({ length: 20 }, (_, index) => `request-${index}`)
      yield* Effect.forEach(ids, request, { concurrency: "unbounded" })
      const spans = yield* exported
      const sessions = ids.map((id) => {
        const [outer, inner] = [named(spans, `${id}-outer`), named(spans, `${id}-inner`)]
        assert.strictEqual(outer.attributes["honeyhive.session_name"], id)
        assert.strictEqual(inner.attributes["honeyhive.session_name"], id)
        assert.strictEqual(inner.attributes["honeyhive.session_id"], outer.attributes["honeyhive.session_id"])
        return outer.attributes["honeyhive.session_id"]
      })
      assert.strictEqual(new Set(sessions).size, ids.length)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("records a typed failure with tag, fields, status and exception", () =>
    Effect.gen(function* () {
      const error = new OrderNotFound({ orderId: 42, message: "no order 42" })
      const exit = yield* Effect.exit(Effect.fail(error).pipe(Effect.withSpan("lookup")))
      assert.isTrue(exit._tag === "Failure" && Cause.squash(exit.cause) === error)
      const span = named(yield* exported, "lookup")
      assert.strictEqual(span.status.code, SpanStatusCode.ERROR)
      assert.strictEqual(span.attributes["honeyhive_error"], "OrderNotFound: no order 42")
      assert.strictEqual(span.attributes["honeyhive_error_type"], "OrderNotFound")
      assert.strictEqual(span.attributes["honeyhive_metadata.error.kind"], "failure")
      assert.strictEqual(span.attributes["honeyhive_metadata.error.fields.orderId"], 42)
      assert.strictEqual(span.events[0]?.name, "exception")
      assert.include(String(span.events[0]?.attributes?.["exception.stacktrace"]), "HoneyHive.test.ts")
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("tells defects and interruptions from failures", () =>
    Effect.gen(function* () {
      yield* Effect.die(new TypeError("bug")).pipe(Effect.withSpan("defect"), Effect.exit)
      const fiber = yield* Effect.forkChild(Effect.never.pipe(Effect.withSpan("interrupted")))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      const spans = yield* exported
      assert.strictEqual(named(spans, "defect").attributes["honeyhive_metadata.error.kind"], "defect")
      assert.strictEqual(named(spans, "defect").attributes["honeyhive_error"], "TypeError: bug")
      const interrupted = named(spans, "interrupted")
      assert.strictEqual(interrupted.attributes["honeyhive_metadata.error.kind"], "interruption")
      assert.strictEqual(interrupted.status.code, SpanStatusCode.ERROR)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("a span that is interrupted as it starts is closed", () => {
    let running: Fiber.Fiber<unknown, unknown> | undefined
    const interrupts: SpanProcessor = {
      onStart: () => running?.interruptUnsafe(),
      onEnd: () => {},
      forceFlush: async () => {},
      shutdown: async () => {}
    }
    const program = Effect.gen(function* () {
      for (const body of [Effect.void, Effect.never, Effect.yieldNow, Effect.interrupt]) {
        running = yield* Effect.forkChild(body.pipe(Effect.withSpan("short"), Effect.withSpan("around")))
        yield* Fiber.await(running)
      }
      const spans = yield* exported
      assert.deepStrictEqual(
        spans.map((span) => [span.name, span.attributes["honeyhive_metadata.error.kind"]]),
        Array.from({ length: 4 }, () => ["around", "interruption"])
      )
    })
    return program.pipe(Effect.provide(HoneyHive.layerMemory()), Effect.provideService(SpanProcessors, [interrupts]))
  })

  it.effect("an error that cannot be read does not reach the program", () =>
    Effect.gen(function* () {
      const hostile = new Proxy(
        {},
        {
          get: () => {
            throw new Error("read")
          },
          ownKeys: () => {
            throw new Error("keys")
          }
        }
      )
      const exit = yield* Effect.exit(Effect.fail(hostile).pipe(Effect.withSpan("hostile")))
      assert.isTrue(
        exit._tag === "Failure" && exit.cause.reasons.some((_) => Cause.isFailReason(_) && _.error === hostile)
      )
      assert.strictEqual((yield* exported).length, 1)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("enriches the current span in every bucket, and nothing without one", () =>
    Effect.gen(function* () {
      yield* HoneyHive.enrichSpan({ metadata: { lost: true } })
      yield* HoneyHive.enrichSpan({
        type: "model",
        name: "chat",
        inputs: { chat_history: [{ role: "user", content: "hi" }] },
        outputs: { role: "assistant" },
        config: { model: "m" },
        metadata: { deep: { er: null } },
        metrics: { score: 0.5 },
        feedback: { rating: 5 },
        userProperties: { plan: "pro" }
      }).pipe(Effect.withSpan("span"))
      const spans = yield* exported
      assert.strictEqual(spans.length, 1)
      const attributes = named(spans, "span").attributes
      assert.strictEqual(attributes["honeyhive_event_type"], "model")
      assert.strictEqual(attributes["honeyhive_event_name"], "chat")
      assert.strictEqual(attributes["honeyhive_inputs.chat_history.0.content"], "hi")
      assert.strictEqual(attributes["honeyhive_outputs.role"], "assistant")
      assert.strictEqual(attributes["honeyhive_config.model"], "m")
      assert.strictEqual(attributes["honeyhive_metadata.deep.er"], "null")
      assert.strictEqual(attributes["honeyhive_metrics.score"], 0.5)
      assert.strictEqual(attributes["honeyhive_feedback.rating"], 5)
      assert.strictEqual(attributes["honeyhive_user_properties.plan"], "pro")
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("records an event told afterwards, below the current span", () =>
    Effect.gen(function* () {
      const id = yield* HoneyHive.event({
        name: "vote",
        type: "tool",
        startTime: 1_790_000_000_000,
        duration: 12.5
      }).pipe(Effect.withSpan("page"))
      const spans = yield* exported
      const vote = named(spans, "vote")
      assert.strictEqual(vote.attributes["honeyhive_event_id"], id)
      assert.strictEqual(vote.parentSpanContext?.spanId, named(spans, "page").spanContext().spanId)
      assert.deepStrictEqual(vote.startTime, [1_790_000_000, 0])
      assert.deepStrictEqual(vote.duration, [0, 12_500_000])
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("says what a span is and where it belongs even when it is full of attributes", () =>
    Effect.gen(function* () {
      const attributes = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`a${index}`, index]))
      yield* Effect.void.pipe(Effect.withSpan("full", { attributes }))
      const span = named(yield* exported, "full")
      assert.isTrue(isUuid(span.attributes["honeyhive.session_id"]))
      assert.strictEqual(span.attributes["honeyhive_event_type"], "tool")
      assert.isAbove(span.droppedAttributesCount, 0)
    }).pipe(Effect.provide(HoneyHive.layerMemory({ maxAttributes: 10 })))
  )

  it.effect("rules of the user's own decide the type before everything else", () =>
    Effect.gen(function* () {
      yield* Effect.void.pipe(Effect.withSpan("POST /chat/1"))
      yield* HoneyHive.enrichSpan({ type: "model" }).pipe(Effect.withSpan("POST /chat/2"))
      yield* Effect.void.pipe(Effect.withSpan("query", { attributes: { "db.system": "postgresql" } }))
      yield* Effect.void.pipe(Effect.withSpan("said", { attributes: { honeyhive_event_type: "workflow" } }))
      yield* Effect.void.pipe(Effect.withSpan("gpt"))
      const types = (yield* exported).map((span) => span.attributes["honeyhive_event_type"])
      assert.deepStrictEqual(types, ["chain", "chain", "session", "chain", "model"])
    }).pipe(
      Effect.provide(
        HoneyHive.layerMemory({
          eventTypeRules: [
            { match: { name: "POST /chat*" }, type: "agent" },
            { match: { attribute: "db.system" }, type: "session" }
          ]
        })
      )
    )
  )

  it.effect("two instances share nothing, and one Layer provided twice is one instance", () =>
    Effect.gen(function* () {
      const [one, two] = [HoneyHive.layerMemory({ source: "one" }), HoneyHive.layerMemory({ source: "two" })]
      const trace = (name: string) => Effect.andThen(Effect.void.pipe(Effect.withSpan(name)), exported)
      const [first, second] = yield* Effect.all(
        [trace("a").pipe(Effect.provide(one)), trace("b").pipe(Effect.provide(two))],
        { concurrency: 2 }
      )
      assert.deepStrictEqual(
        first.map((span) => [span.name, span.attributes["honeyhive.source"]]),
        [["a", "one"]]
      )
      assert.deepStrictEqual(
        second.map((span) => [span.name, span.attributes["honeyhive.source"]]),
        [["b", "two"]]
      )

      const id = HoneyHive.use((hive) => hive.session).pipe(Effect.map((session) => session.id))
      const twice = yield* Effect.all([id.pipe(Effect.provide(one)), id.pipe(Effect.provide(one))]).pipe(
        Effect.provide(one)
      )
      assert.strictEqual(twice[0], twice[1])
    })
  )

  it.effect("leaves OpenTelemetry's globals alone and adopts nobody's active span", () =>
    Effect.gen(function* () {
      const before = OtelApi.trace.getTracerProvider()
      const foreign = OtelApi.trace.wrapSpanContext({ traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 })
      const active = OtelApi.trace.setSpan(OtelApi.ROOT_CONTEXT, foreign)
      const manager = { active: () => active } as OtelApi.ContextManager // only `active` is asked for
      OtelApi.context.setGlobalContextManager({
        ...manager,
        with: (_context, fn, self, ...args) => fn.call(self as never, ...args),
        bind: (_context, target) => target,
        enable: () => manager,
        disable: () => manager
      })
      yield* Effect.void.pipe(Effect.withSpan("mine"))
      OtelApi.context.disable()
      assert.isUndefined(named(yield* exported, "mine").parentSpanContext)
      assert.strictEqual(OtelApi.trace.getTracerProvider(), before)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("when disabled, the program keeps the tracer it has", () =>
    Effect.gen(function* () {
      const before = yield* Effect.tracer
      const inside = yield* Effect.tracer.pipe(Effect.provide(HoneyHive.layer({ disableTracing: true })))
      assert.strictEqual(inside, before)
    })
  )

  it.effect("uses the program's clock", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.sleep("3 seconds").pipe(Effect.withSpan("slow")))
      yield* Effect.yieldNow
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(named(yield* exported, "slow").duration, [3, 0])
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("continues a trace that came from outside", () =>
    Effect.gen(function* () {
      const parent = Tracer.externalSpan({ traceId: "a".repeat(32), spanId: "b".repeat(16) })
      yield* Effect.void.pipe(Effect.withSpan("server", { parent }))
      const span = named(yield* exported, "server")
      assert.strictEqual(span.spanContext().traceId, "a".repeat(32))
      assert.strictEqual(span.parentSpanContext?.spanId, "b".repeat(16))
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("spans of a provider user get the session too", () =>
    Effect.gen(function* () {
      const provider = yield* HoneyHive.use((hive) => Effect.succeed(hive.tracerProvider))
      provider.getTracer("mine").startSpan("by hand").end()
      const span = named(yield* exported, "by hand")
      assert.isTrue(isUuid(span.attributes["honeyhive.session_id"]))
      assert.strictEqual(span.instrumentationScope.name, "mine")
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("reads options from the program's own configuration", () =>
    Effect.gen(function* () {
      const layer = HoneyHive.layerConfig({
        sessionName: Config.String("MY_SESSION"),
        testMode: Config.succeed(true)
      })
      const session = yield* HoneyHive.use((hive) => hive.session).pipe(
        Effect.provide(layer),
        Effect.provideService(
          ConfigProvider.ConfigProvider,
          ConfigProvider.fromEnvRecord({ MY_SESSION: "mine", HH_SESSION_NAME: "environment" })
        )
      )
      assert.strictEqual(session.name, "mine")
    })
  )

  it.effect("a Layer that cannot be built says why", () =>
    Effect.gen(function* () {
      const error = yield* Layer.build(HoneyHive.layer({ url: "nowhere" })).pipe(Effect.scoped, Effect.flip)
      assert.strictEqual(error.source, "option url")
      assert.isTrue(Context.isContext(yield* Layer.build(HoneyHive.layer({ testMode: true })).pipe(Effect.scoped)))
    })
  )
})
