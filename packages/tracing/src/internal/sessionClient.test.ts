import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { connect } from "./sessionClient.ts"

const listen = (port: number, seen: Array<string>) =>
  Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createServer>>((resume) => {
      const server = createServer((request, response) => {
        seen.push(`${request.method} ${request.url}`)
        request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"))
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
  it.live("asks a backend that is gone now and then, and again as before when it is back", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      // A port where nobody listens any more
      const { port } = yield* Effect.scoped(
        Effect.map(listen(0, seen), (server) => server.address() as AddressInfo) // it listens on a port
      )
      const { update } = yield* connect(`http://127.0.0.1:${port}`, Redacted.make("hh_key"))
      const first = yield* Effect.flip(update("a", {}))
      assert.notInclude(String(first), "a moment ago")
      yield* Effect.ignore(update("b", {}))
      const hundred = yield* Effect.forEach(Array.from({ length: 100 }), () => Effect.flip(update("c", {})))
      assert.isAbove(hundred.filter((error) => String(error).includes("a moment ago")).length, 50)
      yield* listen(port, seen)
      yield* Effect.retry(update("d", {}), { while: (error) => String(error).includes("a moment ago") })
      yield* update("e", {})
      assert.deepStrictEqual(seen, ["PUT /v1/events/d", "PUT /v1/events/e"])
    })
  )
})
