/**
 * Looking for a text in the names, models and errors of a session's events.
 */
import { useDeferredValue, useMemo, useState } from "react"
import type { SpanRow } from "../hive/types.ts"
import { type Layout, rowAt } from "../trace/Layout.ts"

export interface Find {
  readonly text: string
  readonly look: (text: string) => void
  /** Positions where it was found, in order. */
  readonly places: ReadonlyArray<number>
  /** Which of them is selected; -1 for none. */
  readonly current: number
  readonly has: (place: number) => boolean
  readonly jump: (by: 1 | -1) => void
}

/** Capitals do not matter. */
const findText = (layout: Layout, rows: ReadonlyArray<SpanRow>, text: string): ReadonlyArray<number> => {
  const wanted = text.trim().toLowerCase()
  if (wanted === "") return []
  const found: Array<number> = []
  // Few names among many events: each is looked at once
  const known = new Map<string, boolean>()
  const holds = (value: string | null): boolean => {
    if (value === null) return false
    let is = known.get(value)
    if (is === undefined) {
      is = value.toLowerCase().includes(wanted)
      known.set(value, is)
    }
    return is
  }
  for (let place = 0; place < layout.rows.length; place++) {
    const row = rowAt(layout, rows, place)
    if (row !== undefined && (holds(row[3]) || holds(row[9]) || holds(row[12]))) found.push(place)
  }
  return found
}

/** The one after or before the selected position, round the end. */
export const nextOf = (places: ReadonlyArray<number>, selected: number, by: 1 | -1): number | undefined =>
  by === 1
    ? (places.find((place) => place > selected) ?? places[0])
    : (places.findLast((place) => place < selected) ?? places.at(-1))

const nowhere: ReadonlyArray<number> = []

export const useFind = (
  layout: Layout | undefined,
  rows: ReadonlyArray<SpanRow>,
  /** The position of the selected event, -1 for none. */
  selected: number,
  select: (place: number) => void
): Find => {
  const [text, look] = useState("")
  const asked = useDeferredValue(text)
  const places = useMemo(() => (layout === undefined ? nowhere : findText(layout, rows, asked)), [layout, rows, asked])
  const found = useMemo(() => new Set(places), [places])
  return {
    text,
    look,
    places,
    current: places.indexOf(selected),
    has: (place) => found.has(place),
    jump: (by) => {
      const next = nextOf(places, selected, by)
      if (next !== undefined) select(next)
    }
  }
}
