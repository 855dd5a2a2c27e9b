import * as Http from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { connect, type Pool, retryAfterOf } from "./connections.ts"

const pool: Pool = {
  maxConnections: 2,
  maxKeepaliveConnections: 2,
  keepaliveExpiry: Duration.seconds(5),
  verifySsl: true,
  followRedirects: true,
  proxy: undefined
}

const serve = (handler: Http.RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly sockets: Set<Socket>; readonly close: () => void }>((resume) => {
      const sockets = new Set<Socket>()
      const server = Http.createServer(handler)
      server.on("connection", (socket) => void sockets.add(socket))
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo // of a TCP server
        const close = () => {
          for (const socket of sockets) socket.destroy()
          server.close()
        }
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}/v1`, sockets, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

const client = Effect.fnUntraced(function* (url: string, options: Partial<Pool> = {}, timeout = "5 seconds" as const) {
  const connections = yield* connect({
    url,
    headers: { authorization: "Bearer k" },
    timeout: Duration.fromInputUnsafe(timeout),
    pool: { ...pool, ...options }
  })
  yield* Effect.addFinalizer(() => Effect.sync(connections.close))
  return connections
})

const body = [Buffer.from("spa"), Buffer.from("ns")]

describe("retryAfterOf", () => {
  it("reads seconds and HTTP dates, and nothing else", () => {
    const now = Date.parse("2026-11-21T00:00:00Z")
    const millis = (header: string) => {
      const duration = retryAfterOf(header, now)
      return duration === undefined ? undefined : Duration.toMillis(duration)
    }
    assert.strictEqual(millis("2"), 2000)
    assert.strictEqual(millis(" 0 "), 0)
    assert.strictEqual(millis("Sat, 21 Nov 2026 00:00:07 GMT"), 7000)
    // The past is now
    assert.strictEqual(millis("Fri, 20 Nov 2026 00:00:00 GMT"), 0)
    for (const odd of ["", "-1", "1.5", "soon", "1e9", "99999999999"]) assert.isUndefined(millis(odd), odd)
  })
})

describe("connections", () => {
  it.live("keeps connections, and no more than it may", () =>
    Effect.gen(function* () {
      const { sockets, url } = yield* serve((request, response) => {
        request.resume().on("end", () => response.end("ok"))
      })
      const { post } = yield* client(url)
      const answers = yield* Effect.forEach(Array.from({ length: 20 }), () => post(body, {}), { concurrency: 20 })
      assert.isTrue(answers.every(({ status }) => status === 200))
      assert.isAtMost(sockets.size, 2)
    })
  )

  it.live("a reset, a hang and an answer without end are failures or end", () =>
    Effect.gen(function* () {
      const reset = yield* client((yield* serve((request) => void request.socket.destroy())).url)
      assert.match((yield* Effect.flip(reset.post(body, {}))).message, /hang up|ECONNRESET|closed/)

      const half = yield* client(
        (yield* serve((request, response) => {
          response.writeHead(200, { "content-length": "100" }).write("half")
          request.resume().on("end", () => request.socket.destroy())
        })).url
      )
      assert.isDefined((yield* Effect.flip(half.post(body, {}))).message)

      const endless = yield* client(
        (yield* serve((request, response) => {
          request.resume()
          const more = () => void (response.destroyed || response.write("x".repeat(10_000), more))
          more()
        })).url
      )
      const answer = yield* endless.post(body, {})
      assert.isAtMost(answer.body.length, 128 * 1024)
    })
  )

  it.live("has a deadline for the whole of a request", () =>
    Effect.gen(function* () {
      const { url } = yield* serve((request) => void request.resume())
      const connections = yield* connect({ url, headers: {}, timeout: Duration.millis(100), pool })
      const error = yield* Effect.flip(connections.post(body, {}))
      assert.strictEqual(error.message, "no answer within 100ms")
      connections.close()
      assert.include((yield* Effect.flip(connections.post(body, {}))).message, "closed")
    })
  )

  it.live("follows redirects that keep the request, but takes the key to no other origin", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const record = (request: Http.IncomingMessage) => {
        seen.push(`${request.method} ${request.url} ${request.headers.authorization}`)
        request.resume()
      }
      const other = yield* serve((request, response) => {
        record(request)
        response.end()
      })
      const { url } = yield* serve((request, response) => {
        record(request)
        const to = { "/v1": "/v2", "/v2": other.url }[request.url ?? ""] ?? ""
        response.writeHead(308, { location: to }).end()
      })
      const { post } = yield* client(url)
      assert.strictEqual((yield* post(body, {})).status, 308)
      assert.deepStrictEqual(seen, ["POST /v1 Bearer k", "POST /v2 Bearer k"])
      const still = yield* client(url, { followRedirects: false })
      yield* still.post(body, {})
      assert.strictEqual(seen.length, 3)
    })
  )

  it.live("goes through a proxy", () =>
    Effect.gen(function* () {
      const asked: Array<string | undefined> = []
      const proxy = yield* serve((request, response) => {
        asked.push(request.url)
        request.resume().on("end", () => response.end())
      })
      const { post } = yield* client("http://collector.invalid/v1/traces", {
        proxy: { HTTP_PROXY: proxy.url.replace("/v1", "") }
      })
      assert.strictEqual((yield* post(body, {})).status, 200)
      assert.deepStrictEqual(asked, ["http://collector.invalid/v1/traces"])
    })
  )
})
