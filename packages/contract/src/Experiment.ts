/**
 * Experiment runs: what a run is, what is computed of its events, and what two runs have in common.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Event } from "./Event.ts"

const strings = Schema.Array(Schema.String)
const optionalStrings = Schema.optionalKey(strings)
const optionalJson = Schema.optionalKey(Schema.JsonObject)

/**
 * @category schemas
 * @since 0.1.0
 */
export const RunStatus = Schema.Literals(["pending", "completed", "failed", "cancelled", "running"])

/**
 * Inside which bounds a metric counts as passed, by the metric's name.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PassingRanges = Schema.Record(
  Schema.String,
  Schema.Struct({
    min: Schema.optionalKey(Schema.NullOr(Schema.Finite)),
    max: Schema.optionalKey(Schema.NullOr(Schema.Finite))
  })
)

/**
 * @category models
 * @since 0.1.0
 */
export type PassingRanges = typeof PassingRanges.Type

// An empty name is refused, and blanks around one do not count
const Name = Schema.Trim.check(Schema.isNonEmpty())

const changeable = {
  name: Schema.optionalKey(Name),
  description: Schema.optionalKey(Schema.NullOr(Schema.String)),
  status: Schema.optionalKey(RunStatus),
  metadata: optionalJson,
  results: optionalJson,
  /** Ids of root sessions. */
  event_ids: optionalStrings,
  configuration: optionalJson,
  evaluators: Schema.optionalKey(Schema.Array(Schema.JsonObject)),
  session_ids: optionalStrings,
  datapoint_ids: optionalStrings,
  passing_ranges: Schema.optionalKey(PassingRanges)
}

/**
 * What a client sends to create a run; nothing is required, but a name must not be blank.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CreateRun = Schema.Struct({
  ...changeable,
  run_id: Schema.optionalKey(Schema.NonEmptyString),
  dataset_id: Schema.optionalKey(Schema.NullOr(Schema.String))
})

/**
 * @category models
 * @since 0.1.0
 */
export type CreateRun = typeof CreateRun.Type

/**
 * What may change in a run. `event_ids` are the ids of its root sessions.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UpdateRun = Schema.Struct(changeable)

/**
 * @category models
 * @since 0.1.0
 */
export type UpdateRun = typeof UpdateRun.Type

/**
 * A run. Times are ISO 8601.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Run = Schema.Struct({
  id: Schema.String,
  run_id: Schema.String,
  name: Schema.String,
  description: Schema.NullOr(Schema.String),
  status: RunStatus,
  metadata: Schema.JsonObject,
  results: Schema.JsonObject,
  metrics: Schema.JsonObject,
  event_ids: strings,
  session_ids: strings,
  datapoint_ids: strings,
  configuration: Schema.JsonObject,
  evaluators: Schema.Array(Schema.JsonObject),
  passing_ranges: PassingRanges,
  is_active: Schema.Boolean,
  created_at: Schema.String,
  updated_at: Schema.String,
  scope_type: Schema.String,
  scope_id: Schema.String,
  dataset_id: Schema.NullOr(Schema.String),
  /** Null for datasets kept elsewhere (`EXT-…`). */
  dataset_name: Schema.NullOr(Schema.String)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Run = typeof Run.Type

/**
 * How the values of a metric become one number.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Aggregate = Schema.Literals([
  "average",
  "avg",
  "min",
  "max",
  "median",
  "p90",
  "p95",
  "p99",
  "sum",
  "count"
])

/**
 * @category models
 * @since 0.1.0
 */
export type Aggregate = typeof Aggregate.Type

/**
 * A score: HoneyHive has numbers, booleans and texts.
 *
 * @category schemas
 * @since 0.1.0
 */
export const MetricValue = Schema.Union([Schema.Finite, Schema.Boolean, Schema.String])

/**
 * @category models
 * @since 0.1.0
 */
export type MetricValue = typeof MetricValue.Type

const metricKey = {
  metric_name: Schema.String,
  metric_type: Schema.String,
  event_name: Schema.String,
  event_type: Schema.String
}

/**
 * One metric of a run over all its events of one name and type.
 *
 * @category schemas
 * @since 0.1.0
 */
export const MetricDetail = Schema.Struct({
  ...metricKey,
  /** Null when no value is a number or a boolean. */
  aggregate: Schema.NullOr(Schema.Finite),
  values: Schema.Array(MetricValue),
  datapoints: Schema.Struct({ passed: strings, failed: strings })
})

/**
 * @category models
 * @since 0.1.0
 */
export type MetricDetail = typeof MetricDetail.Type

const eventDetail = { event_name: Schema.String, event_type: Schema.String }

/**
 * What came of a run: metrics, and which datapoints passed.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RunSummary = Schema.Struct({
  status: RunStatus,
  success: Schema.Boolean,
  passed: strings,
  failed: strings,
  metrics: Schema.Struct({ aggregation_function: Aggregate, details: Schema.Array(MetricDetail) }),
  datapoints: Schema.Array(
    Schema.Struct({
      datapoint_id: Schema.String,
      session_id: Schema.String,
      passed: Schema.Boolean,
      metrics: Schema.Array(
        Schema.Struct({
          name: Schema.String,
          ...eventDetail,
          value: MetricValue,
          passed: Schema.Boolean
        })
      )
    })
  ),
  event_details: Schema.Array(Schema.Struct(eventDetail)),
  run_object: Run
})

/**
 * @category models
 * @since 0.1.0
 */
export type RunSummary = typeof RunSummary.Type

/**
 * One metric in two runs, over the datapoints that both have.
 *
 * @category schemas
 * @since 0.1.0
 */
export const MetricComparison = Schema.Struct({
  ...metricKey,
  old_aggregate: Schema.NullOr(Schema.Finite),
  new_aggregate: Schema.NullOr(Schema.Finite),
  difference: Schema.NullOr(Schema.Finite),
  /** Null where the old value is 0. */
  percentage_change: Schema.NullOr(Schema.Finite),
  found_count: Schema.Int,
  improved_count: Schema.Int,
  degraded_count: Schema.Int,
  same_count: Schema.Int,
  improved: strings,
  degraded: strings,
  same: strings,
  old_values: Schema.Array(MetricValue),
  new_values: Schema.Array(MetricValue)
})

/**
 * @category models
 * @since 0.1.0
 */
export type MetricComparison = typeof MetricComparison.Type

/**
 * Two runs beside each other.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RunComparison = Schema.Struct({
  metrics: Schema.Array(MetricComparison),
  commonDatapoints: strings,
  event_details: Schema.Array(
    Schema.Struct({ ...eventDetail, presence: Schema.Literals(["both", "old_only", "new_only"]) })
  ),
  old_run: Run,
  new_run: Run
})

/**
 * @category models
 * @since 0.1.0
 */
export type RunComparison = typeof RunComparison.Type

/**
 * The events of two runs, paired by datapoint and name: `event_1` is the new run's.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PairedEvents = Schema.Struct({
  events: Schema.Array(Schema.Struct({ datapoint_id: Schema.String, event_1: Event, event_2: Event })),
  totalEvents: Schema.Int
})

/**
 * @category models
 * @since 0.1.0
 */
export type PairedEvents = typeof PairedEvents.Type

/**
 * Which fields the events of runs have, which datasets they used, and which scores stand at which events.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RunSchema = Schema.Struct({
  fields: Schema.Array(Schema.Struct({ name: Schema.String, event_type: Schema.String })),
  datasets: strings,
  mappings: Schema.Record(Schema.String, strings)
})

/**
 * @category models
 * @since 0.1.0
 */
export type RunSchema = typeof RunSchema.Type
