/**
 * Listeners of the live stream, and what every store tells them.
 */
import { get, type IncomingMessage } from "node:http"
import { assert, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as TestClock from "effect/testing/TestClock"
import * as Sse from "effect/encoding/Sse"
import { Hive } from "./Hive.ts"
import { hiveOver, type Store } from "./Store.fixture.ts"

export interface Message {
  readonly event: string
  readonly id: string | undefined
  // What the hive sends is what these tests look at
  readonly data: ReturnType<typeof JSON.parse>
}

/** A listener that takes one message at a time; `response` can be paused. */
export const listen = (query = "", headers: Record<string, string> = {}) =>
  Effect.gen(function* () {
    const { url } = yield* Hive
    const messages = yield* Queue.unbounded<Message | "end">()
    const response = yield* Effect.acquireRelease(
      Effect.callback<IncomingMessage, Error>((resume) => {
        get(`${url}/api/live${query}`, { headers, agent: false }, (response) => resume(Effect.succeed(response))).once(
          "error",
          (error) => resume(Effect.fail(error))
        )
      }),
      (response) => Effect.sync(() => response.destroy())
    )
    const parser = Sse.makeParser((message) => {
      if (message._tag === "Event") Queue.offerUnsafe(messages, { ...message, data: JSON.parse(message.data) })
    })
    let raw = ""
    response.setEncoding("utf8")
    response.on("error", () => undefined)
    response.on("data", (chunk: string) => {
      raw += chunk.slice(0, 1000)
      parser.feed(chunk)
    })
    response.once("close", () => Queue.offerUnsafe(messages, "end"))
    // The first bytes say that the listener has its place
    while (raw === "") yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
    const next = Effect.map(Queue.take(messages), (message) => {
      assert.notStrictEqual(message, "end")
      return message as Message // just seen
    })
    return { response, next, messages, raw: () => raw }
  })

export const post = (path: string, json: unknown, method = "POST") =>
  Effect.gen(function* () {
    const { url } = yield* Hive
    return yield* Effect.promise(async () => {
      const response = await fetch(url + path, {
        method,
        headers: { "content-type": "application/json", authorization: "Bearer k" },
        body: JSON.stringify(json)
      })
      assert.strictEqual(response.status, 200)
      const text = await response.text()
      return text === "" ? undefined : JSON.parse(text)
    })
  })

export const tool = (event_name: string, more: object = {}) => ({ event_type: "tool", inputs: {}, event_name, ...more })

export const liveSuite = (stores: Store): void => {
  layer(hiveOver(stores, { lease: "1 minute", retention: { maxEvents: 3 } }))("what the store does by itself", (it) => {
    const until = (next: Effect.Effect<Message>, event: string) =>
      Effect.gen(function* () {
        const pass = Effect.andThen(
          TestClock.adjust("15 seconds"),
          Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        )
        const passing = yield* Effect.forkChild(Effect.forever(pass))
        let message = yield* next
        while (message.event !== event) message = yield* next
        yield* Fiber.interrupt(passing)
        return message
      })

    it.effect("is news: spans that are lost, sessions that are deleted", () =>
      Effect.gen(function* () {
        const session = crypto.randomUUID()
        const [light, heavy] = [yield* listen("?view=rows"), yield* listen()]
        yield* post("/v1/events", tool("dies", { session_id: session, metadata: { "service.instance.id": "p" } }))
        assert.strictEqual((yield* light.next).data.row[6], "running")
        assert.deepInclude((yield* light.next).data, { session_id: session, status: "running", running: 1 })
        assert.strictEqual((yield* heavy.next).data.metadata.span_state, "running")
        assert.strictEqual((yield* until(light.next, "row")).data.row[6], "lost")
        assert.strictEqual((yield* until(heavy.next, "event")).data.metadata.span_state, "lost")
        assert.strictEqual((yield* until(light.next, "session")).data.status, "lost")

        for (const name of ["a", "b", "c"]) {
          yield* post("/v1/events", tool(name, { session_id: crypto.randomUUID(), start_time: 2e12 }))
        }
        assert.deepStrictEqual((yield* until(light.next, "deleted")).data, { session_id: session })
        assert.deepStrictEqual((yield* until(heavy.next, "deleted")).data, { session_id: session })
      })
    )
  })
}
