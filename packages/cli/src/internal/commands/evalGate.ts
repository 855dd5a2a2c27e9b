/**
 * The gate that `eval run` and `eval compare` have in common: its flags, its verdict, the formats it is written in.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Flag from "effect/cli/Flag"
import type { Report as Reports } from "@honeyhive/experiments"
import { load, write } from "../experiments.ts"
import { Output } from "../output.ts"
import { Ended } from "../problem.ts"
import { isJson } from "./root.ts"

export const flags = {
  failOn: Flag.String("fail-on").pipe(
    Flag.withDescription(
      "End with 1 where this holds: accuracy < -0.02 (difference to the baseline), duration > 10%, accuracy.mean < 0.8; may be given again"
    ),
    Flag.withMetavar("expression"),
    Flag.atLeast(0)
  ),
  alpha: Flag.Finite("alpha").pipe(
    Flag.withDescription("A difference counts only where its p is below this, such as 0.05"),
    Flag.filter(
      (alpha) => alpha > 0 && alpha <= 1,
      () => "more than 0, at most 1"
    ),
    Flag.optional
  ),
  markdown: Flag.String("markdown").pipe(
    Flag.withDescription("Write the result as Markdown, too"),
    Flag.withMetavar("file"),
    Flag.optional
  )
}

interface Judged {
  readonly report: Reports.Report
  readonly baseline: Reports.Report | undefined
  readonly failOn: ReadonlyArray<string>
  readonly alpha: Option.Option<number>
  readonly markdown: Option.Option<string>
  /** Said before the comparison. */
  readonly table: string | undefined
}

/** Says what came of a run, and ends with the gate's code. */
export const conclude = Effect.fnUntraced(function* (judged: Judged) {
  const { baseline, failOn, report, table } = judged
  const { Compare, Gate, Markdown } = yield* load
  const { json, line } = yield* Output
  const comparison = baseline === undefined ? undefined : Compare.reports(baseline, report)
  const options = { baseline, alpha: Option.getOrUndefined(judged.alpha) }
  const gate = failOn.length === 0 ? undefined : yield* Gate.decide(failOn, report, options)
  if (yield* isJson) {
    yield* json({
      report,
      ...(comparison === undefined ? {} : { comparison }),
      ...(gate === undefined ? {} : { gate })
    })
  } else {
    const parts = [table, comparison === undefined ? undefined : Compare.toText(comparison), gate?.text]
    yield* line(parts.filter((part) => part !== undefined).join("\n\n"))
  }
  if (Option.isSome(judged.markdown)) {
    const parts = [
      ...(table === undefined ? [] : [Markdown.fromReport(report)]),
      ...(comparison === undefined ? [] : [Compare.toMarkdown(comparison)]),
      ...(gate === undefined ? [] : [`\`\`\`text\n${gate.text}\n\`\`\`\n`])
    ]
    yield* write(judged.markdown.value, parts.join("\n"))
  }
  if (gate !== undefined && gate.exitCode !== 0) return yield* new Ended({ code: gate.exitCode })
})
