/**
 * What goes when the store is too old, too many or too large: whole sessions, those that began first. In small steps, so
 * that writing never waits long. Free of packages: the writer's thread imports it.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite"
import { MAX_BODY } from "./raw.ts"

export interface Limits {
  /** Sessions whose last event ended before this moment go; milliseconds since 1970. */
  readonly endedBefore: number | null
  readonly maxEvents: number | null
  /** Of the file without what is free in it, and of the requests beside it. */
  readonly maxBytes: number | null
}

type Victim = ReturnType<StatementSync["get"]>

/** Events that one step deletes at most. */
const STEP = 2000
/** Pages that one step gives back at most: 8 MB. */
const PAGES = 512

export const makeRetention = (
  database: DatabaseSync,
  on: {
    /** Events of this session went. */
    readonly changed: (sessionId: string) => void
    /** Shared content went. */
    readonly collected: () => void
  }
) => {
  const number = (sql: string) => {
    const statement = database.prepare(sql)
    return (): number => Number(Object.values(statement.get() ?? {})[0])
  }
  const count = number("SELECT COUNT(*) FROM events")
  const pages = number("PRAGMA page_count")
  const free = number("PRAGMA freelist_count")
  const pageSize = number("PRAGMA page_size")
  // A session in which something runs stays, however old
  const candidates = `FROM session_summaries WHERE session_id NOT IN
    (SELECT session_id FROM events WHERE event_id IN (SELECT event_id FROM running))`
  const old = database.prepare(
    `SELECT session_id ${candidates} AND start_time < ?1 AND COALESCE(MAX(session_end, last_end), last_end, start_time) < ?1
     ORDER BY start_time LIMIT 1`
  )
  const first = database.prepare(`SELECT session_id ${candidates} ORDER BY start_time LIMIT 1`)
  const eventsOf = database.prepare("SELECT event_id FROM events WHERE session_id = ? ORDER BY start_time LIMIT ?")
  const remove = database.prepare("DELETE FROM events WHERE event_id = ?")
  const removeRunning = database.prepare("DELETE FROM running WHERE event_id = ?")
  const removeShares = database.prepare("DELETE FROM shares WHERE event_id = ?")

  const beside = number("SELECT COALESCE(SUM(bytes), 0) FROM raw_requests WHERE file IS NOT NULL")
  const used = (): number => (pages() - free()) * pageSize() + beside()

  /** How many events are too many now; at least one where the file is too large. */
  const surplus = ({ maxBytes, maxEvents }: Limits): number => {
    const events = count()
    const tooMany = maxEvents === null ? 0 : events - maxEvents
    const bytes = used()
    const tooLarge = maxBytes === null || bytes <= maxBytes ? 0 : Math.ceil((events * (bytes - maxBytes)) / bytes)
    return Math.max(0, tooMany, tooLarge)
  }

  /** Deletes at most so many events of a session, and answers how many there were. */
  const drop = (id: string, limit: number): number => {
    const events = eventsOf.all(id, limit)
    for (const event of events) {
      remove.run(String(event["event_id"]))
      removeShares.run(String(event["event_id"]))
    }
    on.changed(id)
    return events.length
  }

  return {
    /** One step of a session's end, whatever runs in it; answers how many events went: none when it is gone. */
    deleteSession: (id: string): number => {
      for (const event of eventsOf.all(id, STEP)) removeRunning.run(String(event["event_id"]))
      return drop(id, STEP)
    },

    /** One step; answers how many events went, none when everything is within the limits, and of which sessions. */
    retain: (limits: Limits): { readonly gone: number; readonly sessions: ReadonlyArray<string> } => {
      let gone = 0
      const sessions: Array<string> = []
      const take = (victim: Victim): boolean => {
        if (victim === undefined) return false
        const id = String(victim["session_id"])
        gone += drop(id, STEP - gone)
        sessions.push(id)
        return true
      }
      const { endedBefore } = limits
      while (endedBefore !== null && gone < STEP && take(old.get(endedBefore)));
      const target = Math.min(STEP, gone === 0 ? surplus(limits) : 0)
      while (gone < target && take(first.get()));
      return { gone, sessions }
    },

    /** Removes shared content that no event needs any more. */
    collect: (): void => {
      database.exec(`
        WITH RECURSIVE live (id) AS (
          SELECT id FROM shares WHERE kind = 'c'
          UNION SELECT chains.before FROM live JOIN chains ON chains.id = live.id WHERE chains.before <> 0
        ) DELETE FROM chains WHERE id NOT IN live;
        DELETE FROM blobs WHERE id NOT IN (SELECT id FROM shares WHERE kind = 'b') AND id NOT IN (SELECT blob FROM chains);
        DELETE FROM raw_requests WHERE NOT EXISTS (
          SELECT 1 FROM events WHERE raw >= raw_requests.id * ${MAX_BODY} AND raw < (raw_requests.id + 1) * ${MAX_BODY}
        );
      `)
      on.collected()
    },

    /** Gives some free pages back to the file system; answers how many are left. */
    vacuum: (): number => {
      const before = free()
      database.exec(`PRAGMA incremental_vacuum(${PAGES})`)
      // A file of an earlier version keeps its free pages, and uses them again
      return free() === before ? 0 : free()
    }
  }
}
