/**
 * Which event a span is. Nearly all carry the id that follows from their span (`Uuid.fromSpan`), so an index of spans would
 * only repeat the one of ids, at a seventh of the cost of a write: only those with an id of their own are in one.
 *
 * Free of packages: the writer's thread imports it.
 */
import type { DatabaseSync } from "node:sqlite"

/** `Uuid.fromSpan`, which the writer's thread has no time to load. */
const followingId = (traceId: string, spanId: string): string =>
  `${traceId.slice(-14, -6)}-${traceId.slice(-6, -2)}-8${traceId.slice(-2)}${spanId.slice(0, 1)}-8${spanId.slice(1, 4)}-${spanId.slice(4)}`

/** Whether the event of a span has an id of its own. */
export const hasOwnId = (eventId: string, traceId: string, spanId: string): boolean =>
  eventId !== followingId(traceId, spanId)

/** SQL for the event of a span that has an id of its own. */
export const withOwnId = (trace: string, span: string): string =>
  `(SELECT own.event_id FROM events own WHERE own.own_id AND own.trace_id = ${trace} AND own.span_id = ${span})`

/** Finds the event of a span. */
export const makeEventOfSpan = (database: DatabaseSync): ((traceId: string, spanId: string) => string | undefined) => {
  const own = database.prepare(`SELECT ${withOwnId("?", "?")} AS event_id`)
  const following = database.prepare("SELECT event_id FROM events WHERE event_id = ? AND trace_id = ? AND span_id = ?")
  return (traceId, spanId) => {
    const found =
      own.get(traceId, spanId)?.["event_id"] ??
      following.get(followingId(traceId, spanId), traceId, spanId)?.["event_id"]
    return typeof found === "string" ? found : undefined
  }
}

/** Traces whose answers are remembered. */
const MAX_KNOWN = 10_000

/** Finds out whether a span is there under another id, without a look into the file for nearly every span. */
export const makeOtherId = (database: DatabaseSync) => {
  const eventOf = makeEventOfSpan(database)
  const anyOwn = database.prepare("SELECT 1 FROM events WHERE own_id AND trace_id = ? LIMIT 1")
  /** Whether a trace has spans with ids of their own. */
  const known = new Map<string, boolean>()

  const hasOwn = (traceId: string): boolean => {
    let has = known.get(traceId)
    if (has === undefined) {
      if (known.size >= MAX_KNOWN) known.clear()
      known.set(traceId, (has = anyOwn.get(traceId) !== undefined))
    }
    return has
  }

  return {
    eventOf,
    /** Asked before the event is inserted. */
    isThere: (eventId: string, isOwn: boolean, traceId: string, spanId: string): boolean => {
      if (isOwn) known.set(traceId, true)
      else if (!hasOwn(traceId)) return false
      const found = eventOf(traceId, spanId)
      return found !== undefined && found !== eventId
    },
    /** An event of this trace was written with whatever id. */
    changed: (traceId: string): void => void known.delete(traceId),
    forget: (): void => known.clear()
  }
}
