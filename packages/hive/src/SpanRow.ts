/**
 * An event as one line of a session's tree: a tuple, since a session may have a hundred thousand of them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { EventType, Millis } from "@honeyhive/contract/Event"
import { SessionRow, Status } from "./SessionRow.ts"

const nullable = <S extends Schema.Constraint>(schema: S) => Schema.NullOr(schema)

/**
 * The fields in their places, without payloads.
 *
 * | place | field |
 * |---|---|
 * | 0 | `event_id` |
 * | 1 | `event_id` of its parent, where that is in the store |
 * | 2 | event type |
 * | 3 | name |
 * | 4 | start, milliseconds since 1970 |
 * | 5 | duration in milliseconds; null while it runs |
 * | 6 | status |
 * | 7 | tokens of this event alone |
 * | 8 | cost of this event alone, US dollars |
 * | 9 | model |
 * | 10 | milliseconds to the first token |
 * | 11 | trace id |
 * | 12 | first line of the error |
 * | 13 | input tokens, those of caches among them |
 * | 14 | output tokens, reasoning among them |
 * | 15 | number of links to other spans |
 * | 16 | whether it names a parent that is not in the store |
 * | 17 | whether its tokens count: not where an event below it tells the same call of a model |
 *
 * @category schemas
 * @since 0.1.0
 */
export const SpanRow = Schema.Tuple([
  Schema.String,
  nullable(Schema.String),
  EventType,
  Schema.String,
  Millis,
  nullable(Millis),
  Status,
  nullable(Schema.Finite),
  nullable(Schema.Finite),
  nullable(Schema.String),
  nullable(Millis),
  nullable(Schema.String),
  nullable(Schema.String),
  nullable(Schema.Finite),
  nullable(Schema.Finite),
  Schema.Int,
  Schema.Boolean,
  Schema.Boolean
])

/**
 * @category models
 * @since 0.1.0
 */
export type SpanRow = typeof SpanRow.Type

/**
 * One line of `GET /api/sessions/:id/spans`: first the session and how many rows follow, then rows in order of their start.
 * The session's own event, where it is known, is the first row of all.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SpanLine = Schema.Union([
  Schema.Struct({ session: SessionRow, count: Schema.Int }),
  Schema.Struct({ rows: Schema.Array(SpanRow) })
])

/**
 * @category models
 * @since 0.1.0
 */
export type SpanLine = typeof SpanLine.Type
