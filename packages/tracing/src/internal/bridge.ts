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

const Writes: unique symbol = Symbol("@honeyhive/tracing/internal/bridge/Writes")

/** OpenTelemetry's own span, of a provider of ours. */
interface SdkSpan extends OtelApi.Span {
  readonly attributes: OtelApi.Attributes
  readonly ended: boolean
  [Writes]?: number
}

// On a span of somebody else's provider what is ours is diverted
const isSdkSpan = (span: OtelApi.Span): span is SdkSpan =>
  "attributes" in span && "ended" in span && !Object.hasOwn(span, "setAttribute")

/** More are written by no program that means it; from there on OpenTelemetry's own limit holds. */
const MAX_WRITES = 16_384

/**
 * Writes values that are known to be attributes: straight into OpenTelemetry's span where there is one, because the way
 * through Effect's looks at each value once more and keeps a second copy, and OpenTelemetry's own looks at each, too.
 */
export const writer = (span: Tracer.Span): ((name: string, value: AttributeValue) => void) => {
  if (!isBridgeSpan(span)) return (name, value) => span.attribute(name, value)
  const { span: inner } = span
  if (!isSdkSpan(inner)) return (name, value) => void inner.setAttribute(name, value as OtelApi.AttributeValue)
  return (name, value) => {
    const attribute = value as OtelApi.AttributeValue // the same, but mutable there
    const writes = (inner[Writes] = (inner[Writes] ?? 0) + 1)
    if (writes > MAX_WRITES) inner.setAttribute(name, attribute)
    else if (!inner.ended) inner.attributes[name] = attribute
  }
}
