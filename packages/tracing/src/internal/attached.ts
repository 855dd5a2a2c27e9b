/**
 * A copy of the spans of somebody else's provider: what HoneyHive needs beyond OpenTelemetry is added to the copy, so that
 * their exporters see their spans as they are.
 */
import * as OtelApi from "@opentelemetry/api"
import type { ReadableSpan, Span, SpanProcessor } from "@opentelemetry/sdk-trace-base"
import type { Stamp } from "./stamp.ts"
import type { StartRecords } from "./startRecords.ts"

/** The instrumentation scope of our own spans. */
export const SCOPE = "@honeyhive/tracing"

const OWN = /^honeyhive[._]/

/** Their span with our attributes: it stays as it is, and so do their copies of it, whatever is done to ours. */
export const view = (span: ReadableSpan, attributes: OtelApi.Attributes): ReadableSpan => ({
  name: span.name,
  kind: span.kind,
  spanContext: () => span.spanContext(),
  ...(span.parentSpanContext === undefined ? {} : { parentSpanContext: span.parentSpanContext }),
  startTime: span.startTime,
  endTime: span.endTime,
  status: { ...span.status },
  attributes,
  links: span.links.map((link) => ({ ...link, attributes: { ...link.attributes } })),
  events: span.events.map((event) => ({ ...event, attributes: { ...event.attributes } })),
  duration: span.duration,
  ended: span.ended,
  resource: span.resource,
  instrumentationScope: span.instrumentationScope,
  droppedAttributesCount: span.droppedAttributesCount,
  droppedEventsCount: span.droppedEventsCount,
  droppedLinksCount: span.droppedLinksCount
})

/** What HoneyHive alone is told about a span: written past their span, which has its own limits and its own readers. */
const divert = (span: Span, own: OtelApi.Attributes): void => {
  const setAttribute = span.setAttribute.bind(span)
  span.setAttribute = (name, value) => {
    if (!OWN.test(name)) return setAttribute(name, value)
    own[name] = value
    return span
  }
}

const isOurs = (span: ReadableSpan): boolean => span.instrumentationScope.name === SCOPE

export const isSampled = (span: ReadableSpan): boolean =>
  (span.spanContext().traceFlags & OtelApi.TraceFlags.SAMPLED) !== 0

export interface Attached {
  /** For the provider that makes the spans. */
  readonly processor: SpanProcessor
  /** Starts a span of this instance's own, at once. */
  readonly start: <A>(evaluate: () => A) => A
}

/**
 * What happens to a span when it has ended, before anything is queued: its type, redaction, limits. Returns about how many
 * bytes it takes.
 */
export type Finish = (span: ReadableSpan) => number

export const make = (
  stamp: Stamp,
  finish: Finish,
  offer: (span: ReadableSpan, bytes: number) => void,
  flush: () => Promise<void>,
  records?: StartRecords
): Attached => {
  const known = new WeakMap<ReadableSpan, OtelApi.Attributes>()
  // A provider may hold the processor twice: given by the program, and found nowhere by us
  const seen = new WeakSet<ReadableSpan>()
  let starting = false
  const stamped = (span: ReadableSpan, parent: OtelApi.Context): OtelApi.Attributes => {
    const attributes: OtelApi.Attributes = {}
    stamp.write(attributes, span, parent)
    return attributes
  }
  return {
    start: (evaluate) => {
      starting = true
      try {
        return evaluate()
      } finally {
        starting = false
      }
    },
    processor: {
      onStart: (span, parent) => {
        // Another instance's span has its own backend
        if ((isOurs(span) && !starting) || known.has(span)) return
        const own = stamped(span, parent)
        known.set(span, own)
        if (isOurs(span)) divert(span, own)
        if (isSampled(span)) records?.started(span, own)
      },
      onEnd: (span) => {
        // A foreign span that is not known began before we came
        const own = known.get(span) ?? (isOurs(span) ? undefined : stamped(span, OtelApi.ROOT_CONTEXT))
        if (own === undefined || seen.has(span)) return
        seen.add(span)
        records?.ended(span)
        if (!isSampled(span)) return
        const copy = view(span, { ...span.attributes, ...own })
        offer(copy, finish(copy))
      },
      forceFlush: flush,
      // Theirs to end, ours to go on
      shutdown: flush
    }
  }
}
