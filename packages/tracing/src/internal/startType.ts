/**
 * The event type of a span that is being started: OpenTelemetry's sampler sees neither annotations nor what is written later.
 */
import * as Context from "effect/Context"
import type { EventType } from "@honeyhive/contract/Event"

/** What is known of the span that an instance is starting. */
export interface Starting {
  type: EventType | undefined
}

export const StartType = Context.Reference<EventType | undefined>("@honeyhive/tracing/internal/StartType", {
  defaultValue: () => undefined
})

/** Annotations for a span of a type; the same every time, because spans are many. */
export const annotationsOf: { readonly [T in EventType]: Context.Context<never> } = {
  session: Context.make(StartType, "session"),
  model: Context.make(StartType, "model"),
  tool: Context.make(StartType, "tool"),
  chain: Context.make(StartType, "chain")
}
