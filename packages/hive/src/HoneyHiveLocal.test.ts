import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as Sse from "effect/encoding/Sse"
import { HoneyHive } from "@honeyhive/tracing/HoneyHive"
import { Hive } from "./Hive.ts"
import { HoneyHiveLocal } from "./HoneyHiveLocal.ts"
import { TraceStore } from "./TraceStore.ts"

/** Events as the live stream tells them: name, and state or length. */
const listen = Effect.gen(function* () {
  const { url } = yield* Hive
  const told = yield* Queue.unbounded<readonly [name: string, state: unknown]>()
  const aborted = new AbortController()
  const response = yield* Effect.promise(() => fetch(`${url}/api/live`, { signal: aborted.signal }))
  const parser = Sse.makeParser((message) => {
    if (message._tag !== "Event") return
    const { duration, event_name, metadata } = JSON.parse(message.data)
    Queue.offerUnsafe(told, [event_name, metadata.span_state ?? typeof duration])
  })
  const { body } = response
  assert.isNotNull(body)
  if (body === null) return told
  const text = Stream.fromReadableStream({ evaluate: () => body, onError: String }).pipe(Stream.decodeText)
  yield* Effect.forkScoped(Effect.ignore(Stream.runForEach(text, (chunk) => Effect.sync(() => parser.feed(chunk)))))
  yield* Effect.addFinalizer(() => Effect.sync(() => aborted.abort()))
  return told
})

describe("HoneyHiveLocal", () => {
  it.live("shows a span that runs: it ends only after that was seen", () =>
    Effect.gen(function* () {
      const told = yield* listen
      const next = (name: string) =>
        Effect.repeat(Queue.take(told), { until: ([its]) => its === name }).pipe(Effect.map(([, state]) => state))
      const seen = yield* Deferred.make<void>()
      const program = Deferred.await(seen).pipe(
        Effect.withSpan("think"),
        Effect.withSpan("agent"),
        HoneyHive.withSession({ name: "job" })
      )
      yield* Effect.forkScoped(program)
      assert.strictEqual(yield* next("think"), "running")
      yield* Deferred.succeed(seen, undefined)
      assert.strictEqual(yield* next("think"), "number")
      assert.strictEqual(yield* next("agent"), "number")
      // The listener leaves before the hive waits for it
    }).pipe(Effect.scoped, Effect.provide(HoneyHiveLocal))
  )
})

/** What a program sent over HTTP, request by request, while it ran one span and after. */
const recorded = Effect.gen(function* () {
  const bodies = yield* Queue.unbounded<Uint8Array<ArrayBuffer>>()
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      if (request.url === "/opentelemetry/v1/traces") Queue.offerUnsafe(bodies, new Uint8Array(Buffer.concat(chunks)))
      response.writeHead(200, { "content-type": "application/json" }).end("{}")
    })
  })
  yield* Effect.acquireRelease(
    Effect.callback<void>((resume) => void server.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () => Effect.sync(() => server.close())
  )
  const { port } = server.address() as AddressInfo // a TCP server's address
  const tracer = HoneyHive.layer({
    apiKey: "hh_local",
    url: `http://127.0.0.1:${port}`,
    runningSpans: "local",
    skipSessionCreation: true
  })
  const program = Effect.andThen(
    Effect.annotateCurrentSpan("honeyhive_inputs.question", "before"),
    Effect.gen(function* () {
      const start = yield* Queue.take(bodies)
      yield* Effect.annotateCurrentSpan({ "honeyhive_inputs.question": "after", "honeyhive_outputs.answer": 42 })
      return start
    })
  ).pipe(Effect.withSpan("think"), Effect.provide(tracer))
  const start = yield* program
  return { start, end: yield* Queue.take(bodies) }
})

describe("a hive in the program", () => {
  it.live("tells its listeners what the program writes itself, without HTTP", () =>
    Effect.gen(function* () {
      const told = yield* listen
      const { createEvents } = yield* TraceStore
      yield* createEvents([{ event_type: "tool", event_name: "by hand", inputs: {}, duration: 3 }])
      assert.deepStrictEqual(yield* Queue.take(told), ["by hand", "number"])
    }).pipe(Effect.scoped, Effect.provide(Hive.layer()))
  )
})

describe("two hives in one program", () => {
  it.live("have a store each", () =>
    Effect.gen(function* () {
      // As where one is built inside what another one is provided to
      const [memo, scope] = [yield* Layer.makeMemoMap, yield* Effect.scope]
      const one = yield* Layer.buildWithMemoMap(Hive.layer(), memo, scope)
      const other = yield* Layer.buildWithMemoMap(Hive.layer(), memo, scope)
      const names = TraceStore.use((store) => store.sessions({ limit: 10, offset: 0 })).pipe(
        Effect.map((sessions) => sessions.map(({ name }) => name))
      )
      const start = TraceStore.use((store) => store.startSession({ session_name: "here" }))
      yield* Effect.provideContext(start, other)
      assert.deepStrictEqual(yield* Effect.provideContext(names, other), ["here"])
      assert.deepStrictEqual(yield* Effect.provideContext(names, one), [])
    })
  )
})

describe("a start record and its end", () => {
  it.live("the end counts, in whatever order they arrive, and how often", () =>
    Effect.gen(function* () {
      const { end, start } = yield* recorded
      const after = (bodies: ReadonlyArray<Uint8Array<ArrayBuffer>>) =>
        Effect.gen(function* () {
          const { url } = yield* Hive
          for (const body of bodies) {
            const headers = { "content-type": "application/json" }
            const response = yield* Effect.promise(() =>
              fetch(`${url}/opentelemetry/v1/traces`, { method: "POST", headers, body })
            )
            assert.strictEqual(response.status, 200)
          }
          const { events } = yield* TraceStore.use((store) =>
            store.search({ filters: [{ field: "event_name", operator: "is", value: "think" }] })
          )
          return events
        }).pipe(Effect.provide(Layer.fresh(Hive.layer())))
      const [running] = yield* after([start])
      assert.deepStrictEqual([running?.metadata["span_state"], running?.end_time], ["running", null])
      assert.deepStrictEqual(running?.inputs, { question: "before" })
      const whole = yield* after([end])
      const [ended] = whole
      assert.deepStrictEqual([ended?.inputs, ended?.outputs], [{ question: "after" }, { answer: 42 }])
      assert.isNumber(ended?.duration)
      for (const order of [
        [start, end],
        [end, start],
        [start, end, start],
        [start, start, end]
      ]) {
        assert.deepStrictEqual(yield* after(order), whole)
      }
    })
  )
})
