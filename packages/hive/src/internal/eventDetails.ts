/**
 * One event with everything around it.
 */
import type { DatabaseSync } from "node:sqlite"
import type * as Prices from "@honeyhive/contract/Prices"
import * as Usage from "@honeyhive/contract/Usage"
import type { EventDetail, EventLink } from "../EventDetail.ts"
import type { StoredEvent } from "../TraceStore.ts"
import { factsOf } from "./facts.ts"
import { makeEventOfSpan } from "./ownIds.ts"
import { attributesOf } from "./otlpSpan.ts"
import type { makeReader } from "./reader.ts"
import type { JsonObject } from "./rest/json.ts"

export const makeEventDetails = (
  database: DatabaseSync,
  reader: ReturnType<typeof makeReader>,
  prices: Prices.PriceTable
) => {
  const eventOfSpan = makeEventOfSpan(database)
  const sessionOf = database.prepare("SELECT session_id FROM events WHERE event_id = ?")

  const linkOf = ({ attributes, spanId, traceId }: NonNullable<StoredEvent["source"]>["links"][number]): EventLink => {
    const id = eventOfSpan(traceId.toLowerCase(), spanId.toLowerCase()) ?? null
    return {
      trace_id: traceId,
      span_id: spanId,
      event_id: id,
      session_id: id === null ? null : String(sessionOf.get(id)?.["session_id"]),
      attributes: attributes as JsonObject // out of JSON
    }
  }

  return (id: string): EventDetail | undefined => {
    const event = reader.event(id)
    const stored = reader.stored(id)
    if (event === undefined || stored === undefined) return undefined
    const { source, span } = stored
    return {
      event,
      span:
        span === undefined
          ? null
          : { trace_id: span.traceId, span_id: span.spanId, parent_span_id: span.parentSpanId ?? null },
      // Attributes come out of JSON, here and below
      attributes: Object.fromEntries(attributesOf(stored, false)) as JsonObject,
      resource: (source?.resource ?? {}) as JsonObject,
      scope: source?.scope ?? null,
      kind: source?.kind ?? null,
      links: source?.links.map(linkOf) ?? [],
      events:
        source?.events.map(({ attributes, name, time }) => ({ name, time, attributes: attributes as JsonObject })) ??
        [],
      cost: factsOf(event, prices).numbers.cost,
      usage: event.event_type === "model" ? (Usage.ofEvent(event) ?? null) : null
    }
  }
}
