/**
 * The shop's orders; here a file takes the place of its database.
 */
import { Context, Effect, FileSystem, Layer, Schema } from "effect"

export const Order = Schema.Struct({
  id: Schema.String,
  status: Schema.Literals(["packed", "shipped", "delivered"]),
  placedOn: Schema.String,
  deliveredOn: Schema.optionalKey(Schema.String),
  carrier: Schema.optionalKey(Schema.String),
  items: Schema.Array(Schema.Struct({ name: Schema.String, quantity: Schema.Int, priceCents: Schema.Int })),
  payment: Schema.String
})

export type Order = typeof Order.Type

export class OrderNotFound extends Schema.TaggedError<OrderNotFound>()("OrderNotFound", {
  orderId: Schema.String
}) {
  override get message() {
    return `There is no order ${this.orderId}`
  }
}

const decode = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Array(Order)))

export class Orders extends Context.Service<
  Orders,
  {
    readonly find: (orderId: string) => Effect.Effect<Order, OrderNotFound>
  }
>()("@honeyhive/examples/support-agent/Orders") {
  static readonly layerOf = (orders: ReadonlyArray<Order>): Layer.Layer<Orders> =>
    Layer.sync(Orders, () => {
      const byId = new Map(orders.map((order) => [order.id, order]))
      return {
        find: (orderId) =>
          Effect.fromNullishOr(byId.get(orderId.trim().toUpperCase())).pipe(
            Effect.mapError(() => new OrderNotFound({ orderId }))
          )
      }
    })

  static readonly layer = (path: string) =>
    Layer.unwrap(
      FileSystem.FileSystem.use((fs) => fs.readFileString(path)).pipe(
        Effect.flatMap(decode),
        Effect.map(Orders.layerOf)
      )
    )
}
