/**
 * Every route of the hive with what stands around them: one function from request to response.
 */
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as HttpRouter from "effect/http/HttpRouter"
import type { Configuration } from "@honeyhive/contract/Configuration"
import { Configurations } from "../Configurations.ts"
import { answering } from "../HttpProblem.ts"
import * as LiveApi from "../LiveApi.ts"
import * as OtlpIngest from "../OtlpIngest.ts"
import * as Page from "../Page.ts"
import * as QueryRoutes from "../QueryRoutes.ts"
import * as RestApi from "../RestApi.ts"
import * as StreamRoutes from "../StreamRoutes.ts"
import { TraceStore } from "../TraceStore.ts"
import { keepSpans } from "./exactSpans.ts"
import { guard, type GuardOptions } from "./guard.ts"

/** The store as exporters see it: a hive's own export comes back as what it was. */
const receiving = Layer.effect(
  TraceStore,
  Effect.map(TraceStore, (store) => TraceStore.of({ ...store, ingest: (spans) => keepSpans(store, spans) }))
)

export interface ApplicationOptions extends GuardOptions {
  /** Largest body, as sent and unpacked. */
  readonly maxBodyBytes: number
  readonly configurations: ReadonlyArray<Configuration>
}

export const application = ({ configurations, maxBodyBytes, ...guarded }: ApplicationOptions) => {
  const routes = Layer.mergeAll(
    OtlpIngest.routes.pipe(Layer.provide(receiving)),
    RestApi.routes,
    QueryRoutes.routes,
    StreamRoutes.routes,
    LiveApi.routes,
    Page.routes
  ).pipe(Layer.provide(Configurations.layer(configurations)))
  return Effect.map(HttpRouter.toHttpEffect(routes), (handler) =>
    handler.pipe(
      HttpMiddleware.decompression(),
      guard(guarded),
      answering,
      Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(maxBodyBytes))
    )
  )
}
