/**
 * The tree of a session's events and what is summed up in it, in linear time but for sorting. No recursion: a trace may be
 * as deep as it is long.
 *
 * Everything is a flat array by position in the tree (parents before their children, siblings by start), so that it crosses
 * from the worker to the page without being copied.
 */
import type { SpanRow } from "../hive/types.ts"

const NONE = -1

export interface Layout {
  /** Which row stands at a position. */
  readonly rows: Int32Array
  /** At which position a row stands: the other way round. */
  readonly position: Int32Array
  readonly depth: Int32Array
  /** The parent's position, -1 at the top. */
  readonly parent: Int32Array
  /** How many positions the event and everything below it take. */
  readonly size: Int32Array
  /** Milliseconds in which none of the children was at work. */
  readonly self: Float64Array
  /** Of the model calls at and below; one that two events tell counts once. */
  readonly tokens: Float64Array
  readonly cost: Float64Array
  /** Failed events at and below. */
  readonly errors: Int32Array
  /** 1 on the chain of events that the end of the trace waited for. */
  readonly critical: Uint8Array
  readonly start: number
  /** Of what has ended, and of the starts of what has not. */
  readonly end: number
}

/** A session says that something in it failed; that is no failure of its own. */
const failed = (row: SpanRow | undefined): boolean => row?.[6] === "error" && row[2] !== "session"

/** What stands at a position. */
export const rowAt = (layout: Layout, rows: ReadonlyArray<SpanRow>, place: number): SpanRow | undefined =>
  rows[layout.rows[place] ?? NONE]

/** The positions of everything that failed. */
export const failures = (layout: Layout, rows: ReadonlyArray<SpanRow>): ReadonlyArray<number> => {
  const found: Array<number> = []
  for (let at = 0; at < layout.rows.length; at++) if (failed(rows[layout.rows[at] ?? 0])) found.push(at)
  return found
}

/** First child and next sibling of each row, siblings by start; the tops come last in `tops`. */
const link = (rows: ReadonlyArray<SpanRow>) => {
  const count = rows.length
  const index = new Map<string, number>()
  for (const [at, [id]] of rows.entries()) index.set(id, at)
  const parent = new Int32Array(count).fill(NONE)
  for (const [at, row] of rows.entries()) {
    const found = row[1] === null ? undefined : index.get(row[1])
    if (found !== undefined && found !== at) parent[at] = found
  }
  cutCycles(parent)
  const byStart = Int32Array.from(rows, (_, at) => at)
  // A session stands before what begins in the same moment
  const rank = (at: number): number => (rows[at]?.[2] === "session" ? 0 : 1)
  byStart.sort((a, b) => (rows[a]?.[4] ?? 0) - (rows[b]?.[4] ?? 0) || rank(a) - rank(b) || a - b)
  const first = new Int32Array(count).fill(NONE)
  const next = new Int32Array(count).fill(NONE)
  let tops = NONE
  for (let place = count - 1; place >= 0; place--) {
    const at = byStart[place] ?? 0
    const above = parent[at] ?? NONE
    if (above === NONE) {
      next[at] = tops
      tops = at
    } else {
      next[at] = first[above] ?? NONE
      first[above] = at
    }
  }
  return { first, next, parent, tops }
}

/** A client may say that events are in each other; one of them is then taken for a top. */
const cutCycles = (parent: Int32Array): void => {
  const seen = new Int32Array(parent.length)
  for (let begin = 0; begin < parent.length; begin++) {
    let at = begin
    while (at !== NONE && seen[at] === 0) {
      seen[at] = begin + 1
      const above: number = parent[at] ?? NONE
      if (above !== NONE && seen[above] === begin + 1) parent[at] = NONE
      at = parent[at] ?? NONE
    }
  }
}

const endOf = (row: SpanRow | undefined): number => (row === undefined ? 0 : row[4] + (row[5] ?? 0))

export const layout = (input: ReadonlyArray<SpanRow>): Layout => {
  const count = input.length
  const { first, next, parent: above, tops } = link(input)
  const rows = new Int32Array(count)
  const depth = new Int32Array(count)
  const parent = new Int32Array(count).fill(NONE)
  const position = new Int32Array(count)
  let at = 0
  let row = tops
  let level = 0
  while (row !== NONE) {
    rows[at] = row
    depth[at] = level
    position[row] = at
    const up = above[row] ?? NONE
    if (up !== NONE) parent[at] = position[up] ?? NONE
    at++
    const child = first[row] ?? NONE
    if (child !== NONE) {
      row = child
      level++
      continue
    }
    while (row !== NONE && (next[row] ?? NONE) === NONE) {
      row = above[row] ?? NONE
      level--
    }
    if (row !== NONE) row = next[row] ?? NONE
  }

  const size = new Int32Array(count).fill(1)
  const tokens = new Float64Array(count)
  const cost = new Float64Array(count)
  const errors = new Int32Array(count)
  let start = Infinity
  let end = -Infinity
  for (let place = count - 1; place >= 0; place--) {
    const event = input[rows[place] ?? 0]
    if (event === undefined) continue
    start = Math.min(start, event[4])
    end = Math.max(end, endOf(event))
    // A model call around another one that tells the same is not counted: the hive says which
    if (event[2] === "model" && event[17]) {
      tokens[place] = (tokens[place] ?? 0) + (event[7] ?? 0)
      cost[place] = (cost[place] ?? 0) + (event[8] ?? 0)
    }
    if (failed(event)) errors[place] = (errors[place] ?? 0) + 1
    const up = parent[place] ?? NONE
    if (up === NONE) continue
    size[up] = (size[up] ?? 1) + (size[place] ?? 1)
    tokens[up] = (tokens[up] ?? 0) + (tokens[place] ?? 0)
    cost[up] = (cost[up] ?? 0) + (cost[place] ?? 0)
    errors[up] = (errors[up] ?? 0) + (errors[place] ?? 0)
  }

  return {
    rows,
    position,
    depth,
    parent,
    size,
    self: selfTimes(input, rows, parent),
    tokens,
    cost,
    errors,
    critical: criticalPath(input, rows, size),
    start: count === 0 ? 0 : start,
    end: count === 0 ? 0 : end
  }
}

/** Duration without the union of the children's: siblings come by start, so one pass over all of them is enough. */
const selfTimes = (input: ReadonlyArray<SpanRow>, rows: Int32Array, parent: Int32Array): Float64Array => {
  const self = Float64Array.from(rows, (row) => input[row]?.[5] ?? 0)
  const covered = Float64Array.from(rows, (row) => input[row]?.[4] ?? 0)
  for (let place = 0; place < rows.length; place++) {
    const up = parent[place] ?? NONE
    const event = input[rows[place] ?? 0]
    const around = input[rows[up] ?? 0]
    if (up === NONE || event === undefined || around === undefined) continue
    const from = Math.max(event[4], covered[up] ?? 0)
    const to = Math.min(endOf(event), endOf(around))
    if (to <= from) continue
    self[up] = Math.max(0, (self[up] ?? 0) - (to - from))
    covered[up] = to
  }
  return self
}

/**
 * From the end backwards: of an event's children, the one that ended last before the moment at hand is what it waited for;
 * then that moment is the child's start. A child that outlived its parent (clocks are not that exact) ended with it.
 */
const criticalPath = (input: ReadonlyArray<SpanRow>, rows: Int32Array, size: Int32Array): Uint8Array => {
  const critical = new Uint8Array(rows.length)
  const event = (place: number) => input[rows[place] ?? 0]
  /** What is in an event that ended at a moment: places with their ends, the last first. */
  const below = (from: number, to: number, until: number) => {
    const found: Array<readonly [place: number, start: number, end: number]> = []
    for (let place = from; place < to; place += size[place] ?? 1) {
      const row = event(place)
      if (row !== undefined && row[4] <= until) found.push([place, row[4], Math.min(until, endOf(row))])
    }
    return found.toSorted(([, , a], [, , b]) => b - a)
  }
  const waiting = [below(0, rows.length, Infinity)]
  for (let places = waiting.pop(); places !== undefined; places = waiting.pop()) {
    let until = Infinity
    for (const [place, start, end] of places) {
      if (end > until) continue
      critical[place] = 1
      until = start
      waiting.push(below(place + 1, place + (size[place] ?? 1), end))
    }
  }
  return critical
}
