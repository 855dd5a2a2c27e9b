/**
 * A span as a program hands it to us: Effect's or OpenTelemetry's.
 */
import type * as OtelApi from "@opentelemetry/api"
import * as OtelTracer from "@effect/opentelemetry/OtelTracer"
import * as Predicate from "effect/Predicate"
import type * as Tracer from "effect/Tracer"
import { Attributes, type AttributeValue } from "@honeyhive/contract/Attributes"
import { fromSpan, isUuid } from "@honeyhive/contract/Uuid"
import { writer } from "./bridge.ts"

/** A span of Effect's tracer or of OpenTelemetry's API. */
export type GivenSpan = Tracer.AnySpan | OtelApi.Span

type Write = (name: string, value: AttributeValue) => void

const isOtelSpan = (span: GivenSpan): span is OtelApi.Span => "spanContext" in span

const idsOf = (span: GivenSpan): { readonly traceId: string; readonly spanId: string } =>
  isOtelSpan(span) ? span.spanContext() : span

/** Whether it is the span that Effect makes where tracing is switched off. */
export const isNoop = (span: Tracer.AnySpan): boolean => span.traceId === "noop"

/** OpenTelemetry's span as the parent of Effect's: it can be told more, like one of ours. */
interface OtelParent extends Tracer.ExternalSpan {
  readonly span: OtelApi.Span
}

/** The parent that an OpenTelemetry span of an instrumentation is. */
export const parentOf = (span: OtelApi.Span): OtelParent => ({
  ...OtelTracer.makeExternalSpan(span.spanContext()),
  span
})

const isOtelParent = (span: Tracer.AnySpan): span is OtelParent =>
  span._tag === "ExternalSpan" && Predicate.hasProperty(span, "span")

const otelWriter =
  (span: OtelApi.Span): Write =>
  (name, value) =>
    void span.setAttribute(name, value as OtelApi.AttributeValue) // the same, but mutable there

/** Nothing where the span is another process's. */
export const writerOf = (span: GivenSpan): Write | undefined => {
  if (isOtelSpan(span)) return otelWriter(span)
  if (isOtelParent(span)) return otelWriter(span.span)
  return span._tag === "Span" ? writer(span) : undefined
}

/** An attribute as it was written: on Effect's own record, or on the OpenTelemetry span below. */
const attributeOf = (span: GivenSpan, name: string): unknown => {
  const inner: unknown = Predicate.hasProperty(span, "span") ? span.span : span
  const attributes: unknown = Predicate.hasProperty(inner, "attributes") ? inner.attributes : undefined
  if (attributes instanceof Map) return attributes.get(name)
  return Predicate.isObject(attributes) ? Reflect.get(attributes, name) : undefined
}

/** The id of the event that a span is on HoneyHive. */
export const eventIdOf = (span: GivenSpan): string => {
  const session = attributeOf(span, Attributes.SESSION_ID)
  if (attributeOf(span, Attributes.EVENT_TYPE) === "session" && isUuid(session)) return session
  const said = attributeOf(span, Attributes.EVENT_ID)
  const { spanId, traceId } = idsOf(span)
  return isUuid(said) ? said.toLowerCase() : fromSpan(traceId, spanId)
}
