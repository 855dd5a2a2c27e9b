/**
 * One event on ClickHouse with everything around it.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { PriceTable } from "@honeyhive/contract/Prices"
import * as Usage from "@honeyhive/contract/Usage"
import * as Uuid from "@honeyhive/contract/Uuid"
import type { EventDetail } from "../../EventDetail.ts"
import { factsOf } from "../facts.ts"
import { attributesOf } from "../otlpSpan.ts"
import type { JsonObject } from "../rest/json.ts"
import { inParts } from "./binding.ts"
import type { Database } from "./database.ts"
import type { makeReader } from "./reader.ts"

const Place = Schema.Struct({ id: Schema.String, event_id: Schema.String, session_id: Schema.String })

export const makeEventDetail = (database: Database, reader: ReturnType<typeof makeReader>, prices: PriceTable) =>
  Effect.fnUntraced(function* (id: string) {
    const found = Option.getOrUndefined(yield* reader.both(id))
    if (found === undefined) return Option.none<EventDetail>()
    const { event, stored } = found
    const { source, span } = stored
    const links = (source?.links ?? []).map((link) => ({
      ...link,
      name: Uuid.fromSpan(link.traceId.toLowerCase(), link.spanId.toLowerCase())
    }))
    const places = yield* Effect.forEach(inParts(new Set(links.map(({ name }) => name))), (ids) =>
      database.rows("finding links", Place, {
        sql: "SELECT id, event_id, session_id FROM places FINAL WHERE id IN {ids:Array(String)}",
        params: { ids }
      })
    )
    const known = new Map(places.flat().map((place) => [place.id, place]))
    return Option.some<EventDetail>({
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
      links: links.map(({ attributes, name, spanId, traceId }) => ({
        trace_id: traceId,
        span_id: spanId,
        event_id: known.get(name)?.event_id ?? null,
        session_id: known.get(name)?.session_id ?? null,
        attributes: attributes as JsonObject
      })),
      events: (source?.events ?? []).map(({ attributes, name, time }) => ({
        name,
        time,
        attributes: attributes as JsonObject
      })),
      cost: factsOf(event, prices).numbers.cost,
      usage: event.event_type === "model" ? (Usage.ofEvent(event) ?? null) : null
    })
  })
