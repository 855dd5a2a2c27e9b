/**
 * What the Python program does: it starts a session, has a span, and calls the service with the headers that HoneyHive's
 * Python SDK writes.
 */
import { createServer } from "node:http"
import { Console, Effect, Layer } from "effect"
import { HttpMiddleware, HttpRouter, HttpServer } from "effect/http"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { HoneyHive } from "@honeyhive/tracing"
import * as HttpPropagation from "@honeyhive/tracing/HttpPropagation"
import * as StandIn from "../standIn.ts"
import { routes } from "./Server.ts"

const session = "6f1f0a52-9d0c-4a52-9c5e-0d8f2f6a7b10"
const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
const span = "00f067aa0ba902b7"

const post = (url: string, headers: Record<string, string>, body: string) =>
  Effect.promise(async () => (await fetch(url, { method: "POST", headers, body })).text())

const python = Effect.fnUntraced(function* (honeyhive: StandIn.StandIn, service: string) {
  const headers = { authorization: `Bearer ${honeyhive.apiKey}`, "content-type": "application/json" }
  yield* post(
    `${honeyhive.url}/v1/sessions`,
    headers,
    JSON.stringify({ session_id: session, session_name: "nightly.py", source: "python" })
  )
  const ranked = yield* post(
    `${service}/rank`,
    {
      traceparent: `00-${trace}-${span}-01`,
      baggage: `session_id=${session},honeyhive_session_id=${session},honeyhive_project=words,run_id=`
    },
    "refund\nbag\nbeans"
  )
  const now = `${Date.now()}000000`
  const spans = [
    {
      traceId: trace,
      spanId: span,
      name: "rank_words",
      startTimeUnixNano: `${Date.now() - 1000}000000`,
      endTimeUnixNano: now,
      attributes: [
        { key: "honeyhive.session_id", value: { stringValue: session } },
        { key: "honeyhive_event_type", value: { stringValue: "chain" } }
      ]
    }
  ]
  const request = { resourceSpans: [{ scopeSpans: [{ scope: { name: "honeyhive.python" }, spans }] }] }
  yield* post(`${honeyhive.url}/opentelemetry/v1/traces`, headers, JSON.stringify(request))
  return ranked
})

const program = Effect.gen(function* () {
  const honeyhive = yield* StandIn.make("hh_key")
  const ServerLive = HttpRouter.serve(routes, {
    // Continues whoever calls: the trace and the session of the request's headers
    middleware: HttpPropagation.server,
    disableLogger: true,
    disableListenLog: true
  }).pipe(
    // The server's own span would say nothing that `rank` does not
    Layer.provide(Layer.succeed(HttpMiddleware.TracerDisabledWhen, () => true)),
    Layer.provide(HoneyHive.layer({ apiKey: honeyhive.apiKey, url: honeyhive.url, source: "typescript" })),
    Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
  )
  yield* Effect.gen(function* () {
    const service = HttpServer.formatAddress((yield* HttpServer.HttpServer).address)
    yield* Console.log((yield* python(honeyhive, service)).replaceAll("\n", " < "))
  }).pipe(Effect.provide(ServerLive))
  yield* Console.log(`HoneyHive:\n${yield* honeyhive.outline}`)
})

program.pipe(Effect.scoped, NodeRuntime.runMain)
