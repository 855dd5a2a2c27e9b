/**
 * Streams are closed however they end, are handed on untouched, and one pull stays one pull.
 */
import { PassThrough, Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { assert, describe, it } from "@effect/vitest"
import { ExportResultCode } from "@opentelemetry/core"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import { Exporter, MemoryExporter } from "./Exporter.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { traced } from "./Traced.ts"
import { TracerConfig } from "./TracerConfig.ts"
import { fromSpanExporter } from "./Transport.ts"

const exported = Effect.gen(function* () {
  yield* HoneyHive.flush
  return yield* MemoryExporter.use((memory) => memory.spans)
})

/** Runs plain code under an instance and returns its spans. */
const spansOf = (evaluate: () => Promise<void> | void) =>
  Effect.gen(function* () {
    yield* Effect.promise(async () => {
      await evaluate()
      // Node says that a stream is closed in the next turn of its loop
      await new Promise((resolve) => setImmediate(resolve))
    })
    return (yield* exported).map((span) => ({
      name: span.name,
      status: span.status.code,
      result: span.attributes["honeyhive_outputs.result"],
      chunks: span.attributes["honeyhive_metadata.chunks"],
      first: span.attributes["honeyhive_metadata.time_to_first_token_ms"],
      stream: span.attributes["honeyhive_metadata.stream"],
      parent: span.parentSpanContext?.spanId,
      id: span.spanContext().spanId
    }))
  }).pipe(Effect.provide(HoneyHive.layerMemory()))

const child = traced({ name: "child" }, (value: string) => value)

const sources = {
  generator: traced({ name: "source" }, function* () {
    yield child("a")
    yield child("b")
    yield child("c")
  }),
  asyncGenerator: traced({ name: "source" }, async function* () {
    yield child("a")
    await Promise.resolve()
    yield child("b")
    yield child("c")
  }),
  asyncFunction: traced({ name: "source" }, async () => {
    await Promise.resolve()
    return (async function* () {
      yield child("a")
      yield child("b")
      yield child("c")
    })()
  }),
  asyncIterable: traced({ name: "source" }, () => ({
    [Symbol.asyncIterator]() {
      const values = ["a", "b", "c"]
      return {
        next: async () => {
          const value = values.shift()
          return value === undefined ? { done: true as const, value } : { done: false as const, value: child(value) }
        },
        return: async () => ({ done: true as const, value: undefined })
      }
    }
  })),
  readableStream: traced(
    { name: "source" },
    () =>
      new ReadableStream<string>({
        start: (controller) => {
          for (const value of ["a", "b", "c"]) controller.enqueue(value)
          controller.close()
        }
      })
  ),
  nodeReadable: traced({ name: "source" }, () => Readable.from(["a", "b", "c"]))
}

type Source = { [K in keyof typeof sources]: Awaited<ReturnType<(typeof sources)[K]>> }[keyof typeof sources]

const kinds = Object.entries(sources)
const open = async (make: (typeof kinds)[number][1]): Promise<Source> => make()

describe("traced streams", () => {
  for (const [kind, make] of kinds) {
    it.effect(`${kind}: read to its end`, () =>
      Effect.gen(function* () {
        const read: Array<string> = []
        const spans = yield* spansOf(async () => {
          for await (const value of await open(make)) read.push(value)
        })
        assert.deepStrictEqual(read, ["a", "b", "c"])
        const source = spans.find((span) => span.name === "source")
        assert.deepInclude(source, { status: 1, result: "abc", chunks: 3, stream: undefined })
        assert.isNumber(source?.first)
        for (const span of spans.filter((span) => span.name === "child")) assert.strictEqual(span.parent, source?.id)
      })
    )

    it.effect(`${kind}: left early`, () =>
      Effect.gen(function* () {
        const spans = yield* spansOf(async () => {
          for await (const value of await open(make)) {
            if (value === "b") break
          }
        })
        const source = spans.find((span) => span.name === "source")
        assert.deepInclude(source, { status: 1, stream: "stopped early" })
        assert.isAtLeast(Number(source?.chunks), 1)
      })
    )
  }

  it.effect("an error of the producer ends the span with it and reaches the reader as it is", () =>
    Effect.gen(function* () {
      const error = new Error("broke off")
      const failing = [
        traced({ name: "source" }, function* () {
          yield "a"
          throw error
        }),
        traced({ name: "source" }, async function* () {
          yield "a"
          throw error
        }),
        traced({ name: "source" }, () =>
          Readable.from(
            (async function* () {
              yield "a"
              throw error
            })()
          )
        ),
        traced({ name: "source" }, () => new ReadableStream({ pull: (controller) => controller.error(error) }))
      ]
      for (const make of failing) {
        let caught: unknown
        const spans = yield* spansOf(async () => {
          try {
            for await (const _ of make() as AsyncIterable<unknown>) continue // every one of them can be read so
          } catch (thrown) {
            caught = thrown
          }
        })
        assert.strictEqual(caught, error)
        assert.strictEqual(spans.filter((span) => span.name === "source").length, 1)
        assert.deepInclude(spans[0], { status: 2 })
      }
    })
  )

  it.effect("web streams end with their reader, their pipe, their branch and their cancellation", () =>
    Effect.gen(function* () {
      const ways: Record<string, (stream: ReadableStream<string>) => Promise<unknown>> = {
        reader: async (stream) => {
          const reader = stream.getReader()
          while (!(await reader.read()).done) continue
        },
        pipeTo: (stream) => stream.pipeTo(new WritableStream()),
        pipeThrough: async (stream) => {
          for await (const _ of stream.pipeThrough(new TransformStream())) continue
        },
        tee: async (stream) => {
          for (const branch of stream.tee()) for await (const _ of branch) continue
        },
        cancel: (stream) => stream.cancel()
      }
      for (const [way, read] of Object.entries(ways)) {
        const spans = yield* spansOf(async () => void (await read(sources.readableStream())))
        assert.strictEqual(spans.filter((span) => span.name === "source").length, 1, way)
      }
    })
  )

  it.effect("a Node stream in a pipeline", () =>
    Effect.gen(function* () {
      const spans = yield* spansOf(() => pipeline(sources.nodeReadable(), new PassThrough().resume()))
      assert.deepInclude(spans[0], { name: "source", chunks: 3, result: "abc" })
    })
  )

  it.effect("lasts as long as its stream", () =>
    Effect.gen(function* () {
      const [first, ...rest] = yield* Effect.gen(function* () {
        const steps = yield* Effect.sync(() => sources.generator())
        yield* TestClock.adjust("1 second")
        yield* Effect.sync(() => steps.next())
        yield* TestClock.adjust("2 seconds")
        yield* Effect.sync(() => [...steps])
        yield* TestClock.adjust("4 seconds")
        return (yield* exported).filter((span) => span.name === "source")
      }).pipe(Effect.provide(HoneyHive.layerMemory()))
      assert.deepStrictEqual(rest, [])
      assert.deepStrictEqual(first?.duration, [3, 0])
      assert.strictEqual(first?.attributes["honeyhive_metadata.time_to_first_token_ms"], 1000)
    })
  )

  it.effect("a stream that nobody reads is closed with the instance", () =>
    Effect.gen(function* () {
      const kept: Array<ReadableSpan> = []
      const exporter = Layer.succeed(
        Exporter,
        fromSpanExporter({
          export: (spans, done) => {
            kept.push(...spans)
            done({ code: ExportResultCode.SUCCESS })
          },
          shutdown: async () => {}
        })
      )
      yield* Effect.sync(() => sources.generator().next()).pipe(
        Effect.provide(HoneyHive.layerExporter.pipe(Layer.provide(exporter), Layer.provide(TracerConfig.layer())))
      )
      const source = kept.find((span) => span.name === "source")
      assert.strictEqual(source?.attributes["honeyhive_metadata.stream"], "never read to its end")
      assert.strictEqual(source?.attributes["honeyhive_metadata.chunks"], 1)
    })
  )

  it.effect("hands on the very object, pulls only when asked, and adds no handler for errors", () =>
    Effect.gen(function* () {
      let pulls = 0
      const generator = (function* (): Generator<number, void> {
        while (true) yield ++pulls
      })()
      const node = Readable.from([])
      yield* spansOf(() => {
        assert.strictEqual(traced(() => generator)(), generator)
        assert.strictEqual(pulls, 0)
        assert.strictEqual(generator.next().value, 1)
        assert.strictEqual(pulls, 1)
        assert.deepStrictEqual(Object.keys(generator), [])
        generator.return()
        assert.strictEqual(traced(() => node)(), node)
        assert.strictEqual(node.listenerCount("error"), 0)
        assert.isNull(node.readableFlowing)
      })
    })
  )

  it.effect("law: a traced generator gives the same steps, whatever is sent, thrown or returned", () =>
    Effect.gen(function* () {
      const action = fc.oneof(
        fc.record({ kind: fc.constant("next" as const), value: fc.anything() }),
        fc.record({ kind: fc.constantFrom("throw" as const, "return" as const), value: fc.anything() })
      )
      const body = function* (yields: ReadonlyArray<unknown>) {
        const received: Array<unknown> = []
        for (const value of yields) {
          try {
            received.push(yield value)
          } catch (error) {
            received.push(error)
          }
        }
        return received
      }
      const wrapped = traced({ name: "law" }, body)
      const drive = (
        make: typeof body,
        yields: ReadonlyArray<unknown>,
        actions: ReadonlyArray<typeof action extends fc.Arbitrary<infer A> ? A : never>
      ) => {
        const generator = make(yields)
        return actions.map(({ kind, value }) => {
          try {
            return generator[kind](value as never) // whatever is sent is the generator's business
          } catch (thrown) {
            return { thrown }
          }
        })
      }
      yield* spansOf(() =>
        fc.assert(
          fc.property(
            fc.array(fc.anything(), { maxLength: 4 }),
            fc.array(action, { maxLength: 6 }),
            (yields, actions) => assert.deepStrictEqual(drive(wrapped, yields, actions), drive(body, yields, actions))
          ),
          { numRuns: 1000 }
        )
      )
    })
  )
})

describe("traced promises and effects", () => {
  it.effect("leaves a client's own promise alone: one request, its methods, its `then`", () =>
    Effect.gen(function* () {
      let parsed = 0
      class ApiPromise extends Promise<string> {
        // Like the clients of OpenAI and Anthropic: the body is parsed when somebody asks
        override then<A = string, B = never>(
          onSuccess?: ((value: string) => A | PromiseLike<A>) | null,
          onFailure?: ((error: unknown) => B | PromiseLike<B>) | null
        ): Promise<A | B> {
          parsed++
          return Promise.resolve("parsed").then(onSuccess, onFailure)
        }
        withResponse() {
          return "response"
        }
      }
      const promise = new ApiPromise((resolve) => resolve("raw"))
      const spans = yield* spansOf(async () => {
        const call = traced({ name: "create" }, () => promise)
        const returned = call()
        assert.strictEqual(returned, promise)
        assert.instanceOf(returned, ApiPromise)
        assert.strictEqual(returned.withResponse(), "response")
        assert.strictEqual(parsed, 0)
        assert.strictEqual(await returned, "parsed")
        assert.strictEqual(parsed, 1)
      })
      assert.deepInclude(spans[0], { name: "create", status: 1, result: "parsed" })
    })
  )

  it.effect("a rejection that nobody handles is still reported", () =>
    Effect.gen(function* () {
      const error = new Error("nobody looks")
      const failing = traced(async () => {
        throw error
      })
      const reported = yield* Effect.callback<unknown>((resume) => {
        const others = process.listeners("unhandledRejection")
        process.removeAllListeners("unhandledRejection")
        process.once("unhandledRejection", (reason) => {
          for (const other of others) process.on("unhandledRejection", other)
          resume(Effect.succeed(reason))
        })
        void failing()
      })
      assert.strictEqual(reported, error)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect(
    "a function that returns an Effect stays lazy, keeps its typed error, and is a span each time it runs",
    () =>
      Effect.gen(function* () {
        let runs = 0
        const lookup = traced({ name: "lookup" }, (id: number) =>
          Effect.suspend(() => (++runs > 1 ? Effect.fail("gone" as const) : Effect.succeed({ id })))
        )
        const effect = lookup(7)
        assert.strictEqual(runs, 0)
        assert.deepStrictEqual(yield* effect, { id: 7 })
        assert.strictEqual(yield* Effect.flip(effect), "gone")
        const spans = (yield* exported).filter((span) => span.name === "lookup")
        assert.deepStrictEqual(
          spans.map((span) => [span.status.code, span.attributes["honeyhive_inputs._params_.id"]]),
          [
            [1, 7],
            [2, 7]
          ]
        )
        assert.strictEqual(spans[0]?.attributes["honeyhive_outputs.result.id"], 7)
      }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )
})

describe("traced Effect streams", () => {
  const count = traced({ name: "count", instance: undefined }, (to: number) =>
    Stream.range(1, to).pipe(
      Stream.rechunk(1),
      Stream.mapEffect((n) => (n === 4 ? Effect.fail("four" as const) : Effect.withSpan(Effect.succeed(n), "child")))
    )
  )

  const spans = Effect.map(exported, (all) =>
    all
      .filter((span) => span.name === "count")
      .map(({ attributes, status }) => [
        attributes["honeyhive_inputs._params_.to"],
        attributes["honeyhive_outputs.result"],
        attributes["honeyhive_metadata.chunks"],
        attributes["honeyhive_metadata.stream"],
        status.code === 2 ? attributes["honeyhive_error"] : undefined
      ])
  )

  it.effect("are a span each time they are run: to the end, with an error, left early, interrupted", () =>
    Effect.gen(function* () {
      const three = count(3)
      assert.isTrue(Stream.isStream(three))
      assert.deepStrictEqual(yield* spans, [])
      assert.deepStrictEqual(yield* Stream.runCollect(three), [1, 2, 3])
      assert.deepStrictEqual(yield* Stream.runCollect(Stream.take(three, 2)), [1, 2])
      assert.strictEqual(yield* Effect.flip(Stream.runCollect(count(5))), "four")
      const endless = traced({ name: "count" }, (to: number) => Stream.concat(Stream.make(to), Stream.never))
      const fiber = yield* Effect.forkChild(Stream.runDrain(endless(9)))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(yield* spans, [
        [3, [1, 2, 3], 3, undefined, undefined],
        [3, [1, 2], 2, "stopped early", undefined],
        [5, [1, 2, 3], 3, undefined, "four"],
        [9, [9], 1, "stopped early", undefined]
      ])
      const all = yield* exported
      const ids = new Set(all.filter((span) => span.name === "count").map((span) => span.spanContext().spanId))
      const children = all.filter((span) => span.name === "child")
      assert.isAbove(children.length, 0)
      assert.isTrue(children.every((span) => ids.has(span.parentSpanContext?.spanId ?? "")))
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("are the plain stream outside of every instance", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Stream.runCollect(count(2)), [1, 2])
    })
  )
})
