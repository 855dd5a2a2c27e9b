/**
 * The instances of this process: the one module-level cell of the package.
 *
 * It exists for code that runs under no fiber and no traced function (a timer, an event handler, a plain program): such
 * code belongs to the default instance, which is the first one that was opened (and may be it), or the one that was chosen. Entries leave
 * with the scope of their instance.
 */
import * as Context from "effect/Context"
import type { InstanceTracer } from "./instance.ts"

export interface Entry<Facade = unknown> {
  readonly tracer: InstanceTracer
  /** What code of this instance runs under when it comes from nowhere. */
  readonly context: Context.Context<never>
  readonly facade: Facade
  /** Whether it is never the default unless it is chosen, such as a tenant's. */
  readonly onlyByChoice: boolean
}

/** Whether the instances that are built here are never the default unless they are chosen. */
export const OnlyByChoice = Context.Reference<boolean>("@honeyhive/tracing/internal/OnlyByChoice", {
  defaultValue: () => false
})

const entries = new Set<Entry>()
let chosen: Entry | undefined

export const register = (entry: Entry): (() => void) => {
  entries.add(entry)
  return () => {
    entries.delete(entry)
    if (chosen === entry) chosen = undefined
  }
}

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

export const clear = (): void => {
  entries.clear()
  chosen = undefined
}
