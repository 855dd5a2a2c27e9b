/**
 * An event with all that the store knows of it and of the span that it came from.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Event, Millis } from "@honeyhive/contract/Event"
import { Usage } from "@honeyhive/contract/Usage"

/**
 * A link from a span to another one, with that one's event where it is in the store.
 *
 * @category schemas
 * @since 0.1.0
 */
export const EventLink = Schema.Struct({
  trace_id: Schema.String,
  span_id: Schema.String,
  event_id: Schema.NullOr(Schema.String),
  session_id: Schema.NullOr(Schema.String),
  attributes: Schema.JsonObject
})

/**
 * @category models
 * @since 0.1.0
 */
export type EventLink = typeof EventLink.Type

/**
 * Something that happened during a span, an exception for example.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SpanEvent = Schema.Struct({ name: Schema.String, time: Millis, attributes: Schema.JsonObject })

/**
 * @category models
 * @since 0.1.0
 */
export type SpanEvent = typeof SpanEvent.Type

/**
 * The event and its span. `resource`, `scope`, `kind`, `links` and `events` are what the span said; an event that came over
 * REST has none.
 *
 * @category schemas
 * @since 0.1.0
 */
export const EventDetail = Schema.Struct({
  event: Event,
  span: Schema.NullOr(
    Schema.Struct({ trace_id: Schema.String, span_id: Schema.String, parent_span_id: Schema.NullOr(Schema.String) })
  ),
  /** The attributes of the span that means this event: what an export writes. */
  attributes: Schema.JsonObject,
  resource: Schema.JsonObject,
  scope: Schema.NullOr(Schema.Struct({ name: Schema.String, version: Schema.String })),
  /** OTLP's number: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: Schema.NullOr(Schema.Int),
  links: Schema.Array(EventLink),
  events: Schema.Array(SpanEvent),
  /** US dollars; null where nothing was counted or the model's price is not known. */
  cost: Schema.NullOr(Schema.Finite),
  /** Of a model event; null where it says nothing of tokens. */
  usage: Schema.NullOr(Usage)
})

/**
 * @category models
 * @since 0.1.0
 */
export type EventDetail = typeof EventDetail.Type
