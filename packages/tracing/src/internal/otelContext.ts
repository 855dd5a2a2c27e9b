/**
 * One context for Effect's spans and OpenTelemetry's: where an instance shares a provider with other instrumentations, its
 * current span is OpenTelemetry's active span, and a span that others made active is the parent of the next one.
 */
import * as OtelApi from "@opentelemetry/api"
import * as Context from "effect/Context"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { otelSpan } from "./bridge.ts"
import type { InstanceTracer } from "./instance.ts"

type SpanOptions = Parameters<Tracer.Tracer["span"]>[0]

/** The span of ours that was made active last. */
const Entered = OtelApi.createContextKey("@honeyhive/tracing/entered")

const enter = <A>(span: Tracer.AnySpan, evaluate: () => A): A => {
  const active = OtelApi.context.active()
  // Also where a foreign span has been made active since: that one is the deeper one
  if (active.getValue(Entered) === span) return evaluate()
  return OtelApi.context.with(OtelApi.trace.setSpan(active, otelSpan(span)).setValue(Entered, span), evaluate)
}

/** Whether plain code has made a foreign span active since `parent` became the current span. */
const isInsideForeignSpan = (parent: Option.Option<Tracer.AnySpan>): boolean => {
  const context = OtelApi.context.active()
  const active = OtelApi.trace.getSpanContext(context)
  if (active === undefined || !OtelApi.isSpanContextValid(active)) return false
  const entered = context.getValue(Entered) as Tracer.AnySpan | undefined // what `enter` put there
  return active.spanId !== entered?.spanId && (Option.isNone(parent) || parent.value === entered)
}

/** The span that goes out of the process and into other libraries. */
const propagated = (span: Tracer.AnySpan | undefined): Tracer.AnySpan | undefined => {
  let current = span
  while (current !== undefined && Context.get(current.annotations, Tracer.DisablePropagation)) {
    current = current._tag === "Span" ? Option.getOrUndefined(current.parent) : undefined
  }
  return current
}

/**
 * Makes a tracer share OpenTelemetry's context; `startUnderActive` starts a span below OpenTelemetry's active one.
 */
export const share = (
  tracer: InstanceTracer,
  startUnderActive: (options: SpanOptions) => Tracer.Span,
  { context, span } = tracer
): InstanceTracer =>
  // The same object: it is known by its identity
  Object.assign<InstanceTracer, Partial<InstanceTracer>>(tracer, {
    span: (options) =>
      !options.root && isInsideForeignSpan(options.parent) ? startUnderActive(options) : span.call(tracer, options),
    context: (primitive, fiber) => {
      const current = propagated(fiber.cache.span)
      const evaluate = () =>
        context === undefined ? primitive["~effect/Effect/evaluate"](fiber) : context(primitive, fiber)
      return current === undefined ? evaluate() : enter(current, evaluate)
    },
    enter: (context, evaluate) => {
      const current = propagated(Context.getOrUndefined(context, Tracer.ParentSpan))
      return current === undefined ? evaluate() : enter(current, evaluate)
    }
  })
