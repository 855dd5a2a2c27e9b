import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { ExportResultCode } from "@opentelemetry/core"
import { Exporter, MemoryExporter } from "./Exporter.ts"
import { type Handle, start } from "./Handle.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { backend } from "./internal/backend.fixture.ts"
import * as Serverless from "./Serverless.ts"
import { traced } from "./Traced.ts"
import { TracerConfig } from "./TracerConfig.ts"
import { fromSpanExporter } from "./Transport.ts"

const REQUEST_CONTEXT = Symbol.for("@vercel/request-context")

/** Publishes a request's functions as Vercel does, for the test. */
const vercelRequest = (request: unknown) =>
  Effect.acquireRelease(
    Effect.sync(() => Reflect.set(globalThis, REQUEST_CONTEXT, { get: () => request })),
    () => Effect.sync(() => Reflect.deleteProperty(globalThis, REQUEST_CONTEXT))
  )

const told = () => {
  const works: Array<Promise<unknown>> = []
  return { works, waitUntil: (work: Promise<unknown>) => void works.push(work) }
}

const ended = Effect.void.pipe(Effect.withSpan("inner"), Effect.withSpan("root"))

const names = MemoryExporter.use((memory) => Effect.map(memory.spans, (spans) => spans.map(({ name }) => name)))

/** A HoneyHive on loopback that never answers where `hangs`, and the paths it was asked for. */
const remote = (hangs = false) =>
  Effect.map(
    backend(({ path }) => (hangs ? undefined : { status: 200, body: path.startsWith("/v1/") ? "" : "{}" })),
    ({ requests, url }) => ({
      url,
      spans: () =>
        requests
          .filter(({ path }) => path.startsWith("/opentelemetry"))
          .map(({ body }) => String(body))
          .join(),
      paths: () => requests.map(({ method, path }) => `${method} ${path}`)
    })
  )

const started = (options: Parameters<typeof start>[0]) =>
  Effect.acquireRelease(
    Effect.promise(() => start({ disableBatch: false, batchInterval: "1 hour", ...options })),
    (hive) => Effect.promise(hive.close)
  )

describe("withWaitUntil", () => {
  it.effect("has the platform wait for a flush when a root span ends, and for nothing else", () =>
    Effect.gen(function* () {
      const { waitUntil, works } = told()
      yield* Effect.gen(function* () {
        yield* Effect.void.pipe(
          Effect.withSpan("inner"),
          Effect.tap(() => Effect.sync(() => assert.strictEqual(works.length, 0))),
          Effect.withSpan("root")
        )
        assert.strictEqual(works.length, 1)
        yield* Effect.promise(() => Promise.all(works))
        assert.deepStrictEqual(yield* names, ["inner", "root"])
        // A parent in another process makes a root of this one
        const remoteParent = {
          _tag: "ExternalSpan",
          traceId: "0".repeat(31) + "1",
          spanId: "0".repeat(15) + "1"
        } as const
        yield* Effect.void.pipe(
          Effect.withSpan("continued", {
            parent: { ...remoteParent, sampled: true, annotations: Context.empty() }
          })
        )
        assert.strictEqual(works.length, 2)
      }).pipe(
        Effect.provide(
          HoneyHive.layerMemory({ batchInterval: "1 hour" }).pipe(Layer.provide(Serverless.withWaitUntil(waitUntil)))
        )
      )
    })
  )

  it.live("has the platform wait until a session's end is told", () =>
    Effect.gen(function* () {
      const { paths, url } = yield* remote()
      const { waitUntil, works } = told()
      const live = HoneyHive.layer({ apiKey: "hh_key", url, batchInterval: "1 hour" })
      yield* Effect.gen(function* () {
        yield* HoneyHive.withSession(Effect.void, { name: "request" })
        assert.strictEqual(works.length, 1)
        yield* Effect.promise(() => Promise.all(works))
        assert.deepStrictEqual(
          paths().map((path) => path.replace(/[^/]{36}$/, "id")),
          ["POST /v1/sessions", "PUT /v1/events/id"]
        )
      }).pipe(Effect.provide(live.pipe(Layer.provide(Serverless.withWaitUntil(waitUntil)))))
    })
  )

  it.effect("a platform that refuses, and a backend that does, are no business of the program", () =>
    Effect.gen(function* () {
      const works: Array<Promise<unknown>> = []
      const refuse = (work: Promise<unknown>): never => {
        works.push(work)
        throw new Error("outside of a request")
      }
      const failing = Layer.succeed(
        Exporter,
        fromSpanExporter({
          export: (_, done) =>
            done({ code: ExportResultCode.FAILED, error: Object.assign(new Error("no"), { code: 401 }) }),
          shutdown: () => Promise.resolve()
        })
      )
      const live = HoneyHive.layerExporter.pipe(
        Layer.provide(failing),
        Layer.provide(TracerConfig.layer({ resilience: "strict" })),
        Layer.provide(Serverless.withWaitUntil(refuse))
      )
      yield* ended.pipe(Effect.provide(live))
      assert.deepStrictEqual(yield* Effect.promise(() => Promise.all(works)), [undefined])
    })
  )

  it.effect("finds Vercel's function for the request, if there is one", () =>
    Effect.gen(function* () {
      const live = () => Layer.fresh(HoneyHive.layerMemory()).pipe(Layer.provide(Serverless.withWaitUntil()))
      yield* ended.pipe(Effect.provide(live()))
      const works: Array<Promise<unknown>> = []
      const request = {
        works,
        waitUntil(this: { readonly works: Array<Promise<unknown>> }, work: Promise<unknown>) {
          this.works.push(work)
        }
      }
      yield* vercelRequest(request)
      yield* ended.pipe(Effect.provide(live()))
      assert.strictEqual(works.length, 1)
      for (const odd of [undefined, null, 1, {}, { waitUntil: 1 }]) {
        yield* vercelRequest(odd)
        assert.isUndefined(Serverless.vercelWaitUntil())
      }
    })
  )
})

describe("flushAfter, flushLater", () => {
  it.effect("flushAfter: the result comes when the spans are out, the error is the effect's own", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Serverless.flushAfter(Effect.as(ended, 1)), 1)
      assert.deepStrictEqual(yield* names, ["inner", "root"])
      assert.strictEqual(yield* Effect.flip(Serverless.flushAfter(Effect.andThen(ended, Effect.fail("no")))), "no")
      assert.strictEqual((yield* names).length, 4)
    }).pipe(Effect.provide(HoneyHive.layerMemory({ batchInterval: "1 hour" })))
  )

  it.effect("flushAfter: no longer than the flush deadline", () =>
    Effect.gen(function* () {
      const hanging = Layer.succeed(Exporter, fromSpanExporter({ export: () => {}, shutdown: () => Promise.resolve() }))
      const live = HoneyHive.layerExporter.pipe(
        Layer.provide(hanging),
        Layer.provide(TracerConfig.layer({ flushTimeout: "2 seconds", shutdownTimeout: 0 }))
      )
      const fiber = yield* Effect.forkChild(Serverless.flushAfter(ended).pipe(Effect.provide(live)))
      yield* TestClock.adjust("1999 millis")
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(fiber)
    })
  )

  it.effect("flushLater: the result does not wait", () =>
    Effect.gen(function* () {
      const accept = yield* Deferred.make<void>()
      const slow = Layer.succeed(
        Exporter,
        fromSpanExporter({
          export: (_, done) => void Effect.runPromise(Deferred.await(accept)).then(() => done({ code: 0 })),
          shutdown: () => Promise.resolve()
        })
      )
      const live = HoneyHive.layerExporter.pipe(Layer.provide(slow), Layer.provide(TracerConfig.layer()))
      const { waitUntil, works } = told()
      yield* Effect.gen(function* () {
        assert.strictEqual(yield* Effect.as(ended, 1).pipe(Serverless.flushLater(waitUntil)), 1)
        assert.strictEqual(works.length, 1)
        yield* Deferred.succeed(accept, undefined)
        yield* Effect.promise(() => Promise.all(works))
      }).pipe(Effect.provide(live))
    })
  )
})

describe("lambda", () => {
  const answer = traced({ name: "answer" }, async (question: string) => `about ${question}`)

  it.live(
    "hands on result and error of its handler, run once with its own arguments and `this`, spans out before",
    () =>
      Effect.gen(function* () {
        const { spans, url } = yield* remote()
        const hive = yield* started({ apiKey: "hh_key", url })
        yield* Effect.promise(async () => {
          let calls = 0
          const error = new Error("no")
          const self = { prefix: "> " }
          const ok = Serverless.lambda(
            async function (this: typeof self, event: { readonly question: string }, _context: unknown) {
              calls++
              return this.prefix + (await answer(event.question))
            },
            { hive }
          )
          assert.strictEqual(await ok.call(self, { question: "refunds" }, {}), "> about refunds")
          assert.include(spans(), "about refunds")
          const fails = Serverless.lambda(
            async () => {
              calls++
              await answer("errors")
              throw error
            },
            { hive }
          )
          assert.strictEqual(await fails().catch((thrown: unknown) => thrown), error)
          assert.include(spans(), "about errors")
          const throws = Serverless.lambda((): never => {
            calls++
            throw error
          })
          assert.strictEqual(await throws().catch((thrown: unknown) => thrown), error)
          assert.strictEqual(calls, 3)
        })
      })
  )

  it.live("flushes the default instance when none is named; without any, the handler is all there is", () =>
    Effect.gen(function* () {
      const handler = Serverless.lambda(() => answer("default"))
      assert.strictEqual(yield* Effect.promise(() => handler()), "about default")
      const { spans, url } = yield* remote()
      yield* started({ apiKey: "hh_key", url })
      yield* Effect.promise(() => handler())
      assert.include(spans(), "about default")
    })
  )

  const handled = (hive: Pick<Handle, "flush">, context: unknown) =>
    Effect.promise(() => Serverless.lambda(async (_context: unknown) => answer("slow"), { hive })(context))

  it.live("a backend that hangs costs no more than the flush deadline, and no more than the invocation has left", () =>
    Effect.gen(function* () {
      const { url } = yield* remote(true)
      const patient = yield* started({ apiKey: "hh_key", url, flushTimeout: "100 millis", shutdownTimeout: 0 })
      const session = patient.withSession({ name: "request" }, () => handled(patient, {}))
      // Its requests would take the 30 s of an export each
      const [took, result] = yield* Effect.timed(session)
      assert.strictEqual(result, "about slow")
      assert.isBelow(Duration.toSeconds(took), 10)
      // Never settles: only the invocation's own time is left to end it
      const never = { flush: () => new Promise<never>(() => {}) }
      assert.strictEqual(yield* handled(never, { getRemainingTimeInMillis: () => 250 }), "about slow")
      assert.strictEqual(yield* handled(never, { getRemainingTimeInMillis: () => 10 }), "about slow")
    })
  )

  it.live("a flush that fails does not replace the result", () =>
    Effect.gen(function* () {
      const failing = { flush: () => Promise.reject(new Error("not delivered")) }
      assert.strictEqual(yield* handled(failing, undefined), "about slow")
    })
  )
})

describe("handler", () => {
  const flushing = () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    return { hive: { flush: () => promise }, resolve }
  }

  it.live("hands the flush to the request's function, and the response does not wait", () =>
    Effect.promise(async () => {
      const { hive, resolve } = flushing()
      const { waitUntil, works } = told()
      const fetch = Serverless.handler(async (path: string, _ctx: ReturnType<typeof told>) => `hello ${path}`, {
        hive,
        waitUntil: (_path, ctx) => ctx.waitUntil
      })
      assert.strictEqual(await fetch("/x", { waitUntil, works }), "hello /x")
      assert.strictEqual(works.length, 1)
      resolve()
      await Promise.all(works)
      const error = new Error("no")
      const fails = Serverless.handler(() => Promise.reject(error), { hive, waitUntil: () => waitUntil })
      assert.strictEqual(await fails().catch((thrown: unknown) => thrown), error)
      assert.strictEqual(works.length, 2)
    })
  )

  it.live("finds Vercel's function; where there is none, or it cannot be had, the response waits", () =>
    Effect.gen(function* () {
      const { hive, resolve } = flushing()
      const order: Array<string> = []
      const get = Serverless.handler(async () => "hello", { hive })
      const broken = Serverless.handler(async () => "hello", {
        hive,
        waitUntil: () => {
          throw new Error("no")
        }
      })
      yield* Effect.promise(async () => {
        const responses = Promise.all([get(), broken()]).then((texts) => order.push(...texts))
        await new Promise((next) => setImmediate(next))
        order.push("flushed")
        resolve()
        await responses
      })
      assert.deepStrictEqual(order, ["flushed", "hello", "hello"])
      const request = told()
      yield* vercelRequest(request)
      assert.strictEqual(yield* Effect.promise(() => get()), "hello")
      assert.strictEqual(request.works.length, 1)
    })
  )
})
