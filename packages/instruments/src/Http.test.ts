import { hasSubscribers } from "node:diagnostics_channel"
import * as NodeHttp from "node:http"
import { get as namedGet } from "node:http"
import type { AddressInfo } from "node:net"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import { SpanKind, SpanStatusCode } from "@opentelemetry/api"
import { Exporter, HoneyHive, MemoryExporter, traced, TracerConfig, withBaggage, Transport } from "@honeyhive/tracing"
import * as Http from "./Http.ts"
import { channels } from "./internal/httpChannels.ts"
import { HttpSpans, redacted } from "./internal/httpSpans.ts"

interface Seen {
  readonly path: string
  readonly body: string
  readonly headers: NodeHttp.IncomingHttpHeaders
}

/** Answers with the status that the path names; `/hang` never does. */
const server = Effect.acquireRelease(
  Effect.callback<{
    readonly url: string
    readonly port: number
    readonly seen: ReadonlyArray<Seen>
    readonly close: () => void
  }>((resume) => {
    const seen: Array<Seen> = []
    const server = NodeHttp.createServer((request, response) => {
      let body = ""
      request.on("data", (chunk) => (body += String(chunk)))
      request.on("end", () => {
        const path = request.url ?? ""
        seen.push({ path, body, headers: request.headers })
        if (path === "/hang") return
        const status = Number(/^\/(\d{3})/.exec(path)?.[1] ?? 200)
        response.writeHead(status, { "content-type": "application/json" }).end(status === 204 ? undefined : "{}")
      })
    })
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo // a TCP server's address
      const close = () => {
        server.closeAllConnections()
        server.close()
      }
      resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, port, seen, close }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

const fetched = async (url: string, init?: RequestInit): Promise<string> => (await fetch(url, init)).text()

const got = (url: string): Promise<void> =>
  new Promise((resolve, reject) => {
    NodeHttp.get(url, (response) => {
      response.resume()
      response.on("close", resolve)
    }).on("error", reject)
  })

const exported = Effect.gen(function* () {
  yield* HoneyHive.flush
  return yield* MemoryExporter.use((memory) => memory.spans)
})

const instance = (options?: Http.Options) => Http.layer(options).pipe(Layer.provideMerge(HoneyHive.layerMemory()))

const listening = () =>
  ["undici:request:create", "http.client.request.created", "http.client.response.finish"].some((channel) =>
    hasSubscribers(channel)
  )

describe("Http.layer", () => {
  it.live.each<readonly [string, (url: string) => Promise<unknown>]>([
    ["fetch", fetched],
    ["node:http", got],
    [
      "node:http by its name",
      (url) =>
        new Promise((resolve) => {
          namedGet(url, (response) => response.resume().on("close", resolve))
        })
    ]
  ])("makes a child of the Effect span and of the traced function: %s", ([, request]) =>
    Effect.gen(function* () {
      const { port, url } = yield* server
      const search = traced({ name: "plain" }, async () => {
        await new Promise((resolve) => setImmediate(resolve))
        await request(`${url}/201?page=2`)
      })
      yield* Effect.promise(() => request(`${url}/200`)).pipe(Effect.withSpan("effect"))
      yield* Effect.promise(() => search())
      const spans = yield* exported
      assert.deepStrictEqual(
        spans.map((span) => span.name),
        ["GET", "effect", "GET", "plain"]
      )
      const [first, effect, second, plain] = spans
      assert.strictEqual(first!.parentSpanContext?.spanId, effect!.spanContext().spanId)
      assert.strictEqual(second!.parentSpanContext?.spanId, plain!.spanContext().spanId)
      assert.strictEqual(second!.attributes["honeyhive.session_id"], plain!.attributes["honeyhive.session_id"])
      assert.strictEqual(second!.kind, SpanKind.CLIENT)
      const { attributes } = second!
      assert.strictEqual(attributes["http.request.method"], "GET")
      assert.strictEqual(attributes["http.response.status_code"], 201)
      assert.strictEqual(attributes["url.full"], `${url}/201?page=2`)
      assert.strictEqual(attributes["server.address"], "127.0.0.1")
      assert.strictEqual(attributes["server.port"], port)
      assert.strictEqual(attributes["network.peer.address"], "127.0.0.1")
      assert.strictEqual(attributes["network.protocol.version"], "1.1")
      assert.strictEqual(attributes["honeyhive_event_type"], "tool")
    }).pipe(Effect.provide(instance()))
  )

  it.live("a request with a body, an answer without one", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* server
      yield* Effect.promise(() => fetched(`${url}/204`, { method: "post", body: "question" }))
      const [span] = yield* exported
      assert.strictEqual(span!.name, "POST")
      assert.strictEqual(span!.attributes["http.response.status_code"], 204)
      assert.strictEqual(seen[0]!.body, "question")
    }).pipe(Effect.provide(instance()))
  )

  it.live.each<readonly [string, (url: string) => Promise<unknown>]>([
    ["fetch", fetched],
    ["node:http", got]
  ])("a refusal is an error, a failed connection too, by its code: %s", ([, request]) =>
    Effect.gen(function* () {
      const { close, url } = yield* server
      yield* Effect.promise(() => request(`${url}/503`))
      close()
      const failed = yield* Effect.promise(() =>
        request(`${url}/200`).then(
          () => false,
          () => true
        )
      )
      assert.isTrue(failed)
      const [refused, broken] = yield* exported
      assert.strictEqual(refused!.status.code, SpanStatusCode.ERROR)
      assert.strictEqual(refused!.attributes["error.type"], "503")
      assert.strictEqual(refused!.attributes["honeyhive_error"], "HTTP 503")
      assert.strictEqual(broken!.status.code, SpanStatusCode.ERROR)
      assert.match(String(broken!.attributes["error.type"]), /^(?:ECONNREFUSED|ECONNRESET|UND_ERR_SOCKET)$/)
      assert.strictEqual(broken!.attributes["honeyhive_error_type"], broken!.attributes["error.type"])
      assert.strictEqual(broken!.events[0]?.name, "exception")
    }).pipe(Effect.provide(instance()))
  )

  it.live("carries trace, session and baggage where it is told to, below its own span; headers set by hand stay", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* server
      const session = yield* HoneyHive.use((hive) => hive.session)
      const byHand = { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` }
      yield* Effect.promise(async () => {
        await fetched(`${url}/200`)
        await got(`${url}/200`)
        await fetched(`${url}/201`)
        await fetched(`${url}/200`, { headers: byHand })
      }).pipe(withBaggage({ tenant: "acme" }), Effect.withSpan("agent"))
      const spans = yield* exported
      for (const index of [0, 1]) {
        const { spanId, traceId } = spans[index]!.spanContext()
        assert.strictEqual(seen[index]!.headers["traceparent"], `00-${traceId}-${spanId}-01`)
        assert.include(String(seen[index]!.headers["baggage"]), `honeyhive_session_id=${session.id}`)
        assert.include(String(seen[index]!.headers["baggage"]), "tenant=acme")
      }
      assert.doesNotHaveAnyKeys(seen[2]!.headers, ["traceparent", "baggage"])
      assert.strictEqual(seen[3]!.headers["traceparent"], byHand.traceparent)
    }).pipe(Effect.provide(instance({ propagateTo: (target) => target.pathname === "/200" })))
  )

  it.live("a request that the program calls off ends, and is no error", () =>
    Effect.gen(function* () {
      const { url } = yield* server
      const controller = new AbortController()
      const name = yield* Effect.promise(() => {
        const answer = fetched(`${url}/hang`, { signal: controller.signal }).catch((error: Error) => error.name)
        setImmediate(() => controller.abort())
        return answer
      })
      assert.strictEqual(name, "AbortError")
      const [span] = yield* exported
      assert.strictEqual(span!.name, "GET")
      assert.strictEqual(span!.status.code, SpanStatusCode.UNSET)
    }).pipe(Effect.provide(instance()))
  )

  it.live("requests of Effect's HttpClient have one span, Effect's", () =>
    Effect.gen(function* () {
      const { url } = yield* server
      for (const client of [FetchHttpClient.layer, NodeHttpClient.layerNodeHttp, NodeHttpClient.layerUndici]) {
        yield* Effect.provide(
          Effect.flatMap(HttpClient.get(`${url}/200`), (response) => response.text),
          client
        )
      }
      const spans = yield* exported
      assert.strictEqual(spans.length, 3)
      for (const span of spans) assert.strictEqual(span.instrumentationScope.name, "@honeyhive/tracing")
    }).pipe(Effect.provide(instance()))
  )

  it.live(
    "two instances at once have each their own; one that closes leaves the other listening, the last nobody",
    () =>
      Effect.gen(function* () {
        const { url } = yield* server
        assert.isFalse(listening())
        const names = (context: Context.Context<HoneyHive | MemoryExporter>) =>
          Effect.map(Effect.provideContext(exported, context), (spans) =>
            spans.map((span) => span.attributes["url.full"] ?? span.name)
          )
        const work = (name: string) =>
          Effect.promise(() => Promise.all([fetched(`${url}/200?${name}`), got(`${url}/200?${name}`)])).pipe(
            Effect.withSpan(name)
          )
        yield* Effect.gen(function* () {
          const second = yield* Layer.build(instance())
          yield* Effect.gen(function* () {
            const first = yield* Layer.build(instance())
            yield* Effect.all([Effect.provideContext(work("a"), first), Effect.provideContext(work("b"), second)], {
              concurrency: 2
            })
            assert.deepStrictEqual(yield* names(first), [`${url}/200?a`, `${url}/200?a`, "a"])
          }).pipe(Effect.scoped)
          assert.isTrue(listening())
          yield* Effect.provideContext(work("c"), second)
          assert.deepStrictEqual(
            (yield* names(second)).toSorted(),
            [`${url}/200?b`, `${url}/200?b`, `${url}/200?c`, `${url}/200?c`, "b", "c"].toSorted()
          )
        }).pipe(Effect.scoped)
        assert.isFalse(listening())
        yield* Effect.promise(() => fetched(`${url}/200`))
      })
  )

  it.live("HoneyHive's own requests have no span", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* server
      const program = Effect.gen(function* () {
        yield* Effect.promise(traced({ name: "plain" }, () => fetched(`${url}/200`)))
        yield* HoneyHive.flush
        yield* HoneyHive.enrichSession({ metadata: { a: 1 } })
        // Spans of their own requests would be sent with the next
        yield* Effect.withSpan(Effect.void, "next")
        yield* HoneyHive.flush
      }).pipe(HoneyHive.withSession({ name: "support" }))
      yield* program.pipe(
        Effect.provide(
          Http.layer().pipe(
            Layer.provideMerge(HoneyHive.layer({ apiKey: "hh_key", url, disableBatch: true, telemetry: false }))
          )
        )
      )
      const paths = seen.map((request) => request.path)
      assert.include(paths, "/v1/sessions")
      const sent = seen
        .filter((request) => request.path === "/opentelemetry/v1/traces")
        .flatMap((request) => [...request.body.matchAll(/"name":"([^"]*)","kind"/g)].map(([, name]) => name))
      assert.deepStrictEqual(sent.toSorted(), ["GET", "next", "plain"])
    })
  )

  it.live("requests of an exporter that the program brings have none either", () =>
    Effect.gen(function* () {
      const { seen, url } = yield* server
      const exporter = Transport.fromSpanExporter({
        export: (spans, done) => {
          const names = spans.map((span) => span.name).join()
          void fetched(`${url}/200`, { method: "POST", body: names }).then(() => done({ code: 0 }))
        },
        shutdown: () => Promise.resolve()
      })
      const own = HoneyHive.layerExporter.pipe(
        Layer.provide(Layer.succeed(Exporter, exporter)),
        Layer.provide(TracerConfig.layer({ testMode: true, disableBatch: true }))
      )
      yield* Effect.gen(function* () {
        yield* Effect.promise(traced({ name: "plain" }, async () => traced({ name: "inner" }, () => 42)()))
        yield* HoneyHive.flush
        yield* HoneyHive.flush
      }).pipe(Effect.provide(Http.layer().pipe(Layer.provideMerge(own))))
      assert.deepStrictEqual(seen.map((request) => request.body).toSorted(), ["inner", "plain"])
    })
  )

  it.live.each<readonly [Record<string, string>, Http.Options | undefined, number]>([
    [{}, undefined, 1],
    [{ HH_DISABLE_HTTP_TRACING: "false" }, undefined, 1],
    [{ HH_DISABLE_HTTP_TRACING: "true" }, undefined, 0],
    [{ HONEYHIVE_DISABLE_HTTP_TRACING: "1" }, undefined, 0],
    [{ DISABLE_HTTP_TRACING: "yes" }, undefined, 0],
    [{ HH_DISABLE_HTTP_TRACING: "true" }, { disabled: false }, 1],
    [{}, { disabled: true }, 0],
    [{}, { requireParent: true }, 0]
  ])("%j and %j: %i spans", ([env, options, expected]) =>
    Effect.gen(function* () {
      const { url } = yield* server
      yield* Effect.promise(() => fetched(`${url}/200`))
      assert.strictEqual((yield* exported).length, expected)
    }).pipe(Effect.provide(instance(options)), Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord(env))))
  )

  it.live("none where the instance has them disabled", () =>
    Effect.gen(function* () {
      const { url } = yield* server
      yield* Effect.promise(() => fetched(`${url}/200`))
      assert.deepStrictEqual(yield* exported, [])
    }).pipe(
      Effect.provide(Http.layer().pipe(Layer.provideMerge(HoneyHive.layerMemory({ http: { tracingDisabled: true } }))))
    )
  )

  it.live("an answer that nobody reads ends with the instance", () =>
    Effect.gen(function* () {
      const { url } = yield* server
      const { context, http } = yield* Effect.all({
        context: Layer.build(Layer.fresh(HoneyHive.layerMemory())),
        http: Effect.succeed(Http.layer())
      })
      yield* Effect.provideContext(
        Effect.gen(function* () {
          yield* Layer.build(http)
          yield* Effect.promise(() => fetched(`${url}/hang`, { signal: AbortSignal.timeout(20) }).catch(() => {}))
          yield* Effect.promise(
            () =>
              new Promise<void>((resolve) => {
                NodeHttp.get(`${url}/200`, (response) => {
                  response.pause()
                  resolve()
                })
              })
          )
        }).pipe(Effect.scoped),
        context
      )
      const spans = yield* Effect.provideContext(exported, context)
      assert.strictEqual(spans.length, 2)
    })
  )
})

describe("redacted", () => {
  it.each([
    ["https://u:p@api.example/v1?key=1&q=2#frag", "https://REDACTED:REDACTED@api.example/v1?key=REDACTED&q=2"],
    [
      "https://a/?api_key=1&accessToken=2&sig=3&X-Amz-Signature=4",
      "https://a/?api_key=REDACTED&accessToken=REDACTED&sig=REDACTED&X-Amz-Signature=REDACTED"
    ],
    ["https://a/?AWSAccessKeyId=1&token=2&token=3", "https://a/?AWSAccessKeyId=REDACTED&token=REDACTED"],
    ["https://a/?keyword=x&author=y", "https://a/?keyword=x&author=y"]
  ])("%s", (url, expected) => assert.strictEqual(redacted(new URL(url)), expected))
})

describe("channels", () => {
  it("no message of theirs, however odd, ends the program", () => {
    const spans = new HttpSpans(
      {
        startSpan: () => {
          throw new Error("no")
        },
        startActiveSpan: () => {
          throw new Error("no")
        }
      },
      {}
    )
    const odd = [
      undefined,
      null,
      5,
      {},
      { request: null },
      { request: {} },
      { request: { path: 5, method: {}, origin: Symbol("x") } },
      { request: { method: "GET", path: "/", origin: "http://a" } },
      new Proxy(
        {},
        {
          get: () => {
            throw new Error("get")
          }
        }
      )
    ]
    const listeners = Object.values(channels(spans))
    assert.doesNotThrow(() => listeners.forEach((listener) => odd.forEach(listener)))
  })
})
