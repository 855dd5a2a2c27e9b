/**
 * A report for a terminal.
 *
 * @since 0.1.0
 */
import { columns, line, millis, percent, short } from "./internal/text.ts"
import type { Report } from "./Report.ts"
import type { MetricSummary, Summary } from "./Summary.ts"

const HEAD = ["metric", "mean", "95 %", "median", "p90", "pass", "n", "failed"]

/** One metric as cells; categories are listed in place of numbers. */
export const cells = (metric: MetricSummary): ReadonlyArray<string> => {
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

const WORST = 10

/**
 * The run in numbers, and the items that did not complete, ten at most; no colours.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Dataset, evaluate, Table } from "@honeyhive/experiments"
 * import { HoneyHive } from "@honeyhive/tracing"
 *
 * const program = evaluate({ name: "echo", dataset: Dataset.make([{ inputs: 1 }]), run: (n) => n })
 * const { report } = await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
 *
 * Table.fromReport(report).split("\n")[0] // => "echo: 1 of 1 completed"
 * ```
 *
 * @category formats
 * @since 0.1.0
 */
export const fromReport = (report: Report): string => {
  const broken = report.items.filter(({ status }) => status !== "completed")
  const shown = broken.slice(0, WORST)
  return [
    `${report.name}: ${outcome(report.summary)}`,
    columns(rows(report.summary)),
    ...(shown.length === 0 ? [] : [""]),
    ...shown.map(({ datapoint_id, error, status }) => `${datapoint_id} ${status}: ${line(error ?? "", 100)}`),
    ...(broken.length > shown.length ? [`and ${broken.length - shown.length} more`] : [])
  ].join("\n")
}
