/**
 * The routes of experiment runs.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import { BadRequest, NotFound } from "./ApiError.ts"
import { Event } from "./Event.ts"
import { Filter } from "./EventsApi.ts"
import {
  Aggregate,
  CreateRun,
  PairedEvents,
  Run,
  RunComparison,
  RunSchema,
  RunStatus,
  RunSummary,
  UpdateRun
} from "./Experiment.ts"

const text = Schema.optionalKey(Schema.String)
const number = (max: number) =>
  Schema.optionalKey(
    Schema.FiniteFromString.check(Schema.isInt(), Schema.isGreaterThanOrEqualTo(1), Schema.isLessThanOrEqualTo(max))
  )

const runPath = { run_id: Schema.String }
const comparePath = { new_run_id: Schema.String, old_run_id: Schema.String }
const aggregate = { aggregate_function: Schema.optionalKey(Aggregate) }
// Milliseconds or ISO 8601
const dateRange = { "dateRange[$gte]": text, "dateRange[$lte]": text }
// JSON text of a list of filters
const filters = Schema.optionalKey(Schema.fromJsonString(Schema.Array(Filter)))
const page = { limit: number(1000), page: number(Number.MAX_SAFE_INTEGER) }
const pairs = { event_name: text, event_type: text, filter: filters, ...page }

/**
 * One run.
 *
 * @category schemas
 * @since 0.1.0
 */
export const OneRun = Schema.Struct({ evaluation: Run })

/**
 * A page of runs; `total_unfiltered` counts those that no filter asked for, too.
 *
 * @category schemas
 * @since 0.1.0
 */
export const RunPage = Schema.Struct({
  evaluations: Schema.Array(Run),
  pagination: Schema.Struct({
    page: Schema.Int,
    limit: Schema.Int,
    total: Schema.Int,
    total_unfiltered: Schema.Int,
    total_pages: Schema.Int,
    has_next: Schema.Boolean,
    has_prev: Schema.Boolean
  }),
  metrics: Schema.Array(Schema.String)
})

/**
 * @category models
 * @since 0.1.0
 */
export type RunPage = typeof RunPage.Type

/**
 * `/v1/runs`.
 *
 * @category api
 * @since 0.1.0
 */
export const runs = HttpApiGroup.make("runs").add(
  HttpApiEndpoint.post("create", "/v1/runs", {
    payload: CreateRun,
    success: Schema.Struct({ evaluation: Run, run_id: Schema.String }),
    error: BadRequest
  }),
  HttpApiEndpoint.get("list", "/v1/runs", {
    query: {
      dataset_id: text,
      name: text,
      status: Schema.optionalKey(RunStatus),
      "run_ids[]": Schema.optionalKey(Schema.Array(Schema.String)),
      ...dateRange,
      sort_by: Schema.optionalKey(Schema.Literals(["created_at", "updated_at", "name", "status"])),
      sort_order: Schema.optionalKey(Schema.Literals(["asc", "desc"])),
      limit: number(100),
      page: page.page
    },
    success: RunPage,
    error: BadRequest
  }),
  HttpApiEndpoint.get("schema", "/v1/runs/schema", { query: dateRange, success: RunSchema, error: BadRequest }),
  HttpApiEndpoint.get("get", "/v1/runs/:run_id", { params: runPath, success: OneRun, error: NotFound }),
  HttpApiEndpoint.put("update", "/v1/runs/:run_id", {
    params: runPath,
    payload: UpdateRun,
    success: Schema.Struct({ evaluation: Run, warning: Schema.optionalKey(Schema.NullOr(Schema.String)) }),
    error: NotFound
  }),
  HttpApiEndpoint.delete("remove", "/v1/runs/:run_id", {
    params: runPath,
    success: Schema.Struct({ id: Schema.String, deleted: Schema.Boolean }),
    error: NotFound
  }),
  HttpApiEndpoint.get("runSchema", "/v1/runs/:run_id/schema", {
    params: runPath,
    query: dateRange,
    success: RunSchema,
    error: [BadRequest, NotFound]
  }),
  HttpApiEndpoint.get("summary", "/v1/runs/:run_id/summary", {
    params: runPath,
    query: { ...aggregate, filters },
    success: RunSummary,
    error: [BadRequest, NotFound]
  }),
  HttpApiEndpoint.get("result", "/v1/runs/:run_id/result", {
    params: runPath,
    query: { ...aggregate, filters },
    success: RunSummary,
    error: [BadRequest, NotFound]
  }),
  HttpApiEndpoint.get("metrics", "/v1/runs/:run_id/metrics", {
    params: runPath,
    query: { ...dateRange, filters },
    success: Schema.Struct({ events: Schema.Array(Event), totalEvents: Schema.Int }),
    error: [BadRequest, NotFound]
  }),
  HttpApiEndpoint.get("compare", "/v1/runs/:new_run_id/compare/:old_run_id", {
    params: comparePath,
    query: aggregate,
    success: RunComparison,
    error: [BadRequest, NotFound]
  }),
  HttpApiEndpoint.get("compareWith", "/v1/runs/:new_run_id/compare-with/:old_run_id", {
    params: comparePath,
    query: aggregate,
    success: RunComparison,
    error: [BadRequest, NotFound]
  }),
  HttpApiEndpoint.get("compareEvents", "/v1/runs/:new_run_id/compare/:old_run_id/events", {
    params: comparePath,
    query: pairs,
    success: PairedEvents,
    error: [BadRequest, NotFound]
  }),
  HttpApiEndpoint.get("compareEventsOf", "/v1/runs/compare/events", {
    // The new run and the old one
    query: { run_id_1: Schema.String, run_id_2: Schema.String, ...pairs },
    success: PairedEvents,
    error: [BadRequest, NotFound]
  })
)
