/**
 * What the examples use in place of HoneyHive: a hive on loopback that takes one key only, and what it was sent.
 */
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import { Hive, type HiveError, type SessionSummary, TraceStore, type TraceStoreError } from "@honeyhive/hive"

/** A backend, as a program knows it: where it is, and the key for it. */
export interface StandIn {
  readonly url: string
  readonly apiKey: string
  /** What it has, the same text in every run. */
  readonly outline: Effect.Effect<string>
}

const depthIn = (events: ReadonlyArray<{ readonly event_id: string; readonly parent_id: string | null }>) => {
  const parents = new Map(events.map(({ event_id, parent_id }) => [event_id, parent_id]))
  const depth = (id: string): number => {
    const parent = parents.get(id)
    return parent === undefined || parent === null || parent === id ? 0 : 1 + depth(parent)
  }
  return depth
}

const byName = (a: SessionSummary, b: SessionSummary): number =>
  a.name.localeCompare(b.name) || a.source.localeCompare(b.source) || a.start_time - b.start_time

/** Sessions by name, and the events of each below it. */
export const outline = (store: TraceStore["Service"]): Effect.Effect<string> =>
  Effect.gen(function* () {
    const sessions = yield* store.sessions({ limit: 100, offset: 0 })
    const lines: Array<string> = []
    for (const { name, session_id, source } of sessions.toSorted(byName)) {
      const events = yield* store.sessionEvents(session_id)
      const depth = depthIn(events)
      lines.push(`  session ${name}  (source ${source})`)
      for (const { error, event_id, event_name, event_type } of events) {
        if (event_type === "session") continue
        lines.push(
          `  ${"  ".repeat(depth(event_id))}${event_type} ${event_name}${error === null ? "" : `  ! ${error}`}`
        )
      }
    }
    return lines.length === 0 ? "  nothing" : lines.join("\n")
  }).pipe(Effect.orDie)

/** Starts one; it ends with the scope. */
export const make = (apiKey: string): Effect.Effect<StandIn, HiveError | TraceStoreError, Scope.Scope> =>
  Effect.gen(function* () {
    // Layers are shared by reference: each of these is one of its own
    const context = yield* Layer.build(Layer.fresh(Hive.layer({ keys: [Redacted.make(apiKey)] })))
    return { apiKey, url: Context.get(context, Hive).url, outline: outline(Context.get(context, TraceStore)) }
  })
