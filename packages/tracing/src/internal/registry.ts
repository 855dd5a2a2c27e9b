/**
 * The instances of this process: the one module-level cell of the package.
 *
 * It exists for code that runs under no fiber and no traced function (a timer, an event handler, a plain program): such
 * code belongs to the instance that its baggage names, else to the default one, which is the first that was opened, or
 * the one that was chosen. Entries leave with the scope of their instance.
 */
import { propagation } from "@opentelemetry/api"
import * as Context from "effect/Context"
import type { InstanceTracer } from "./instance.ts"
import { type Stoppable, watch } from "./lifecycle.ts"

export interface Entry<Facade = unknown> extends Stoppable {
  readonly id: string
  readonly tracer: InstanceTracer
  /** What code of this instance runs under when it comes from nowhere. */
  context: Context.Context<never>
  readonly facade: Facade
  /** Whether it is never the default unless it is chosen, such as a tenant's. */
  readonly onlyByChoice: boolean
}

/** Whether the instances that are built here are never the default unless they are chosen. */
export const OnlyByChoice = Context.Reference<boolean>("@honeyhive/tracing/internal/OnlyByChoice", {
  defaultValue: () => false
})

/** Every open instance, for those who name one, and for the end of the process. */
const open = new Map<string, Entry>()
/** Those that code from nowhere finds. */
const listed = new Set<Entry>()
/** What plain code holds of an instance that `start` made. */
const owners = new WeakMap<Entry, WeakRef<object>>()
let chosen: Entry | undefined
let unwatch: (() => void) | undefined
/**
 * The default instance is in use as long as it is the default, so what plain code held of it stays, even when the program
 * has let go of it.
 */
const kept = new Set<object>()

export const getDefault = (): Entry | undefined => {
  if (chosen !== undefined) return chosen
  for (const entry of listed) if (!entry.onlyByChoice) return entry
  return undefined
}

const keepDefault = (): void => {
  kept.clear()
  const entry = getDefault()
  const owner = entry === undefined ? undefined : owners.get(entry)?.deref()
  if (owner !== undefined) kept.add(owner)
}

const abandoned = new FinalizationRegistry<() => void>((release) => release())

export const register = (entry: Entry): (() => void) => {
  open.set(entry.id, entry)
  listed.add(entry)
  keepDefault()
  unwatch ??= watch(() => Array.from(open.values()))
  return () => {
    open.delete(entry.id)
    listed.delete(entry)
    if (chosen === entry) chosen = undefined
    keepDefault()
    if (open.size > 0) return
    unwatch?.()
    unwatch = undefined
  }
}

/** Closes every instance that is open. */
export const shutdownAll = (): Promise<void> =>
  Promise.all(Array.from(open.values(), (entry) => entry.shutdown())).then(() => undefined)

/** Releases an instance when its owner has been garbage collected: nobody can use it or close it any more. */
export const own = (id: string, owner: object, release: () => void): void => {
  const entry = open.get(id)
  if (entry === undefined) return
  owners.set(entry, new WeakRef(owner))
  // `release` must not hold the owner
  abandoned.register(owner, release)
  keepDefault()
}

/** False when the instance is not (or no longer) open. */
export const setDefault = ({ id }: { readonly id: string }): boolean => {
  const entry = byId(id)
  if (entry === undefined) return false
  chosen = entry
  keepDefault()
  return true
}

/** The instance that a tracer belongs to. */
export const facadeOf = (tracer: InstanceTracer): unknown =>
  Array.from(open.values()).find((entry) => entry.tracer === tracer)?.facade

/** Changes what code from nowhere runs under, as long as the instance is open. */
export const settle = (facade: unknown, context: Context.Context<never>): void => {
  for (const entry of open.values()) if (entry.facade === facade) entry.context = context
}

/** Takes an instance out before its scope does: one that could not be configured must not become the default. */
export const forget = (facade: unknown): void => {
  for (const entry of listed) if (entry.facade === facade) listed.delete(entry)
  keepDefault()
}

/** Instances that live as long as the process, by what they were opened with. */
export const shared = new Map<string, Promise<unknown>>()

export const byId = (id: string): Entry | undefined => {
  const entry = open.get(id)
  return entry !== undefined && listed.has(entry) ? entry : undefined
}

/** Also an instance that `clear` has forgotten: whoever holds it may name it. */
export const named = ({ id }: { readonly id: string }): Entry | undefined => open.get(id)

export const clear = (): void => {
  listed.clear()
  chosen = undefined
  keepDefault()
}

/** The instance that baggage names, where an Effect's context carries it. */
export const TracerId = Context.Reference<string | undefined>("@honeyhive/tracing/Registry/TracerId", {
  defaultValue: () => undefined
})

const TRACER_ID = "honeyhive_tracer_id"

/**
 * The instance that the baggage around the caller names: Effect's, in the contexts given, the innermost first, else
 * OpenTelemetry's. With one instance there is nothing to find out.
 */
export const fromBaggage = (...contexts: ReadonlyArray<Context.Context<never> | undefined>): Entry | undefined => {
  if (listed.size < 2) return undefined
  for (const context of contexts) {
    const id = context === undefined ? undefined : Context.get(context, TracerId)
    if (id !== undefined) return byId(id)
  }
  const id = propagation.getActiveBaggage()?.getEntry(TRACER_ID)?.value
  return id === undefined ? undefined : byId(id)
}
