import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { withBaggage } from "./Baggage.ts"
import { MemoryExporter } from "./Exporter.ts"
import { HoneyHive } from "./HoneyHive.ts"
import * as HttpPropagation from "./HttpPropagation.ts"

const session = "4879a1f2-6d5c-4f0e-9d3b-2f6f1f1c9a10"
const traceId = "0af7651916cd43dd8448eb211c80319c"
const spanId = "b7ad6b7169203331"

const routes = HttpRouter.add(
  "GET",
  "/search",
  Effect.as(Effect.withSpan(Effect.yieldNow, "handler"), HttpServerResponse.text("found"))
)

const serve = (app: Layer.Layer<never, never, HttpRouter.HttpRouter>) =>
  HttpRouter.serve(app, { disableLogger: true, disableListenLog: true })

const listening = NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })

/** A service with an instance of its own: what it was sent to, and what its spans are. */
const service = (
  served: Layer.Layer<never, never, HttpServer.HttpServer | HttpRouter.HttpRouter>,
  instance = HoneyHive.layerMemory({ sessionName: "callee" })
) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(
      Layer.fresh(
        served.pipe(Layer.provide(HttpRouter.layer), Layer.provideMerge(listening), Layer.provideMerge(instance))
      )
    )
    const { address } = yield* Effect.provideContext(HttpServer.HttpServer, context)
    const spans = Effect.gen(function* () {
      yield* HoneyHive.flush
      return yield* MemoryExporter.use((memory) => memory.spans)
    }).pipe(Effect.provideContext(context))
    return { url: HttpServer.formatAddress(address), spans }
  })

const python = {
  traceparent: `00-${traceId}-${spanId}-01`,
  baggage: `session_id=${session},run_id=r1,source=eval`
}

describe("HttpPropagation", () => {
  it.live.each<readonly [string, Layer.Layer<never, never, HttpServer.HttpServer | HttpRouter.HttpRouter>]>([
    [
      "HttpRouter.serve",
      HttpRouter.serve(routes, {
        disableLogger: true,
        disableListenLog: true,
        middleware: HttpPropagation.server
      })
    ],
    [
      "HttpRouter.middleware",
      serve(Layer.merge(routes, HttpRouter.middleware(HttpPropagation.server, { global: true })))
    ]
  ])("a server continues a Python caller, by %s", ([, served]) =>
    Effect.gen(function* () {
      const { spans, url } = yield* service(served)
      yield* Effect.promise(() => fetch(`${url}/search`, { headers: python }))
      const [handler, server] = yield* spans
      assert.strictEqual(server!.name, "GET")
      assert.strictEqual(server!.parentSpanContext?.spanId, spanId)
      assert.strictEqual(handler!.parentSpanContext?.spanId, server!.spanContext().spanId)
      for (const span of [handler!, server!]) {
        assert.strictEqual(span.spanContext().traceId, traceId)
        assert.strictEqual(span.attributes["honeyhive.session_id"], session)
        assert.notProperty(span.attributes, "honeyhive.session_name")
        assert.strictEqual(span.attributes["honeyhive_metadata.run_id"], "r1")
        assert.strictEqual(span.attributes["honeyhive.source"], "eval")
      }
    })
  )

  it.live("requests do not see each other's caller", () =>
    Effect.gen(function* () {
      const { spans, url } = yield* service(
        HttpRouter.serve(routes, {
          disableLogger: true,
          disableListenLog: true,
          middleware: HttpPropagation.server
        })
      )
      const ids = Array.from({ length: 10 }, (_, index) => `4879a1f2-6d5c-4f0e-9d3b-2f6f1f1c9a1${index}`)
      yield* Effect.promise(() =>
        Promise.all([
          ...ids.map((id) => fetch(`${url}/search`, { headers: { baggage: `session_id=${id}` } })),
          fetch(`${url}/search`)
        ])
      )
      const handlers = (yield* spans).filter((span) => span.name === "handler")
      const seen = new Set(handlers.map((span) => span.attributes["honeyhive.session_id"]))
      assert.strictEqual(seen.size, ids.length + 1)
      assert.isTrue(ids.every((id) => seen.has(id)))
    })
  )

  it.live(
    "from Effect to Effect: one trace, one session, baggage on the other side; the trace by the client's span",
    () =>
      Effect.gen(function* () {
        const callee = yield* service(
          HttpRouter.serve(routes, {
            disableLogger: true,
            disableListenLog: true,
            middleware: HttpPropagation.server
          })
        )
        const ours = yield* Effect.gen(function* () {
          yield* HttpClient.get(`${callee.url}/search`).pipe(
            Effect.withSpan("call"),
            withBaggage({ tenant: "acme" }),
            HoneyHive.withSession({ name: "caller" })
          )
          yield* HoneyHive.flush
          return yield* MemoryExporter.use((memory) => memory.spans)
        }).pipe(
          Effect.provide(HttpPropagation.layerClient.pipe(Layer.provide(FetchHttpClient.layer))),
          Effect.provide(HoneyHive.layerMemory())
        )
        const [client, call] = ours
        const [, server] = yield* callee.spans
        assert.strictEqual(call!.name, "call")
        assert.strictEqual(server!.parentSpanContext?.spanId, client!.spanContext().spanId)
        assert.strictEqual(server!.spanContext().traceId, call!.spanContext().traceId)
        assert.strictEqual(server!.attributes["honeyhive.session_id"], call!.attributes["honeyhive.session_id"])
        assert.strictEqual(server!.attributes["baggage.tenant"], "acme")
      })
  )
})
