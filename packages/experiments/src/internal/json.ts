/**
 * Any value as JSON, and any failure as a line.
 */
import * as Cause from "effect/Cause"
import * as Predicate from "effect/Predicate"
import type * as Schema from "effect/Schema"
import type { Content } from "@honeyhive/contract/Bucket"

/** What JSON cannot hold becomes text; never throws. */
export const json = (value: unknown): Schema.Json => {
  try {
    const text: string | undefined = JSON.stringify(value, (_, inner: unknown) =>
      typeof inner === "bigint" ? String(inner) : inner
    )
    // What was made by `JSON.stringify` is JSON
    return text === undefined ? null : (JSON.parse(text) as Schema.Json)
  } catch {
    try {
      return String(value)
    } catch {
      return "[unreadable]"
    }
  }
}

const isContent = (value: Schema.Json): value is Content => Predicate.isObject(value) && !Array.isArray(value)

/** A bucket's content: an object as it is, anything else under a name. */
export const content = (name: string, value: Schema.Json): Content => (isContent(value) ? value : { [name]: value })

const attempt = (read: () => string): string => {
  try {
    return read()
  } catch {
    return "[unreadable]"
  }
}

const line = (error: unknown): string => {
  const tag = Predicate.hasProperty(error, "_tag") && typeof error._tag === "string" ? error._tag : undefined
  if (error instanceof Error) {
    const name = tag ?? error.name
    return error.message === "" || error.message === name ? name : `${name}: ${error.message}`
  }
  const text = typeof error === "string" ? error : JSON.stringify(json(error))
  return tag === undefined ? text : `${tag}: ${text}`
}

/** The first failure of a cause, else its first defect, in one line. */
export const describe = (cause: Cause.Cause<unknown>): string => {
  const failure = cause.reasons.find(Cause.isFailReason)
  if (failure !== undefined) return attempt(() => line(failure.error))
  const defect = cause.reasons.find(Cause.isDieReason)
  return defect === undefined ? "Interrupted" : attempt(() => line(defect.defect))
}
