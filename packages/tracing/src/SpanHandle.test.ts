import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Context from "effect/Context"
import * as Tracer from "effect/Tracer"
import { TestClock } from "effect/testing"
import { MemoryExporter } from "./Exporter.ts"
import { HoneyHive } from "./HoneyHive.ts"
import type { SpanHandle } from "./SpanHandle.ts"

const exported = Effect.gen(function* () {
  yield* HoneyHive.flush
  return yield* MemoryExporter.use((memory) => memory.spans)
})

const traceId = "5b8efff798038103d269b633813fc60c"
const spanId = "eee19b7ec3c1b174"

describe("startSpan", () => {
  it.effect("begins and ends where the program says, is no parent by itself, and is one within", () =>
    Effect.gen(function* () {
      const around = Effect.gen(function* () {
        const span = yield* HoneyHive.startSpan("held", {
          type: "agent",
          kind: "client",
          inputs: () => ({ q: "?" }),
          shard: 3
        })
        yield* Effect.void.pipe(Effect.withSpan("beside"))
        yield* span.within(Effect.void.pipe(Effect.withSpan("below")))
        yield* span.enrich({ metrics: Effect.succeed({ score: 1 }) })
        return span
      })
      const span = yield* Effect.withSpan(around, "around")
      yield* TestClock.adjust("3 seconds")
      yield* span.end({ outputs: () => ({ a: "!" }) })
      yield* span.end({ outputs: { a: "again" }, error: "too late" })
      const spans = yield* exported
      const find = (name: string) => spans.find((span) => span.name === name)!
      const held = find("held")
      assert.strictEqual(held.spanContext().spanId, span.spanId)
      assert.strictEqual(held.parentSpanContext?.spanId, find("around").spanContext().spanId)
      assert.strictEqual(find("beside").parentSpanContext?.spanId, find("around").spanContext().spanId)
      assert.strictEqual(find("below").parentSpanContext?.spanId, span.spanId)
      assert.deepStrictEqual(held.duration, [3, 0])
      assert.strictEqual(held.kind, 2)
      assert.deepInclude(held.attributes, {
        honeyhive_event_type: "chain",
        "honeyhive_inputs.q": "?",
        "honeyhive_outputs.a": "!",
        "honeyhive_metrics.score": 1,
        "honeyhive_metadata.shard": 3
      })
      assert.notStrictEqual(held.status.code, 2)
      assert.strictEqual(span.eventId, HoneyHive.eventId(Tracer.externalSpan(span)))
      assert.strictEqual(spans.filter((span) => span.name === "held").length, 1)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("fails with what was thrown, or with a cause", () =>
    Effect.gen(function* () {
      const [thrown, caused] = yield* Effect.all([HoneyHive.startSpan("thrown"), HoneyHive.startSpan("caused")])
      yield* thrown.end({ error: new TypeError("bug") })
      yield* caused.end({ error: Cause.die("defect"), endTime: 1000 })
      const said = (yield* exported).map((span) => [span.status.code, span.attributes["honeyhive_error"]])
      assert.deepStrictEqual(said, [
        [2, "TypeError: bug"],
        [2, "defect"]
      ])
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("has the parent it is given, or none", () =>
    Effect.gen(function* () {
      const start = Effect.all([
        HoneyHive.startSpan("remote", { parent: `00-${traceId}-${spanId}-01` }),
        HoneyHive.startSpan("root", { root: true })
      ])
      const spans = yield* start.pipe(Effect.withSpan("around"))
      yield* Effect.forEach(spans, (span) => span.end())
      const [, remote, root] = yield* exported
      assert.deepInclude(remote?.parentSpanContext, { traceId, spanId })
      assert.isUndefined(root?.parentSpanContext)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("one that nobody ends is ended with its instance", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(Layer.fresh(HoneyHive.layerMemory()), scope)
      yield* HoneyHive.startSpan("forgotten").pipe(Effect.provideContext(context))
      yield* Scope.close(scope, Exit.void)
      const [span] = yield* Context.get(context, MemoryExporter).spans
      assert.strictEqual(span?.attributes["honeyhive_metadata.span"], "never ended")
    })
  )
})

describe("withSpan", () => {
  it.effect("records what it is told, and the result if it is asked to", () =>
    Effect.gen(function* () {
      const count = HoneyHive.withSpan("count", {
        type: "chain",
        inputs: { list: [1, 2] },
        captureOutput: (result: number) => ({ count: result })
      })
      assert.strictEqual(yield* count(Effect.succeed(2)), 2)
      yield* Effect.succeed("a").pipe(HoneyHive.withSpan("whole", { captureOutput: true }))
      yield* HoneyHive.withSpan(Effect.succeed("a"), "quiet")
      const throwing = () => {
        throw new Error("hook")
      }
      assert.strictEqual(yield* Effect.succeed(1).pipe(HoneyHive.withSpan("hook", { captureOutput: throwing })), 1)
      const error = yield* Effect.fail("no").pipe(HoneyHive.withSpan("failed", { captureOutput: true }), Effect.flip)
      assert.strictEqual(error, "no")
      const spans = yield* exported
      assert.deepStrictEqual(
        spans.map(({ attributes, name }) => [
          name,
          attributes["honeyhive_outputs.count"] ?? attributes["honeyhive_outputs.result"]
        ]),
        [
          ["count", 2],
          ["whole", "a"],
          ["quiet", undefined],
          ["hook", undefined],
          ["failed", undefined]
        ]
      )
      assert.deepStrictEqual(spans[0]?.attributes["honeyhive_inputs.list"], [1, 2])
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )
})

describe("links", () => {
  it.effect("lead to spans of this program and of others; what names no span is left out", () =>
    Effect.gen(function* () {
      const { tracerProvider } = yield* HoneyHive
      const otel = tracerProvider.getTracer("mine").startSpan("otel")
      const first = yield* HoneyHive.startSpan("first")
      const effect = yield* Effect.currentSpan.pipe(Effect.withSpan("effect"))
      yield* Effect.gen(function* () {
        yield* HoneyHive.link(effect)
        yield* HoneyHive.link(otel)
        yield* HoneyHive.link({ traceId, spanId, sampled: false }, { why: "retry" })
        yield* HoneyHive.link("not a traceparent")
        yield* HoneyHive.link({ traceId: "short", spanId })
      }).pipe(
        HoneyHive.withSpan("linked", { links: [first, { to: `00-${traceId}-${spanId}-01`, attributes: { n: 1 } }] })
      )
      const linked = (yield* exported).find((span) => span.name === "linked")
      assert.deepStrictEqual(
        linked?.links.map(({ attributes, context }) => [context.spanId, context.traceFlags, attributes ?? {}]),
        [
          [first.spanId, 1, {}],
          [spanId, 1, { n: 1 }],
          [effect.spanId, 1, {}],
          [otel.spanContext().spanId, 1, {}],
          [spanId, 0, { why: "retry" }]
        ]
      )
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )
})

describe("currentSpan", () => {
  it.effect("is the span around, and nothing without one", () =>
    Effect.gen(function* () {
      assert.isFalse((yield* HoneyHive.currentSpan).isRecording)
      const [id, eventId] = yield* HoneyHive.currentSpan.pipe(
        Effect.tap((span) => span.enrich({ metadata: { a: 1 } })),
        Effect.map((span) => [span.spanId, span.eventId]),
        Effect.withSpan("span")
      )
      const [span] = yield* exported
      assert.strictEqual(span?.spanContext().spanId, id)
      assert.strictEqual(span?.attributes["honeyhive_metadata.a"], 1)
      assert.isString(eventId)
      const untraced = HoneyHive.currentSpan.pipe(Effect.withSpan("off"), Effect.withTracerEnabled(false))
      assert.isFalse((yield* untraced).isRecording)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )
})

describe("events", () => {
  it.effect("are recorded in order, below the current span, under the ids they are given", () =>
    Effect.gen(function* () {
      const id = "7f22137a-6911-4ed3-bc36-110f1dde6b66"
      const ids = yield* HoneyHive.events([
        { name: "a", eventId: id, type: "tool", outputs: () => ({ n: 1 }) },
        { name: "b", startTime: 1_790_000_000_000, duration: 250 }
      ]).pipe(Effect.withSpan("page"))
      const [a, b, page] = yield* exported
      assert.deepStrictEqual([a?.name, b?.name, page?.name], ["a", "b", "page"])
      assert.deepStrictEqual([a?.attributes["honeyhive_event_id"], b?.attributes["honeyhive_event_id"]], ids as never)
      assert.strictEqual(ids[0], id)
      assert.strictEqual(a?.attributes["honeyhive_outputs.n"], 1)
      assert.deepStrictEqual(b?.duration, [0, 250_000_000])
      assert.strictEqual(b?.parentSpanContext?.spanId, page?.spanContext().spanId)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )
})

describe("a disabled instance", () => {
  it.effect("has the same operations, evaluates nothing, and leaves the program's own tracer alone", () =>
    Effect.gen(function* () {
      const made: Array<string> = []
      const own = Tracer.make({
        span: (options) => {
          made.push(options.name)
          return new Tracer.NativeSpan(options)
        }
      })
      const throwing = () => {
        throw new Error("evaluated")
      }
      yield* Effect.gen(function* () {
        const one: SpanHandle = yield* HoneyHive.startSpan("one", { inputs: throwing })
        const two = yield* HoneyHive.startSpan("two")
        assert.strictEqual(one, two)
        assert.isFalse(one.isRecording)
        yield* one.enrich({ metadata: throwing })
        yield* one.link({ traceId, spanId })
        assert.strictEqual(yield* one.within(Effect.succeed(1)), 1)
        yield* one.end({ outputs: throwing })
        assert.strictEqual(yield* Effect.succeed(2).pipe(HoneyHive.withSpan("three", { inputs: throwing })), 2)
        assert.match(yield* HoneyHive.event({ name: "four", inputs: throwing }), /^[0-9a-f-]{36}$/)
      }).pipe(
        Effect.provide(Layer.fresh(HoneyHive.layer({ disableTracing: true }))),
        Effect.provideService(Tracer.Tracer, own)
      )
      assert.deepStrictEqual(made, [])
    })
  )
})
