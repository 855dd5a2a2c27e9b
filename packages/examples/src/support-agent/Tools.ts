/**
 * What the agent may do. The model reads a failure and tells the customer; the tool's event has failed nevertheless.
 */
import { Effect, Schema } from "effect"
import { Tool, Toolkit } from "effect/ai"
import { Hit, Knowledge } from "./Knowledge.ts"
import { Order, OrderNotFound, Orders } from "./Orders.ts"

const SearchDocs = Tool.make("searchDocs", {
  description: "Search the shop's policies: refunds, shipping, warranty, privacy, accounts, subscriptions",
  parameters: Schema.Struct({
    query: Schema.String.annotate({ description: "Key words, for example 'refund opened coffee'" })
  }),
  success: Schema.Array(Hit),
  failureMode: "return"
})

const LookupOrder = Tool.make("lookupOrder", {
  description: "Look up an order by its number",
  parameters: Schema.Struct({
    orderId: Schema.String.annotate({ description: "For example KC-1000" })
  }),
  success: Order,
  failure: OrderNotFound,
  failureMode: "return"
})

export const SupportTools = Toolkit.make(SearchDocs, LookupOrder)

export const SupportToolsLive = SupportTools.toLayer(
  Effect.gen(function* () {
    const knowledge = yield* Knowledge
    const orders = yield* Orders
    return SupportTools.of({
      searchDocs: ({ query }) => knowledge.search(query),
      lookupOrder: ({ orderId }) => orders.find(orderId)
    })
  })
)
