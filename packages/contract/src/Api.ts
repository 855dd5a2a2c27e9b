/**
 * HoneyHive's REST API for sessions and events, as one `HttpApi`: the hive serves it, the SDK calls it.
 *
 * The `legacy` group holds the paths of older SDKs; they do the same things under other envelopes.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import { Event, Millis, PostEvent, StartSession, UpdateEvent } from "./Event.ts"

const errorFields = <Status extends number, Code extends string>(status: Status, code: Code) => ({
  statusCode: Schema.tag(status),
  message: Schema.String,
  success: Schema.tag(false),
  // Older backends leave the code out
  errorCode: Schema.tag(code).pipe(Schema.withDecodingDefaultKey(Effect.succeed(code)))
})

/**
 * The request was understood but is not acceptable; `message` says where and why.
 *
 * @category errors
 * @since 0.1.0
 */
export class BadRequest extends Schema.Error<BadRequest>("@honeyhive/contract/BadRequest")(
  errorFields(400, "bad_request"),
  { httpApiStatus: 400 }
) {}

/**
 * The key is missing, or this backend does not accept it.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unauthorized extends Schema.Error<Unauthorized>("@honeyhive/contract/Unauthorized")(
  errorFields(401, "unauthorized"),
  { httpApiStatus: 401 }
) {}

/**
 * There is no such session, event or route.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotFound extends Schema.Error<NotFound>("@honeyhive/contract/NotFound")(errorFields(404, "not_found"), {
  httpApiStatus: 404
}) {}

/**
 * The backend failed; nothing of the request was kept.
 *
 * @category errors
 * @since 0.1.0
 */
export class InternalError extends Schema.Error<InternalError>("@honeyhive/contract/InternalError")(
  errorFields(500, "internal_error"),
  { httpApiStatus: 500 }
) {}

/**
 * `Authorization: Bearer <key>` with a project or an ingestion key.
 *
 * @category middleware
 * @since 0.1.0
 */
export class Authorization extends HttpApiMiddleware.Service<Authorization>()("@honeyhive/contract/Authorization", {
  requiredForClient: true,
  security: { bearer: HttpApiSecurity.bearer },
  error: Unauthorized
}) {}

/**
 * Turns what the Schemas refuse into HoneyHive's error shape.
 *
 * @category middleware
 * @since 0.1.0
 */
export class Validation extends HttpApiMiddleware.Service<Validation>()("@honeyhive/contract/Validation", {
  error: BadRequest
}) {}

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
  type: Schema.optionalKey(Schema.Literals(["string", "number", "boolean", "datetime"]))
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
  evaluation_id: Schema.optionalKey(Schema.String)
})

/**
 * @category models
 * @since 0.1.0
 */
export type SearchEvents = typeof SearchEvents.Type

const sessionProperties = Schema.Struct({
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
  session_properties: Schema.optionalKey(sessionProperties)
})

/**
 * @category models
 * @since 0.1.0
 */
export type EventBatch = typeof EventBatch.Type

const Created = Schema.Struct({ success: Schema.Boolean, event_id: Schema.String })

const BatchCreated = Schema.Struct({
  success: Schema.Boolean,
  event_ids: Schema.Array(Schema.String),
  session_id: Schema.optionalKey(Schema.String)
})

// HoneyHive answers updates with 200 and no body
const Updated = HttpApiSchema.Empty(200)

const Done = Schema.Struct({ success: Schema.Boolean })

const sessionPath = { session_id: Schema.String }
const eventPath = { event_id: Schema.String }

const strict = { onExcessProperty: "error" } as const

const sessions = HttpApiGroup.make("sessions").add(
  HttpApiEndpoint.post("start", "/v1/sessions", { payload: StartSession, success: Event }),
  HttpApiEndpoint.get("get", "/v1/sessions/:session_id", { params: sessionPath, success: Event, error: NotFound }),
  HttpApiEndpoint.post("addEvents", "/v1/sessions/:session_id/events/batch", {
    params: sessionPath,
    payload: Schema.Struct({ events: Schema.Array(PostEvent) }),
    success: Done,
    error: BadRequest
  }).annotate(HttpApi.PayloadParseOptions, strict)
)

const events = HttpApiGroup.make("events").add(
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
  HttpApiEndpoint.post("createBatch", "/v1/events/batch", {
    payload: EventBatch,
    success: BatchCreated,
    error: BadRequest
  }).annotate(HttpApi.PayloadParseOptions, strict)
)

const legacy = HttpApiGroup.make("legacy").add(
  HttpApiEndpoint.post("startSession", "/session/start", {
    payload: Schema.Struct({ session: StartSession }),
    success: Event
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
      session: Schema.optionalKey(sessionProperties)
    }),
    success: BatchCreated,
    error: BadRequest
  })
)

/**
 * The whole API; every route takes a bearer key and answers errors in HoneyHive's shape.
 *
 * @example
 * ```ts
 * import { Api } from "@honeyhive/contract"
 *
 * Object.keys(Api.HoneyHiveApi.groups) // => ["sessions", "events", "legacy"]
 * ```
 *
 * @category api
 * @since 0.1.0
 */
export const HoneyHiveApi = HttpApi.make("HoneyHive")
  .add(sessions, events, legacy)
  .middleware(Validation)
  .middleware(Authorization)
