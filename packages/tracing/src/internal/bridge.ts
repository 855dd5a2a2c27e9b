import * as OtelApi from "@opentelemetry/api"
import * as Predicate from "effect/Predicate"
import type * as Tracer from "effect/Tracer"
import type { AttributeValue } from "@honeyhive/contract/Attributes"

/** What `@effect/opentelemetry`'s span has beyond Effect's: the OpenTelemetry span. */
export interface BridgeSpan extends Tracer.Span {
  readonly span: OtelApi.Span
}

export const isBridgeSpan = (span: Tracer.AnySpan): span is BridgeSpan => Predicate.hasProperty(span, "span")

/** The OpenTelemetry span of an Effect span; one that came from outside is known by its ids only. */
export const otelSpan = (span: Tracer.AnySpan): OtelApi.Span =>
  span._tag === "Span" && isBridgeSpan(span)
    ? span.span
    : OtelApi.trace.wrapSpanContext({
        traceId: span.traceId,
        spanId: span.spanId,
        traceFlags: span.sampled ? OtelApi.TraceFlags.SAMPLED : OtelApi.TraceFlags.NONE,
        isRemote: span._tag === "ExternalSpan"
      })

/**
 * Writes values that are known to be attributes: straight to OpenTelemetry's span where there is one, because the way
 * through Effect's looks at each value once more and keeps a second copy.
 */
export const writer = (span: Tracer.Span): ((name: string, value: AttributeValue) => void) => {
  if (!isBridgeSpan(span)) return (name, value) => span.attribute(name, value)
  const { span: inner } = span
  return (name, value) => void inner.setAttribute(name, value as OtelApi.AttributeValue) // the same, but mutable there
}
