/**
 * Sessions and instances in one process do not cross: each backend has its own spans, only them, whole trees.
 */
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { Worker } from "node:worker_threads"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Redacted, Scope } from "effect"
import { Hive, TraceStore } from "@honeyhive/hive"
import { Exporter, HoneyHive, MemoryExporter, start, Transport, traced, TracerConfig } from "@honeyhive/tracing"

const plain = traced({ name: "plain" }, async (id: string) => {
  await new Promise((resolve) => setImmediate(resolve))
  return inner(id)
})
const inner = traced({ name: "inner" }, (id: string) => id)

const request = (id: string) =>
  Effect.promise(() => plain(id)).pipe(Effect.withSpan(`request ${id}`), HoneyHive.withSession({ name: id }))

const ids = (name: string) => Array.from({ length: 20 }, (_, index) => `${name}${index}`)

const requests = (name: string) => Effect.forEach(ids(name), request, { concurrency: "unbounded" })

const tenant = (name: string) =>
  Effect.gen(function* () {
    const key = `hh_${name}`
    const hive = yield* Layer.build(Layer.fresh(Hive.layer({ keys: [Redacted.make(key)] })))
    const { url } = Context.get(hive, Hive)
    return { name, key, url, store: Context.get(hive, TraceStore), layer: HoneyHive.layer({ apiKey: key, url }) }
  })

type Store = TraceStore["Service"]

const sessionsOf = (store: Store) => store.sessions({ limit: 200, offset: 0 })

/** `name < parent` of every event, session by session. */
const trees = Effect.fnUntraced(function* (store: Store) {
  const sessions = yield* sessionsOf(store)
  assert.isFalse(sessions.some((session) => session.orphan))
  const entries = yield* Effect.forEach(sessions, (session) =>
    Effect.map(store.sessionEvents(session.session_id), (events) => {
      const nameOf = (id: string | null) => events.find((event) => event.event_id === id)?.event_name ?? String(id)
      return [
        session.name,
        events.slice(1).map((event) => `${event.event_name} < ${nameOf(event.parent_id ?? null)}`)
      ] as const
    })
  )
  return Object.fromEntries<ReadonlyArray<string>>(entries)
})

const whole = (id: string) => [`request ${id} < ${id}`, `plain < request ${id}`, "inner < plain"]

const wholeOf = (name: string) => Object.fromEntries(ids(name).map((id) => [id, whole(id)]))

/** A backend that takes requests and answers none of them until it is told to. */
const hanging = Effect.gen(function* () {
  const asked = yield* Deferred.make<void>()
  const waiting = new Set<ServerResponse>()
  let hangs = true
  const server = createServer((incoming, response) => {
    incoming.resume()
    if (hangs) waiting.add(response)
    else response.end("{}")
    Deferred.doneUnsafe(asked, Effect.void)
  })
  yield* Effect.promise(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve())))
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      server.closeAllConnections()
      server.close()
    })
  )
  const answer = Effect.sync(() => {
    hangs = false
    for (const response of waiting) response.end("{}")
  })
  const { port } = server.address() as AddressInfo // a TCP server's address
  return { asked: Deferred.await(asked), answer, waiting, url: `http://127.0.0.1:${port}` }
})

/** From a timer: no fiber, no traced function around it. */
const fromNowhere = (id: string) =>
  Effect.promise(() => new Promise<string>((resolve) => setImmediate(() => resolve(plain(id)))))

describe("sessions", () => {
  it.live("stay apart that go through the same traced function at the same time", () =>
    Effect.gen(function* () {
      const { layer, store } = yield* tenant("one")
      yield* requests("r").pipe(Effect.provide(layer))
      assert.deepStrictEqual(yield* trees(store), wholeOf("r"))
    })
  )

  it.live("stay apart in a program without Effect, too", () =>
    Effect.gen(function* () {
      const { key, store, url } = yield* tenant("one")
      yield* Effect.promise(async () => {
        const hive = await start({ apiKey: key, url })
        await Promise.all(ids("r").map((id) => hive.withSession({ name: id }, () => plain(id))))
        await hive.close()
      })
      assert.deepStrictEqual(
        yield* trees(store),
        Object.fromEntries(ids("r").map((id) => [id, [`plain < ${id}`, "inner < plain"]]))
      )
    })
  )
})

describe("two instances in one process", () => {
  it.live("keep their spans to themselves while both work at the same time", () =>
    Effect.gen(function* () {
      const tenants = yield* Effect.all([tenant("a"), tenant("b")])
      yield* Effect.forEach(tenants, ({ layer, name }) => Effect.provide(requests(name), layer), {
        concurrency: "unbounded"
      })
      for (const { name, store } of tenants) assert.deepStrictEqual(yield* trees(store), wholeOf(name))
    })
  )

  it.live("keep their trees and sessions whole where one works inside the other", () =>
    Effect.gen(function* () {
      const [a, b] = yield* Effect.all([tenant("a"), tenant("b")])
      const below = Effect.promise(() => plain("b")).pipe(
        Effect.withSpan("below"),
        Effect.provide(HoneyHive.layer({ apiKey: b.key, url: b.url, sessionName: "b's own" }))
      )
      yield* Effect.promise(() => plain("a")).pipe(
        Effect.andThen(below),
        Effect.andThen(Effect.promise(() => plain("a"))),
        Effect.withSpan("above"),
        HoneyHive.withSession({ name: "a's" }),
        Effect.provide(a.layer)
      )
      assert.deepStrictEqual(yield* trees(a.store), {
        "a's": ["above < a's", "plain < above", "inner < plain", "plain < above", "inner < plain"]
      })
      assert.deepStrictEqual(yield* trees(b.store), {
        "b's own": ["below < b's own", "plain < below", "inner < plain"]
      })
    })
  )

  it.effect("a span below another instance's is linked to it", () =>
    Effect.gen(function* () {
      const spans = Effect.andThen(
        HoneyHive.flush,
        MemoryExporter.use((memory) => memory.spans)
      )
      const [below] = yield* Effect.void.pipe(
        Effect.withSpan("below"),
        Effect.andThen(spans),
        Effect.provide(HoneyHive.layerMemory()),
        Effect.withSpan("above"),
        Effect.provide(HoneyHive.layerMemory())
      )
      assert.isUndefined(below?.parentSpanContext)
      assert.strictEqual(below?.links.length, 1)
      assert.notStrictEqual(below?.links[0]?.context.traceId, below?.spanContext().traceId)
    })
  )
})

describe("an instance that does not work", () => {
  const kept = (work: (good: { readonly layer: Layer.Layer<HoneyHive, unknown> }) => Effect.Effect<unknown, unknown>) =>
    Effect.gen(function* () {
      const good = yield* tenant("good")
      yield* work(good)
      assert.deepStrictEqual(yield* trees(good.store), { kept: whole("kept") })
    })

  const beside = (bad: Layer.Layer<HoneyHive, unknown>) =>
    kept((good) =>
      Effect.all(
        [Effect.exit(request("lost").pipe(Effect.provide(bad))), request("kept").pipe(Effect.provide(good.layer))],
        { concurrency: 2 }
      )
    )

  it.live("because its key is refused, does not disable the other", () =>
    Effect.flatMap(tenant("other"), ({ url }) => beside(HoneyHive.layer({ apiKey: "hh_wrong", url })))
  )

  it.live("because its configuration cannot be used, does not disable the other", () =>
    beside(HoneyHive.layer({ url: "nowhere" }))
  )

  it.live("because its backend is not there, does not disable the other", () =>
    beside(HoneyHive.layer({ apiKey: "hh_key", url: "http://127.0.0.1:1", shutdownTimeout: "100 millis" }))
  )

  it.live("because its exporter throws, does not disable the other", () => {
    const broken = Layer.succeed(
      Exporter,
      Transport.fromSpanExporter({
        export: () => {
          throw new Error("broken")
        },
        shutdown: () => Promise.reject(new Error("broken"))
      })
    )
    return beside(
      HoneyHive.layerExporter.pipe(
        Layer.provide(broken),
        Layer.provide(TracerConfig.layer({ testMode: true, resilience: "strict", shutdownTimeout: "100 millis" }))
      )
    )
  })

  it.live("because it cannot be opened, does not become the default", () =>
    Effect.gen(function* () {
      const good = yield* tenant("good")
      yield* Effect.exit(Layer.build(HoneyHive.layer({ url: "nowhere" })))
      yield* fromNowhere("kept").pipe(
        Effect.provide(HoneyHive.layer({ apiKey: good.key, url: good.url, sessionName: "own" }))
      )
      assert.deepStrictEqual(yield* trees(good.store), { own: ["plain < own", "inner < plain"] })
    })
  )
})

describe("a backend that hangs", () => {
  it.live("does not delay the start of a program, nor its sessions", () =>
    Effect.gen(function* () {
      const { asked, url, waiting } = yield* hanging
      const layer = HoneyHive.layer({ apiKey: "hh_key", url, shutdownTimeout: "100 millis" })
      const answer = yield* Effect.gen(function* () {
        const answer = yield* Effect.promise(() => plain("a")).pipe(HoneyHive.withSession({ name: "s" }))
        // The session has been announced, and nobody has said anything to it
        yield* asked
        return answer
      }).pipe(Effect.provide(layer))
      assert.strictEqual(answer, "a")
      assert.isAbove(waiting.size, 0)
      assert.isTrue([...waiting].every((response) => !response.headersSent))
    })
  )
})

describe("a hot reload", () => {
  it.live("the new instance works while the old one is still closing, and takes over code from nowhere", () =>
    Effect.gen(function* () {
      const { answer, url } = yield* hanging
      const { layer, store } = yield* tenant("new")
      const [old, reloaded] = yield* Effect.all([Scope.make(), Scope.make()])
      const first = yield* Layer.buildWithScope(
        HoneyHive.layer({ apiKey: "hh_key", url, shutdownTimeout: "1 minute" }),
        old
      )
      yield* Effect.promise(() => plain("old")).pipe(HoneyHive.withSession(), Effect.provide(first))
      const closing = yield* Effect.forkChild(Scope.close(old, Exit.void))
      yield* Effect.yieldNow
      const second = yield* Layer.buildWithScope(layer, reloaded)
      yield* request("new").pipe(Effect.provide(second))
      yield* fromNowhere("nowhere")
      assert.isUndefined(closing.pollUnsafe())
      yield* Scope.close(reloaded, Exit.void)
      const names = (yield* sessionsOf(store)).map((session) => [session.name, session.events])
      assert.deepStrictEqual(names.map(([, events]) => events).toSorted(), [2, 3])
      assert.isTrue(names.some(([name]) => name === "new"))
      yield* answer
      yield* Fiber.join(closing)
    })
  )
})

describe("parallel workers", () => {
  it.live("have instances of their own, beside the main thread's", () =>
    Effect.gen(function* () {
      const [a, b, main] = yield* Effect.all([tenant("a"), tenant("b"), tenant("main")])
      const worker = ({ key, url }: typeof a, name: string) =>
        Effect.callback<void, Error>((resume) => {
          const thread = new Worker(join(import.meta.dirname, "isolation.fixture.ts"), {
            workerData: { apiKey: key, url, name, requests: 10 }
          })
          thread.once("error", (error) =>
            resume(Effect.fail(error instanceof Error ? error : new Error(String(error))))
          )
          thread.once("exit", (code) =>
            resume(code === 0 ? Effect.void : Effect.fail(new Error(`worker ended with ${code}`)))
          )
        })
      yield* Effect.all(
        [worker(a, "a1"), worker(a, "a2"), worker(b, "b1"), requests("m").pipe(Effect.provide(main.layer))],
        { concurrency: "unbounded" }
      )
      const ofWorker = (name: string) =>
        Array.from({ length: 10 }, (_, index): [string, ReadonlyArray<string>] => [
          `${name}-${index}`,
          [`request < ${name}-${index}`, "step < request"]
        ])
      assert.deepStrictEqual(yield* trees(a.store), Object.fromEntries([...ofWorker("a1"), ...ofWorker("a2")]))
      assert.deepStrictEqual(yield* trees(b.store), Object.fromEntries(ofWorker("b1")))
      assert.deepStrictEqual(yield* trees(main.store), wholeOf("m"))
    })
  )
})
