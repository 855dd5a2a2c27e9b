/**
 * Datasets and the datapoints in them, and their routes.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import { BadRequest, NotFound } from "./ApiError.ts"
import { Filter } from "./EventsApi.ts"

const optionalJson = Schema.optionalKey(Schema.JsonObject)
const ids = Schema.Array(Schema.String)

/**
 * A dataset: a named list of datapoints. Times are ISO 8601.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Dataset = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  description: Schema.String,
  datapoints: ids,
  created_at: Schema.String,
  updated_at: Schema.String
})

/**
 * @category models
 * @since 0.1.0
 */
export type Dataset = typeof Dataset.Type

/**
 * What a client sends to create a dataset; nothing is required.
 *
 * @category schemas
 * @since 0.1.0
 */
export const CreateDataset = Schema.Struct({
  name: Schema.String.pipe(Schema.withDecodingDefaultKey(Effect.succeed("Untitled Dataset"))),
  description: Schema.optionalKey(Schema.String),
  datapoints: Schema.optionalKey(ids)
})

/**
 * @category models
 * @since 0.1.0
 */
export type CreateDataset = typeof CreateDataset.Type

/**
 * What may change in a dataset; `datapoints` replaces the list.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UpdateDataset = Schema.Struct({
  name: Schema.optionalKey(Schema.String),
  description: Schema.optionalKey(Schema.String),
  datapoints: Schema.optionalKey(ids)
})

/**
 * @category models
 * @since 0.1.0
 */
export type UpdateDataset = typeof UpdateDataset.Type

/**
 * One case of a dataset: what goes in, the conversation before it, and what should come out. Times are ISO 8601.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Datapoint = Schema.Struct({
  id: Schema.String,
  inputs: Schema.JsonObject,
  history: Schema.Array(Schema.JsonObject),
  ground_truth: Schema.JsonObject,
  metadata: Schema.JsonObject,
  /** The event it was made of. */
  linked_event: Schema.NullOr(Schema.String),
  linked_datasets: ids,
  created_at: Schema.String,
  updated_at: Schema.String
})

/**
 * @category models
 * @since 0.1.0
 */
export type Datapoint = typeof Datapoint.Type

/**
 * What a client sends to create or change a datapoint.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PutDatapoint = Schema.Struct({
  inputs: optionalJson,
  history: Schema.optionalKey(Schema.Array(Schema.JsonObject)),
  ground_truth: Schema.optionalKey(Schema.NullOr(Schema.JsonObject)),
  metadata: optionalJson,
  linked_event: Schema.optionalKey(Schema.NullOr(Schema.String)),
  linked_datasets: Schema.optionalKey(ids)
})

/**
 * @category models
 * @since 0.1.0
 */
export type PutDatapoint = typeof PutDatapoint.Type

/**
 * Rows for a dataset, and which of their fields are inputs, history and ground truth; the others become metadata.
 *
 * @category schemas
 * @since 0.1.0
 */
export const AddDatapoints = Schema.Struct({
  data: Schema.Array(Schema.JsonObject),
  mapping: Schema.Struct({
    inputs: Schema.optionalKey(ids),
    history: Schema.optionalKey(ids),
    ground_truth: Schema.optionalKey(ids)
  })
})

/**
 * @category models
 * @since 0.1.0
 */
export type AddDatapoints = typeof AddDatapoints.Type

/**
 * Events that shall become datapoints: those marked in `checkState`, or with `selectAll` whatever the search finds.
 *
 * @category schemas
 * @since 0.1.0
 */
export const DatapointsFromEvents = Schema.Struct({
  filters: Schema.optionalKey(Schema.Array(Filter)),
  dateRange: Schema.optionalKey(
    Schema.Struct({ $gte: Schema.optionalKey(Schema.String), $lte: Schema.optionalKey(Schema.String) })
  ),
  selectAll: Schema.optionalKey(Schema.Boolean),
  checkState: Schema.optionalKey(Schema.Record(Schema.String, Schema.Boolean)),
  dataset_id: Schema.optionalKey(Schema.String)
})

/**
 * @category models
 * @since 0.1.0
 */
export type DatapointsFromEvents = typeof DatapointsFromEvents.Type

/**
 * One thing was created, under this id.
 *
 * @category schemas
 * @since 0.1.0
 */
export const InsertedOne = Schema.Struct({
  inserted: Schema.Boolean,
  result: Schema.Struct({ insertedId: Schema.String })
})

/**
 * The datapoints that were added to a dataset.
 *
 * @category schemas
 * @since 0.1.0
 */
export const DatapointsAdded = Schema.Struct({ inserted: Schema.Boolean, datapoint_ids: ids })

const datasetPath = { dataset_id: Schema.String }
const datapointPath = { id: Schema.String }

/**
 * `/v1/datasets`.
 *
 * @category api
 * @since 0.1.0
 */
export const datasets = HttpApiGroup.make("datasets").add(
  HttpApiEndpoint.get("list", "/v1/datasets", {
    query: { dataset_id: Schema.optionalKey(Schema.String), name: Schema.optionalKey(Schema.String) },
    success: Schema.Struct({ datasets: Schema.Array(Dataset) })
  }),
  HttpApiEndpoint.post("create", "/v1/datasets", { payload: CreateDataset, success: InsertedOne }),
  HttpApiEndpoint.put("update", "/v1/datasets/:dataset_id", {
    params: datasetPath,
    payload: UpdateDataset,
    success: Schema.Struct({ result: Dataset }),
    error: NotFound
  }),
  HttpApiEndpoint.delete("remove", "/v1/datasets/:dataset_id", {
    params: datasetPath,
    success: Schema.Struct({ result: Schema.Struct({ id: Schema.String }) }),
    error: NotFound
  }),
  HttpApiEndpoint.post("addDatapoints", "/v1/datasets/:dataset_id/datapoints", {
    params: datasetPath,
    payload: AddDatapoints,
    success: DatapointsAdded,
    error: NotFound
  }),
  HttpApiEndpoint.delete("removeDatapoint", "/v1/datasets/:dataset_id/datapoints/:datapoint_id", {
    params: { ...datasetPath, datapoint_id: Schema.String },
    success: Schema.Struct({ dereferenced: Schema.Boolean, message: Schema.String }),
    error: NotFound
  })
)

/**
 * `/v1/datapoints`.
 *
 * @category api
 * @since 0.1.0
 */
export const datapoints = HttpApiGroup.make("datapoints").add(
  HttpApiEndpoint.get("list", "/v1/datapoints", {
    query: {
      "datapoint_ids[]": Schema.optionalKey(ids),
      datapoint_ids: Schema.optionalKey(ids),
      dataset_name: Schema.optionalKey(Schema.String)
    },
    success: Schema.Struct({ datapoints: Schema.Array(Datapoint) })
  }),
  HttpApiEndpoint.post("create", "/v1/datapoints", {
    payload: PutDatapoint,
    success: Schema.Struct({ inserted: Schema.Boolean, result: Schema.Struct({ insertedIds: ids }) })
  }),
  HttpApiEndpoint.post("createBatch", "/v1/datapoints/batch", {
    payload: DatapointsFromEvents,
    success: Schema.Struct({ inserted: Schema.Boolean, insertedIds: ids }),
    error: [BadRequest, NotFound]
  }),
  HttpApiEndpoint.get("get", "/v1/datapoints/:id", {
    params: datapointPath,
    // A list of one, as HoneyHive answers
    success: Schema.Struct({ datapoint: Schema.Array(Datapoint) }),
    error: NotFound
  }),
  HttpApiEndpoint.put("update", "/v1/datapoints/:id", {
    params: datapointPath,
    payload: PutDatapoint,
    success: Schema.Struct({ updated: Schema.Boolean, result: Datapoint }),
    error: NotFound
  }),
  HttpApiEndpoint.delete("remove", "/v1/datapoints/:id", {
    params: datapointPath,
    success: Schema.Struct({ deleted: Schema.Boolean }),
    error: NotFound
  })
)
