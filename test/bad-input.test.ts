/**
 * Whatever is sent to the hive gets a clear answer, and nothing that was sent before or after it is lost.
 */
import { gzipSync } from "node:zlib"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Hive, HiveError, type HiveOptions, TraceStore } from "@honeyhive/hive"

const SESSION = "11111111-1111-4111-8111-111111111111"

const otlp = (id: number) =>
  JSON.stringify({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: [
              {
                name: `span-${id}`,
                traceId: "a".repeat(32),
                spanId: id.toString(16).padStart(16, "0"),
                startTimeUnixNano: "1790000000000000000",
                endTimeUnixNano: "1790000000001000000",
                attributes: [
                  { key: "honeyhive.session_id", value: { stringValue: SESSION } },
                  { key: "honeyhive.session_auto_create", value: { boolValue: true } }
                ]
              }
            ]
          }
        ]
      }
    ]
  })

const json = { "content-type": "application/json" }
const withKey = { ...json, authorization: "Bearer k" }

interface Asked {
  readonly path: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Uint8Array<ArrayBuffer>
}

const ask = ({ path, ...init }: Asked) =>
  Effect.gen(function* () {
    const { url } = yield* Hive
    const response = yield* Effect.promise(() => fetch(url + path, { method: "POST", ...init }))
    const text = yield* Effect.promise(() => response.text())
    return {
      status: response.status,
      body: text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : text
    }
  })

const LIMIT = 64 * 1024
const deep = (depth: number) =>
  `{"resourceSpans":[{"resource":{"attributes":[{"key":"a","value":${'{"arrayValue":{"values":['.repeat(depth)}${"]}}".repeat(
    depth
  )}}]}}]}`

const refused: ReadonlyArray<readonly [string, Asked, number, RegExp]> = [
  ["OTLP that is no JSON", { path: "/v1/traces", headers: json, body: '{"resourceSpans":' }, 400, /valid JSON/],
  ["OTLP of another shape", { path: "/v1/traces", headers: json, body: '{"resourceSpans":3}' }, 400, /resourceSpans/],
  ["OTLP nested without end", { path: "/v1/traces", headers: json, body: deep(1_500) }, 400, /malformed/],
  [
    "protobuf that is none",
    {
      path: "/v1/traces",
      headers: { "content-type": "application/x-protobuf" },
      body: new Uint8Array([10, 200, 1, 3, 4])
    },
    400,
    /out of range/
  ],
  [
    "a truncated gzip",
    {
      path: "/v1/traces",
      headers: { ...json, "content-encoding": "gzip" },
      body: new Uint8Array(gzipSync(otlp(9)).subarray(0, 40))
    },
    400,
    /body cannot be read/
  ],
  ["a body over the limit", { path: "/v1/traces", headers: json, body: " ".repeat(LIMIT + 1) }, 413, /too large/],
  [
    "a gzip that unpacks over the limit",
    {
      path: "/v1/traces",
      headers: { ...json, "content-encoding": "gzip" },
      body: new Uint8Array(gzipSync(" ".repeat(LIMIT * 100)))
    },
    413,
    /too large/
  ],
  [
    "another content type",
    { path: "/v1/traces", headers: { "content-type": "text/plain" }, body: "x" },
    415,
    /must be/
  ],
  ["no content type", { path: "/v1/traces", body: new Uint8Array([1]) }, 415, /must be/],
  [
    "an unknown content encoding",
    { path: "/v1/traces", headers: { ...json, "content-encoding": "zstd" }, body: "x" },
    415,
    /gzip/
  ],
  ["an unknown route", { path: "/v2/nowhere?a=1" }, 404, /no route POST \/v2\/nowhere$/],
  ["an unknown method", { path: "/v1/traces", method: "DELETE" }, 404, /no route DELETE/],
  ["REST without a key", { path: "/v1/sessions", headers: json, body: "{}" }, 401, /Bearer/],
  ["REST that is no JSON", { path: "/v1/sessions", headers: withKey, body: "{" }, 400, /JSON/],
  ["REST over the limit", { path: "/v1/sessions", headers: withKey, body: " ".repeat(LIMIT + 1) }, 413, /too large/],
  ["REST of a wrong type", { path: "/v1/sessions", headers: withKey, body: '{"inputs":3}' }, 400, /inputs/],
  [
    "an event of an unknown type",
    { path: "/v1/events", headers: withKey, body: '{"event_type":"agent","inputs":{}}' },
    400,
    /event_type/
  ],
  [
    "an event with an unknown field",
    { path: "/v1/events", headers: withKey, body: '{"event_type":"tool","inputs":{},"bogus":1}' },
    400,
    /bogus/
  ],
  [
    "outputs that are a list",
    { path: `/v1/events/${SESSION}`, method: "PUT", headers: withKey, body: '{"outputs":[1]}' },
    400,
    /outputs/
  ],
  ["an unknown event", { path: `/v1/events/${"2".repeat(8)}`, method: "GET", headers: withKey }, 404, /no event/],
  [
    "a search for an unknown field",
    {
      path: "/v1/events/search",
      headers: withKey,
      body: '{"filters":[{"field":"id","operator":"is","value":1}]}'
    },
    400,
    /unknown field/
  ]
]

layer(Hive.layer({ maxBodyBytes: LIMIT }))("the hive", (it) => {
  it.effect.each(refused)("refuses %s and says why", ([, asked, status, reason]) =>
    Effect.gen(function* () {
      const answer = yield* ask(asked)
      assert.strictEqual(answer.status, status)
      assert.isObject(answer.body)
      const body = answer.body as Record<string, unknown> // just checked
      assert.deepInclude(body, { statusCode: status, success: false })
      assert.isString(body["errorCode"])
      assert.match(String(body["message"]), reason)
    })
  )

  it.effect("keeps every valid span of a request and says which it refused", () =>
    Effect.gen(function* () {
      const request = JSON.parse(otlp(50))
      request.resourceSpans[0].scopeSpans[0].spans.push({ name: "bad", traceId: "zz", spanId: "1" })
      const answer = yield* ask({ path: "/v1/traces", headers: json, body: JSON.stringify(request) })
      assert.strictEqual(answer.status, 200)
      assert.deepStrictEqual(answer.body, {
        partialSuccess: {
          rejectedSpans: 1,
          errorMessage: 'span "bad": trace id must be 32 hexadecimal digits, not all zero'
        }
      })
      const events = yield* TraceStore.use((store) => store.sessionEvents(SESSION))
      assert.include(
        events.map((event) => event.event_name),
        "span-50"
      )
    })
  )

  it.effect("loses nothing that stands between bad requests, and stays up", () =>
    Effect.gen(function* () {
      for (const [index, [, asked]] of refused.entries()) {
        yield* ask(asked)
        const body = new Uint8Array(gzipSync(otlp(index + 100)))
        const answer = yield* ask({
          path: "/opentelemetry/v1/traces",
          headers: { ...json, "content-encoding": "gzip" },
          body
        })
        assert.deepStrictEqual(answer, { status: 200, body: {} })
      }
      const events = yield* TraceStore.use((store) => store.sessionEvents(SESSION))
      const names = new Set(events.map((event) => event.event_name))
      refused.forEach((_, index) => assert.isTrue(names.has(`span-${index + 100}`)))
    })
  )
})

const failure = (options: HiveOptions) => Effect.flip(Effect.provide(Effect.void, Hive.layer(options)))

describe("a hive that cannot be", () => {
  layer(Hive.layer({ keys: [Redacted.make("right")] }))("with keys", (it) => {
    it.effect("accepts only those, for OTLP and REST", () =>
      Effect.gen(function* () {
        const statuses = yield* Effect.forEach([undefined, "wrong", "right"], (key) =>
          Effect.forEach(["/v1/traces", "/v1/sessions"], (path) =>
            Effect.map(
              ask({
                path,
                headers: key === undefined ? json : { ...json, authorization: `Bearer ${key}` },
                body: "{}"
              }),
              ({ status }) => status
            )
          )
        )
        assert.deepStrictEqual(statuses, [
          [401, 401],
          [401, 401],
          [200, 200]
        ])
      })
    )

    it.effect("says that the port is taken", () =>
      Effect.gen(function* () {
        const { url } = yield* Hive
        const port = Number(new URL(url).port)
        const error = yield* failure({ port })
        assert.instanceOf(error, HiveError)
        assert.include(error.message, `port ${port}`)
        assert.include(error.message, "in use")
      })
    )

    it.effect("does not open itself to the network without keys", () =>
      Effect.gen(function* () {
        assert.include((yield* failure({ host: "0.0.0.0" })).message, "needs keys")
      })
    )
  })
})
