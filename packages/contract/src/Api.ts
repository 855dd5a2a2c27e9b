/**
 * HoneyHive's REST API as one `HttpApi`: the hive serves it, programs call it.
 *
 * The groups `legacy` and `legacyData` hold the paths of older SDKs; they do the same things under other envelopes.
 *
 * @since 0.1.0
 */
import * as HttpApi from "effect/http-api/HttpApi"
import { Authorization, Validation } from "./ApiError.ts"
import { configurations } from "./Configuration.ts"
import { datapoints, datasets } from "./Dataset.ts"
import { events, sessions } from "./EventsApi.ts"
import { legacy, legacyData } from "./LegacyApi.ts"
import { metrics } from "./MetricDefinition.ts"
import { runs } from "./RunsApi.ts"

export * from "./ApiError.ts"
export { EventBatch, ExportEvents, Filter, SearchEvents } from "./EventsApi.ts"

/**
 * The whole API; every route takes a bearer key and answers errors in HoneyHive's shape.
 *
 * @example
 * ```ts
 * import { Api } from "@honeyhive/contract"
 *
 * Object.keys(Api.HoneyHiveApi.groups).slice(0, 4) // => ["sessions", "events", "runs", "datasets"]
 * ```
 *
 * @category api
 * @since 0.1.0
 */
export const HoneyHiveApi = HttpApi.make("HoneyHive")
  .add(sessions, events, runs, datasets, datapoints, metrics, configurations, legacy, legacyData)
  .middleware(Validation)
  .middleware(Authorization)
