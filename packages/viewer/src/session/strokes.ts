/**
 * All of a session in a small picture: as few strokes as the picture has points, however many events there are.
 */
import type { EventType, SpanRow } from "../hive/types.ts"
import { type Layout, rowAt } from "../trace/Layout.ts"
import { endOf, type Scale } from "./scale.ts"

/** What a stroke is drawn in. */
export type Ink = EventType | "error"

/** Strokes as an SVG path for each ink: a point wide each column, a point high each lane. */
export const minimap = (
  layout: Layout,
  rows: ReadonlyArray<SpanRow>,
  scale: Scale,
  now: number,
  columns: number,
  lanes: number
): ReadonlyMap<Ink, string> => {
  const inks: ReadonlyArray<Ink> = ["session", "chain", "model", "tool", "error"]
  // What stands in each point: the last that came, but failures stay
  const points = new Uint8Array(columns * lanes)
  const column = (time: number): number =>
    Math.min(columns - 1, Math.max(0, Math.floor((scale.toPlace(time) / scale.length) * columns)))
  for (let place = 0; place < layout.rows.length; place++) {
    const row = rowAt(layout, rows, place)
    if (row === undefined) continue
    const ink = row[6] === "error" && row[2] !== "session" ? "error" : row[2]
    const value = inks.indexOf(ink) + 1
    const lane = Math.min(lanes - 1, layout.depth[place] ?? 0) * columns
    const from = lane + column(row[4])
    const to = lane + column(endOf(row, now))
    for (let at = from; at <= to; at++) if (points[at] !== inks.length) points[at] = value
  }
  const strokes = new Map<Ink, string>()
  for (let lane = 0; lane < lanes; lane++) {
    for (let at = 0; at < columns;) {
      const value = points[lane * columns + at] ?? 0
      const from = at
      while (at < columns && points[lane * columns + at] === value) at++
      const ink = inks[value - 1]
      if (ink !== undefined) strokes.set(ink, `${strokes.get(ink) ?? ""}M${from} ${lane + 0.5}h${at - from}`)
    }
  }
  return strokes
}
