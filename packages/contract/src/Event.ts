/**
 * HoneyHive's event model: a session and the model, tool and chain events in it.
 *
 * A session is an event too, whose `event_id` equals its `session_id`. Times are Unix milliseconds, numeric; durations
 * are milliseconds.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Uuid } from "./Uuid.ts"

/**
 * @category schemas
 * @since 0.1.0
 */
export const EventType = Schema.Literals(["session", "model", "tool", "chain"])

/**
 * @category models
 * @since 0.1.0
 */
export type EventType = typeof EventType.Type

/**
 * A moment or a length of time in milliseconds; fractions are microseconds.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Millis = Schema.Finite

/**
 * The fields every event has, as HoneyHive returns them.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Event } from "@honeyhive/contract"
 *
 * const decode = Schema.decodeUnknownOption(Event.Event)
 *
 * decode({ event_type: "agent" })._tag // => "None"
 * ```
 *
 * @category schemas
 * @since 0.1.0
 */
export const Event = Schema.Struct({
  event_id: Uuid,
  session_id: Uuid,
  parent_id: Schema.NullOr(Uuid),
  children_ids: Schema.Array(Schema.String),
  event_type: EventType,
  event_name: Schema.String,
  source: Schema.String,
  start_time: Millis,
  end_time: Schema.NullOr(Millis),
  duration: Schema.NullOr(Millis),
  error: Schema.NullOr(Schema.String),
  inputs: Schema.JsonObject,
  outputs: Schema.NullOr(Schema.JsonObject),
  config: Schema.JsonObject,
  metadata: Schema.JsonObject,
  metrics: Schema.JsonObject,
  feedback: Schema.JsonObject,
  user_properties: Schema.JsonObject
})

/**
 * @category models
 * @since 0.1.0
 */
export type Event = typeof Event.Type

const buckets = {
  config: Schema.optionalKey(Schema.JsonObject),
  metadata: Schema.optionalKey(Schema.JsonObject),
  user_properties: Schema.optionalKey(Schema.JsonObject)
}

const times = {
  start_time: Schema.optionalKey(Millis),
  end_time: Schema.optionalKey(Schema.NullOr(Millis)),
  duration: Schema.optionalKey(Schema.NullOr(Millis))
}

/**
 * What a client sends to start a session; nothing is required. Sending the same `session_id` again merges `metadata` and
 * `user_properties`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const StartSession = Schema.Struct({
  session_id: Schema.optionalKey(Schema.String),
  session_name: Schema.optionalKey(Schema.String),
  event_name: Schema.optionalKey(Schema.String),
  source: Schema.optionalKey(Schema.String),
  ...times,
  ...buckets,
  inputs: Schema.optionalKey(Schema.JsonObject),
  outputs: Schema.optionalKey(Schema.NullOr(Schema.JsonObject)),
  children_ids: Schema.optionalKey(Schema.Array(Schema.String))
})

/**
 * @category models
 * @since 0.1.0
 */
export type StartSession = typeof StartSession.Type

/**
 * What a client sends to create an event: its type and inputs are required, the rest has defaults.
 *
 * @category schemas
 * @since 0.1.0
 */
export const PostEvent = Schema.Struct({
  event_type: EventType,
  inputs: Schema.JsonObject,
  event_name: Schema.optionalKey(Schema.String),
  source: Schema.optionalKey(Schema.String),
  event_id: Schema.optionalKey(Uuid),
  session_id: Schema.optionalKey(Schema.String),
  parent_id: Schema.optionalKey(Schema.NullOr(Schema.String)),
  project_id: Schema.optionalKey(Schema.String),
  children_ids: Schema.optionalKey(Schema.Array(Schema.String)),
  outputs: Schema.optionalKey(Schema.NullOr(Schema.JsonObject)),
  error: Schema.optionalKey(Schema.NullOr(Schema.String)),
  ...times,
  ...buckets,
  feedback: Schema.optionalKey(Schema.JsonObject),
  metrics: Schema.optionalKey(Schema.JsonObject)
})

/**
 * @category models
 * @since 0.1.0
 */
export type PostEvent = typeof PostEvent.Type

/**
 * What an event may still change after it was created: buckets merge, `outputs` is replaced (null keeps it).
 *
 * `inputs`, `error` and `event_name` cannot be updated: HoneyHive ignores them, and so does this Schema.
 *
 * @category schemas
 * @since 0.1.0
 */
export const UpdateEvent = Schema.Struct({
  ...buckets,
  feedback: Schema.optionalKey(Schema.JsonObject),
  metrics: Schema.optionalKey(Schema.JsonObject),
  outputs: Schema.optionalKey(Schema.NullOr(Schema.JsonObject)),
  end_time: Schema.optionalKey(Millis),
  duration: Schema.optionalKey(Millis),
  children_ids: Schema.optionalKey(Schema.Array(Schema.String))
})

/**
 * @category models
 * @since 0.1.0
 */
export type UpdateEvent = typeof UpdateEvent.Type
