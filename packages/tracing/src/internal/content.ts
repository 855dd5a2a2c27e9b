/**
 * Content of a bucket for a REST request: JSON, as it is now, whatever the program passed.
 */
import * as Schema from "effect/Schema"
import type { Content } from "@honeyhive/contract/Bucket"
import { flatten, nest } from "@honeyhive/contract/Bucket"

const isJson = Schema.is(Schema.JsonObject)

/** What is no JSON goes the way it goes on a span, so that an event says the same however it was told. */
const asOnSpans = (values: unknown): Content => {
  const entries: Array<readonly [path: string, value: unknown]> = []
  flatten("", values, (name, value) => void entries.push([name.slice(1), value]))
  // Attribute values and what `nest` makes of them are JSON
  return nest(entries.filter(([path]) => path !== "")) as Content
}

/** Total: cycles, BigInts and throwing getters become text that says so. */
export const toContent = (values: unknown): Content => {
  try {
    // A copy: what the program does to its object later does not show
    if (isJson(values)) return JSON.parse(JSON.stringify(values))
  } catch {
    // A cycle, or something that cannot be read
  }
  return asOnSpans(values)
}
