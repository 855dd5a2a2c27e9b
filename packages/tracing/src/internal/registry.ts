/**
 * The instances of this process: the one module-level cell of the package.
 *
 * It exists for code that runs under no fiber and no traced function (a timer, an event handler, a plain program): such
 * code belongs to the default instance, which is the first one that was opened and
 * may be it, or the one that was chosen. Entries leave with the scope of their instance.
 */
import * as Context from "effect/Context"
import type { InstanceTracer } from "./instance.ts"
import { type Stoppable, watch } from "./lifecycle.ts"

export interface Entry<Facade = unknown> extends Stoppable {
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

const entries = new Set<Entry>()
/** Every instance that has not closed; `clear` does not forget them. */
const open = new Set<Entry>()
let chosen: Entry | undefined
let unwatch: (() => void) | undefined

export const register = (entry: Entry): (() => void) => {
  entries.add(entry)
  open.add(entry)
  unwatch ??= watch(() => Array.from(open))
  return () => {
    entries.delete(entry)
    open.delete(entry)
    if (chosen === entry) chosen = undefined
    if (open.size > 0) return
    unwatch?.()
    unwatch = undefined
  }
}

/** Closes every instance that is open. */
export const shutdownAll = (): Promise<void> =>
  Promise.all(Array.from(open, (entry) => entry.shutdown())).then(() => undefined)

export const getDefault = (): Entry | undefined => {
  if (chosen !== undefined) return chosen
  for (const entry of entries) if (!entry.onlyByChoice) return entry
  return undefined
}

/** False when the instance is not (or no longer) open. */
export const setDefault = (facade: unknown): boolean => {
  const entry = [...entries].find((entry) => entry.facade === facade)
  if (entry !== undefined) chosen = entry
  return entry !== undefined
}

/** The instance that a tracer belongs to. */
export const facadeOf = (tracer: InstanceTracer): unknown =>
  [...entries].find((entry) => entry.tracer === tracer)?.facade

/** Changes what code from nowhere runs under, as long as the instance is open. */
export const settle = (facade: unknown, context: Context.Context<never>): void => {
  for (const entry of entries) if (entry.facade === facade) entry.context = context
}

/** Takes an instance out before its scope does: one that could not be configured must not become the default. */
export const forget = (facade: unknown): void => {
  for (const entry of entries) if (entry.facade === facade) entries.delete(entry)
}

/** Instances that live as long as the process, by what they were opened with. */
export const shared = new Map<string, Promise<unknown>>()

export const clear = (): void => {
  entries.clear()
  chosen = undefined
}
