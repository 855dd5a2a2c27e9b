/**
 * Two trees of events beside each other: what stands for what, and what only one of them has.
 */
import { diffArrays } from "diff"
import type { SpanRow } from "../hive/types.ts"
import type { Layout } from "../trace/Layout.ts"

export interface Tree {
  readonly rows: ReadonlyArray<SpanRow>
  readonly layout: Layout
}

/** Positions in the two trees; one of them may have nothing here. */
export interface Pair {
  readonly a: number | undefined
  readonly b: number | undefined
  readonly depth: number
}

const rowAt = ({ layout, rows }: Tree, place: number): SpanRow | undefined => rows[layout.rows[place] ?? -1]

/** Events stand for each other when they are of the same kind and name. */
const keyAt = (tree: Tree, place: number): string => {
  const row = rowAt(tree, place)
  return row === undefined ? "" : `${row[2]} ${row[3]}`
}

const children = ({ layout }: Tree, place: number): ReadonlyArray<number> => {
  const found: Array<number> = []
  const [from, to] = place === -1 ? [0, layout.rows.length] : [place + 1, place + (layout.size[place] ?? 1)]
  for (let at = from; at < to; at += layout.size[at] ?? 1) found.push(at)
  return found
}

/** In the order of both; an event's children stand under it only when the event stands in both or in one alone. */
export const align = (a: Tree, b: Tree): ReadonlyArray<Pair> => {
  const pairs: Array<Pair> = []
  const only = (tree: Tree, side: "a" | "b", place: number, depth: number) => {
    const end = place + (tree.layout.size[place] ?? 1)
    const base = tree.layout.depth[place] ?? 0
    for (let at = place; at < end; at++) {
      const pair = { a: undefined, b: undefined, depth: depth + (tree.layout.depth[at] ?? 0) - base }
      pairs.push({ ...pair, [side]: at })
    }
  }
  // A stack of its own: trees may be deeper than calls can be
  type Task =
    | { readonly _tag: "both"; readonly a: number; readonly b: number; readonly depth: number }
    | { readonly _tag: "only"; readonly side: "a" | "b"; readonly place: number; readonly depth: number }
  const below = (inA: number, inB: number, depth: number): ReadonlyArray<Task> => {
    const left = children(a, inA)
    const right = children(b, inB)
    const changes = diffArrays(
      left.map((place) => keyAt(a, place)),
      right.map((place) => keyAt(b, place))
    )
    let atA = 0
    let atB = 0
    return changes.flatMap(({ added, count = 0, removed }) =>
      Array.from({ length: count }, (): Task => {
        if (removed === true) return { _tag: "only", side: "a", place: left[atA++] ?? 0, depth }
        if (added === true) return { _tag: "only", side: "b", place: right[atB++] ?? 0, depth }
        return { _tag: "both", a: left[atA++] ?? 0, b: right[atB++] ?? 0, depth }
      })
    )
  }
  const tasks: Array<Task> = below(-1, -1, 0).toReversed()
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    if (task._tag === "only") {
      only(task.side === "a" ? a : b, task.side, task.place, task.depth)
      continue
    }
    pairs.push({ a: task.a, b: task.b, depth: task.depth })
    for (const next of below(task.a, task.b, task.depth + 1).toReversed()) tasks.push(next)
  }
  return pairs
}
