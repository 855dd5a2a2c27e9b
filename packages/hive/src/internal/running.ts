/**
 * Spans that have started and not ended, and the processes that they run in. Free of packages: the writer's thread imports it.
 */
import type { DatabaseSync } from "node:sqlite"
import type { Event } from "@honeyhive/contract/Event"

/** The key in an event's metadata that says `running` or `lost`; an event that has ended has none. */
export const STATE = "span_state"

export const withState = (event: Event, state: "running" | "lost"): Event => ({
  ...event,
  metadata: { ...event.metadata, [STATE]: state }
})

export const withoutState = (event: Event): Event => {
  if (!(STATE in event.metadata)) return event
  const { [STATE]: _, ...metadata } = event.metadata
  return { ...event, metadata }
}

/** A process need not be noted as alive more often than this, in milliseconds. */
const NOTED = 1000

export const makeRunning = (database: DatabaseSync) => {
  const add = database.prepare("INSERT OR REPLACE INTO running VALUES (?, ?)")
  const remove = database.prepare("DELETE FROM running WHERE event_id = ?")
  const note = database.prepare(
    "INSERT INTO instances VALUES (?, ?) ON CONFLICT (instance) DO UPDATE SET seen = MAX(seen, excluded.seen)"
  )
  const forget = database.prepare("DELETE FROM instances WHERE instance NOT IN (SELECT instance FROM running)")
  const silent = database.prepare(`SELECT event_id FROM running JOIN instances USING (instance) WHERE MAX(seen, ?) < ?`)
  const byEvent = database.prepare("SELECT instance FROM running WHERE event_id = ?")
  /** The processes with running spans, and when each was last noted. */
  const noted = new Map(
    database
      .prepare("SELECT instance, seen FROM instances")
      .all()
      .map(({ instance, seen }) => [String(instance), Number(seen)])
  )

  /** Something came from a process: whatever runs in it is not lost. */
  const heard = (instance: string, now: number): void => {
    const last = noted.get(instance)
    if (last === undefined || now - last < NOTED) return
    noted.set(instance, now)
    note.run(instance, now)
  }

  return {
    heard,
    /** The process of a running span. */
    instanceOf: (eventId: string): string | undefined => {
      const instance = byEvent.get(eventId)?.["instance"]
      return typeof instance === "string" ? instance : undefined
    },
    begins: (eventId: string, instance: string, now: number): void => {
      add.run(eventId, instance)
      noted.set(instance, now)
      note.run(instance, now)
    },
    ends: (eventId: string): void => {
      remove.run(eventId)
    },
    /** Running spans of processes that were not heard of since a moment; processes without running spans are forgotten. */
    silentSince: (moment: number, opened: number): ReadonlyArray<string> => {
      forget.run()
      const kept = new Set(
        database
          .prepare("SELECT instance FROM instances")
          .all()
          .map(({ instance }) => String(instance))
      )
      for (const instance of noted.keys()) if (!kept.has(instance)) noted.delete(instance)
      return silent.all(opened, moment).map((row) => String(row["event_id"]))
    }
  }
}
