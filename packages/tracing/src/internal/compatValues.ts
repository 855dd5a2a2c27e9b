/**
 * What programs written for `honeyhive` 1.x pass, as this package has it: there, every bucket takes anything.
 */
import * as Cause from "effect/Cause"
import type { EventType } from "@honeyhive/contract/Event"
import { fromWord } from "@honeyhive/contract/EventKind"
import { asValues, type Enrichment, type Values } from "../Enrichment.ts"
import { describeCause } from "./failure.ts"

interface Naming {
  readonly eventName?: string | undefined
  readonly eventType?: string | undefined
}

/** What may be said of a span or a session, whatever its type. */
export type Spoken = {
  readonly [
    K in
      | "config"
      | "metadata"
      | "metrics"
      | "feedback"
      | "inputs"
      | "outputs"
      | "userProperties"
      | "error"
      | "eventName"
  ]?: unknown
}

export const valuesOf = (value: unknown): Values | undefined =>
  value === undefined || value === null || value === "" ? undefined : asValues("metadata", value)

export const typeOf = (eventType: unknown): EventType | undefined => {
  const type = typeof eventType === "string" ? fromWord(eventType.toLowerCase()) : undefined
  return type === "session" ? undefined : type
}

const textOf = (...candidates: ReadonlyArray<unknown>): string | undefined =>
  candidates.find((text): text is string => typeof text === "string" && text !== "")

export const nameOf = (options: Naming, fn: object & { readonly name: string }): string =>
  textOf(options.eventName, fn.name, Reflect.get(fn, "hh_name"), options.eventType && `${options.eventType} event`) ??
  "event"

export const toEnrichment = (params: Spoken): Enrichment => ({
  config: valuesOf(params.config),
  metadata: valuesOf(params.metadata),
  metrics: valuesOf(params.metrics),
  feedback: valuesOf(params.feedback),
  inputs: valuesOf(params.inputs),
  outputs: valuesOf(params.outputs),
  userProperties: valuesOf(params.userProperties),
  error: params.error ? describeCause(Cause.fail(params.error)).message : undefined,
  name: textOf(params.eventName)
})
