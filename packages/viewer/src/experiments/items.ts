/**
 * The items of a run, alone and beside those of another run.
 */
import type { RunSummary } from "../hive/types.ts"

/** A score as a number: true is 1; a text is none. */
const score = (value: unknown): number | undefined =>
  typeof value === "number" ? value : typeof value === "boolean" ? Number(value) : undefined

type Datapoint = RunSummary["datapoints"][number]

const value = (datapoint: Datapoint | undefined, metric: string): number | undefined =>
  score(datapoint?.metrics.find(({ name }) => name === metric)?.value)

export interface Item {
  readonly id: string
  readonly session: string | undefined
  readonly before: string | undefined
  readonly passed: boolean | undefined
  readonly now: number | undefined
  readonly was: number | undefined
}

/** The names of what was measured, numbers only, in alphabetical order. */
export const metricNames = ({ datapoints }: RunSummary): ReadonlyArray<string> =>
  [
    ...new Set(
      datapoints.flatMap(({ metrics }) =>
        metrics.flatMap(({ name, value }) => (score(value) === undefined ? [] : [name]))
      )
    )
  ].toSorted()

/** One row for each datapoint of either run; what fell most comes first, what only one has last. */
export const items = (run: RunSummary, baseline: RunSummary | undefined, metric: string): ReadonlyArray<Item> => {
  const old = new Map(baseline?.datapoints.map((datapoint) => [datapoint.datapoint_id, datapoint]))
  const own = new Set(run.datapoints.map(({ datapoint_id }) => datapoint_id))
  const row = (id: string, now: Datapoint | undefined, was: Datapoint | undefined): Item => ({
    id,
    session: now?.session_id,
    before: was?.session_id,
    passed: now?.passed,
    now: value(now, metric),
    was: value(was, metric)
  })
  const rows = [
    ...run.datapoints.map((datapoint) => row(datapoint.datapoint_id, datapoint, old.get(datapoint.datapoint_id))),
    ...[...old.values()].flatMap((was) => (own.has(was.datapoint_id) ? [] : [row(was.datapoint_id, undefined, was)]))
  ]
  const change = ({ now, was }: Item): number => (now === undefined || was === undefined ? Infinity : now - was)
  return baseline === undefined
    ? rows.toSorted((a, b) => (a.now ?? Infinity) - (b.now ?? Infinity))
    : rows.toSorted((a, b) => (change(a) === change(b) ? 0 : change(a) - change(b)))
}

/** One metric of a run, and how it changed on the items that both runs have. */
export interface Measured {
  readonly metric: string
  readonly mean: number | undefined
  readonly passed: number
  readonly judged: number
  /** Nothing where there is no baseline. */
  readonly before:
    | {
        readonly mean: number | undefined
        readonly improved: number
        readonly regressed: number
        readonly same: number
      }
    | undefined
}

/**
 * How likely so many more changes in one direction are when both are equally likely: the sign test, exact and two-sided. For
 * scores of 0 and 1 this is McNemar's exact test.
 */
export const chance = (improved: number, regressed: number): number => {
  const changes = improved + regressed
  // Each step's probability comes from the one before, in logarithms: thousands of halves are nothing as a number
  let log = -changes * Math.LN2
  let sum = Math.exp(log)
  for (let at = 1; at <= Math.min(improved, regressed); at++) {
    log += Math.log(changes - at + 1) - Math.log(at)
    sum += Math.exp(log)
  }
  return Math.min(1, 2 * sum)
}

const mean = (values: ReadonlyArray<number>): number | undefined =>
  values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0) / values.length

/**
 * Every metric by its name. Events are not told apart: a run's session has the run's name, so two runs would have nothing in
 * common.
 */
export const measured = (run: RunSummary, baseline: RunSummary | undefined): ReadonlyArray<Measured> =>
  metricNames(run).map((metric) => {
    const rows = items(run, baseline, metric)
    const judged = run.datapoints.flatMap(({ metrics }) => metrics.find(({ name }) => name === metric) ?? [])
    const changes = rows.flatMap(({ now, was }) => (now === undefined || was === undefined ? [] : [now - was]))
    return {
      metric,
      mean: mean(rows.flatMap(({ now }) => now ?? [])),
      passed: judged.filter(({ passed }) => passed).length,
      judged: judged.length,
      before:
        baseline === undefined
          ? undefined
          : {
              mean: mean(rows.flatMap(({ was }) => was ?? [])),
              improved: changes.filter((change) => change > 0).length,
              regressed: changes.filter((change) => change < 0).length,
              same: changes.filter((change) => change === 0).length
            }
    }
  })

/** How often scores are in each of so many stretches of equal length; the last one holds its end, too. */
export const distribution = (
  scores: ReadonlyArray<ReadonlyArray<number>>,
  stretches: number
): ReadonlyArray<{ readonly from: number; readonly to: number; readonly counts: ReadonlyArray<number> }> => {
  const all = scores.flat()
  if (all.length === 0) return []
  const low = all.reduce((a, b) => Math.min(a, b))
  const high = all.reduce((a, b) => Math.max(a, b))
  const length = (high - low) / stretches
  if (length === 0) return [{ from: low, to: high, counts: scores.map((list) => list.length) }]
  const counts = scores.map((list) => {
    const found = Array.from({ length: stretches }, () => 0)
    for (const one of list) {
      const at = Math.min(stretches - 1, Math.floor((one - low) / length))
      found[at] = (found[at] ?? 0) + 1
    }
    return found
  })
  return Array.from({ length: stretches }, (_, at) => ({
    from: low + at * length,
    to: low + (at + 1) * length,
    counts: counts.map((found) => found[at] ?? 0)
  }))
}
