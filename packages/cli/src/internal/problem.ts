/**
 * How a command ends: 0 well, 1 with a problem, 2 where it was called wrongly.
 */
import * as Schema from "effect/Schema"

/** Something is wrong out there; `message` says what, and what to do. */
export class Problem extends Schema.TaggedError<Problem>()("Problem", {
  message: Schema.String,
  /** Default: 1. A command whose 1 says something else has another. */
  code: Schema.optionalKey(Schema.Int)
}) {}

/** The command was called in a way that makes no sense; `message` says how it does. */
export class Misuse extends Schema.TaggedError<Misuse>()("Misuse", { message: Schema.String }) {}

/** The command has said everything itself and ends with this code, or by this signal. */
export class Ended extends Schema.TaggedError<Ended>()("Ended", {
  code: Schema.Int,
  signal: Schema.optionalKey(Schema.String)
}) {}
