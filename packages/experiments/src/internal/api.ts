/**
 * HoneyHive's routes for runs and datasets, as far as experiments need them.
 */
import * as Schema from "effect/Schema"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import { Authorization, NotFound } from "@honeyhive/contract/Api"

const status = Schema.Literals(["pending", "running", "completed", "failed", "cancelled"])

const common = {
  name: Schema.optionalKey(Schema.String),
  status: Schema.optionalKey(status),
  metadata: Schema.optionalKey(Schema.JsonObject),
  results: Schema.optionalKey(Schema.JsonObject),
  configuration: Schema.optionalKey(Schema.JsonObject),
  event_ids: Schema.optionalKey(Schema.Array(Schema.String)),
  session_ids: Schema.optionalKey(Schema.Array(Schema.String)),
  datapoint_ids: Schema.optionalKey(Schema.Array(Schema.String)),
  evaluators: Schema.optionalKey(Schema.Array(Schema.JsonObject))
}

/** A run as it is announced. */
export const CreateRun = Schema.Struct({
  ...common,
  run_id: Schema.optionalKey(Schema.String),
  dataset_id: Schema.optionalKey(Schema.NullOr(Schema.String))
})

export type CreateRun = typeof CreateRun.Type

/** What is said of it afterwards; `event_ids` are the ids of its sessions. */
export const UpdateRun = Schema.Struct(common)

export type UpdateRun = typeof UpdateRun.Type

const runs = HttpApiGroup.make("runs").add(
  HttpApiEndpoint.post("create", "/v1/runs", {
    payload: CreateRun,
    // A backend may give the run another id than it was asked for
    success: Schema.Struct({ run_id: Schema.optionalKey(Schema.String) })
  }),
  HttpApiEndpoint.put("update", "/v1/runs/:run_id", {
    params: { run_id: Schema.String },
    payload: UpdateRun,
    success: Schema.Unknown,
    error: NotFound
  })
)

const RemoteDataset = Schema.Struct({
  id: Schema.String,
  name: Schema.optionalKey(Schema.NullOr(Schema.String)),
  datapoints: Schema.Array(Schema.String)
})

const RemoteDatapoint = Schema.Struct({
  id: Schema.String,
  inputs: Schema.optionalKey(Schema.NullOr(Schema.JsonObject)),
  ground_truth: Schema.optionalKey(Schema.NullOr(Schema.JsonObject))
})

const datasets = HttpApiGroup.make("datasets").add(
  HttpApiEndpoint.get("list", "/v1/datasets", {
    query: { dataset_id: Schema.String },
    success: Schema.Struct({ datasets: Schema.Array(RemoteDataset) })
  }),
  HttpApiEndpoint.get("datapoints", "/v1/datapoints", {
    query: { "datapoint_ids[]": Schema.Array(Schema.String) },
    success: Schema.Struct({ datapoints: Schema.Array(RemoteDatapoint) })
  })
)

export const ExperimentsApi = HttpApi.make("HoneyHiveExperiments").add(runs, datasets).middleware(Authorization)
