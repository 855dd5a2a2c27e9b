/**
 * HoneyHive's REST API over the stores.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import { BadRequest, HoneyHiveApi, Validation } from "@honeyhive/contract/Api"
import { Configurations } from "./Configurations.ts"
import { datapoints, datasets } from "./internal/rest/datasets.ts"
import { events, sessions } from "./internal/rest/events.ts"
import { legacy, legacyData } from "./internal/rest/legacy.ts"
import { metrics } from "./internal/rest/metrics.ts"
import { runs } from "./internal/rest/runs.ts"
import { Keys } from "./Keys.ts"

/** What the Schemas refuse, with the path to it. */
const validation = HttpApiMiddleware.layerSchemaErrorTransform(Validation, (error) =>
  Effect.fail(new BadRequest({ message: `${error.kind.toLowerCase()}: ${error.cause.message}` }))
)

const configurations = HttpApiBuilder.group(
  HoneyHiveApi,
  "configurations",
  Effect.fn(function* (handlers) {
    const { list } = yield* Configurations
    return handlers.handleAll({
      list: ({ query: { env, name, "tags[]": tags } }) => Effect.succeed(list({ env, name, tags }))
    })
  })
)

/**
 * The routes of the contract's `HoneyHiveApi`, and its OpenAPI document at `/openapi.json`.
 *
 * @category layers
 * @since 0.1.0
 */
export const routes = HttpApiBuilder.layer(HoneyHiveApi, { openapiPath: "/openapi.json" }).pipe(
  Layer.provide([sessions, events, runs, datasets, datapoints, metrics, configurations, legacy, legacyData]),
  Layer.provide([Keys.authorization, validation])
)
