/**
 * The hive as strangers meet it: who is let in, what is too much, and what the log says about it.
 */
import { request } from "node:http"
import { connect, type Socket } from "node:net"
import { gzipSync } from "node:zlib"
import { assert, describe, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { Hive, type HiveOptions } from "./Hive.ts"
import { isDeeper } from "./internal/jsonDepth.ts"
import * as SqliteTraceStore from "./SqliteTraceStore.ts"
import { TraceQueries } from "./TraceQueries.ts"
import { TraceStore, TraceStoreError } from "./TraceStore.ts"

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: string
}

interface Asked {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array
}

// Not `fetch`, which sets the headers that these tests are about itself
const ask = ({ body, headers = {}, method = "GET", path = "/openapi.json" }: Asked) =>
  Effect.gen(function* () {
    const { url } = yield* Hive
    return yield* Effect.callback<Answer, Error>((resume) => {
      const sent = request(url + path, { method, headers, agent: false }, (response) => {
        let text = ""
        response.setEncoding("utf8")
        response.on("data", (chunk: string) => (text += chunk))
        response.on("end", () =>
          resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
        )
      })
      sent.on("error", (error) => resume(Effect.fail(error)))
      sent.end(body)
    })
  })

const withKey = { "content-type": "application/json", authorization: "Bearer k" }

/** A connection of bytes; what comes back, once the hive closes it. */
const raw = (bytes: string, prepare: (socket: Socket) => void = () => undefined) =>
  Effect.gen(function* () {
    const { url } = yield* Hive
    return yield* Effect.callback<string>((resume) => {
      const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(bytes))
      let text = ""
      socket.on("data", (chunk) => (text += chunk.toString("latin1").slice(0, 200)))
      socket.on("error", () => undefined)
      socket.on("close", () => resume(Effect.succeed(text)))
      prepare(socket)
      return Effect.sync(() => socket.destroy())
    })
  })

const failure = (options: HiveOptions) => Effect.flip(Effect.provide(Effect.void, Layer.fresh(Hive.layer(options))))

describe("binding", () => {
  it.effect("is to this machine alone by default", () =>
    Effect.gen(function* () {
      assert.match((yield* Hive).url, /^http:\/\/127\.0\.0\.1:\d+$/)
    }).pipe(Effect.provide(Hive.layer()))
  )

  it.effect.each([
    ["no keys", undefined],
    ["no key", []],
    ["an empty key", [Redacted.make("")]]
  ] as const)("elsewhere is refused with %s", ([, keys]) =>
    Effect.gen(function* () {
      for (const host of ["0.0.0.0", "::", "192.168.1.1"]) {
        const { message } = yield* failure({ host, keys })
        assert.strictEqual(message, `binding to ${host} needs keys: anybody on the network could read and write`)
      }
    })
  )

  layer(Hive.layer({ host: "0.0.0.0", keys: [Redacted.make("right"), Redacted.make("")] }))("elsewhere", (it) => {
    it.effect.each([
      [undefined, 401],
      ["Bearer wrong", 401],
      ["Bearer ", 401],
      ["Basic Og==", 401],
      ["Bearer right", 200]
    ] as const)("%s gets %d everywhere", ([authorization, status]) =>
      Effect.gen(function* () {
        const { url } = yield* Hive
        const port = new URL(url).port
        const headers = { "content-type": "application/json", ...(authorization ? { authorization } : {}) }
        for (const path of ["/v1/traces", "/opentelemetry/v1/traces", "/v1/sessions", "/v1/events/search"]) {
          const response = yield* Effect.promise(() =>
            fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", headers, body: "{}" })
          )
          assert.strictEqual(response.status, status, path)
        }
      })
    )
  })
})

const layerOpen = Hive.layer({ allowedHosts: ["hive.example.com"], allowedOrigins: ["https://app.example.com"] })

layer(layerOpen)("the Host header", (it) => {
  it.effect.each([
    "localhost",
    "localhost:4000",
    "LOCALHOST.",
    "agent.localhost",
    "127.0.0.1:1",
    "[::1]:8080",
    "10.1.2.3",
    "hive.example.com",
    "HIVE.example.com:443"
  ])("%s is one of its own", (host) =>
    Effect.map(ask({ headers: { host } }), ({ status }) => assert.strictEqual(status, 200))
  )

  it.effect.each([
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example:80",
    "x",
    "hive.example.com.evil",
    "[evil"
  ])("%s is another's: DNS rebinding", (host) =>
    Effect.gen(function* () {
      for (const asked of [{ headers: { host } }, { method: "POST", path: "/v1/traces", headers: { host } }]) {
        const { body, status } = yield* ask(asked)
        assert.strictEqual(status, 421)
        assert.deepInclude(JSON.parse(body), { errorCode: "misdirected_request", success: false })
      }
    })
  )

  it.effect("must be there", () =>
    Effect.gen(function* () {
      assert.match(yield* raw("GET /openapi.json HTTP/1.0\r\n\r\n"), /^HTTP\/1\.1 421 /)
      assert.match(yield* raw("GET /openapi.json HTTP/1.1\r\nConnection: close\r\n\r\n"), /^HTTP\/1\.1 400 /)
    })
  )
})

layer(layerOpen)("pages of other origins", (it) => {
  const preflight = { "access-control-request-method": "POST", "access-control-request-headers": "authorization" }

  it.effect.each(["https://evil.example", "null", "https://app.example.com.evil", "http://localhost:1"])(
    "%s gets nothing, and no permission",
    (origin) =>
      Effect.gen(function* () {
        for (const asked of [
          { headers: { origin } },
          { method: "OPTIONS", headers: { origin, ...preflight } },
          { method: "POST", path: "/v1/traces", headers: { origin, "content-type": "application/json" }, body: "{}" }
        ]) {
          const { headers, status } = yield* ask(asked)
          assert.strictEqual(status, 403)
          assert.notProperty(headers, "access-control-allow-origin")
        }
      })
  )

  it.effect("an allowed one gets in", () =>
    Effect.gen(function* () {
      const origin = "https://app.example.com"
      const asked = yield* ask({ method: "OPTIONS", path: "/v1/sessions", headers: { origin, ...preflight } })
      assert.strictEqual(asked.status, 204)
      assert.strictEqual(asked.headers["access-control-allow-origin"], origin)
      assert.strictEqual(asked.headers["access-control-allow-headers"], "authorization")
      const done = yield* ask({ method: "POST", path: "/v1/sessions", headers: { ...withKey, origin }, body: "{}" })
      assert.strictEqual(done.status, 200)
      assert.strictEqual(done.headers["access-control-allow-origin"], origin)
    })
  )

  it.effect("its own page gets in", () =>
    Effect.gen(function* () {
      const { url } = yield* Hive
      assert.strictEqual((yield* ask({ headers: { origin: url } })).status, 200)
    })
  )
})

const LIMIT = 1024 * 1024

// 64 MB in 64 KB
const bomb = gzipSync(Buffer.alloc(64 * LIMIT, " "))

layer(Hive.layer({ maxBodyBytes: LIMIT }))("too much", (it) => {
  const post = (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
    ask({ method: "POST", path, headers: { ...withKey, ...headers }, body })

  it.effect.each(["/v1/traces", "/v1/events"])("a gzip bomb to %s is not unpacked", (path) =>
    Effect.gen(function* () {
      const before = process.memoryUsage().arrayBuffers
      const { body, status } = yield* post(path, bomb, { "content-encoding": "gzip" })
      assert.strictEqual(status, 413)
      assert.deepInclude(JSON.parse(body), { errorCode: "payload_too_large", success: false })
      assert.isBelow(process.memoryUsage().arrayBuffers - before, 32 * LIMIT)
      // A bomb in a bomb
      const twice = yield* post(path, gzipSync(bomb), { "content-encoding": "gzip, gzip" })
      assert.strictEqual(twice.status, 413)
    })
  )

  it.effect("a body that says how long it is, or does not", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* post("/v1/events", Buffer.alloc(LIMIT + 1, " "))).status, 413)
      const chunked = yield* post("/v1/events", Buffer.alloc(LIMIT + 1, " "), { "transfer-encoding": "chunked" })
      assert.strictEqual(chunked.status, 413)
    })
  )

  it.effect.each([500, 1_000, 100_000])(
    "JSON that is %d levels deep is refused, and what is less deep can be found",
    (depth) =>
      Effect.gen(function* () {
        const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`
        const event = (levels: number) => `{"event_type":"tool","event_name":"deep","inputs":${nested(levels)}}`
        for (const [path, body] of [
          ["/v1/events", event(depth)],
          ["/v1/events/batch", `{"events":[${event(depth)}]}`],
          ["/v1/sessions", `{"inputs":${nested(depth)}}`],
          ["/v1/events/search", "[".repeat(depth + 1)]
        ] as const) {
          const answer = yield* post(path, body)
          assert.strictEqual(answer.status, 400, path)
          assert.match(JSON.parse(answer.body).message, /nested deeper than 500 levels/)
        }
        assert.strictEqual((yield* post("/v1/events", event(498))).status, 200)
        const found = yield* post(
          "/v1/events/search",
          JSON.stringify({
            filters: [
              { field: "inputs.a", operator: "exists" },
              { field: "inputs.b", operator: "not exists" }
            ]
          })
        )
        assert.strictEqual(found.status, 200)
        assert.isAtLeast(JSON.parse(found.body).count, 1)
      })
  )

  it.effect("a stranger's body is not even read", () =>
    Effect.gen(function* () {
      const answer = yield* ask({ method: "POST", path: "/v1/events", body: "[".repeat(1000) })
      assert.strictEqual(answer.status, 401)
    })
  )

  it.effect("another content type", () =>
    Effect.gen(function* () {
      const { body, headers, status } = yield* post("/v1/events", "x", { "content-type": "text/html" })
      assert.strictEqual(status, 415)
      assert.match(String(headers["content-type"]), /json/)
      assert.deepInclude(JSON.parse(body), { errorCode: "unsupported_media_type", success: false, statusCode: 415 })
    })
  )

  it("brackets in strings are not depth", () => {
    assert.isFalse(isDeeper(JSON.stringify({ a: '[[[\\"[[[', "b\\": ["]"] }), 2))
    assert.isTrue(isDeeper('{"a":[{}]}', 2))
    assert.isFalse(isDeeper('{"a":[{}]}', 3))
    assert.isFalse(isDeeper('[{},{},[]]"[[[[', 2))
  })
})

layer(Hive.layer({ requestTimeout: "200 millis" }))("a slow client is let go", (it) => {
  it.effect("that never ends its headers", () =>
    Effect.map(raw("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nX-Slow: "), (answer) =>
      assert.match(answer, /^HTTP\/1\.1 408 /)
    )
  )

  it.effect("that never ends its body", () =>
    Effect.map(
      raw(
        "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\nContent-Type: application/json\r\n" +
          "Content-Length: 1000\r\n\r\n{"
      ),
      (answer) => assert.match(answer, /^(HTTP\/1\.1 408 |$)/)
    )
  )

  it.effect("that sends nothing at all", () =>
    Effect.map(raw(""), (answer) => assert.match(answer, /^(HTTP\/1\.1 408 |$)/))
  )

  it.effect(
    "that does not read what it asked for",
    () =>
      Effect.gen(function* () {
        const store = yield* TraceStore
        yield* store.createEvents(
          Array.from({ length: 40 }, () => ({ event_type: "tool" as const, inputs: { text: "x".repeat(500_000) } }))
        )
        const body = "{}"
        let received = 0
        yield* raw(
          `POST /v1/events/search HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\n` +
            `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
          (socket) => {
            socket.on("data", (chunk) => (received += chunk.length))
            socket.pause()
            // Node hears of the end of a paused socket when it reads again
            setTimeout(() => socket.resume(), 3_000).unref()
          }
        )
        // The rest of the 20 MB is nobody's any more
        assert.isBelow(received, 15_000_000)
      }),
    30_000
  )

  it.effect("and others are served meanwhile", () =>
    Effect.gen(function* () {
      const slow = Effect.forEach(Array.from({ length: 50 }), () => raw("GET / HTTP/1.1\r\nX: "), { concurrency: 50 })
      const [, answer] = yield* Effect.all([slow, ask({})], { concurrency: 2 })
      assert.strictEqual(answer.status, 200)
    })
  )
})

describe("the log", () => {
  const secret = "hh_very_secret_key"
  const payload = "the patient said"
  const broken = Layer.effect(
    TraceStore,
    Effect.map(TraceStore, (store) => {
      const fail = () =>
        Effect.fail(
          new TraceStoreError({ message: `cannot keep ${payload}`, cause: new Error(payload, { cause: payload }) })
        )
      return TraceStore.of({
        ...store,
        ingest: fail,
        createEvents: fail,
        search: fail,
        event: () => Effect.die(payload)
      })
    })
  ).pipe(Layer.provide(SqliteTraceStore.layer({ path: ":memory:" })), Layer.merge(Layer.mock(TraceQueries)({})))

  it.effect("says that and where something failed, and neither what was sent nor by whom", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.map(Logger.formatJson, (line) => void lines.push(line))
      const written: Array<string> = []
      const streams = [process.stdout, process.stderr] as const
      const originals = streams.map((stream) => stream.write)
      streams.forEach((stream) => {
        stream.write = (chunk: string | Uint8Array) => written.push(String(chunk)) > 0
      })
      const hive = Hive.layerServer().pipe(
        Layer.provideMerge(broken),
        Layer.provide(Logger.layer([logger])),
        Layer.fresh
      )
      const otlp = JSON.stringify({
        resourceSpans: [
          { scopeSpans: [{ spans: [{ name: payload, traceId: "a".repeat(32), spanId: "b".repeat(16) }] }] }
        ]
      })
      const headers = { "content-type": "application/json", authorization: `Bearer ${secret}` }
      yield* Effect.gen(function* () {
        const post = (path: string, body: string) => ask({ method: "POST", path, headers, body })
        const event = JSON.stringify({ event_type: "tool", inputs: { payload } })
        assert.strictEqual((yield* post("/v1/traces", otlp)).status, 500)
        assert.strictEqual((yield* post("/v1/events", event)).status, 500)
        assert.strictEqual((yield* post("/v1/events/search", "{}")).status, 500)
        assert.strictEqual((yield* ask({ path: `/v1/events/${payload.replaceAll(" ", "-")}`, headers })).status, 500)
        // Refused, and no reason to say anything
        yield* post("/v1/events", `{"inputs":"${payload}"}`)
        yield* post("/v1/traces", `{"resourceSpans":"${payload}"}`)
      }).pipe(
        Effect.provide(hive),
        Effect.ensuring(
          Effect.sync(() => streams.forEach((stream, index) => (stream.write = originals[index] ?? stream.write)))
        )
      )
      assert.strictEqual(lines.length, 4, lines.join("\n"))
      assert.include(lines[0], "a request failed")
      assert.match(lines[0] ?? "", /TraceStoreError[^]*at /)
      const all = [...lines, ...written].join("\n")
      for (const word of [secret, payload, "patient"]) assert.notInclude(all, word)
    })
  )
})
