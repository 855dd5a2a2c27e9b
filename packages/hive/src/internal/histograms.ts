/**
 * Histograms on a logarithmic scale, in one pass over the numbers.
 */
import type { DatabaseSync } from "node:sqlite"
import type { Histogram, Measure } from "../TraceQueries.ts"
import { lists, percentiles } from "./aggregates.ts"
import type { Condition } from "./search.ts"

/** Bounds of buckets, from the smallest positive number to the largest. */
const boundsOf = (smallest: number, largest: number, size: number): ReadonlyArray<number> => {
  if (smallest === largest) return [smallest, largest]
  const ratio = (largest / smallest) ** (1 / size)
  return Array.from({ length: size + 1 }, (_, index) =>
    // The ends are what was measured, which powers only come close to
    index === 0 ? smallest : index === size ? largest : smallest * ratio ** index
  )
}

/** Smaller is nothing: a scale that began there would be all buckets and no counts. */
const TINY = 1e-9

/** The bounds of the buckets of what lies between two numbers, `smallest` being the smallest one above 0. */
export const scaleOf = (min: number, max: number, smallest: number, size: number): ReadonlyArray<number> =>
  max <= TINY ? [min, Math.max(max, 0)] : boundsOf(Math.max(smallest, TINY), max, size)

export const histogramOf = (values: ReadonlyArray<number>, size: number): Omit<Histogram, "behind"> => {
  let [min, max, smallest] = [Infinity, -Infinity, Infinity]
  for (const value of values) {
    if (value < min) min = value
    if (value > max) max = value
    if (value > 0 && value < smallest) smallest = value
  }
  if (values.length === 0) return { count: 0, min: null, max: null, percentiles: null, buckets: [] }
  const bounds = scaleOf(min, max, smallest, size)
  const counts = bounds.slice(1).map(() => 0)
  const last = counts.length - 1
  const [first = 0] = bounds
  const width = Math.log((bounds[1] ?? first) / first)
  for (const value of values) {
    let place = value <= first || last === 0 ? 0 : Math.min(last, Math.floor(Math.log(value / first) / width))
    // A logarithm may be off by its last digit
    while (place < last && value >= (bounds[place + 1] ?? Infinity)) place++
    while (place > 0 && value < (bounds[place] ?? -Infinity)) place--
    counts[place] = (counts[place] ?? 0) + 1
  }
  return {
    count: values.length,
    min,
    max,
    percentiles: percentiles(values),
    buckets: counts.map((count, index) => ({ from: bounds[index] ?? 0, to: bounds[index + 1] ?? 0, count }))
  }
}

/** What another event says too counts once. */
const numbers: { readonly [of in Measure]: string } = {
  duration: "f.duration",
  ttft: "f.ttft",
  tokens: "CASE f.repeats WHEN 0 THEN f.tokens END",
  cost: "CASE f.repeats WHEN 0 THEN f.cost END"
}

export const histogram = (
  database: DatabaseSync,
  source: Condition,
  of: Measure,
  size: number
): Omit<Histogram, "behind"> => {
  const values: Array<number> = []
  const sql = `SELECT ${numbers[of]} AS value FROM ${source.sql} AND f.${of} IS NOT NULL`
  for (const [value] of lists(database, { sql, values: source.values }))
    if (typeof value === "number") values.push(value)
  return histogramOf(values, size)
}
