/**
 * A tracer of OpenTelemetry's API for libraries that take one (the Vercel AI SDK), whose spans stand among an instance's
 * own: below the traced function or Effect span around them, and above what is traced inside them. It needs no global
 * context manager, and what another provider has active is no parent of its spans.
 */
import * as OtelApi from "@opentelemetry/api"
import * as Context from "effect/Context"
import * as Predicate from "effect/Predicate"
import * as Tracer from "effect/Tracer"
import * as OtelTracer from "@effect/opentelemetry/OtelTracer"
import * as instance from "./instance.ts"

/** A parent that is OpenTelemetry's: it can be enriched like one of Effect's. */
interface OtelParent extends Tracer.ExternalSpan {
  readonly span: OtelApi.Span
}

export const isOtelParent = (span: Tracer.AnySpan): span is OtelParent =>
  span._tag === "ExternalSpan" && Predicate.hasProperty(span, "span")

const toParent = (span: OtelApi.Span): OtelParent => ({ ...OtelTracer.makeExternalSpan(span.spanContext()), span })

/** @param enter runs code under the instance and session that the spans belong to */
export const make = (tracer: OtelApi.Tracer, enter: <A>(evaluate: () => A) => A): OtelApi.Tracer => {
  const own = new WeakSet<OtelApi.Span>()

  const parentOf = (given: OtelApi.Context | undefined): OtelApi.Context => {
    const active = OtelApi.context.active()
    const base = given ?? active
    const span = OtelApi.trace.getSpan(base)
    // A context with another span than the active one was made by the caller, who wants that parent
    if (span !== undefined && (own.has(span) || span !== OtelApi.trace.getSpan(active))) return base
    const around = instance.find((context) => Context.getOrUndefined(context, Tracer.ParentSpan))
    return around === undefined
      ? OtelApi.trace.deleteSpan(base)
      : OtelApi.trace.setSpanContext(base, {
          traceId: around.traceId,
          spanId: around.spanId,
          traceFlags: around.sampled ? OtelApi.TraceFlags.SAMPLED : OtelApi.TraceFlags.NONE
        })
  }

  const startSpan: OtelApi.Tracer["startSpan"] = (name, options, given) =>
    enter(() => {
      const span = tracer.startSpan(name, options, parentOf(given))
      own.add(span)
      return span
    })

  // OpenTelemetry's overloads: the function comes last, options and context are optional
  const startActiveSpan = (name: string, ...rest: ReadonlyArray<unknown>): unknown => {
    const evaluate = rest.at(-1) as (span: OtelApi.Span) => unknown
    const [options, given] = rest.slice(0, -1) as [OtelApi.SpanOptions?, OtelApi.Context?]
    const span = startSpan(name, options, given)
    const active = OtelApi.trace.setSpan(given ?? OtelApi.context.active(), span)
    return enter(() => {
      const context = instance.current()?.context ?? Context.empty()
      return instance.run(Context.add(context, Tracer.ParentSpan, toParent(span)), () =>
        OtelApi.context.with(active, evaluate, undefined, span)
      )
    })
  }
  return { startSpan, startActiveSpan }
}
