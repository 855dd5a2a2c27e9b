/**
 * What programs written for `honeyhive` 1.x pass, as this package has it: there, every bucket takes anything.
 */
import * as Cause from "effect/Cause"
import * as Predicate from "effect/Predicate"
import { type Content, flatten, nest } from "@honeyhive/contract/Bucket"
import type { EventType } from "@honeyhive/contract/Event"
import type { Enrichment, Values } from "../Enrichment.ts"
import { describeCause } from "./failure.ts"

interface Naming {
  readonly eventName?: string | undefined
  readonly eventType?: string | undefined
}

/** What may be said of a span, whatever its type. */
export type Spoken = {
  readonly [
    K in "config" | "metadata" | "metrics" | "feedback" | "inputs" | "outputs" | "error" | "eventName"
  ]?: unknown
}

export const valuesOf = (value: unknown): Values | undefined =>
  value === undefined || value === null || value === ""
    ? undefined
    : Predicate.isObject(value)
      ? // Any object can be read by its keys
        (value as unknown as Values)
      : { value }

const eventTypes: ReadonlyMap<string, EventType> = new Map([
  ["model", "model"],
  ["tool", "tool"],
  ["chain", "chain"]
])

export const typeOf = (eventType: unknown): EventType | undefined =>
  typeof eventType === "string" ? eventTypes.get(eventType.toLowerCase()) : undefined

export const nameOf = (options: Naming, fn: object & { readonly name: string }): string => {
  const given: unknown = Reflect.get(fn, "hh_name")
  const candidates = [options.eventName, fn.name, given, options.eventType && `${options.eventType} event`]
  return candidates.find((name): name is string => typeof name === "string" && name !== "") ?? "event"
}

export const toEnrichment = (params: Spoken): Enrichment => ({
  config: valuesOf(params.config),
  metadata: valuesOf(params.metadata),
  metrics: valuesOf(params.metrics),
  feedback: valuesOf(params.feedback),
  inputs: valuesOf(params.inputs),
  outputs: valuesOf(params.outputs),
  error: params.error ? describeCause(Cause.fail(params.error)).message : undefined,
  name: typeof params.eventName === "string" && params.eventName !== "" ? params.eventName : undefined
})

/** Content that JSON can hold, of whatever a program has: the backend gets sessions as JSON. */
export const contentOf = (value: unknown): Content | undefined => {
  if (value === undefined || value === null) return undefined
  try {
    const text: string | undefined = JSON.stringify(value, (_, item: unknown) =>
      typeof item === "bigint" ? String(item) : item
    )
    const content: unknown = text === undefined ? undefined : JSON.parse(text)
    // JSON is what has just been read
    return (Predicate.isObject(content) && !Array.isArray(content) ? content : { value: content ?? null }) as Content
  } catch {
    // A cycle, a getter that throws: as on spans, what cannot be read says so
    const entries: Array<readonly [path: string, value: unknown]> = []
    flatten("_", value, (name, attribute) => entries.push([name.slice(2), attribute]))
    return nest(entries) as Content
  }
}
