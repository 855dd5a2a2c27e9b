/**
 * One event with everything around it.
 */
import type { DatabaseSync } from "node:sqlite"
import type * as Prices from "@honeyhive/contract/Prices"
import * as Usage from "@honeyhive/contract/Usage"
import type { EventDetail, EventLink } from "../EventDetail.ts"
import type { StoredEvent } from "../TraceStore.ts"
import { factsOf } from "./facts.ts"
import { attributesOf } from "./otlpSpan.ts"
import type { makeReader } from "./reader.ts"
import type { JsonObject } from "./rest/json.ts"

export const makeEventDetails = (
  database: DatabaseSync,
  reader: ReturnType<typeof makeReader>,
  prices: Prices.PriceTable
) => {
  const bySpan = database.prepare("SELECT event_id, session_id FROM events WHERE trace_id = ? AND span_id = ?")

  const linkOf = ({ attributes, spanId, traceId }: NonNullable<StoredEvent["source"]>["links"][number]): EventLink => {
    const found = bySpan.get(traceId.toLowerCase(), spanId.toLowerCase())
    return {
      trace_id: traceId,
      span_id: spanId,
      event_id: found === undefined ? null : String(found["event_id"]),
      session_id: found === undefined ? null : String(found["session_id"]),
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
