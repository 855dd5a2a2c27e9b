/**
 * Calls of a model that two spans tell: a framework's span of the call around the provider's own. Each call counts once.
 *
 * The rule: a model event repeats another one when an event below it, at any depth, is a model event with the same usage, bucket
 * by bucket. The innermost one counts: it is nearest to the provider, and every part of the tree that holds the call counts it.
 */
import type { DatabaseSync } from "node:sqlite"
import type { Event } from "@honeyhive/contract/Event"
import * as Uuid from "@honeyhive/contract/Uuid"
import { withOwnId } from "./ownIds.ts"

/** Deeper or wider nothing is looked for. */
const MAX_DEPTH = 64
const MAX_BELOW = 1000
const MAX_KNOWN = 50_000

const usage = "tokens, input, cache_read, cache_write, reasoning, output"

/** The usage of a model event as one text, to compare. */
const printOf = (row: { readonly [column: string]: unknown } | undefined): string | undefined =>
  row === undefined || row["tokens"] === null
    ? undefined
    : [row["input"], row["cache_read"], row["cache_write"], row["reasoning"], row["output"]].join(",")

interface Above {
  readonly parent: string | undefined
  readonly isModel: boolean
}

export const makeRepeats = (database: DatabaseSync) => {
  const above = database.prepare(
    `SELECT e.event_type AS type, e.trace_id AS trace, e.span_id AS span, (SELECT p.event_id FROM events p WHERE p.event_id = COALESCE(
       ${withOwnId("e.trace_id", "e.parent_span_id")}, e.parent_id)) AS parent
     FROM events e WHERE e.event_id = ?`
  )
  const below = database.prepare("SELECT event_id FROM events WHERE parent_id = ? OR parent_id = ?")
  const spanOf = database.prepare("SELECT trace_id, span_id FROM events WHERE event_id = ?")
  const facts = database.prepare(`SELECT ${usage} FROM index_facts WHERE event_id = ?`)
  const mark = database.prepare("UPDATE index_facts SET repeats = ? WHERE event_id = ? AND repeats <> ?")

  /** Where events hang; a parent that is not there yet is looked for again. */
  const known = new Map<string, Above>()

  const aboveOf = (id: string): Above => {
    const cached = known.get(id)
    if (cached !== undefined) return cached
    const row = above.get(id)
    const found = {
      parent: typeof row?.["parent"] === "string" ? row["parent"] : undefined,
      isModel: row?.["type"] === "model"
    }
    if (found.parent !== undefined || row?.["type"] === "session") {
      if (known.size >= MAX_KNOWN) known.clear()
      known.set(id, found)
    }
    return found
  }

  /** The model events above an event that say something of tokens, the nearest first. */
  function* modelsAbove(id: string): Generator<readonly [id: string, print: string]> {
    const seen = new Set([id])
    let { parent } = aboveOf(id)
    while (parent !== undefined && !seen.has(parent) && seen.size < MAX_DEPTH) {
      seen.add(parent)
      const here = aboveOf(parent)
      const print = here.isModel ? printOf(facts.get(parent)) : undefined
      if (print !== undefined) yield [parent, print]
      parent = here.parent
    }
  }

  const childrenOf = (id: string): ReadonlyArray<string> => {
    const own = spanOf.get(id)
    // Spans name the id that their parent's span would have, which is not the parent's where that has one of its own
    const named =
      typeof own?.["span_id"] === "string" ? Uuid.fromSpan(String(own["trace_id"]), String(own["span_id"])) : id
    return below.all(id, named).map((row) => String(row["event_id"]))
  }

  /** Whether an event below says the same of tokens. */
  const isBelow = (id: string, print: string): boolean => {
    const seen = new Set([id])
    const stack = [id]
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      for (const child of childrenOf(next)) {
        if (seen.has(child) || seen.size > MAX_BELOW) continue
        seen.add(child)
        stack.push(child)
        if (printOf(facts.get(child)) === print) return true
      }
    }
    return false
  }

  const judge = (id: string, print: string): void => {
    const repeats = isBelow(id, print) ? 1 : 0
    mark.run(repeats, id, repeats)
  }

  return {
    /** What the facts of an event said of tokens before they are written anew. */
    printOf: (id: string): string | undefined => printOf(facts.get(id)),
    /** Looks again at an event that was indexed, and at those above it that may tell the same call. */
    follow: ({ event_id: id, event_type }: Event, before: string | undefined, isNew: boolean): void => {
      if (isNew) known.delete(id)
      const print = event_type === "model" ? printOf(facts.get(id)) : undefined
      // An event that was not there may have brought together what was apart
      const joins = isNew && childrenOf(id).length > 0
      if (print !== undefined) judge(id, print)
      // It says nothing of tokens itself, and did not do so before
      else if (before === undefined && !joins) return
      for (const [other, same] of modelsAbove(id)) {
        if (same === print) {
          mark.run(1, other, 1)
          // Those above that one, it has found itself
          if (before === undefined && !joins) return
        }
        // Where parents go in a circle, what is below may be the event itself
        else if (same === before || (joins && isBelow(id, same))) judge(other, same)
      }
    },
    forget: (): void => known.clear()
  }
}
