/**
 * Starts the service, asks it twice, and shows what was traced.
 */
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { Effect } from "effect"
import { start } from "@honeyhive/tracing"
import * as StandIn from "../standIn.ts"
import * as Service from "./service.ts"

const serve = async (apiKey: string, url: string): Promise<void> => {
  // Flushed and closed when this function is left
  await using hive = await start({ apiKey, url, source: "plain" })
  const server = Service.make(hive).listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo // a TCP server's address
  for (const order of [42, 43]) {
    const response = await fetch(`http://127.0.0.1:${port}/orders/${order}`)
    console.log(`${order}: ${response.status} ${await response.text()}`)
  }
  server.close()
  server.closeAllConnections()
}

// Only the backend that stands in for HoneyHive is written in Effect
await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const honeyhive = yield* StandIn.make("hh_key")
      yield* Effect.promise(() => serve(honeyhive.apiKey, honeyhive.url))
      console.log(`HoneyHive:\n${yield* honeyhive.outline}`)
    })
  )
)
