/**
 * From the time of a session to where it is drawn. Without its idle stretches where the reader does not want them: a session
 * may last for hours and have little in it.
 */
import type { SpanRow } from "../hive/types.ts"
import { type Layout, rowAt } from "../trace/Layout.ts"

/** Times in milliseconds since 1970. */
export interface Stretch {
  readonly from: number
  readonly to: number
}

/** Idle time that is drawn shorter than it is: where, and how long it was. */
interface Break {
  readonly at: number
  readonly width: number
  readonly idle: number
}

/** Places are milliseconds from the session's start, idle time left out. */
export interface Scale {
  readonly length: number
  readonly toPlace: (time: number) => number
  readonly toTime: (place: number) => number
  readonly breaks: ReadonlyArray<Break>
}

/** When an event ended, or how far it is; what was lost is known for the moment of its start only. */
export const endOf = (row: SpanRow, now: number): number =>
  row[5] !== null ? row[4] + row[5] : row[6] === "running" ? Math.max(row[4], now) : row[4]

/** When anything but the session itself was at work, in order, overlaps joined. */
export const busy = (layout: Layout, rows: ReadonlyArray<SpanRow>, now: number): ReadonlyArray<Stretch> => {
  const found: Array<{ from: number; to: number }> = []
  let last: { from: number; to: number } | undefined
  for (let place = 0; place < layout.rows.length; place++) {
    const row = rowAt(layout, rows, place)
    if (row === undefined || row[2] === "session") continue
    const from = row[4]
    const to = endOf(row, now)
    // Most are inside of what they are called by
    if (last !== undefined && from >= last.from && to <= last.to) continue
    last = { from, to }
    found.push(last)
  }
  found.sort((a, b) => a.from - b.from)
  const joined: Array<{ from: number; to: number }> = []
  for (const stretch of found) {
    const before = joined.at(-1)
    if (before !== undefined && stretch.from <= before.to) before.to = Math.max(before.to, stretch.to)
    else joined.push(stretch)
  }
  return joined
}

/** As time is. */
export const linear = (start: number, end: number): Scale => ({
  length: Math.max(1e-3, end - start),
  toPlace: (time) => time - start,
  toTime: (place) => place + start,
  breaks: []
})

/** An idle stretch longer than this share of all work is drawn shorter. */
const LONG = 0.1

/** One shorter than this many milliseconds is none. */
const SHORT = 100

/** The share of all work that it is drawn with. */
const DRAWN = 0.03

/** With long idle stretches cut; undefined where there are none. */
export const withoutIdle = (start: number, end: number, busy: ReadonlyArray<Stretch>): Scale | undefined => {
  const work = busy.reduce((sum, { from, to }) => sum + to - from, 0)
  const longest = Math.max(SHORT, work * LONG)
  const width = Math.max(0.5, work * DRAWN)
  const cuts: Array<Stretch> = []
  let until = start
  for (const { from, to } of busy) {
    if (from - until > longest) cuts.push({ from: until, to: from })
    until = Math.max(until, to)
  }
  if (end - until > longest) cuts.push({ from: until, to: end })
  if (cuts.length === 0) return undefined
  const places = cuts.map(({ from }, at) => {
    const cut = cuts.slice(0, at).reduce((sum, { from, to }) => sum + to - from - width, 0)
    return from - start - cut
  })
  const total = cuts.reduce((sum, { from, to }) => sum + to - from - width, 0)
  const toPlace = (time: number): number => {
    const at = cuts.findLastIndex(({ from }) => from <= time)
    const cut = cuts[at]
    const place = places[at]
    if (cut === undefined || place === undefined) return time - start
    return time >= cut.to ? place + width + time - cut.to : place + ((time - cut.from) / (cut.to - cut.from)) * width
  }
  const toTime = (wanted: number): number => {
    const at = places.findLastIndex((place) => place <= wanted)
    const cut = cuts[at]
    const place = places[at]
    if (cut === undefined || place === undefined) return wanted + start
    const into = wanted - place
    return into >= width ? cut.to + into - width : cut.from + (into / width) * (cut.to - cut.from)
  }
  return {
    length: Math.max(1e-3, end - start - total),
    toPlace,
    toTime,
    breaks: cuts.map(({ from, to }, at) => ({ at: places[at] ?? 0, width, idle: to - from }))
  }
}
