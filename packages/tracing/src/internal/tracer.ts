/**
 * The Effect tracer of an instance: `@effect/opentelemetry`'s, with HoneyHive's error fields, and without its two global
 * habits (adopting whatever OpenTelemetry span is active, entering an async context for every primitive).
 */
import * as OtelApi from "@opentelemetry/api"
import * as OtelTracer from "@effect/opentelemetry/OtelTracer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Tracer from "effect/Tracer"
import { Attributes } from "@honeyhive/contract/Attributes"
import { flatten } from "@honeyhive/contract/Bucket"
import { Provider } from "../Provider.ts"
import { TracerConfig } from "../TracerConfig.ts"
import { SCOPE } from "./attached.ts"
import { type BridgeSpan, writer } from "./bridge.ts"
import { describeCause, type Failure } from "./failure.ts"
import * as instance from "./instance.ts"
import { share } from "./otelContext.ts"
import { StartType } from "./startType.ts"

const recordFailure = (span: BridgeSpan, failure: Failure): void => {
  span.attribute(Attributes.ERROR, failure.message)
  span.attribute(Attributes.ERROR_TYPE, failure.type)
  span.attribute("honeyhive_metadata.error.kind", failure.kind)
  if (failure.fields !== undefined) {
    flatten("honeyhive_metadata.error.fields", failure.fields, writer(span))
  }
  // The bridge leaves an interrupted span without a status
  if (failure.kind === "interruption") setError(span, failure)
}

const setError = (span: BridgeSpan, failure: Failure): void => {
  span.span.setStatus({ code: OtelApi.SpanStatusCode.ERROR, message: failure.message })
}

/**
 * Ends the span with the failure's fields, and whatever the bridge makes of an error it cannot read, ends it: neither an
 * error with throwing getters nor an odd attribute may reach the program.
 */
const guarded = (span: BridgeSpan): Tracer.Span => {
  const { attribute, end } = span
  span.attribute = (key, value) => {
    try {
      attribute.call(span, key, value)
    } catch {
      span.span.setAttribute(key, "[unreadable]")
    }
  }
  span.end = (endTime, exit) => {
    if (span.status._tag === "Ended") return
    const failure = exit._tag === "Failure" ? describeCause(exit.cause) : undefined
    if (failure !== undefined) recordFailure(span, failure)
    try {
      end.call(span, endTime, exit)
    } catch {
      if (failure !== undefined) setError(span, failure)
      span.span.end([Number(endTime / 1_000_000_000n), Number(endTime % 1_000_000_000n)])
    }
  }
  return span
}

const Owner: unique symbol = Symbol("@honeyhive/tracing/internal/tracer/Owner")

interface OwnSpan extends BridgeSpan {
  [Owner]?: instance.OpenSpans
}

/** A span that another tracer made: its tree goes elsewhere, or nowhere. One that came from outside is nobody's. */
const isForeign = (span: Tracer.AnySpan, open: instance.OpenSpans): boolean =>
  span._tag === "Span" && (span as Partial<OwnSpan>)[Owner] !== open // absent on others

/** Where a tree of our own comes from; a span of a tracer that is switched off has no ids. */
const linkTo = (span: Tracer.AnySpan, links: ReadonlyArray<Tracer.SpanLink>): Array<Tracer.SpanLink> =>
  OtelApi.isSpanContextValid({ traceId: span.traceId, spanId: span.spanId, traceFlags: 0 })
    ? [...links, { span, attributes: {} }]
    : [...links]

/** The parent that plain code around this fiber left, unless the span asked for none. */
const ambientParent = (tracer: instance.InstanceTracer, root: boolean): Option.Option<Tracer.AnySpan> =>
  root || instance.current()?.tracer !== tracer
    ? Option.none()
    : Option.fromUndefinedOr(instance.find((context) => Context.getOrUndefined(context, Tracer.ParentSpan)))

type SpanOptions = Parameters<Tracer.Tracer["span"]>[0]

const make = Effect.gen(function* () {
  const bridge = yield* OtelTracer.make
  const { mode, open, shared, stamp, starting } = yield* Provider
  const start = (options: SpanOptions): Tracer.Span => {
    starting.type = Context.get(options.annotations, StartType)
    try {
      // The bridge makes no other spans
      const span = (shared === undefined ? bridge.span(options) : shared(() => bridge.span(options))) as OwnSpan
      span[Owner] = open
      return guarded(span)
    } finally {
      starting.type = undefined
    }
  }
  const tracer: instance.InstanceTracer = {
    [instance.TypeId]: instance.TypeId,
    open,
    stamp,
    span: (options) => {
      const parent = Option.isSome(options.parent) ? options.parent : ambientParent(tracer, options.root)
      // Attached, all trees are in the one provider
      if (mode !== "attached" && Option.isSome(parent) && isForeign(parent.value, open)) {
        return start({ ...options, parent: Option.none(), root: true, links: linkTo(parent.value, options.links) })
      }
      // `root` keeps the bridge from adopting another provider's active span
      return start({ ...options, parent, root: Option.isNone(parent) })
    },
    context: (primitive, fiber) =>
      // The one primitive in which user code starts work that outlives the evaluation; everywhere else the running fiber
      // says which span is current
      Predicate.hasProperty(primitive, "~effect/Effect/identifier") &&
      primitive["~effect/Effect/identifier"] === "Async"
        ? instance.run(fiber.context, () => primitive["~effect/Effect/evaluate"](fiber))
        : primitive["~effect/Effect/evaluate"](fiber)
  }
  return shared === undefined ? tracer : share(tracer, (options) => start({ ...options, parent: Option.none() }))
})

/** Installs the tracer; where tracing is disabled, the program keeps the one it has. */
export const layer: Layer.Layer<never, never, Provider | TracerConfig> = Layer.unwrap(
  Effect.gen(function* () {
    const settings = yield* TracerConfig
    if (settings.disableTracing) return Layer.empty
    const { tracerProvider } = yield* Provider
    return Layer.effect(Tracer.Tracer, make).pipe(
      Layer.provide(Layer.succeed(OtelTracer.OtelTracer, tracerProvider.getTracer(SCOPE)))
    )
  })
)
