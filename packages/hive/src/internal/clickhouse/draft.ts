/**
 * A batch of writing: what is stored of the events that it is about, what becomes of them, and the rows that say so. Pure:
 * the rules are the same as those of the store on SQLite.
 */
import type { Event } from "@honeyhive/contract/Event"
import type { PriceTable } from "@honeyhive/contract/Prices"
import { emptySession, redelivered } from "../merge.ts"
import type { SourceTexts } from "../origins.ts"
import type { Lineage } from "../row.ts"
import { STATE } from "../running.ts"
import { goneRow, nameOf, rowOf, sameKey, type Stored } from "./rows.ts"

/** A process, and when it was heard of by the hive's clock. */
interface Process {
  readonly name: string
  readonly now: number
}

export interface Draft {
  readonly find: (id: string) => Stored | undefined
  /** Who made a span stays, whatever is said of its event later without one. */
  readonly write: (event: Event, lineage: Lineage | undefined, process?: Process, source?: SourceTexts) => void
  /** Writes a span, which may be known already. */
  readonly deliver: (event: Event, lineage: Lineage, process: Process, source: SourceTexts) => void
  /** The session of a span that may create it; one that exists begins no later than its first span. */
  readonly autoCreate: (id: string, name: string, source: string, start: number) => void
}

export interface Changes {
  readonly rows: ReadonlyArray<object>
  /** Sessions in which something changed. */
  readonly sessions: ReadonlySet<string>
  /** Processes in which something runs now. */
  readonly processes: ReadonlyMap<string, number>
}

/** Over what is stored, as far as it matters. */
export const makeDraft = (
  stored: Iterable<Stored>
): Draft & { readonly changes: (prices: PriceTable, version: number) => Changes } => {
  const before = new Map<string, Stored>()
  const current = new Map<string, Stored>()
  const names = new Map<string, string>()
  const sessions = new Set<string>()
  const processes = new Map<string, number>()
  const gone = new Set<string>()
  const written = new Set<string>()

  for (const one of stored) {
    before.set(one.event.event_id, one)
    current.set(one.event.event_id, one)
    if (one.lineage !== undefined) names.set(nameOf(one.event.event_id, one.lineage), one.event.event_id)
  }

  const findSpan = (lineage: Lineage): Stored | undefined => {
    const id = names.get(nameOf("", lineage))
    return id === undefined ? undefined : current.get(id)
  }

  const write: Draft["write"] = (event, lineage, process, said) => {
    const id = event.event_id
    const span = lineage && findSpan(lineage)
    if (span !== undefined && span.event.event_id !== id) {
      current.delete(span.event.event_id)
      gone.add(span.event.event_id)
      sessions.add(span.event.session_id)
    }
    const old = current.get(id)
    if (old !== undefined) sessions.add(old.event.session_id)
    sessions.add(event.session_id)
    const runs = process !== undefined && event.metadata[STATE] === "running"
    if (runs) processes.set(process.name, process.now)
    const source = said === undefined ? old?.source : ([said[0], said[1] ?? old?.source?.[1] ?? null] as const)
    current.set(id, { event, lineage, source, process: runs ? process.name : "", version: old?.version ?? 0 })
    if (lineage !== undefined) names.set(nameOf(id, lineage), id)
    gone.delete(id)
    written.add(id)
  }

  return {
    find: (id) => current.get(id),
    write,
    deliver: (event, lineage, process, source) => {
      const known = current.get(event.event_id) ?? findSpan(lineage)
      write(known === undefined ? event : redelivered(known.event, event), lineage, process, source)
    },
    autoCreate: (id, name, source, start) => {
      const known = current.get(id)
      if (known === undefined) write(emptySession(id, name, source, start), undefined)
      else if (known.event.end_time === null && known.event.start_time > start) {
        write({ ...known.event, start_time: start }, known.lineage)
      }
    },
    changes: (prices, version) => {
      const rows: Array<object> = []
      // What gives way says so before what takes its place says anything
      const leave = (old: Stored): number => {
        rows.push(goneRow(old))
        return old.version + 2
      }
      for (const id of gone) {
        const old = before.get(id)
        if (old !== undefined) leave(old)
      }
      for (const id of written) {
        const now = current.get(id)
        if (now === undefined) continue
        const old = before.get(id)
        const least = old === undefined ? 0 : sameKey(old.event, now.event) ? old.version + 1 : leave(old)
        rows.push(rowOf({ ...now, version: Math.max(version, least) }, prices))
      }
      return { rows, sessions, processes }
    }
  }
}
