import { assert, describe, it } from "@effect/vitest"
import { BasicTracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace-base"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { TestClock } from "effect/testing"
import { Delivery } from "./Delivery.ts"
import { Exporter } from "./Exporter.ts"
import { TracerConfig } from "./TracerConfig.ts"
import { allTaken, ExportError, type Taken, whole } from "./Transport.ts"

const span = (): ReadableSpan => {
  const span = new BasicTracerProvider().getTracer("test").startSpan("span")
  span.end()
  return span as unknown as ReadableSpan // the SDK's spans are both
}

/** Delivery over a transport that answers as it is told. */
const delivery = (answer: (spans: number) => Effect.Effect<Taken, ExportError>) =>
  Delivery.layer.pipe(
    Layer.provide(
      Layer.succeed(Exporter, {
        prepare: whole,
        send: (batch) => Effect.suspend(() => answer(batch.length)),
        shutdown: Effect.void
      })
    ),
    Layer.provide(TracerConfig.layer({ flushTimeout: "1 hour" }))
  )

const logs: Array<string> = []
const logger = Logger.layer([Logger.make(({ message }) => void logs.push(String(message)))])

describe("Transport", () => {
  it.effect("waits as long as the backend asks", () => {
    const busy = new ExportError({ message: "busy", status: 429, retryAfter: 40_000 })
    let asked = 0
    return Effect.gen(function* () {
      const { flush, offer } = yield* Delivery
      offer(span())
      const receipt = yield* Effect.forkChild(flush)
      yield* TestClock.adjust("39 seconds")
      assert.strictEqual(asked, 1)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(asked, 2)
      assert.deepStrictEqual(yield* Fiber.join(receipt), { accepted: 1, spooled: 0, dropped: {}, pending: 0 })
    }).pipe(
      Effect.provide(delivery(() => (asked++ === 0 ? Effect.fail(busy) : Effect.succeed(allTaken)))),
      Effect.provide(logger)
    )
  })

  it.effect("counts what a backend takes in part", () =>
    Effect.gen(function* () {
      const { flush, offer } = yield* Delivery
      for (let index = 0; index < 5; index++) offer(span())
      assert.deepStrictEqual(yield* flush, { accepted: 3, spooled: 0, dropped: { refused: 2 }, pending: 0 })
    }).pipe(Effect.provide(delivery(() => Effect.succeed({ rejected: 2, message: "too old" }))), Effect.provide(logger))
  )
})
