/**
 * The routes of sessions and events, and the searches they take.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import { Authorization, BadRequest, BatchFailed, NotFound, Validation } from "./ApiError.ts"
import { Event, Millis, PostEvent, StartSession, UpdateEvent } from "./Event.ts"

const filterTypes = ["string", "number", "boolean", "datetime"] as const

/**
 * One condition of a search, over a field of the event such as `event_name` or `metadata.run_id`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Filter = Schema.Struct({
  field: Schema.String,
  operator: Schema.Literals([
    "exists",
    "not exists",
    "is",
    "is not",
    "contains",
    "not contains",
    "greater than",
    "less than",
    "after",
    "before"
  ]),
  value: Schema.optionalKey(Schema.NullOr(Schema.Union([Schema.String, Schema.Finite, Schema.Boolean]))),
  type: Schema.optionalKey(Schema.Literals(filterTypes))
})

/**
 * @category models
 * @since 0.1.0
 */
export type Filter = typeof Filter.Type

/**
 * A search over events, newest first: at most 1,000 a page.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SearchEvents = Schema.Struct({
  filters: Schema.optionalKey(Schema.Array(Filter)),
  dateRange: Schema.optionalKey(Schema.Struct({ start_time: Schema.String, end_time: Schema.String })),
  limit: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1), Schema.isLessThanOrEqualTo(1000))),
  page: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))),
  /** The run whose events are wanted. */
  evaluation_id: Schema.optionalKey(Schema.String),
  /** Older clients send it; it changes nothing. */
  ignore_order: Schema.optionalKey(Schema.Boolean)
})

/**
 * @category models
 * @since 0.1.0
 */
export type SearchEvents = typeof SearchEvents.Type

/**
 * An export of events: up to 7,500 a page, whole or only the fields in `projections`. Dates are ISO 8601.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ExportEvents = Schema.Struct({
  filters: Schema.optionalKey(
    Schema.Array(
      // Older clients mark ids with a type of their own; HoneyHive compares them as text
      Schema.Struct({ ...Filter.fields, type: Schema.optionalKey(Schema.Literals([...filterTypes, "id"])) })
    )
  ),
  dateRange: Schema.optionalKey(
    Schema.Struct({ $gte: Schema.optionalKey(Schema.String), $lte: Schema.optionalKey(Schema.String) })
  ),
  projections: Schema.optionalKey(Schema.Array(Schema.String)),
  limit: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1), Schema.isLessThanOrEqualTo(7500))),
  page: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)))
})

/**
 * @category models
 * @since 0.1.0
 */
export type ExportEvents = typeof ExportEvents.Type

/**
 * What an export answers: the events of this page as plain objects, and how many there are on all pages.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Exported = Schema.Struct({ events: Schema.Array(Schema.JsonObject), totalEvents: Schema.Int })

/**
 * What a client may say about the session that a batch makes.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SessionProperties = Schema.Struct({
  session_id: Schema.optionalKey(Schema.String),
  session_name: Schema.optionalKey(Schema.String),
  source: Schema.optionalKey(Schema.String),
  start_time: Schema.optionalKey(Millis),
  user_properties: Schema.optionalKey(Schema.JsonObject),
  metadata: Schema.optionalKey(Schema.JsonObject)
})

/**
 * Several events at once; with `single_session` they all go into one new session.
 *
 * @category schemas
 * @since 0.1.0
 */
export const EventBatch = Schema.Struct({
  events: Schema.Array(PostEvent),
  single_session: Schema.optionalKey(Schema.Boolean),
  session_properties: Schema.optionalKey(SessionProperties)
})

/**
 * @category models
 * @since 0.1.0
 */
export type EventBatch = typeof EventBatch.Type

/**
 * One event was created.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Created = Schema.Struct({ success: Schema.Boolean, event_id: Schema.String })

/**
 * Events were created, in one new session where that was asked for.
 *
 * @category schemas
 * @since 0.1.0
 */
export const BatchCreated = Schema.Struct({
  success: Schema.Boolean,
  event_ids: Schema.Array(Schema.String),
  session_id: Schema.optionalKey(Schema.String)
})

/**
 * HoneyHive answers updates with 200 and no body.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Updated = HttpApiSchema.Empty(200)

/**
 * It was done.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Done = Schema.Struct({ success: Schema.Boolean })

/**
 * A session as the backend answers when it starts, with the place it lives in.
 *
 * @category schemas
 * @since 0.1.0
 */
export const StartedSession = Schema.Struct({
  ...Event.fields,
  org_id: Schema.optionalKey(Schema.String),
  workspace_id: Schema.optionalKey(Schema.String),
  project_id: Schema.optionalKey(Schema.String)
})

/**
 * A session was deleted: `deleted` is its id. The shape is `DeleteSessionResponse` of HoneyHive's OpenAPI document of March 2026;
 * its published clients have no such call.
 *
 * @category schemas
 * @since 0.1.0
 */
export const DeletedSession = Schema.Struct({ success: Schema.Boolean, deleted: Schema.String })

const sessionPath = { session_id: Schema.String }
const eventPath = { event_id: Schema.String }

const strict = { onExcessProperty: "error" } as const

/**
 * `/v1/sessions`: start, read, add events to a session, delete it with all that is in it.
 *
 * @category api
 * @since 0.1.0
 */
export const sessions = HttpApiGroup.make("sessions").add(
  HttpApiEndpoint.post("start", "/v1/sessions", { payload: StartSession, success: StartedSession }),
  HttpApiEndpoint.get("get", "/v1/sessions/:session_id", { params: sessionPath, success: Event, error: NotFound }),
  HttpApiEndpoint.delete("remove", "/v1/sessions/:session_id", {
    params: sessionPath,
    success: DeletedSession,
    error: NotFound
  }),
  HttpApiEndpoint.post("addEvents", "/v1/sessions/:session_id/events/batch", {
    params: sessionPath,
    payload: Schema.Struct({ events: Schema.Array(PostEvent) }),
    success: Done,
    error: [BadRequest, BatchFailed]
  }).annotate(HttpApi.PayloadParseOptions, strict)
)

/**
 * `/v1/events`: create, read, update, search and export.
 *
 * @category api
 * @since 0.1.0
 */
export const events = HttpApiGroup.make("events").add(
  HttpApiEndpoint.post("create", "/v1/events", { payload: PostEvent, success: Created, error: BadRequest }).annotate(
    HttpApi.PayloadParseOptions,
    strict
  ),
  HttpApiEndpoint.get("get", "/v1/events/:event_id", {
    params: eventPath,
    success: Schema.Struct({ event: Event }),
    error: NotFound
  }),
  HttpApiEndpoint.put("update", "/v1/events/:event_id", {
    params: eventPath,
    payload: UpdateEvent,
    success: Updated,
    error: NotFound
  }),
  HttpApiEndpoint.post("search", "/v1/events/search", {
    payload: SearchEvents,
    success: Schema.Struct({ events: Schema.Array(Event), count: Schema.Int }),
    error: BadRequest
  }),
  HttpApiEndpoint.post("export", "/v1/events/export", { payload: ExportEvents, success: Exported, error: BadRequest }),
  HttpApiEndpoint.post("createBatch", "/v1/events/batch", {
    payload: EventBatch,
    success: BatchCreated,
    error: [BadRequest, BatchFailed]
  }).annotate(HttpApi.PayloadParseOptions, strict)
)

/**
 * Sessions and events alone: what a tracer calls, without the cost of the rest.
 *
 * @example
 * ```ts
 * import { EventsApi } from "@honeyhive/contract"
 *
 * Object.keys(EventsApi.SessionApi.groups) // => ["sessions", "events"]
 * ```
 *
 * @category api
 * @since 0.1.0
 */
export const SessionApi = HttpApi.make("HoneyHive")
  .add(sessions, events)
  .middleware(Validation)
  .middleware(Authorization)
