/**
 * The page's questions as an `HttpApi`: `/api/search`, `/api/facets`, `/api/aggregates`, `/api/histogram`,
 * `/api/complete`, `/api/sessions`, `/api/events`.
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
import { BadRequest, InternalError, NotFound, Unauthorized, Validation } from "@honeyhive/contract/Api"
import { EventDetail } from "./EventDetail.ts"
import { SessionOrder, SessionRow, SessionRows } from "./SessionRow.ts"
import { Aggregates, Facets, Grouping, Histogram, Hits, Measure, Order } from "./TraceQueries.ts"
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
 * So much is to be done that this has to wait, or it takes longer than a question may: `message` says which. Come again after
 * `Retry-After`.
 *
 * @category errors
 * @since 0.1.0
 */
export class Busy extends Schema.Error<Busy>("@honeyhive/hive/Busy")(
  {
    statusCode: Schema.tag(503),
    message: Schema.String,
    success: Schema.tag(false),
    errorCode: Schema.tag("busy")
  },
  { httpApiStatus: 503 }
) {}

// How a store fails; what stands around all routes answers it
const failures = [InternalError, Busy] as const

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

const groupings = Grouping.literals.join("|")

const By = Schema.String.check(
  Schema.isPattern(new RegExp(`^(${groupings})(,(${groupings}))?$`), {
    title: `${Grouping.literals.join(", ")}, or two of them with a comma between them`
  })
)

const queries = HttpApiGroup.make("queries").add(
  HttpApiEndpoint.get("search", "/api/search", {
    query: {
      ...q,
      limit: Schema.optionalKey(integer(1, 1000)),
      before: Schema.optionalKey(integer(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER))
    },
    success: Hits,
    error: [QueryProblem, ...failures]
  }),
  HttpApiEndpoint.get("facets", "/api/facets", {
    query: { ...q, limit: Schema.optionalKey(integer(1, 1000)) },
    success: Facets,
    error: [QueryProblem, ...failures]
  }),
  HttpApiEndpoint.get("aggregates", "/api/aggregates", {
    query: {
      ...q,
      /** One grouping, or two with a comma between them. */
      by: By,
      order: Schema.optionalKey(Order),
      limit: Schema.optionalKey(integer(1, 10_000))
    },
    success: Aggregates,
    error: [QueryProblem, ...failures]
  }),
  HttpApiEndpoint.get("histogram", "/api/histogram", {
    query: { ...q, of: Schema.optionalKey(Measure), buckets: Schema.optionalKey(integer(1, 200)) },
    success: Histogram,
    error: [QueryProblem, ...failures]
  }),
  HttpApiEndpoint.get("complete", "/api/complete", {
    query: { ...q, cursor: Schema.optionalKey(integer(0, Number.MAX_SAFE_INTEGER)) },
    success: Completion,
    error: failures
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
    error: [QueryProblem, BadRequest, ...failures]
  }),
  HttpApiEndpoint.get("session", "/api/sessions/:session_id", {
    params: { session_id: Schema.String },
    success: SessionRow,
    error: [NotFound, ...failures]
  }),
  HttpApiEndpoint.get("event", "/api/events/:event_id", {
    params: { event_id: Schema.String },
    success: EventDetail,
    error: [NotFound, ...failures]
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
