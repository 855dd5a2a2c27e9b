/**
 * From the bytes of a request to its events.
 */
import type { Event } from "@honeyhive/contract/Event"
import type { SpanRecord } from "@honeyhive/contract/Otlp"
import { outline, toEvent } from "@honeyhive/contract/Projection"
import { emptySession } from "./merge.ts"
import { sourceTextsOf } from "./origins.ts"
import type { OpenRequest } from "./raw.ts"
import { withState } from "./running.ts"
import { openSpans } from "./spanReader.ts"

const project = (span: SpanRecord): Event => toEvent(span).event

/** It was acknowledged, so it stays, and whoever reads it or indexes what is around it must not fail. */
const unreadable = (span: SpanRecord, error: unknown): Event => {
  const { event } = outline(span)
  return {
    ...emptySession(event.event_id, event.event_name, event.source, event.start_time),
    ...event,
    metadata: { unreadable: error instanceof Error ? error.message : String(error) }
  }
}

const eventOf = (project: (span: SpanRecord) => Event, span: SpanRecord): Event => {
  let event: Event
  try {
    event = project(span)
  } catch (error) {
    event = unreadable(span, error)
  }
  return event.end_time === null ? withState(event, "running") : event
}

export const opening =
  (project: (span: SpanRecord) => Event): OpenRequest =>
  (body) => {
    const spanAt = openSpans(body)
    return (offset) => {
      let whole: SpanRecord | undefined
      let light: SpanRecord | undefined
      return {
        get event() {
          return eventOf(project, (whole ??= spanAt(offset, true)))
        },
        get light() {
          return eventOf(project, (light ??= spanAt(offset, false)))
        },
        get source() {
          return sourceTextsOf((whole ??= spanAt(offset, true)))
        },
        get links() {
          return (whole ?? (light ??= spanAt(offset, false))).links.length
        }
      }
    }
  }

export const openRequest = opening(project)
