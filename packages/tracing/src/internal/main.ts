/**
 * What makes an instance the main one: its provider is the global one, and what active spans and outgoing requests need is
 * there. A module of its own so that only those pay for it who ask for it.
 */
import * as OtelApi from "@opentelemetry/api"
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks"
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core"
import { claim } from "../ProviderMode.ts"

type Release = () => void

const nothing: Release = () => {}

const Probe = OtelApi.createContextKey("@honeyhive/tracing/probe")

/** Whether what runs inside a context finds it again: in a manager's own, else in whatever manager is registered. */
const finds = (manager: Pick<OtelApi.ContextManager, "with"> = OtelApi.context): boolean =>
  manager.with(OtelApi.ROOT_CONTEXT.setValue(Probe, true), () => OtelApi.context.active().getValue(Probe) === true)

/** Active spans need a context manager; whoever has registered one keeps it. */
const provideContext = (): Release => {
  const manager = new AsyncLocalStorageContextManager()
  if (finds() || !OtelApi.context.setGlobalContextManager(manager.enable())) return nothing
  return () => {
    if (finds(manager)) OtelApi.context.disable()
  }
}

/** W3C's headers, unless somebody has chosen others. */
const providePropagation = (): Release => {
  if (OtelApi.propagation.fields().length > 0) return nothing
  const w3c = new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] })
  // The very list says later whether the propagator is still this one
  const fields = w3c.fields()
  const propagator: OtelApi.TextMapPropagator = {
    inject: (context, carrier, setter) => w3c.inject(context, carrier, setter),
    extract: (context, carrier, getter) => w3c.extract(context, carrier, getter),
    fields: () => fields
  }
  if (!OtelApi.propagation.setGlobalPropagator(propagator)) return nothing
  return () => {
    if (OtelApi.propagation.fields() === fields) OtelApi.propagation.disable()
  }
}

/**
 * The provider as others see it. Libraries keep the tracers that they were given for as long as they live; once the
 * instance is closed, those go on with whatever is the global provider then, such as the instance after a hot reload.
 */
const lasting = (provider: OtelApi.TracerProvider, isOpen: () => boolean): OtelApi.TracerProvider => {
  const getTracer: OtelApi.TracerProvider["getTracer"] = (...name) => {
    const own = provider.getTracer(...name)
    const tracer = () => (isOpen() ? own : OtelApi.trace.getTracer(name[0], name[1]))
    return {
      startSpan: (...args) => tracer().startSpan(...args),
      // One of its overloads, whichever it is
      startActiveSpan: (...args: ReadonlyArray<unknown>) => Reflect.apply(tracer().startActiveSpan, tracer(), args)
    }
  }
  return Object.create(provider, { getTracer: { value: getTracer } })
}

/** `undefined` where another provider works already; else what gives everything back that is still ours. */
export const becomeMain = (provider: OtelApi.TracerProvider): Release | undefined => {
  let open = true
  const giveBack = claim(lasting(provider, () => open))
  if (giveBack === undefined) return undefined
  const leave = [provideContext(), providePropagation()]
  return () => {
    open = false
    giveBack()
    for (const part of leave) part()
  }
}
