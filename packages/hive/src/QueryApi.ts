/**
 * The page's questions as an `HttpApi`: `/api/search`, `/api/facets`, `/api/aggregates`, `/api/complete`, `/api/sessions`,
 * `/api/events`.
 *
 * A query is its text, `q`. Only definitions are here, for clients; `QueryRoutes` serves them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import { BadRequest, NotFound, Unauthorized, Validation } from "@honeyhive/contract/Api"
import { EventDetail } from "./EventDetail.ts"
import { SessionOrder, SessionRow, SessionRows } from "./SessionRow.ts"
import { Aggregates, Facets, Grouping, Hits, Order } from "./TraceQueries.ts"
import { Completion } from "./TraceQuery.ts"

/**
 * The text is no query: where it stops being one, and what may stand there.
 *
 * @category errors
 * @since 0.1.0
 */
export class QueryProblem extends Schema.Error<QueryProblem>("@honeyhive/hive/QueryProblem")(
  {
    statusCode: Schema.tag(400),
    message: Schema.String,
    success: Schema.tag(false),
    errorCode: Schema.tag("bad_query"),
    /** Index into the text, from 0. */
    position: Schema.Int,
    expected: Schema.Array(Schema.String)
  },
  { httpApiStatus: 400 }
) {}

/**
 * A key where the hive lists keys; none is needed where it does not.
 *
 * @category middleware
 * @since 0.1.0
 */
export class Access extends HttpApiMiddleware.Service<Access>()("@honeyhive/hive/Access", { error: Unauthorized }) {}

const integer = (minimum: number, maximum: number) =>
  Schema.FiniteFromString.check(
    Schema.isInt(),
    Schema.isGreaterThanOrEqualTo(minimum),
    Schema.isLessThanOrEqualTo(maximum)
  )

const q = { q: Schema.optionalKey(Schema.String) }

const queries = HttpApiGroup.make("queries").add(
  HttpApiEndpoint.get("search", "/api/search", {
    query: {
      ...q,
      limit: Schema.optionalKey(integer(1, 1000)),
      before: Schema.optionalKey(integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER))
    },
    success: Hits,
    error: QueryProblem
  }),
  HttpApiEndpoint.get("facets", "/api/facets", {
    query: { ...q, limit: Schema.optionalKey(integer(1, 1000)) },
    success: Facets,
    error: QueryProblem
  }),
  HttpApiEndpoint.get("aggregates", "/api/aggregates", {
    query: {
      ...q,
      by: Grouping,
      order: Schema.optionalKey(Order),
      limit: Schema.optionalKey(integer(1, 10_000))
    },
    success: Aggregates,
    error: QueryProblem
  }),
  HttpApiEndpoint.get("complete", "/api/complete", {
    query: { ...q, cursor: Schema.optionalKey(integer(0, Number.MAX_SAFE_INTEGER)) },
    success: Completion
  })
)

const page = HttpApiGroup.make("page").add(
  HttpApiEndpoint.get("sessions", "/api/sessions", {
    query: {
      ...q,
      order: Schema.optionalKey(SessionOrder),
      limit: Schema.optionalKey(integer(1, 1000)),
      before: Schema.optionalKey(Schema.String)
    },
    success: SessionRows,
    error: [QueryProblem, BadRequest]
  }),
  HttpApiEndpoint.get("session", "/api/sessions/:session_id", {
    params: { session_id: Schema.String },
    success: SessionRow,
    error: NotFound
  }),
  HttpApiEndpoint.get("event", "/api/events/:event_id", {
    params: { event_id: Schema.String },
    success: EventDetail,
    error: NotFound
  })
)

/**
 * Where a session's events come from without their payloads, as lines of `SpanLine` (`application/x-ndjson`): the first one at
 * once, the others while the client reads.
 *
 * @example
 * ```ts
 * import { spansPath } from "@honeyhive/hive/QueryApi"
 *
 * spansPath("1b6ed1a8-0000-4000-8000-000000000001") // => "/api/sessions/1b6ed1a8-0000-4000-8000-000000000001/spans"
 * ```
 *
 * @category api
 * @since 0.1.0
 */
export const spansPath = (sessionId: string): `/api/sessions/${string}/spans` =>
  `/api/sessions/${encodeURIComponent(sessionId)}/spans`

/**
 * Where one event, or all of a session, comes from as OTLP JSON (one `ExportTraceServiceRequest`).
 *
 * @example
 * ```ts
 * import { otlpPath } from "@honeyhive/hive/QueryApi"
 *
 * otlpPath("events", "1b6ed1a8-0000-4000-8000-000000000001") // => "/api/events/1b6ed1a8-0000-4000-8000-000000000001/otlp"
 * ```
 *
 * @category api
 * @since 0.1.0
 */
export const otlpPath = (of: "events" | "sessions", id: string): `/api/${"events" | "sessions"}/${string}/otlp` =>
  `/api/${of}/${encodeURIComponent(id)}/otlp`

/**
 * The API; errors have HoneyHive's shape.
 *
 * @example
 * ```ts
 * import { QueryApi } from "@honeyhive/hive"
 *
 * Object.keys(QueryApi.groups) // => ["queries", "page"]
 * ```
 *
 * @category api
 * @since 0.1.0
 */
export const QueryApi = HttpApi.make("HiveQueries").add(queries).add(page).middleware(Validation).middleware(Access)
