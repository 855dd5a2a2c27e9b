import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as OtelApi from "@opentelemetry/api"
import { UndiciInstrumentation } from "@opentelemetry/instrumentation-undici"
import { BasicTracerProvider } from "@opentelemetry/sdk-trace-base"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { MemoryExporter } from "./Exporter.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { currentSpan, layer } from "./Instrumentation.ts"
import { traced } from "./Traced.ts"

const server = Effect.acquireRelease(
  Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
    const server = createServer((_request, response) => response.end("ok"))
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo // a TCP server's address
      const close = () => {
        server.closeAllConnections()
        server.close()
      }
      resume(Effect.succeed({ url: `http://127.0.0.1:${port}/`, close }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

const get = async (url: string): Promise<string> => (await fetch(url)).text()

const exported = Effect.gen(function* () {
  yield* HoneyHive.flush
  return yield* MemoryExporter.use((memory) => memory.spans)
})

const started = Effect.map(HoneyHive, ({ instrumentationProvider }) => instrumentationProvider.getTracer("library"))

describe("Instrumentation", () => {
  it.live(
    "an official instrumentation makes children of the Effect span and of the traced function, in its scope",
    () =>
      Effect.gen(function* () {
        const { url } = yield* server
        const search = traced({ name: "plain" }, () => get(url))
        yield* Effect.gen(function* () {
          yield* Effect.promise(() => get(url)).pipe(Effect.withSpan("effect"))
          yield* Effect.promise(() => search())
        }).pipe(Effect.provide(layer(() => [new UndiciInstrumentation()])))
        yield* Effect.promise(() => get(url)).pipe(Effect.withSpan("after"))
        const spans = yield* exported
        assert.deepStrictEqual(
          spans.map((span) => span.name),
          ["GET", "effect", "GET", "plain", "after"]
        )
        assert.strictEqual(spans[0]!.parentSpanContext?.spanId, spans[1]!.spanContext().spanId)
        assert.strictEqual(spans[2]!.parentSpanContext?.spanId, spans[3]!.spanContext().spanId)
        assert.strictEqual(spans[0]!.attributes["http.response.status_code"], 200)
      }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("spans are nested by startActiveSpan, and those of the program inside of them", () =>
    Effect.gen(function* () {
      const tracer = yield* started
      const inner = traced({ name: "traced" }, () => 42)
      const result = yield* Effect.sync(() =>
        tracer.startActiveSpan("outer", (outer) =>
          tracer.startActiveSpan("inner", { kind: OtelApi.SpanKind.CLIENT }, (span) => {
            const result = inner()
            span.end()
            outer.end()
            return result
          })
        )
      ).pipe(Effect.withSpan("step"))
      assert.strictEqual(result, 42)
      const spans = yield* exported
      assert.deepStrictEqual(
        spans.map((span) => span.name),
        ["traced", "inner", "outer", "step"]
      )
      for (const [index, span] of spans.slice(0, -1).entries()) {
        assert.strictEqual(span.parentSpanContext?.spanId, spans[index + 1]!.spanContext().spanId)
      }
      assert.strictEqual(spans[1]!.kind, OtelApi.SpanKind.CLIENT)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("another provider's active span is nobody's parent here", () =>
    Effect.gen(function* () {
      const tracer = yield* started
      const theirs = OtelApi.trace.setSpan(
        OtelApi.ROOT_CONTEXT,
        new BasicTracerProvider().getTracer("theirs").startSpan("theirs")
      )
      tracer.startSpan("root", {}, theirs).end()
      yield* Effect.sync(() => tracer.startSpan("child", {}, theirs).end()).pipe(Effect.withSpan("step"))
      const [root, child, step] = yield* exported
      assert.isUndefined(root!.parentSpanContext)
      assert.strictEqual(child!.parentSpanContext?.spanId, step!.spanContext().spanId)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("code of another instance, and where tracing is off, has no span", () =>
    Effect.gen(function* () {
      const instance = Layer.build(Layer.fresh(HoneyHive.layerMemory()))
      const [first, second] = [yield* instance, yield* instance]
      const tracer = yield* Effect.provideContext(started, first)
      const work = Effect.sync(() => tracer.startSpan("work").end())
      yield* Effect.provideContext(Effect.withSpan(work, "theirs"), second)
      yield* Effect.provideContext(Effect.withTracerEnabled(work, false), first)
      yield* Effect.provideContext(Effect.withSpan(work, "ours"), first)
      const names = (context: typeof first) =>
        Effect.map(Effect.provideContext(exported, context), (spans) => spans.map((span) => span.name))
      assert.deepStrictEqual(yield* names(first), ["work", "ours"])
      assert.deepStrictEqual(yield* names(second), ["theirs"])
      assert.isDefined(Context.get(second, HoneyHive))
    })
  )

  it.effect("says which span is around the caller", () =>
    Effect.gen(function* () {
      assert.isUndefined(currentSpan())
      const name = yield* Effect.sync(() => {
        const span = currentSpan()
        return span?._tag === "Span" ? span.name : undefined
      }).pipe(Effect.withSpan("step"))
      assert.strictEqual(name, "step")
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )
})
