/**
 * A report as Markdown, for a pull request or a job's summary.
 *
 * @since 0.1.0
 */
import { outcome, rows } from "./internal/metrics.ts"
import { line, table } from "./internal/text.ts"
import type { Report, ReportItem } from "./Report.ts"

const WORST = 20

const code = (text: string): string => `\`${text.replaceAll("`", "'")}\``

const complaints = ({ error, scores, status }: ReportItem): ReadonlyArray<string> =>
  status === "completed"
    ? scores
        .filter(({ passed, status }) => passed === false || status === "failed")
        .map((score) => line(`${score.name}: ${score.error ?? score.reason ?? String(score.value)}`, 120))
    : [line(`${status}: ${error ?? ""}`, 120)]

/**
 * The run in numbers, and the items that failed or did not pass, twenty at most.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Dataset, evaluate, Markdown } from "@honeyhive/experiments"
 * import { HoneyHive } from "@honeyhive/tracing"
 *
 * const program = evaluate({ name: "echo", dataset: Dataset.make([{ inputs: 1 }]), run: (n) => n })
 * const { report } = await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
 *
 * Markdown.fromReport(report).split("\n")[0] // => "## echo"
 * ```
 *
 * @category formats
 * @since 0.1.0
 */
export const fromReport = (report: Report): string => {
  const failing = report.items.flatMap((item) => {
    const why = complaints(item)
    return why.length === 0 ? [] : [[code(item.datapoint_id), line(item.inputs, 60), why.join("; ")]]
  })
  return [
    `## ${report.name}`,
    "",
    `${outcome(report.summary)}. Run ${code(report.run_id)} over ${report.dataset_name ?? code(report.dataset_id)}.`,
    "",
    table(rows(report.summary)),
    ...(failing.length === 0
      ? []
      : [
          "",
          `### Not passed: ${failing.length}`,
          "",
          table([["datapoint", "inputs", "why"], ...failing.slice(0, WORST)]),
          ...(failing.length > WORST ? ["", `and ${failing.length - WORST} more`] : [])
        ]),
    ""
  ].join("\n")
}
