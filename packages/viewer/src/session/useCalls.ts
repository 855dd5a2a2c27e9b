/**
 * The model calls of a session with what was said in them, read in their order, a few at a time.
 */
import { useQueryClient } from "@tanstack/react-query"
import { useEffect, useMemo, useState } from "react"
import type { SpanRow } from "../hive/types.ts"
import { type Layout, rowAt } from "../trace/Layout.ts"
import { readMessages } from "../trace/messages.ts"
import type { Call } from "./conversation.ts"
import { eventQuery } from "./useEvent.ts"

/** So many are asked for at a time: a browser has six connections to a server, and the live stream has one. */
const TOGETHER = 4

interface Wanted {
  readonly row: SpanRow
  readonly agent: string | null
}

/** Model calls by their start; of one inside another only the inner one, which is the provider's own. */
const modelCalls = (layout: Layout, rows: ReadonlyArray<SpanRow>): ReadonlyArray<Wanted> => {
  const found: Array<Wanted> = []
  const repeated = new Set<number>()
  for (let place = layout.rows.length - 1; place >= 0; place--) {
    const row = rowAt(layout, rows, place)
    if (row?.[2] !== "model") continue
    let agent: string | null = null
    const isRepeated = repeated.has(place)
    let isDirect = true
    for (let up = layout.parent[place] ?? -1; up !== -1; up = layout.parent[up] ?? -1) {
      const above = rowAt(layout, rows, up)
      if (above?.[2] === "model" && isDirect) repeated.add(up)
      // A tool that a model call waits for is something else
      if (above?.[2] !== "model") isDirect = false
      if (above?.[2] === "chain") {
        agent = above[3]
        break
      }
    }
    if (!isRepeated) found.push({ row, agent })
  }
  return found.toSorted((a, b) => a.row[4] - b.row[4])
}

export interface Calls {
  readonly calls: ReadonlyArray<Call>
  /** How many there are. */
  readonly count: number
  /** Those that run now, and have said nothing yet. */
  readonly running: number
  readonly isReading: boolean
  /** Some could not be read. */
  readonly failed: number
}

const nothing: ReadonlyMap<string, Call | null> = new Map()

/** The first `limit` of them. */
export const useCalls = (layout: Layout, rows: ReadonlyArray<SpanRow>, limit: number): Calls => {
  const queries = useQueryClient()
  const wanted = useMemo(() => modelCalls(layout, rows), [layout, rows])
  const [known, know] = useState(nothing)
  const keyOf = (row: SpanRow) => `${row[0]} ${row[6]} ${row[5]}`

  useEffect(() => {
    let stopped = false
    const missing = wanted.slice(0, limit).filter(({ row }) => !known.has(keyOf(row)))
    const next = missing.slice(0, TOGETHER)
    if (next.length === 0) return
    const read = async () => {
      const found = await Promise.all(
        next.map(async ({ agent, row }): Promise<readonly [string, Call | null]> => {
          try {
            const { event } = await queries.fetchQuery(eventQuery(row))
            return [keyOf(row), { eventId: row[0], agent, messages: readMessages(event) }]
          } catch {
            return [keyOf(row), null]
          }
        })
      )
      if (!stopped) know((before) => new Map([...before, ...found]))
    }
    void read()
    return () => {
      stopped = true
    }
  }, [wanted, limit, known, queries])

  return useMemo(() => {
    const shown = wanted.slice(0, limit)
    const calls: Array<Call> = []
    let read = 0
    let failed = 0
    for (const { row } of shown) {
      const call = known.get(keyOf(row))
      if (call === undefined) break
      read++
      if (call === null) failed++
      else calls.push(call)
    }
    return {
      calls,
      count: wanted.length,
      running: wanted.filter(({ row }) => row[6] === "running").length,
      isReading: read < shown.length,
      failed
    }
  }, [wanted, known, limit])
}
