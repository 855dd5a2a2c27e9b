/**
 * How a command ends: 0 well, 1 with a problem, 2 where it was called wrongly.
 */
import * as Schema from "effect/Schema"

/** Something is wrong out there; `message` says what, and what to do. */
export class Problem extends Schema.TaggedError<Problem>()("Problem", {
  message: Schema.String,
  /** It is HoneyHive, or an older hive: it knows sessions and events, but not what was asked. */
  isNoHive: Schema.optionalKey(Schema.Boolean),
  /** Default: 1. A command whose 1 says something else has another. */
  code: Schema.optionalKey(Schema.Int)
}) {}

export const noHive = (url: string): Problem =>
  new Problem({
    message: `${url} does not answer this: only a hive does. \`hive export --url ${url} | hive import -\` brings its sessions here`,
    isNoHive: true
  })

/** The command was called in a way that makes no sense; `message` says how it does. */
export class Misuse extends Schema.TaggedError<Misuse>()("Misuse", { message: Schema.String }) {}

/** The command has said everything itself and ends with this code, or by this signal. */
export class Ended extends Schema.TaggedError<Ended>()("Ended", {
  code: Schema.Int,
  signal: Schema.optionalKey(Schema.String)
}) {}
