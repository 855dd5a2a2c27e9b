/**
 * Events as they change: what is told of them, each change once, and what may have been missed.
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
/** Events that are remembered before old ones are forgotten. */
const MOST = 20_000

const fingerprint = ({ duration, end_time, error, event_name, metadata, outputs }: Event): string =>
  `${String(metadata["span_state"])}|${end_time}|${duration}|${error}|${event_name}|${Object.keys(metadata).length}|${outputs === null ? 0 : Object.keys(outputs).length}`

/** What has been seen, so that nothing is told twice unless it has changed. */
export class Seen {
  private readonly known = new Map<string, { readonly print: string; readonly at: number }>()

  /** Those of the events that are new or changed, by start. */
  changed(events: ReadonlyArray<Event>, now: number): ReadonlyArray<Event> {
    if (this.known.size > MOST) this.prune(now - LONGEST)
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
  /** Those that were not told yet as they are now. */
  readonly changed: (events: ReadonlyArray<Event>) => Effect.Effect<ReadonlyArray<Event>>
  /** Asks for what may have been missed since anything was told. */
  readonly missed: Effect.Effect<ReadonlyArray<Event>, Problem, Backend>
}

/** From `since` on, in milliseconds since 1970. */
export const make = (since: number): Feed => {
  const seen = new Seen()
  let cursor = since
  const changed = (events: ReadonlyArray<Event>) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      cursor = Math.max(cursor, now)
      return seen.changed(events, now)
    })
  const missed = Effect.gen(function* () {
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
    return seen.changed(found, now)
  })
  return { changed, missed }
}
