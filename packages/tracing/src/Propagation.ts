/**
 * One trace and one session across services: W3C trace context and baggage in the headers of a request, both ways.
 *
 * A caller in any language that speaks them is continued: its span becomes the parent, its session, project, source and
 * experiment those of the spans here. Headers come from outside: what is malformed or too much is ignored, and nothing in
 * them decides where spans are sent or with which key. Continue only callers that you let into your traces.
 *
 * @since 0.1.0
 */
import * as OtelApi from "@opentelemetry/api"
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core"
import * as OtelTracer from "@effect/opentelemetry/OtelTracer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Tracer from "effect/Tracer"
import * as baggage from "./internal/baggage.ts"
import { spanContextOf } from "./internal/callers.ts"
import * as instance from "./internal/instance.ts"
import { safely } from "./internal/safely.ts"
import { CurrentSession } from "./Session.ts"

/**
 * Headers to read: Fetch's, Node's, Effect's, or any record of them.
 *
 * @category models
 * @since 0.1.0
 */
export type Carrier = Headers | { readonly [name: string]: string | ReadonlyArray<string> | undefined }

const isHeaders = (carrier: object): carrier is Headers => typeof Headers === "function" && carrier instanceof Headers

const nameIn = (carrier: object, name: string): string =>
  name in carrier ? name : (Object.keys(carrier).find((key) => key.toLowerCase() === name) ?? name)

const getter: OtelApi.TextMapGetter<object> = {
  keys: (carrier) => (isHeaders(carrier) ? [...carrier.keys()] : Object.keys(carrier)),
  get: (carrier, name) => {
    const value: unknown = isHeaders(carrier) ? carrier.get(name) : Reflect.get(carrier, nameIn(carrier, name))
    if (typeof value === "string") return value
    return Array.isArray(value) && value.every(Predicate.isString) ? value : undefined
  }
}

const setter: OtelApi.TextMapSetter<object> = {
  set: (carrier, name, value) => {
    if (isHeaders(carrier)) carrier.set(name, value)
    else Reflect.set(carrier, nameIn(carrier, name), value)
  }
}

const propagator = new CompositePropagator({
  propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()]
})

interface Caller {
  readonly parent: Tracer.ExternalSpan | undefined
  readonly baggage: OtelApi.Baggage | undefined
}

/**
 * What headers say of their sender; total.
 *
 * @internal
 */
export const extract = (carrier: Carrier): Caller =>
  safely<Caller>(
    () => {
      const context = propagator.extract(OtelApi.ROOT_CONTEXT, carrier, getter)
      const parent = OtelApi.trace.getSpanContext(context)
      const members = OtelApi.propagation.getBaggage(context)
      return {
        parent: parent === undefined ? undefined : OtelTracer.makeExternalSpan(parent),
        baggage: members === undefined ? undefined : baggage.limited(members)
      }
      // An exotic object is no reason to refuse a request
    },
    { parent: undefined, baggage: undefined }
  )

const own = (): OtelApi.Baggage | undefined =>
  instance.findAnywhere((context) => Context.get(context, baggage.CurrentBaggage))

const inside = <R>(
  context: Context.Context<R>,
  before: OtelApi.Baggage | undefined,
  caller: Caller
): Context.Context<R> => {
  const parented =
    caller.parent === undefined ? context : (Context.add(context, Tracer.ParentSpan, caller.parent) as typeof context)
  return caller.baggage === undefined
    ? parented
    : baggage.enter(parented, baggage.merge(before, caller.baggage) ?? caller.baggage, caller.baggage)
}

/**
 * Continues the trace and the session of whoever sent these headers. In Effect code pipe an effect through it; in plain
 * code pass a function, which runs under the instance of its caller.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { continueFrom, HoneyHive, MemoryExporter, traced } from "@honeyhive/tracing"
 *
 * // As a Python service sends them
 * const headers = {
 *   traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
 *   baggage: "session_id=4879a1f2-6d5c-4f0e-9d3b-2f6f1f1c9a10,run_id=r1"
 * }
 * const search = traced({ name: "search" }, (query: string) => [query])
 *
 * const program = Effect.gen(function*() {
 *   yield* Effect.withSpan(Effect.void, "step").pipe(continueFrom(headers))
 *   continueFrom(new Headers(headers), () => search("refund"))
 *   yield* HoneyHive.flush
 *   const spans = yield* MemoryExporter.use((memory) => memory.spans)
 *   return spans.map((span) => [span.parentSpanContext?.spanId, span.attributes["honeyhive_metadata.run_id"]])
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
 * // => [["b7ad6b7169203331", "r1"], ["b7ad6b7169203331", "r1"]]
 * ```
 *
 * @category propagation
 * @since 0.1.0
 */
export const continueFrom: {
  (carrier: Carrier): <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A>(carrier: Carrier, evaluate: () => A): A
} = <A>(carrier: Carrier, evaluate?: () => A) => {
  if (evaluate === undefined) {
    return <B, E, R>(effect: Effect.Effect<B, E, R>): Effect.Effect<B, E, R> =>
      Effect.updateContext(effect, (context: Context.Context<R>) =>
        inside(context, Context.get(context, baggage.CurrentBaggage) ?? own(), extract(carrier))
      )
  }
  const found = instance.current()
  return (
    found === undefined ? evaluate() : instance.run(inside(found.context, own(), extract(carrier)), evaluate)
  ) as never // the overloads above tell callers which of the two they get
}

/**
 * Writes the trace, the session and the baggage of the calling code into the headers of a request to another service of
 * yours, and returns them: a fiber's (inside `Effect.sync`) or a traced function's. Baggage that the headers have already
 * is kept, as far as it fits: 64 members and 8,192 bytes, whole members only.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, inject, withBaggage } from "@honeyhive/tracing"
 *
 * const headers = Effect.sync(() => inject()).pipe(
 *   Effect.withSpan("call"),
 *   withBaggage({ tenant: "acme" }),
 *   HoneyHive.withSession({ id: "4879a1f2-6d5c-4f0e-9d3b-2f6f1f1c9a10" }),
 *   Effect.provide(HoneyHive.layerMemory())
 * )
 * const { baggage, traceparent } = await Effect.runPromise(headers)
 *
 * baggage?.includes("honeyhive_session_id=4879a1f2-6d5c-4f0e-9d3b-2f6f1f1c9a10") // => true
 * baggage?.includes("tenant=acme") // => true
 * traceparent?.length // => 55
 * ```
 *
 * @category propagation
 * @since 0.1.0
 */
export const inject: {
  (): Record<string, string>
  <C extends Headers | Record<string, string>>(carrier: C): C
} = (carrier: Headers | Record<string, string> = {}) => {
  try {
    const stamp = instance.current()?.tracer.stamp
    const span = instance.findAnywhere((context) => Context.getOrUndefined(context, Tracer.ParentSpan))
    const session = instance.findAnywhere((context) => Context.get(context, CurrentSession)) ?? stamp?.session()
    const members = baggage.merge(extract(carrier).baggage, baggage.merge(stamp?.baggage, own()))
    const context = OtelApi.propagation.setBaggage(
      OtelApi.ROOT_CONTEXT,
      baggage.outgoing(members, session, stamp?.identity)
    )
    propagator.inject(
      span === undefined ? context : OtelApi.trace.setSpanContext(context, spanContextOf(span)),
      carrier,
      setter
    )
  } catch {
    // A request without our headers is better than none
  }
  // The overloads above tell callers that they get what they gave
  return carrier as never
}
