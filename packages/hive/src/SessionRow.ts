/**
 * A session as the page's list shows it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { Millis } from "@honeyhive/contract/Event"

/**
 * How a span or a session stands. `lost`: it began and its process was not heard of again.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Status = Schema.Literals(["running", "lost", "error", "ok"])

/**
 * @category models
 * @since 0.1.0
 */
export type Status = typeof Status.Type

/**
 * A session with the sums of what is in it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SessionRow = Schema.Struct({
  session_id: Schema.String,
  name: Schema.String,
  source: Schema.String,
  user: Schema.NullOr(Schema.String),
  /** `running` while anything in it runs, then `lost` where something was lost, then `error` where something failed. */
  status: Status,
  /** Nobody started or auto-created it: its spans were accepted, its session is unknown. */
  orphan: Schema.Boolean,
  start_time: Millis,
  /** Null while something in it runs, and where nothing in it ever ended. */
  end_time: Schema.NullOr(Millis),
  duration: Schema.NullOr(Millis),
  /** Events in it, without the session itself. */
  events: Schema.Int,
  errors: Schema.Int,
  running: Schema.Int,
  /** Of its model calls, each counted once. */
  tokens: Schema.Finite,
  /** US dollars, of the calls whose price is known; null where there is none. */
  cost: Schema.NullOr(Schema.Finite),
  /** Model calls with tokens but without a known price: their cost is missing above. */
  unpriced: Schema.Int,
  /** The models that it called, the most used first. */
  models: Schema.Array(Schema.String),
  /** The beginning of what was asked: at most 200 characters. */
  first_input: Schema.NullOr(Schema.String),
  /** The beginning of what was answered: at most 200 characters. */
  last_output: Schema.NullOr(Schema.String),
  /** The experiment run that it belongs to. */
  run_id: Schema.NullOr(Schema.String)
})

/**
 * @category models
 * @since 0.1.0
 */
export type SessionRow = typeof SessionRow.Type

/**
 * In which order sessions come; the largest first.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SessionOrder = Schema.Literals(["newest", "duration", "tokens", "cost", "errors"])

/**
 * @category models
 * @since 0.1.0
 */
export type SessionOrder = typeof SessionOrder.Type

/**
 * A page of sessions. The first page of the newest begins with those in which something runs.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SessionRows = Schema.Struct({
  sessions: Schema.Array(SessionRow),
  /** Where the next page begins; null on the last one. It means something to the list that gave it only. */
  next: Schema.NullOr(Schema.String),
  /** Events that were kept but not indexed yet when this was answered. */
  behind: Schema.Int
})

/**
 * @category models
 * @since 0.1.0
 */
export type SessionRows = typeof SessionRows.Type
