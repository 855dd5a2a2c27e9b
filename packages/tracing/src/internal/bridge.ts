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

const Writers: unique symbol = Symbol("@honeyhive/tracing/internal/bridge/Writers")

/** OpenTelemetry's own span, of a provider of ours. */
interface SdkSpan extends OtelApi.Span {
  readonly attributes: OtelApi.Attributes
  readonly ended: boolean
  [Writers]?: number
}

// On a span of somebody else's provider what is ours is diverted
const isSdkSpan = (span: OtelApi.Span): span is SdkSpan =>
  "attributes" in span && "ended" in span && !Object.hasOwn(span, "setAttribute")

/** More often adds no program to a span that means it; from there on OpenTelemetry's own limit holds. */
const MAX_WRITERS = 256

/**
 * Writes values that are known to be attributes: straight into OpenTelemetry's span where there is one, because the way
 * through Effect's looks at each value once more and keeps a second copy, and OpenTelemetry's own looks at each, too.
 */
export const writer = (span: Tracer.Span): ((name: string, value: AttributeValue) => void) => {
  if (!isBridgeSpan(span)) return (name, value) => span.attribute(name, value)
  const { span: inner } = span
  // Values are the same, but mutable there
  if (!isSdkSpan(inner) || (inner[Writers] = (inner[Writers] ?? 0) + 1) > MAX_WRITERS) {
    return (name, value) => void inner.setAttribute(name, value as OtelApi.AttributeValue)
  }
  const { attributes } = inner
  return (name, value) => {
    if (!inner.ended) attributes[name] = value as OtelApi.AttributeValue
  }
}
