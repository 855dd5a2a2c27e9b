/**
 * A report for a terminal.
 *
 * @since 0.1.0
 */
import { outcome, rows } from "./internal/metrics.ts"
import { columns, line } from "./internal/text.ts"
import type { Report } from "./Report.ts"

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
