import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { HoneyHive } from "../HoneyHive.ts"
import { connect } from "./sessionClient.ts"

const listen = (port: number, seen: Array<string>, status = () => 200) =>
  Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer((request, response) => {
        seen.push(`${request.method} ${request.url}`)
        request.resume().on("end", () => response.writeHead(status(), { "content-type": "application/json" }).end("{}"))
      })
      server.listen(port, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.callback<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  )

describe("sessionClient", () => {
  it.live("what was said while the backend was gone is said when it is back, each session's in its order", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      // A port where nobody listens any more
      const { port } = yield* Effect.scoped(
        Effect.map(listen(0, seen), (server) => server.address() as AddressInfo) // it listens on a port
      )
      const instance = HoneyHive.layer({
        url: `http://127.0.0.1:${port}`,
        apiKey: "hh_key",
        spool: "off",
        flushTimeout: "10 seconds",
        shutdownTimeout: "2 seconds"
      })
      const ids = Array.from({ length: 40 }, () => crypto.randomUUID())
      const said: Array<unknown> = []
      const logger = Logger.make(({ message }) => void said.push(message))
      yield* Effect.gen(function* () {
        yield* Effect.forEach(ids, (id) => Effect.void.pipe(HoneyHive.withSession({ id, name: "support" })))
        // Until it is known that nobody is there
        while (said.length === 0) yield* Effect.sleep("5 millis")
        yield* listen(port, seen)
        yield* Effect.ignore(HoneyHive.flush)
        const calls = seen.filter((line) => line.includes("/v1/"))
        assert.strictEqual(calls.filter((line) => line === "POST /v1/sessions").length, ids.length)
        assert.sameMembers(
          calls.filter((line) => line.startsWith("PUT")),
          ids.map((id) => `PUT /v1/events/${id}`)
        )
      }).pipe(Effect.provide(instance), Effect.provide(Logger.layer([logger])))
      assert.strictEqual(said.filter((message) => String(message).includes("waits")).length, 1)
    })
  )

  it.live("says what came of a call, and tries again what may be an accident", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const answers = [500, 200, 503, 401]
      const server = yield* listen(0, seen, () => answers.shift() ?? 200)
      const { port } = server.address() as AddressInfo // it listens on a port
      const settings = yield* Effect.map(HoneyHive, (hive) => hive.settings).pipe(
        Effect.provide(HoneyHive.layer({ testMode: true, url: `http://127.0.0.1:${port}` }))
      )
      const client = yield* connect(settings, Redacted.make("hh_key"))
      yield* Effect.addFinalizer(() => Effect.sync(client.close))
      yield* client.start({ session_id: "a" })
      const away = yield* Effect.flip(client.update("a b", {}))
      const refused = yield* Effect.flip(client.update("c", {}))
      assert.deepStrictEqual([away.isAway, refused.isAway, refused.status], [true, false, 401])
      assert.deepStrictEqual(seen, [
        "POST /v1/sessions",
        "POST /v1/sessions",
        "PUT /v1/events/a%20b",
        "PUT /v1/events/c"
      ])
    })
  )
})
