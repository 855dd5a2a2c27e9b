/**
 * Which positions of a tree are shown when some of it is closed.
 */
import type { Layout } from "../trace/Layout.ts"

/** In order; what is below a closed position is left out. */
export const visible = (layout: Layout, isClosed: (place: number) => boolean): ReadonlyArray<number> => {
  const found: Array<number> = []
  for (let place = 0; place < layout.rows.length;) {
    found.push(place)
    place += isClosed(place) ? (layout.size[place] ?? 1) : 1
  }
  return found
}

/** The positions that a position is in, the nearest first. */
export const ancestors = (layout: Layout, place: number): ReadonlyArray<number> => {
  const found: Array<number> = []
  for (let up = layout.parent[place] ?? -1; up !== -1; up = layout.parent[up] ?? -1) found.push(up)
  return found
}
