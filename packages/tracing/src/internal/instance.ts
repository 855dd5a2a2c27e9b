/**
 * How code finds the tracer instance it runs under: through the fiber's context, or, in plain code called from a fiber
 * or from a traced function, through `AsyncLocalStorage`.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import * as OtelApi from "@opentelemetry/api"
import { suppressTracing } from "@opentelemetry/core"
import * as Context from "effect/Context"
import * as Fiber from "effect/Fiber"
import * as Tracer from "effect/Tracer"
import * as registry from "./registry.ts"
import type { Stamp } from "./stamp.ts"

/** The mark of a tracer that belongs to a HoneyHive instance. */
export const TypeId = "~@honeyhive/tracing/Tracer"

/** An Effect tracer made by this package. */
export interface InstanceTracer extends Tracer.Tracer {
  readonly [TypeId]: typeof TypeId
  readonly open: OpenSpans
  /** Runs plain code with the context's span as OpenTelemetry's active one, where the instance shares a provider. */
  readonly enter?: <A>(context: Context.Context<never>, evaluate: () => A) => A
  readonly stamp: Stamp
}

/** Ends of spans whose stream is still being read; what nobody read to its end is closed with the instance. */
export type OpenSpans = Set<() => void>

export const isInstanceTracer = (tracer: Tracer.Tracer | undefined): tracer is InstanceTracer =>
  tracer !== undefined && TypeId in tracer

interface Ambient {
  readonly context: Context.Context<never>
  /** The fiber under which the context was entered: inside it, this context is the deeper one. */
  readonly fiber: Fiber.Fiber<unknown, unknown> | undefined
  /** Our own work, such as an export: whatever instrumentation sees it, it is nobody's. */
  readonly isOurs?: boolean
}

const storage = new AsyncLocalStorage<Ambient>()

const tracerOf = (context: Context.Context<never>): InstanceTracer | undefined => {
  const tracer = Context.getOrUndefined(context, Tracer.Tracer)
  return isInstanceTracer(tracer) ? tracer : undefined
}

export interface Found {
  readonly context: Context.Context<never>
  readonly tracer: InstanceTracer
}

/**
 * The context that the calling code runs under and its tracer: the fiber's, else that of the traced function around it,
 * else those of the instance that the baggage names, else the default's; `undefined` where no instance is open.
 */
export const current = (): Found | undefined => {
  const fiber = Fiber.getCurrent()
  const ambient = storage.getStore()
  if (ambient?.isOurs === true) return undefined
  if (fiber !== undefined && ambient?.fiber !== fiber) {
    const tracer = tracerOf(fiber.context)
    if (tracer !== undefined) return { context: fiber.context, tracer }
  }
  const tracer = ambient === undefined ? undefined : tracerOf(ambient.context)
  if (ambient !== undefined && tracer !== undefined) return { context: ambient.context, tracer }
  return registry.fromBaggage(fiber?.context, ambient?.context) ?? registry.getDefault()
}

/** The same under an instance that is named: where the caller runs, if that is it, else at its root. */
export const named = (instance: { readonly id: string }): Found | undefined => {
  const entry = registry.named(instance)
  const found = entry === undefined ? undefined : current()
  return found?.tracer === entry?.tracer ? found : entry
}

/** An instance by a context that belongs to one. */
export const within = (context: Context.Context<never> | undefined): Found | undefined => {
  const tracer = context === undefined ? undefined : tracerOf(context)
  return context === undefined || tracer === undefined ? undefined : { context, tracer }
}

/**
 * A service of the calling code, else of the plain code around its fiber: an Effect that a traced function runs belongs
 * where that function does.
 */
export const find = <S>(read: (context: Context.Context<never>) => S | undefined): S | undefined =>
  findIn(current(), read)

/** The same where the caller is known to run, if anywhere. */
export const findIn = <S>(
  found: Found | undefined,
  read: (context: Context.Context<never>) => S | undefined
): S | undefined => {
  if (found === undefined) return undefined
  const own = read(found.context)
  const ambient = storage.getStore()?.context
  return own !== undefined || ambient === undefined || tracerOf(ambient) !== found.tracer ? own : read(ambient)
}

/** Like {@link find}; also where no instance is open, when the calling fiber has the service itself. */
export const findAnywhere = <S>(read: (context: Context.Context<never>) => S | undefined): S | undefined => {
  const found = find(read)
  if (found !== undefined) return found
  const fiber = Fiber.getCurrent()
  return fiber === undefined ? undefined : read(fiber.context)
}

/** Runs work of this package, and whatever it starts, outside of every instance, and of other SDKs in this process. */
export const untraced = <A>(evaluate: () => A): A =>
  storage.run({ context: Context.empty(), fiber: Fiber.getCurrent(), isOurs: true }, () =>
    OtelApi.context.with(suppressTracing(OtelApi.context.active()), evaluate)
  )

/** Runs plain code, and whatever it starts, under a context. */
export const run = <A>(context: Context.Context<never>, evaluate: () => A): A => {
  const enter = tracerOf(context)?.enter
  const inside = enter === undefined ? evaluate : () => enter(context, evaluate)
  return storage.run({ context, fiber: Fiber.getCurrent() }, inside)
}
