/**
 * The paths of older SDKs, such as the npm package `honeyhive` 1.0: the same things under other envelopes.
 *
 * What these clients decode strictly is answered as they want it: absent fields where HoneyHive has null by now, whole
 * milliseconds in `end_time`, the metric types and run states of their time.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import { BadRequest, BatchFailed, NotFound } from "./ApiError.ts"
import { AddDatapoints, CreateDataset, DatapointsAdded, InsertedOne, PutDatapoint, UpdateDataset } from "./Dataset.ts"
import { PostEvent, StartSession, UpdateEvent } from "./Event.ts"
import {
  BatchCreated,
  Created,
  Done,
  ExportEvents,
  Exported,
  SessionProperties,
  StartedSession,
  Updated
} from "./EventsApi.ts"
import { Aggregate, CreateRun, UpdateRun } from "./Experiment.ts"

const text = Schema.optionalKey(Schema.String)
const object = Schema.optionalKey(Schema.JsonObject)
const objects = Schema.optionalKey(Schema.Array(Schema.JsonObject))

/**
 * A call of a model as older clients report it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ModelEvent = Schema.Struct({
  model: Schema.String,
  provider: Schema.String,
  messages: Schema.Array(Schema.JsonObject),
  response: Schema.JsonObject,
  /** Milliseconds. */
  duration: Schema.Finite,
  usage: Schema.JsonObject,
  cost: Schema.optionalKey(Schema.Finite),
  error: text,
  source: text,
  event_name: text,
  session_id: text,
  hyperparameters: object,
  template: objects,
  template_inputs: object,
  tools: objects,
  tool_choice: text,
  response_format: object
})

/**
 * @category models
 * @since 0.1.0
 */
export type ModelEvent = typeof ModelEvent.Type

/**
 * A metric as older clients define it: `criteria` is `code_snippet` or `prompt` by type.
 *
 * @category schemas
 * @since 0.1.0
 */
export const LegacyMetric = Schema.Struct({
  name: Schema.NonEmptyString,
  type: Schema.Literals(["custom", "model", "human", "composite"]),
  return_type: Schema.Literals(["float", "boolean", "string"]),
  description: text,
  task: text,
  criteria: text,
  code_snippet: text,
  prompt: text,
  enabled_in_prod: Schema.optionalKey(Schema.Boolean),
  threshold: Schema.optionalKey(
    Schema.Struct({ min: Schema.optionalKey(Schema.Finite), max: Schema.optionalKey(Schema.Finite) })
  ),
  pass_when: Schema.optionalKey(Schema.Boolean),
  event_name: text,
  event_type: text,
  model_provider: text,
  model_name: text
})

/**
 * @category models
 * @since 0.1.0
 */
export type LegacyMetric = typeof LegacyMetric.Type

/**
 * What may change in such a metric.
 *
 * @category schemas
 * @since 0.1.0
 */
export const LegacyMetricUpdate = Schema.Struct({
  ...LegacyMetric.fields,
  name: Schema.optionalKey(Schema.NonEmptyString),
  type: Schema.optionalKey(LegacyMetric.fields.type),
  return_type: Schema.optionalKey(LegacyMetric.fields.return_type),
  metric_id: Schema.String
})

const session = { session_id: Schema.String }
const json = Schema.JsonObject
const list = Schema.Array(Schema.JsonObject)

/**
 * Sessions and events of older SDKs.
 *
 * @category api
 * @since 0.1.0
 */
export const legacy = HttpApiGroup.make("legacy").add(
  HttpApiEndpoint.post("startSession", "/session/start", {
    payload: Schema.Struct({ session: StartSession }),
    success: StartedSession
  }),
  HttpApiEndpoint.get("getSession", "/session/:session_id", { params: session, success: json, error: NotFound }),
  HttpApiEndpoint.post("addTraces", "/session/:session_id/traces", {
    params: session,
    // Exactly one of the two
    payload: Schema.Struct({
      events: Schema.optionalKey(Schema.Array(PostEvent)),
      logs: Schema.optionalKey(Schema.Array(PostEvent))
    }),
    success: Done,
    error: [BadRequest, BatchFailed]
  }),
  HttpApiEndpoint.post("createEvent", "/events", {
    payload: Schema.Struct({ event: PostEvent }),
    success: Created,
    error: BadRequest
  }),
  HttpApiEndpoint.put("updateEvent", "/events", {
    payload: Schema.Struct({ event_id: Schema.String, ...UpdateEvent.fields }),
    success: Updated,
    error: NotFound
  }),
  HttpApiEndpoint.post("createEventBatch", "/events/batch", {
    payload: Schema.Struct({
      events: Schema.Array(PostEvent),
      is_single_session: Schema.optionalKey(Schema.Boolean),
      session: Schema.optionalKey(SessionProperties),
      session_properties: Schema.optionalKey(SessionProperties)
    }),
    success: BatchCreated,
    error: [BadRequest, BatchFailed]
  }),
  HttpApiEndpoint.post("createModelEvent", "/events/model", {
    payload: Schema.Struct({ model_event: ModelEvent }),
    success: Created,
    error: BadRequest
  }),
  HttpApiEndpoint.post("createModelEventBatch", "/events/model/batch", {
    payload: Schema.Struct({
      model_events: Schema.Array(ModelEvent),
      is_single_session: Schema.optionalKey(Schema.Boolean),
      session_properties: Schema.optionalKey(SessionProperties)
    }),
    success: BatchCreated,
    error: [BadRequest, BatchFailed]
  }),
  HttpApiEndpoint.post("exportEvents", "/events/export", {
    payload: ExportEvents,
    success: Exported,
    error: BadRequest
  })
)

const byDataset = { dataset_id: Schema.String }
const byId = { id: Schema.String }
const byRun = { run_id: Schema.String }
const aggregate = { aggregate_function: Schema.optionalKey(Aggregate) }

/**
 * Datasets, datapoints, runs, metrics and configurations of older SDKs.
 *
 * @category api
 * @since 0.1.0
 */
export const legacyData = HttpApiGroup.make("legacyData").add(
  HttpApiEndpoint.get("datasets", "/datasets", {
    query: { dataset_id: text, name: text },
    success: Schema.Struct({ testcases: list })
  }),
  HttpApiEndpoint.post("createDataset", "/datasets", { payload: CreateDataset, success: InsertedOne }),
  HttpApiEndpoint.put("updateDataset", "/datasets", {
    payload: Schema.Struct({ ...byDataset, ...UpdateDataset.fields }),
    success: Updated,
    error: NotFound
  }),
  HttpApiEndpoint.delete("removeDataset", "/datasets", { query: byDataset, success: Updated, error: NotFound }),
  HttpApiEndpoint.post("addDatapoints", "/datasets/:dataset_id/datapoints", {
    params: byDataset,
    payload: AddDatapoints,
    success: DatapointsAdded,
    error: NotFound
  }),
  HttpApiEndpoint.get("datapoints", "/datapoints", {
    query: { datapoint_ids: Schema.optionalKey(Schema.Array(Schema.String)), dataset_name: text },
    success: Schema.Struct({ datapoints: list })
  }),
  HttpApiEndpoint.post("createDatapoint", "/datapoints", {
    payload: PutDatapoint,
    success: Schema.Struct({ result: Schema.Struct({ insertedId: Schema.String }) })
  }),
  HttpApiEndpoint.get("datapoint", "/datapoints/:id", {
    params: byId,
    success: Schema.Struct({ datapoint: list }),
    error: NotFound
  }),
  HttpApiEndpoint.put("updateDatapoint", "/datapoints/:id", {
    params: byId,
    payload: PutDatapoint,
    success: Updated,
    error: NotFound
  }),
  HttpApiEndpoint.delete("removeDatapoint", "/datapoints/:id", {
    params: byId,
    success: Schema.Struct({ deleted: Schema.Boolean }),
    error: NotFound
  }),
  HttpApiEndpoint.post("createRun", "/runs", {
    payload: CreateRun,
    success: Schema.Struct({ evaluation: json, run_id: Schema.String }),
    error: BadRequest
  }),
  HttpApiEndpoint.get("runs", "/runs", { success: Schema.Struct({ evaluations: list }) }),
  HttpApiEndpoint.get("run", "/runs/:run_id", {
    params: byRun,
    success: Schema.Struct({ evaluation: json }),
    error: NotFound
  }),
  HttpApiEndpoint.put("updateRun", "/runs/:run_id", {
    params: byRun,
    payload: UpdateRun,
    success: Schema.Struct({ evaluation: json }),
    error: NotFound
  }),
  HttpApiEndpoint.delete("removeRun", "/runs/:run_id", {
    params: byRun,
    success: Schema.Struct({ id: Schema.String, deleted: Schema.Boolean }),
    error: NotFound
  }),
  HttpApiEndpoint.get("runResult", "/runs/:run_id/result", {
    params: byRun,
    query: aggregate,
    success: json,
    error: [BadRequest, NotFound]
  }),
  HttpApiEndpoint.get("compareRuns", "/runs/:new_run_id/compare-with/:old_run_id", {
    params: { new_run_id: Schema.String, old_run_id: Schema.String },
    query: aggregate,
    success: json,
    error: [BadRequest, NotFound]
  }),
  HttpApiEndpoint.get("metrics", "/metrics", { success: list }),
  HttpApiEndpoint.post("createMetric", "/metrics", { payload: LegacyMetric, success: Updated }),
  HttpApiEndpoint.put("updateMetric", "/metrics", {
    payload: LegacyMetricUpdate,
    success: Updated,
    error: NotFound
  }),
  HttpApiEndpoint.delete("removeMetric", "/metrics", {
    query: { metric_id: Schema.String },
    success: Updated,
    error: NotFound
  }),
  HttpApiEndpoint.get("configurations", "/configurations", { query: { name: text, env: text }, success: list })
)
