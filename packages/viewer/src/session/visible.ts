/**
 * Which positions of a tree are shown when some of it is closed.
 */
import type { Layout } from "../trace/Layout.ts"

/** In order; what is below a closed position is left out, and so is what is not wanted. */
export const visible = (
  layout: Layout,
  isClosed: (place: number) => boolean,
  isWanted: (place: number) => boolean = () => true
): Int32Array => {
  const found = new Int32Array(layout.rows.length)
  let count = 0
  for (let place = 0; place < layout.rows.length;) {
    if (isWanted(place)) found[count++] = place
    place += isClosed(place) ? (layout.size[place] ?? 1) : 1
  }
  return found.subarray(0, count)
}

/** Where a position stands among those that are shown, or the nearest one before it. */
export const nearest = (places: Int32Array, place: number): number => {
  let low = 0
  let high = places.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((places[middle] ?? 0) <= place) low = middle
    else high = middle - 1
  }
  return low
}

/** Where a position stands among those that are shown; -1 where it is not shown. */
export const indexIn = (places: Int32Array, place: number): number => {
  const at = nearest(places, place)
  return place >= 0 && places[at] === place ? at : -1
}

/** The positions that a position is in, the nearest first. */
export const ancestors = (layout: Layout, place: number): ReadonlyArray<number> => {
  const found: Array<number> = []
  for (let up = layout.parent[place] ?? -1; up !== -1; up = layout.parent[up] ?? -1) found.push(up)
  return found
}
