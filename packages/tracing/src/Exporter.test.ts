import { gunzipSync } from "node:zlib"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import { ExportTraceServiceRequest, spans } from "@honeyhive/contract/Otlp"
import { HoneyHive } from "./HoneyHive.ts"
import { type Answer, backend } from "./internal/backend.fixture.ts"
import type { Options } from "./TracerConfig.ts"

const ok: Answer = () => ({ status: 200, body: "{}" })

const traceOnce = (options: Options) =>
  Effect.gen(function* () {
    yield* Effect.void.pipe(Effect.withSpan("search"))
    yield* HoneyHive.flush
  }).pipe(Effect.provide(HoneyHive.layer({ skipSessionCreation: true, ...options })))

const warnings = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const lines: Array<string> = []
    const logger = Logger.make(({ logLevel, message }) => {
      if (logLevel === "Warn") lines.push(String(message))
    })
    yield* Effect.provide(effect, Logger.layer([logger]))
    return lines
  })

describe("Exporter", () => {
  it.live("sends OTLP JSON with the key to HoneyHive's path", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(ok)
      yield* traceOnce({ apiKey: "hh_key", url })
      assert.deepStrictEqual(
        requests.map((request) => request.path),
        ["/opentelemetry/v1/traces"]
      )
      assert.strictEqual(requests[0]?.headers["authorization"], "Bearer hh_key")
      assert.include(requests[0]?.headers["content-type"], "application/json")
      const body = Schema.decodeUnknownSync(Schema.fromJsonString(ExportTraceServiceRequest))(
        requests[0]?.body.toString()
      )
      const [span] = spans(body).accepted
      assert.strictEqual(span?.name, "search")
      assert.strictEqual(span?.resource["service.name"], "unknown_service")
    })
  )

  it.live("sends protobuf when asked to", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(ok)
      yield* traceOnce({ apiKey: "hh_key", url, otlpProtocol: "http/protobuf" })
      assert.strictEqual(requests[0]?.headers["content-type"], "application/x-protobuf")
      assert.include(requests[0]?.body.toString("latin1"), "search")
    })
  )

  it.live("never sends HoneyHive's key to another backend", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(ok)
      yield* traceOnce({ apiKey: "hh_key", otlp: { endpoint: `${url}/v1/traces`, headers: { "x-tenant": "a" } } })
      assert.deepStrictEqual(
        requests.map((request) => request.path),
        ["/v1/traces"]
      )
      assert.isUndefined(requests[0]?.headers["authorization"])
      assert.strictEqual(requests[0]?.headers["x-tenant"], "a")
    })
  )

  it.live("says the first failure of a row, and that it is over", () =>
    Effect.gen(function* () {
      let failing = true
      const { url } = yield* backend(() => ({ status: failing ? 400 : 200, body: "{}" }))
      const lines = yield* warnings(
        Effect.gen(function* () {
          const once = Effect.andThen(Effect.void.pipe(Effect.withSpan("a")), HoneyHive.flush)
          yield* once
          yield* once
          failing = false
          yield* once
        }).pipe(Effect.provide(HoneyHive.layer({ apiKey: "hh_key", url, skipSessionCreation: true })))
      )
      const about = lines.filter((line) => line.includes("export"))
      assert.strictEqual(about.length, 2)
      assert.include(about[0], "exporting 1 spans failed")
      assert.include(about[1], "works again")
      assert.include(lines.at(-1), "spans dropped: 2 (refused)")
    })
  )

  it.live("without a key: one warning, nothing exported, the program runs", () =>
    Effect.gen(function* () {
      const lines = yield* warnings(traceOnce({}))
      assert.strictEqual(lines.length, 1)
      assert.include(lines[0], "HH_API_KEY")
    })
  )

  it.live("a backend that hangs holds neither the start nor the end of a program beyond the deadline", () =>
    Effect.gen(function* () {
      const { url } = yield* backend(() => undefined)
      const before = performance.now()
      const program = Effect.void.pipe(
        Effect.withSpan("a"),
        HoneyHive.withSession({ name: "s" }),
        Effect.provide(HoneyHive.layer({ apiKey: "hh_key", url, shutdownTimeout: "200 millis" }))
      )
      yield* program
      // Well below the 3 s of the default, and the 30 s that one export may take
      assert.isBelow(performance.now() - before, 2_000)
    })
  )

  it.live("test mode opens no connection", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(ok)
      yield* traceOnce({ apiKey: "hh_key", url, testMode: true, skipSessionCreation: false })
      assert.strictEqual(requests.length, 0)
    })
  )

  it.live("makes no request when OTLP is turned off", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(ok)
      yield* traceOnce({ apiKey: "hh_key", url, otlp: { enabled: false } })
      assert.deepStrictEqual(requests, [])
    })
  )

  const sent = (options: Options, count = 40) =>
    Effect.gen(function* () {
      yield* Effect.forEach(Array.from({ length: count }), () => Effect.withSpan(Effect.void, "x".repeat(400)), {
        discard: true
      })
      return yield* HoneyHive.flush
    }).pipe(Effect.provide(HoneyHive.layer({ apiKey: "hh_key", skipSessionCreation: true, ...options })))

  it.live("compresses what is long enough, and says so", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(ok)
      yield* sent({ url, otlpCompression: "gzip" })
      yield* sent({ url, otlpCompression: "gzip" }, 1)
      assert.deepStrictEqual(
        requests.map((request) => request.headers["content-encoding"]),
        ["gzip", undefined]
      )
      const { resourceSpans } = JSON.parse(gunzipSync(requests[0]?.body ?? "").toString())
      assert.strictEqual(resourceSpans[0].scopeSpans[0].spans.length, 40)
    })
  )

  it.live("auto: nothing is compressed on the way to this machine", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(ok)
      yield* sent({ url })
      assert.isUndefined(requests[0]?.headers["content-encoding"])
    })
  )

  it.live("a backend that does not read gzip gets everything uncompressed, and is not asked again", () =>
    Effect.gen(function* () {
      const { requests, url } = yield* backend(({ headers }) => ({
        status: headers["content-encoding"] === undefined ? 200 : 415,
        body: "{}"
      }))
      const program = Effect.gen(function* () {
        const once = Effect.andThen(
          Effect.forEach(Array.from({ length: 40 }), () => Effect.withSpan(Effect.void, "x".repeat(400))),
          HoneyHive.flush
        )
        return [yield* once, yield* once]
      })
      const receipts = yield* program.pipe(
        Effect.provide(HoneyHive.layer({ apiKey: "hh_key", url, otlpCompression: "gzip", skipSessionCreation: true }))
      )
      assert.deepStrictEqual(
        receipts.map(({ accepted }) => accepted),
        [40, 40]
      )
      assert.deepStrictEqual(
        requests.map((request) => request.headers["content-encoding"]),
        ["gzip", undefined, undefined]
      )
    })
  )

  it.live.each([
    ["JSON", "application/json", JSON.stringify({ partialSuccess: { rejectedSpans: "3", errorMessage: "too old" } })],
    [
      "JSON with a number",
      "application/json",
      JSON.stringify({ partialSuccess: { rejectedSpans: 3, errorMessage: "too old" } })
    ],
    ["protobuf", "application/x-protobuf", "\x0a\x0b\x08\x03\x12\x07too old"]
  ] as const)("counts what the backend rejects of a batch that it took: %s", ([, type, body]) =>
    Effect.gen(function* () {
      const { url } = yield* backend(() => ({ status: 200, body, type }))
      const lines = yield* warnings(
        Effect.gen(function* () {
          const receipt = yield* sent({ url }, 10)
          assert.deepStrictEqual(receipt, { accepted: 7, spooled: 0, dropped: { refused: 3 }, pending: 0 })
        })
      )
      assert.isTrue(lines.includes("HoneyHive: the backend refused 3 spans: too old"), lines.join())
    })
  )

  it.live("an answer that nobody can read is a plain yes", () =>
    Effect.gen(function* () {
      for (const body of ["", "<html>", "[1]", '{"partialSuccess":{"rejectedSpans":-1}}', "\x0a\xff"]) {
        const { url } = yield* backend(() => ({ status: 200, body, type: "application/x-protobuf, application/json" }))
        assert.strictEqual((yield* sent({ url }, 2)).accepted, 2, body)
      }
    })
  )
})
