/**
 * Lists of steps as the rows that a chart draws: one row for each step, one value for each series.
 */
import type { Aggregate } from "../hive/types.ts"

/** A point on the time axis, with the value of every series that has one there. */
export interface Point {
  readonly key: string
  readonly [series: string]: string | number | null
}

/** Rows in order of their steps; a series without events in a step has null there. */
export const points = (
  names: ReadonlyArray<string>,
  series: ReadonlyArray<ReadonlyArray<Aggregate>>,
  value: (group: Aggregate) => number | null
): ReadonlyArray<Point> => {
  const keys = new Set(series.flatMap((groups) => groups.flatMap(({ key }) => key ?? [])))
  const found = series.map((groups) => new Map(groups.map((group) => [group.key, value(group)])))
  return [...keys]
    .toSorted()
    .map((key) => ({ key, ...Object.fromEntries(names.map((name, at) => [name, found[at]?.get(key) ?? null])) }))
}

/** `10:00` for an hour, `Nov 21` for a day; the reader's own clock. */
export const tick = (key: string): string => {
  if (key.length <= 10) {
    return new Date(`${key}T00:00:00Z`).toLocaleDateString("en", { month: "short", day: "numeric", timeZone: "UTC" })
  }
  return new Date(`${key.slice(0, 13)}:00:00Z`).toLocaleTimeString("en", {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false
  })
}
