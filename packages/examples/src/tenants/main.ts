/**
 * Two tenants ask at the same time; each has a HoneyHive project of its own, here a hive on loopback.
 */
import { createServer } from "node:http"
import { Console, Effect, Layer, Redacted } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest, HttpMiddleware, HttpRouter, HttpServer } from "effect/http"
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import * as StandIn from "../standIn.ts"
import { routes } from "./Server.ts"
import { Directory, type Tenant, TracingLive } from "./Tenants.ts"

const ask = Effect.fnUntraced(function* (server: string, tenant: string, question: string) {
  const request = HttpClientRequest.post(`${server}/${tenant}/questions`).pipe(HttpClientRequest.bodyText(question))
  const response = yield* HttpClient.execute(request)
  return `${tenant}: ${response.status} ${yield* response.text}`
})

const requests = Effect.gen(function* () {
  const server = HttpServer.formatAddress((yield* HttpServer.HttpServer).address)
  const replies = yield* Effect.all(
    [ask(server, "acme", "about refunds"), ask(server, "globex", "about orders"), ask(server, "nobody", "about keys")],
    { concurrency: "unbounded" }
  )
  yield* Console.log(replies.join("\n"))
})

const program = Effect.gen(function* () {
  const hives = { acme: yield* StandIn.make("hh_acme"), globex: yield* StandIn.make("hh_globex") }
  const tenants = new Map<string, Tenant>(
    Object.entries(hives).map(([name, { apiKey, url }]) => [name, { apiKey: Redacted.make(apiKey), url }])
  )
  const ServerLive = HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
    // The server's own span belongs to no tenant
    Layer.provide(Layer.succeed(HttpMiddleware.TracerDisabledWhen, () => true)),
    Layer.provide(TracingLive),
    Layer.provide(Layer.succeed(Directory, { find: (tenant) => tenants.get(tenant) })),
    Layer.provideMerge(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
  )
  // The tenants' tracers are flushed and closed when the server is
  yield* requests.pipe(Effect.provide(ServerLive), Effect.provide(FetchHttpClient.layer))
  for (const [name, hive] of Object.entries(hives)) yield* Console.log(`${name}'s project:\n${yield* hive.outline}`)
})

program.pipe(Effect.scoped, NodeRuntime.runMain)
