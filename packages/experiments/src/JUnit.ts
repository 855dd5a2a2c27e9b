/**
 * A report as JUnit's XML, which every CI shows as tests.
 *
 * @since 0.1.0
 */
import { line } from "./internal/text.ts"
import type { Report, ReportItem } from "./Report.ts"

const entities: { readonly [character: string]: string } = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

// XML 1.0 has no form for other control characters, nor for half a character
const escape = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/[^\t\n\r\u0020-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}")
    .replaceAll(/[&<>"]/g, (character) => entities[character] ?? "")
    .replaceAll("\n", "&#10;")

const seconds = (millis: number): string => (millis / 1000).toFixed(3)

const element = (name: "failure" | "error", message: string): string =>
  `      <${name} message="${escape(line(message, 200))}">${escape(message)}</${name}>`

/** An item that failed is an error, and so is an evaluator that did; an answer that does not pass is a failure. */
const problems = ({ error, scores, status }: ReportItem): ReadonlyArray<string> => [
  ...(status === "completed" ? [] : [element("error", `${status}: ${error ?? ""}`)]),
  ...scores.flatMap((score) =>
    score.status === "failed"
      ? [element("error", `${score.name}: ${score.error ?? ""}`)]
      : score.passed === false
        ? [
            element(
              "failure",
              `${score.name}: ${String(score.value)}${score.reason === undefined ? "" : ` (${score.reason})`}`
            )
          ]
        : []
  )
]

const testcase = (report: Report) => (item: ReportItem) => {
  const found = problems(item)
  const repetition = item.repetition === 0 ? "" : ` (repetition ${item.repetition + 1})`
  const head = `    <testcase classname="${escape(report.name)}" name="${escape(`${item.datapoint_id} ${line(item.inputs, 80)}${repetition}`)}" time="${seconds(item.duration)}"`
  return found.length === 0 ? `${head}/>` : `${head}>\n${found.join("\n")}\n    </testcase>`
}

/**
 * One test case per item, with what is wrong with it.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Dataset, evaluate, JUnit } from "@honeyhive/experiments"
 * import { HoneyHive } from "@honeyhive/tracing"
 *
 * const program = evaluate({ name: "echo", dataset: Dataset.make([{ inputs: 1 }]), run: (n) => n })
 * const { report } = await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
 *
 * JUnit.fromReport(report).includes('<testsuite name="echo" tests="1" failures="0" errors="0"') // => true
 * ```
 *
 * @category formats
 * @since 0.1.0
 */
export const fromReport = (report: Report): string => {
  const cases = report.items.map(testcase(report))
  const errors = cases.filter((one) => one.includes("<error")).length
  const failures = cases.filter((one) => one.includes("<failure") && !one.includes("<error")).length
  const counts = `tests="${cases.length}" failures="${failures}" errors="${errors}" time="${seconds(report.duration)}"`
  const when = new Date(report.started_at).toISOString()
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escape(report.name)}" ${counts} timestamp="${when}">`,
    ...cases,
    "  </testsuite>",
    "</testsuites>",
    ""
  ].join("\n")
}
