/**
 * A tracer provider for instrumentations of other libraries: they make spans in whatever code calls those libraries, so it
 * is the calling code that says whether a span is made, and below which one.
 */
import * as OtelApi from "@opentelemetry/api"
import { isTracingSuppressed } from "@opentelemetry/core"
import * as OtelTracer from "@effect/opentelemetry/OtelTracer"
import * as Context from "effect/Context"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import { isBridgeSpan } from "./bridge.ts"
import { parentOf } from "./givenSpan.ts"
import * as instance from "./instance.ts"
import type { Stamp } from "./stamp.ts"

/** OpenTelemetry's name for a span, wherever it was made. */
export const spanContextOf = (span: Tracer.AnySpan): OtelApi.SpanContext => {
  if (isBridgeSpan(span)) return span.span.spanContext()
  const traceState = Context.getOrUndefined(span.annotations, OtelTracer.OtelTraceState)
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    traceFlags: span.sampled ? OtelApi.TraceFlags.SAMPLED : OtelApi.TraceFlags.NONE,
    ...(traceState === undefined ? {} : { traceState })
  }
}

/** The span around the calling code. */
export const currentSpan = (): Tracer.AnySpan | undefined =>
  instance.find((context) => Context.getOrUndefined(context, Tracer.ParentSpan))

const none = (): OtelApi.Span => OtelApi.trace.wrapSpanContext(OtelApi.INVALID_SPAN_CONTEXT)

const wrap = (tracer: OtelApi.Tracer, stamp: Stamp, own: WeakSet<OtelApi.Span>): OtelApi.Tracer => {
  /** The context below which a span starts; `undefined` where this instance has no say. */
  const parented = (given: OtelApi.Context): OtelApi.Context | undefined => {
    if (isTracingSuppressed(given)) return undefined
    const found = instance.current()
    if (found === undefined || found.tracer.stamp !== stamp) return undefined
    if (!Context.get(found.context, References.TracerEnabled)) return undefined
    const active = OtelApi.trace.getSpan(given)
    // Another provider's active span is nobody's parent here
    if (active !== undefined && own.has(active)) return given
    const parent = currentSpan()
    return parent === undefined
      ? OtelApi.trace.deleteSpan(given)
      : OtelApi.trace.setSpanContext(given, spanContextOf(parent))
  }

  const startSpan = (
    name: string,
    options?: OtelApi.SpanOptions,
    given: OtelApi.Context = OtelApi.context.active()
  ): OtelApi.Span => {
    const context = parented(given)
    if (context === undefined) return none()
    const span = tracer.startSpan(name, options, context)
    own.add(span)
    return span
  }

  const within = <A>(span: OtelApi.Span, given: OtelApi.Context, evaluate: (span: OtelApi.Span) => A): A => {
    const active = OtelApi.trace.setSpan(given, span)
    const run = () => OtelApi.context.with(active, () => evaluate(span))
    const found = instance.current()
    return found === undefined || !span.isRecording()
      ? run()
      : // Spans of the program below it are its children too, and what the program says there is said of it
        instance.run(Context.add(found.context, Tracer.ParentSpan, parentOf(span)), run)
  }

  return {
    startSpan,
    startActiveSpan: (name: string, ...rest: ReadonlyArray<unknown>) => {
      // By OpenTelemetry's overloads: the function comes last, after options and context
      const evaluate = rest.at(-1) as (span: OtelApi.Span) => never
      const options = (rest.length > 1 ? rest[0] : undefined) as OtelApi.SpanOptions | undefined
      const given = (rest.length > 2 ? rest[1] : undefined) as OtelApi.Context | undefined
      const context = given ?? OtelApi.context.active()
      return within(startSpan(name, options, context), context, evaluate)
    }
  }
}

export const callersProvider = (provider: OtelApi.TracerProvider, stamp: Stamp): OtelApi.TracerProvider => {
  const own = new WeakSet<OtelApi.Span>()
  return { getTracer: (name, version, options) => wrap(provider.getTracer(name, version, options), stamp, own) }
}
