/**
 * Events as they arrive, by asking again and again.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Event } from "@honeyhive/contract/Event"
import { type Backend, eachPage } from "./backend.ts"
import type { Problem } from "./problem.ts"

/** Longer spans are seen only when they end inside a session that is younger. */
const LONGEST = 3_600_000
/** Clocks differ, and spans arrive a while after they have ended. */
const SLACK = 15_000

const fingerprint = ({ duration, end_time, error, event_name, metadata, outputs }: Event): string =>
  `${end_time}|${duration}|${error}|${event_name}|${Object.keys(metadata).length}|${outputs === null ? 0 : Object.keys(outputs).length}`

/** What has been seen, so that nothing is told twice unless it has changed. */
export class Seen {
  private readonly known = new Map<string, { readonly print: string; readonly at: number }>()

  /** Those of the events that are new or changed, by start. */
  changed(events: ReadonlyArray<Event>, now: number): ReadonlyArray<Event> {
    const changed = new Map<string, Event>()
    for (const event of events) {
      const print = fingerprint(event)
      const before = this.known.get(event.event_id)
      if (before?.print !== print) changed.set(event.event_id, event)
      this.known.set(event.event_id, { print, at: now })
    }
    return [...changed.values()].toSorted((a, b) => a.start_time - b.start_time)
  }

  /** Forgets what has not been asked for in a while. */
  prune(before: number): void {
    for (const [id, { at }] of this.known) if (at < before) this.known.delete(id)
  }
}

export interface Feed {
  /** What is new or changed since the last time. */
  readonly next: Effect.Effect<ReadonlyArray<Event>, Problem, Backend>
}

/** From `since` on, in milliseconds since 1970. */
export const make = (since: number): Feed => {
  const seen = new Seen()
  let cursor = since
  const next = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const found: Array<Event> = []
    const keep = (page: ReadonlyArray<Event>) => Effect.sync(() => void found.push(...page))
    const ended = new Date(cursor - (cursor === since ? 0 : SLACK)).toISOString()
    // What began lately, whether or not it has ended, and what ended lately, whenever it began
    yield* eachPage({ since: cursor === since ? since : cursor - SLACK }, keep)
    yield* eachPage(
      { since: cursor - LONGEST, filters: [{ field: "end_time", operator: "after", value: ended, type: "datetime" }] },
      keep
    )
    cursor = Math.max(since, now)
    seen.prune(now - LONGEST)
    return seen.changed(found, now)
  })
  return { next }
}
