import { assert, describe, it } from "@effect/vitest"
import { SpanStatusCode } from "@opentelemetry/api"
import { type ExportResult, ExportResultCode } from "@opentelemetry/core"
import { BasicTracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace-base"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { Delivery } from "./Delivery.ts"
import { Exporter } from "./Exporter.ts"
import { SpanQueue } from "./internal/spanQueue.ts"
import { type Options, TracerConfig } from "./TracerConfig.ts"
import { allTaken, ExportError, fromSpanExporter, whole } from "./Transport.ts"

const tracer = new BasicTracerProvider().getTracer("test")

const spanNamed = (name: string, error = false): ReadableSpan => {
  const span = tracer.startSpan(name)
  if (error) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
  return span as unknown as ReadableSpan // the SDK's spans are both
}

/** A span that is neither an error nor a root. */
const child = (name: string, payload = ""): ReadableSpan =>
  Object.assign(Object.create(spanNamed(name)), {
    name,
    attributes: { payload },
    parentSpanContext: { traceId: "1", spanId: "1", traceFlags: 1 }
  })

const ok: ExportResult = { code: ExportResultCode.SUCCESS }
const failed = (status?: number): ExportResult => ({
  code: ExportResultCode.FAILED,
  error: Object.assign(new Error(`answer ${status}`), status === undefined ? {} : { code: status })
})

/** An exporter that answers as it is told; `undefined` never answers. */
const scripted = (answer: (names: ReadonlyArray<string>) => ExportResult | undefined) => {
  const requests: Array<ReadonlyArray<string>> = []
  let closed = 0
  const layer = (options: Options) =>
    Delivery.layer.pipe(
      Layer.provide(
        Layer.succeed(
          Exporter,
          fromSpanExporter({
            export: (spans, done) => {
              const names = spans.map((span) => span.name)
              requests.push(names)
              const result = answer(names)
              if (result !== undefined) done(result)
            },
            shutdown: async () => void closed++
          })
        )
      ),
      Layer.provide(TracerConfig.layer(options))
    )
  return { requests, layer, closed: () => closed }
}

const lines: Array<string> = []
const logs = Logger.layer([Logger.make(({ message }) => void lines.push(String(message)))])

describe("Delivery", () => {
  it.effect("sends full batches at once, and the rest when it has waited long enough", () => {
    const { layer, requests } = scripted(() => ok)
    return Effect.gen(function* () {
      const { offer } = yield* Delivery
      for (let index = 0; index < 5; index++) offer(spanNamed(`s${index}`))
      yield* Effect.yieldNow
      assert.deepStrictEqual(requests, [
        ["s0", "s1"],
        ["s2", "s3"]
      ])
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(requests.length, 2)
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(requests[2], ["s4"])
    }).pipe(Effect.provide(layer({ batchMaxSize: 2 })))
  })

  it.effect("bounds a request in bytes", () => {
    const { layer, requests } = scripted(() => ok)
    return Effect.gen(function* () {
      const { flush, offer } = yield* Delivery
      for (let index = 0; index < 4; index++) offer(child(`s${index}`, "x".repeat(1000)))
      yield* flush
      assert.deepStrictEqual(
        requests.map((names) => names.length),
        [2, 2]
      )
    }).pipe(Effect.provide(layer({ batchMaxBytes: 3000 })))
  })

  it.effect("loses nothing in an outage that is shorter than its retries, and says so in the receipt", () => {
    let down = true
    const { layer, requests } = scripted(() => (down ? failed() : ok))
    return Effect.gen(function* () {
      const { flush, offer } = yield* Delivery
      for (let index = 0; index < 100; index++) offer(spanNamed(`s${index}`))
      const receipt = yield* Effect.forkChild(flush)
      yield* TestClock.adjust("15 seconds")
      const attempts = requests.length
      // Four requests under way, then, once the circuit opens, one at a time
      assert.isAbove(attempts, 5)
      assert.isBelow(attempts, 40)
      down = false
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* Fiber.join(receipt), { accepted: 100, spooled: 0, dropped: {}, pending: 0 })
      const delivered = requests.slice(attempts).flat()
      assert.strictEqual(new Set(delivered).size, 100)
      assert.strictEqual(delivered.length, 100)
    }).pipe(Effect.provide(layer({ batchMaxSize: 10, flushTimeout: "1 minute" })))
  })

  it.effect("balanced gives up after two minutes and counts; resilient does not", () =>
    Effect.gen(function* () {
      for (const resilience of ["balanced", "resilient"] as const) {
        const { layer } = scripted(() => failed(503))
        const receipt = yield* Effect.gen(function* () {
          const { flush, offer } = yield* Delivery
          offer(spanNamed("lost"))
          const waiting = yield* Effect.forkChild(flush)
          yield* TestClock.adjust("5 minutes")
          return yield* Fiber.join(waiting)
        }).pipe(
          Effect.provide(layer({ resilience, flushTimeout: "5 minutes", shutdownTimeout: 0 })),
          Effect.provide(logs)
        )
        assert.deepStrictEqual(
          receipt,
          resilience === "balanced"
            ? { accepted: 0, spooled: 0, dropped: { "retries exhausted": 1 }, pending: 0 }
            : { accepted: 0, spooled: 0, dropped: {}, pending: 1 }
        )
      }
    })
  )

  it.effect("strict does not try again, and flush fails with a typed error", () => {
    const { layer, requests } = scripted(() => failed(503))
    return Effect.gen(function* () {
      const { flush, offer } = yield* Delivery
      offer(spanNamed("lost"))
      const error = yield* Effect.flip(flush)
      assert.deepInclude(error, { _tag: "DeliveryError", dropped: 1 })
      assert.strictEqual(requests.length, 1)
    }).pipe(Effect.provide(layer({ resilience: "strict" })), Effect.provide(logs))
  })

  it.effect("leaves the backend alone for as long as it asks", () =>
    Effect.gen(function* () {
      let tries = 0
      const busy = Layer.succeed(Exporter, {
        ...fromSpanExporter({ export: () => {}, shutdown: async () => {} }),
        send: () =>
          Effect.suspend(() =>
            ++tries === 1
              ? Effect.fail(new ExportError({ message: "busy", status: 429, retryAfter: 20_000 }))
              : Effect.succeed(allTaken)
          )
      })
      yield* Effect.gen(function* () {
        const { flush, offer } = yield* Delivery
        offer(spanNamed("a"))
        const receipt = yield* Effect.forkChild(flush)
        yield* TestClock.adjust("19 seconds")
        assert.strictEqual(tries, 1)
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* Fiber.join(receipt), { accepted: 1, spooled: 0, dropped: {}, pending: 0 })
      }).pipe(
        Effect.provide(
          Delivery.layer.pipe(
            Layer.provide(busy),
            Layer.provide(TracerConfig.layer({ batchMaxSize: 1, flushTimeout: "1 minute" }))
          )
        ),
        Effect.provide(logs)
      )
    })
  )

  it.effect("a span that cannot be encoded is counted, and takes no other with it", () =>
    Effect.gen(function* () {
      const sent: Array<string> = []
      const picky = Layer.succeed(Exporter, {
        ...fromSpanExporter({
          export: (spans, done) => {
            sent.push(...spans.map((span) => span.name))
            done(ok)
          },
          shutdown: async () => {}
        }),
        prepare: (span: ReadableSpan) => {
          if (span.name === "odd") throw new Error("odd")
          return whole(span)
        }
      })
      yield* Effect.gen(function* () {
        const { flush, offer } = yield* Delivery
        for (const name of ["a", "odd", "b"]) offer(spanNamed(name))
        assert.deepStrictEqual(yield* flush, { accepted: 2, spooled: 0, dropped: { "not encodable": 1 }, pending: 0 })
        assert.deepStrictEqual(sent, ["a", "b"])
      }).pipe(
        Effect.provide(Delivery.layer.pipe(Layer.provide(picky), Layer.provide(TracerConfig.layer()))),
        Effect.provide(logs)
      )
    })
  )

  it.effect("counts what became of spans in Effect's metrics", () => {
    const { layer } = scripted((names) => (names.includes("no") ? failed(401) : ok))
    return Effect.gen(function* () {
      const { flush, offer } = yield* Delivery
      for (const name of ["a", "b"]) offer(spanNamed(name))
      yield* flush
      offer(spanNamed("no"))
      yield* flush
      const counts = (yield* Metric.snapshot).flatMap(({ attributes, id, state }) =>
        attributes?.["instance"] === "metrics" && "count" in state
          ? [[id, attributes["outcome"], Number(state.count)] as const]
          : []
      )
      assert.deepStrictEqual(
        counts.toSorted((a, b) => (`${a}` < `${b}` ? -1 : 1)),
        [
          ["honeyhive.spans.ended", undefined, 3],
          ["honeyhive.spans.settled", "accepted", 2],
          ["honeyhive.spans.settled", "refused", 1]
        ]
      )
    }).pipe(Effect.provide(layer({ serviceInstanceId: "metrics" })), Effect.provide(logs))
  })

  it.effect("does not repeat what the backend will not have", () => {
    const { layer, requests } = scripted(() => failed(401))
    return Effect.gen(function* () {
      const { flush, offer } = yield* Delivery
      for (let index = 0; index < 4; index++) offer(spanNamed(`s${index}`))
      assert.deepStrictEqual(yield* flush, { accepted: 0, spooled: 0, dropped: { refused: 4 }, pending: 0 })
      assert.strictEqual(requests.length, 1)
    }).pipe(Effect.provide(layer({})), Effect.provide(logs))
  })

  it.effect("splits what is too large, and isolates the one span that is refused", () => {
    const { layer, requests } = scripted((names) =>
      names.length > 4 ? failed(413) : names.includes("poison") ? failed(400) : ok
    )
    return Effect.gen(function* () {
      const { flush, offer } = yield* Delivery
      for (let index = 0; index < 15; index++) offer(spanNamed(index === 6 ? "poison" : `s${index}`))
      assert.deepStrictEqual(yield* flush, { accepted: 14, spooled: 0, dropped: { refused: 1 }, pending: 0 })
      const last = requests.filter((names) => names.includes("poison")).at(-1)
      assert.deepStrictEqual(last, ["poison"])
    }).pipe(Effect.provide(layer({})), Effect.provide(logs))
  })

  it.effect("flush waits for what is on its way, and not for what comes later", () => {
    const answers: Array<() => void> = []
    const exporter = Layer.succeed(
      Exporter,
      fromSpanExporter({
        export: (_spans, done) => void answers.push(() => done(ok)),
        shutdown: async () => {}
      })
    )
    return Effect.gen(function* () {
      const { flush, offer } = yield* Delivery
      offer(spanNamed("first"))
      yield* Effect.yieldNow
      const waiting = yield* Effect.forkChild(flush)
      yield* Effect.yieldNow
      offer(spanNamed("second"))
      yield* Effect.yieldNow
      assert.isUndefined(waiting.pollUnsafe())
      answers[0]?.()
      assert.deepStrictEqual(yield* Fiber.join(waiting), { accepted: 1, spooled: 0, dropped: {}, pending: 0 })
    }).pipe(
      Effect.provide(
        Delivery.layer.pipe(
          Layer.provide(exporter),
          Layer.provide(TracerConfig.layer({ batchMaxSize: 1, shutdownTimeout: 0 }))
        )
      )
    )
  })

  it.effect("flush has a deadline and says what is still waiting", () => {
    const { layer } = scripted(() => undefined)
    return Effect.gen(function* () {
      const { flush, offer } = yield* Delivery
      offer(spanNamed("hangs"))
      const waiting = yield* Effect.forkChild(flush)
      yield* TestClock.adjust("3 seconds")
      assert.deepStrictEqual(yield* Fiber.join(waiting), { accepted: 0, spooled: 0, dropped: {}, pending: 1 })
    }).pipe(Effect.provide(layer({ shutdownTimeout: 0 })), Effect.provide(logs))
  })

  it.effect("closing sends the rest, gives up at the deadline, counts that, and takes nothing afterwards", () =>
    Effect.gen(function* () {
      const good = scripted(() => ok)
      yield* Delivery.use(({ offer }) => Effect.sync(() => offer(spanNamed("last")))).pipe(
        Effect.provide(good.layer({}))
      )
      assert.deepStrictEqual(good.requests, [["last"]])
      assert.strictEqual(good.closed(), 1)

      lines.length = 0
      const hanging = scripted(() => undefined)
      const closing = yield* Effect.gen(function* () {
        const { close, offer } = yield* Delivery
        for (let index = 0; index < 3; index++) offer(spanNamed(`s${index}`))
        const receipt = yield* Effect.forkChild(close)
        yield* TestClock.adjust("3 seconds")
        offer(spanNamed("late"))
        return yield* Fiber.join(receipt)
      }).pipe(Effect.provide(hanging.layer({ batchMaxSize: 1 })), Effect.provide(logs))
      assert.deepStrictEqual(closing, { accepted: 0, spooled: 0, dropped: { closed: 3 }, pending: 0 })
      assert.strictEqual(hanging.closed(), 1)
      assert.deepStrictEqual(lines, ["HoneyHive: spans dropped: 3 (closed)"])
    })
  )

  it.effect("reports drops once per interval, by reason", () => {
    const { layer } = scripted(() => undefined)
    return Effect.gen(function* () {
      lines.length = 0
      const { offer } = yield* Delivery
      for (let index = 0; index < 50; index++) offer(child(`s${index}`))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(lines.length, 1)
      assert.match(lines[0] ?? "", /spans dropped: \d+ \(queue full\)/)
    }).pipe(Effect.provide(layer({ batchMaxQueue: 4, batchMaxSize: 4, shutdownTimeout: 0 })), Effect.provide(logs))
  })
})

describe("SpanQueue", () => {
  it("law: never over its bounds, oldest ordinary span leaves first, errors and roots last", () => {
    const spans = {
      ordinary: child("ordinary", "x".repeat(500)),
      root: spanNamed("root"),
      error: spanNamed("error", true)
    }
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("ordinary", "root", "error"), { maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        (kinds, bound) => {
          const queue = new SpanQueue(bound, 8_000)
          const gone = new Set<number>()
          const model: Array<{ readonly sequence: number; readonly important: boolean }> = []
          kinds.forEach((kind, index) => {
            queue.push(spans[kind], whole(spans[kind]).bytes)
            for (const entry of queue.overflow()) {
              const leaves =
                model.find((one) => !one.important && !gone.has(one.sequence)) ??
                model.find((one) => !gone.has(one.sequence))
              // The new span itself may be the oldest ordinary one
              assert.isTrue(
                entry.sequence === leaves?.sequence || (entry.sequence === index + 1 && leaves?.important !== false)
              )
              gone.add(entry.sequence)
            }
            model.push({ sequence: index + 1, important: kind !== "ordinary" })
            assert.isAtMost(queue.length, bound)
            assert.isTrue(queue.bytes <= 8_000 || queue.length === 1)
          })
          const kept = queue.take(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY).map((entry) => entry.sequence)
          assert.deepStrictEqual(
            kept,
            model.map((one) => one.sequence).filter((sequence) => !gone.has(sequence))
          )
          assert.strictEqual(queue.bytes, 0)
        }
      ),
      { numRuns: 1000 }
    )
  })
})
