import { assert, describe, it } from "@effect/vitest"
import * as OtelApi from "@opentelemetry/api"
import { BasicTracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace-base"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type * as Tracer from "effect/Tracer"
import { TestClock } from "effect/testing"
import { Exporter } from "../Exporter.ts"
import { HoneyHive } from "../HoneyHive.ts"
import { type Options, TracerConfig } from "../TracerConfig.ts"
import { allTaken, ExportError, type Taken, type Transport, type Whole, whole } from "../Transport.ts"

interface Sent {
  readonly name: string
  readonly runs: boolean
  readonly attributes: ReadableSpan["attributes"]
}

/** A backend that shows what runs, and answers as it is told. */
const scripted = (
  answer: (sent: ReadonlyArray<Sent>) => Effect.Effect<Taken, ExportError> = () => Effect.succeed(allTaken)
) => {
  const requests: Array<ReadonlyArray<Sent>> = []
  let held = 0
  const exporter: Transport<Whole> = {
    prepare: (span) => {
      held++
      return whole(span)
    },
    send: (batch) => {
      const sent = batch.map(({ span: { attributes, ended, name } }) => ({
        name,
        attributes,
        runs: !ended
      }))
      requests.push(sent)
      return answer(sent)
    },
    release: (items) => void (held -= items.length),
    shutdown: Effect.void,
    takesRunning: true
  }
  const layer = (options: Options = {}) =>
    HoneyHive.layerExporter.pipe(
      Layer.provide(Layer.succeed(Exporter, exporter)),
      Layer.provide(TracerConfig.layer({ runningSpans: "on", ...options }))
    )
  return {
    requests,
    layer,
    held: () => held,
    said: () => requests.map((sent) => sent.map(({ name, runs }) => (runs ? `${name}…` : name)))
  }
}

const open = (name: string, attributes?: Record<string, unknown>) =>
  Effect.makeSpan(name, attributes === undefined ? {} : { attributes })

const end = (span: Tracer.Span) =>
  Effect.clockWith((clock) => Effect.sync(() => span.end(clock.currentTimeNanosUnsafe(), Exit.void)))

const settle = Effect.repeat(Effect.yieldNow, { times: 20 })

describe("start records", () => {
  it.effect("tell what is still open after a moment; what ends before is sent once", () => {
    const { held, layer, said } = scripted()
    return Effect.gen(function* () {
      const slow = yield* open("slow")
      yield* end(yield* open("quick"))
      yield* TestClock.adjust("40 millis")
      const late = yield* open("late")
      assert.deepStrictEqual(said(), [])
      yield* TestClock.adjust("10 millis")
      assert.deepStrictEqual(said(), [["slow…"]])
      yield* end(late)
      yield* TestClock.adjust("100 millis")
      yield* end(slow)
      yield* TestClock.adjust("200 millis")
      assert.deepStrictEqual(said(), [["slow…"], ["quick", "late", "slow"]])
      assert.strictEqual(held(), 0)
    }).pipe(Effect.provide(layer()))
  })

  it.effect("are as the span is then: its type, its session, redacted, long values left for the end", () => {
    const { layer, requests } = scripted()
    return Effect.gen(function* () {
      const span = yield* open("ask", { "gen_ai.request.model": "gpt-4o", mail: "a@example.com" })
      span.attribute("prompt", "x".repeat(20_000))
      yield* TestClock.adjust("50 millis")
      const [[sent] = []] = requests
      assert.strictEqual(sent?.attributes["honeyhive_event_type"], "model")
      assert.strictEqual(sent?.attributes["honeyhive.session_auto_create"], true)
      assert.notInclude(JSON.stringify(sent), "a@example.com")
      assert.strictEqual(sent?.attributes["prompt"], "…[20000 characters, when the span ends]")
      yield* end(span)
      yield* HoneyHive.flush
      const last = requests.at(-1)?.[0]
      assert.strictEqual(last?.attributes["prompt"], "x".repeat(20_000))
    }).pipe(Effect.provide(layer({ redact: { packs: ["pii"] } })))
  })

  it.effect("one request at a time; what is too much is left out, and no ended span with it", () => {
    const gate = Deferred.makeUnsafe<Taken>()
    const { layer, requests, said } = scripted((sent) =>
      sent[0]?.runs === true ? Deferred.await(gate) : Effect.succeed(allTaken)
    )
    return Effect.gen(function* () {
      const spans = yield* Effect.forEach(
        Array.from({ length: 3000 }, (_, index) => `s${index}`),
        (name) => open(name)
      )
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        said().map(({ length }) => length),
        [128]
      )
      yield* Effect.forEach(spans, end)
      const receipt = yield* HoneyHive.flush
      assert.deepStrictEqual([receipt.dropped, receipt.pending], [{}, 0])
      assert.strictEqual(requests.flat().filter(({ runs }) => !runs).length, 3000)
      yield* Deferred.succeed(gate, allTaken)
      yield* TestClock.adjust("1 minute")
      assert.strictEqual(requests.flat().filter(({ runs }) => runs).length, 128)
    }).pipe(Effect.provide(layer()))
  })

  it.effect("say again that the process lives, as long as something is open", () => {
    const { layer, said } = scripted()
    return Effect.gen(function* () {
      const long = yield* open("long")
      yield* TestClock.adjust("50 millis")
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual(said().flat(), ["long…", "long…", "long…", "long…", "long…"])
      yield* end(long)
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(said().slice(5), [["long"]])
    }).pipe(Effect.provide(layer()))
  })

  it.effect("wait for a backend that is away, and are no loss", () => {
    let away = true
    const { layer, said } = scripted((sent) =>
      away && sent[0]?.runs === true ? Effect.fail(new ExportError({ message: "away" })) : Effect.succeed(allTaken)
    )
    return Effect.gen(function* () {
      const span = yield* open("slow")
      yield* end(yield* open("other"))
      yield* TestClock.adjust("10 seconds")
      assert.isBelow(said().length, 7)
      away = false
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(said().at(-1), ["slow…"])
      yield* end(span)
      const { accepted, dropped } = yield* HoneyHive.flush
      assert.deepStrictEqual([accepted, dropped], [1, {}])
    }).pipe(Effect.provide(layer()))
  })

  it.effect("stop where the backend will not have them", () => {
    const { layer, said } = scripted((sent) =>
      sent[0]?.runs === true
        ? Effect.fail(new ExportError({ message: "no end", status: 400 }))
        : Effect.succeed(allTaken)
    )
    return Effect.gen(function* () {
      yield* open("first")
      yield* TestClock.adjust("1 second")
      yield* open("second")
      yield* TestClock.adjust("10 minutes")
      assert.deepStrictEqual(said(), [["first…"]])
    }).pipe(Effect.provide(layer()))
  })

  it.effect("are of spans of somebody else's provider, too, with what HoneyHive alone knows of them", () => {
    const { layer, requests } = scripted()
    return Effect.gen(function* () {
      const provider = new BasicTracerProvider()
      OtelApi.trace.setGlobalTracerProvider(provider)
      yield* Effect.addFinalizer(() => Effect.sync(() => OtelApi.trace.disable()))
      yield* Effect.gen(function* () {
        const span = provider.getTracer("theirs").startSpan("query")
        yield* TestClock.adjust("50 millis")
        span.end()
        yield* HoneyHive.flush
      }).pipe(Effect.provide(layer({ provider: "attached", sessionName: "ours" })))
      assert.deepStrictEqual(
        requests.flat().map(({ attributes, name, runs }) => [name, runs, attributes["honeyhive.session_name"]]),
        [
          ["query", true, "ours"],
          ["query", false, "ours"]
        ]
      )
    })
  })

  it.effect("go nowhere unless asked: not without the option, not off this machine, not to another OTLP endpoint", () =>
    Effect.gen(function* () {
      const elsewhere: ReadonlyArray<Options> = [
        { runningSpans: "off" },
        { runningSpans: "local" },
        { runningSpans: "local", url: "http://127.0.0.1.example.com" },
        { runningSpans: "local", url: "http://127.0.0.1:4318", otlpEndpoint: "http://127.0.0.1:9999/v1/traces" }
      ]
      for (const options of elsewhere) {
        const { layer, said } = scripted()
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(layer(options), scope)
        yield* Effect.provideContext(open("slow"), context)
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual(said(), [], JSON.stringify(options))
        yield* Scope.close(scope, Exit.void)
      }
      const { layer, said } = scripted()
      yield* Effect.gen(function* () {
        yield* open("slow")
        yield* TestClock.adjust("50 millis")
        yield* settle
        assert.deepStrictEqual(said(), [["slow…"]])
      }).pipe(Effect.provide(layer({ runningSpans: "local", url: "http://localhost:4318" })))
    })
  )
})
