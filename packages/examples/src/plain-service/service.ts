/**
 * A service in plain TypeScript: an HTTP server, functions, a class. Nothing here knows which tracer is in use, or whether
 * one is.
 */
import { createServer, type Server } from "node:http"
import { text } from "node:stream/consumers"
import { enrichSpan, type Handle, traced, tracedClass } from "@honeyhive/tracing"

const Orders = tracedClass({ type: "tool" })(
  class Orders {
    private readonly shipped = new Map([[42, "2026-11-20"]])

    shippedOn(order: number): string {
      const date = this.shipped.get(order)
      if (date === undefined) throw new RangeError(`there is no order ${order}`)
      return date
    }
  }
)

const orders = new Orders()

/** Words arrive one by one, as a model's do. */
const generate = traced({ name: "generate", type: "model" }, async function* (date: string) {
  enrichSpan({ config: { model: "local" } })
  for (const word of ["Shipped", "on", date]) yield `${word} `
})

const answer = traced({ name: "answer", type: "chain" }, async (order: number) => {
  let reply = ""
  for await (const word of generate(orders.shippedOn(order))) reply += word
  return reply.trim()
})

/** Answers `GET /orders/:id`, each request in a session of its own. */
export const make = (hive: Handle): Server =>
  createServer((request, response) => {
    const order = Number(request.url?.split("/").at(-1))
    hive
      .withSession({ name: "order", inputs: { order } }, async () => {
        await text(request)
        return answer(order)
      })
      .then(
        (reply) => response.end(reply),
        (error: unknown) => response.writeHead(404).end(String(error))
      )
  })
