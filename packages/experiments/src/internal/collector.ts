/**
 * The spans of one item as they end, and the trace that they are.
 */
import type { HrTime } from "@opentelemetry/api"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import type { Event } from "@honeyhive/contract/Event"
import type { SpanRecord } from "@honeyhive/contract/Otlp"
import { toEvent } from "@honeyhive/contract/Projection"
import type { Trace } from "../Trace.ts"

const nanos = ([seconds, rest]: HrTime): bigint => BigInt(seconds) * 1_000_000_000n + BigInt(rest)

const record = (span: ReadableSpan): SpanRecord => {
  const { spanId, traceId } = span.spanContext()
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId,
    name: span.name,
    kind: span.kind + 1,
    startTimeUnixNano: nanos(span.startTime),
    endTimeUnixNano: nanos(span.endTime),
    attributes: span.attributes,
    events: span.events.map(({ attributes = {}, name, time }) => ({ name, timeUnixNano: nanos(time), attributes })),
    links: [],
    status: { code: span.status.code, message: span.status.message ?? "" },
    scope: { name: span.instrumentationScope.name, version: span.instrumentationScope.version ?? "" },
    resource: {}
  }
}

const MAX_SPANS = 10_000

/** Takes the spans of an item as they end. */
export const collector = () => {
  let spans: Array<ReadableSpan> = []
  let dropped = 0
  let open = true
  return {
    add: (span: ReadableSpan): void => {
      if (!open) return
      if (spans.length < MAX_SPANS) spans.push(span)
      else dropped++
    },
    /** What ended so far; later spans are not taken any more. */
    take: (durationMs: number): Trace => {
      const taken = spans
      const lost = dropped
      open = false
      spans = []
      let events: ReadonlyArray<Event> | undefined
      return {
        // Most evaluators never look
        get events() {
          events ??= taken.map((span) => toEvent(record(span)).event).toSorted((a, b) => a.start_time - b.start_time)
          return events
        },
        durationMs,
        dropped: lost
      }
    }
  }
}
