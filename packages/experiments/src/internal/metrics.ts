/**
 * A summary as rows of cells, and as words.
 */
import type { MetricSummary, Summary } from "../Summary.ts"
import { millis, percent, short } from "./text.ts"

const HEAD = ["metric", "mean", "95 %", "median", "p90", "pass", "n", "failed"]

/** One metric as cells; categories are listed in place of numbers. */
const cells = (metric: MetricSummary): ReadonlyArray<string> => {
  const write = metric.name === "duration" ? millis : short
  const numbers = metric.categories === undefined || metric.max !== metric.min
  const categories = Object.entries(metric.categories ?? {}).map(([name, count]) => `${name} ${count}`)
  return [
    metric.name,
    numbers ? write(metric.mean) : categories.join(", "),
    numbers ? `${write(metric.interval.low)} to ${write(metric.interval.high)}` : "",
    numbers ? write(metric.median) : "",
    numbers ? write(metric.p90) : "",
    metric.pass_rate === undefined ? "" : percent(metric.pass_rate),
    String(metric.count),
    metric.failed === 0 ? "" : String(metric.failed)
  ]
}

export const rows = ({ metrics }: Summary): ReadonlyArray<ReadonlyArray<string>> => [HEAD, ...metrics.map(cells)]

/** How the items ended, in words. */
export const outcome = ({ completed, cost, failed, items, timed_out, total_tokens }: Summary): string =>
  [
    `${completed} of ${items} completed`,
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(timed_out === 0 ? [] : [`${timed_out} timed out`]),
    ...(total_tokens === 0 ? [] : [`${total_tokens} tokens`]),
    ...(cost === 0 ? [] : [`cost ${short(cost)}`])
  ].join(", ")
