/**
 * Metric definitions, their versions, and their routes.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import { NotFound, Unprocessable } from "./ApiError.ts"

/**
 * When a metric counts as passed: inside `min` and `max`, equal to `pass_when`, or one of `passing_categories`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Threshold = Schema.Struct({
  min: Schema.optionalKey(Schema.NullOr(Schema.Finite)),
  max: Schema.optionalKey(Schema.NullOr(Schema.Finite)),
  pass_when: Schema.optionalKey(Schema.NullOr(Schema.Union([Schema.Boolean, Schema.Finite, Schema.String]))),
  passing_categories: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.String)))
})

/**
 * @category models
 * @since 0.1.0
 */
export type Threshold = typeof Threshold.Type

const nullable = <S extends Schema.Top>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

const details = {
  description: Schema.optionalKey(Schema.String),
  return_type: Schema.optionalKey(Schema.Literals(["float", "boolean", "string", "categorical"])),
  enabled_in_prod: Schema.optionalKey(Schema.Boolean),
  /** Percent of the events that are scored. */
  sampling_percentage: Schema.optionalKey(
    Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0), Schema.isLessThanOrEqualTo(100))
  ),
  model_provider: nullable(Schema.String),
  model_name: nullable(Schema.String),
  scale: nullable(Schema.Finite),
  threshold: nullable(Threshold),
  categories: nullable(Schema.Array(Schema.JsonObject)),
  filters: nullable(Schema.Struct({ filterArray: Schema.Array(Schema.JsonObject) }))
}

const MetricType = Schema.Literals(["PYTHON", "LLM", "HUMAN"])

/**
 * What a client sends to define a metric.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CreateMetric = Schema.Struct({
  name: Schema.NonEmptyString,
  type: MetricType,
  /** The code, the prompt, or what the person who scores shall look at. */
  criteria: Schema.String,
  ...details
})

/**
 * @category models
 * @since 0.1.0
 */
export type CreateMetric = typeof CreateMetric.Type

/**
 * What may change in a metric; a change makes a new version.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UpdateMetric = Schema.Struct({
  name: Schema.optionalKey(Schema.NonEmptyString),
  type: Schema.optionalKey(MetricType),
  criteria: Schema.optionalKey(Schema.String),
  ...details
})

/**
 * @category models
 * @since 0.1.0
 */
export type UpdateMetric = typeof UpdateMetric.Type

/**
 * A metric as it is defined now. Times are ISO 8601.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Metric = Schema.Struct({
  ...CreateMetric.fields,
  id: Schema.String,
  description: Schema.String,
  return_type: Schema.Literals(["float", "boolean", "string", "categorical"]),
  enabled_in_prod: Schema.Boolean,
  sampling_percentage: Schema.Finite,
  /** The version that is in use. */
  version: Schema.Int,
  created_at: Schema.String,
  updated_at: Schema.String
})

/**
 * @category models
 * @since 0.1.0
 */
export type Metric = typeof Metric.Type

/**
 * One version of a metric, the newest having the largest number.
 *
 * @category schemas
 * @since 0.1.0
 */
export const MetricVersion = Schema.Struct({
  id: Schema.String,
  version: Schema.Int,
  deployed: Schema.Boolean,
  metric: CreateMetric,
  created_at: Schema.String
})

/**
 * @category models
 * @since 0.1.0
 */
export type MetricVersion = typeof MetricVersion.Type

/**
 * What HoneyHive fills in where a definition says nothing.
 *
 * @category constants
 * @since 0.1.0
 */
export const metricDefaults = {
  description: "",
  return_type: "float",
  enabled_in_prod: false,
  sampling_percentage: 10
} as const

const path = { metric_id: Schema.String }

/**
 * `/v1/metrics`.
 *
 * @category api
 * @since 0.1.0
 */
export const metrics = HttpApiGroup.make("metrics").add(
  HttpApiEndpoint.get("list", "/v1/metrics", {
    query: { type: Schema.optionalKey(Schema.String), id: Schema.optionalKey(Schema.String) },
    success: Schema.Array(Metric)
  }),
  HttpApiEndpoint.post("create", "/v1/metrics", {
    payload: CreateMetric,
    success: Schema.Struct({ inserted: Schema.Boolean, metric_id: Schema.String })
  }),
  HttpApiEndpoint.post("run", "/v1/metrics/run", {
    payload: Schema.Struct({
      metric: Schema.JsonObject,
      event: Schema.optionalKey(Schema.NullOr(Schema.JsonObject))
    }),
    success: Schema.Struct({
      success: Schema.Boolean,
      loading: Schema.Boolean.pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
      result: Schema.Json,
      explanation: Schema.optionalKey(Schema.NullOr(Schema.String))
    }),
    error: Unprocessable
  }),
  HttpApiEndpoint.put("update", "/v1/metrics/:metric_id", {
    params: path,
    payload: UpdateMetric,
    success: Schema.Struct({ updated: Schema.Boolean }),
    error: NotFound
  }),
  HttpApiEndpoint.delete("remove", "/v1/metrics/:metric_id", {
    params: path,
    success: Schema.Struct({ deleted: Schema.Boolean }),
    error: NotFound
  }),
  HttpApiEndpoint.get("versions", "/v1/metrics/:metric_id/versions", {
    params: path,
    success: Schema.Struct({ versions: Schema.Array(MetricVersion) }),
    error: NotFound
  }),
  HttpApiEndpoint.post("createVersion", "/v1/metrics/:metric_id/versions", {
    params: path,
    payload: UpdateMetric,
    success: MetricVersion,
    error: NotFound
  }),
  HttpApiEndpoint.post("deployVersion", "/v1/metrics/:metric_id/versions/:version_id/deploy", {
    params: { ...path, version_id: Schema.String },
    success: MetricVersion,
    error: NotFound
  })
)
