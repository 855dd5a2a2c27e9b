/**
 * Reports as a run would have made them.
 */
import type { EvaluatorResult } from "../Evaluator.ts"
import type { Report, ReportItem } from "../Report.ts"
import * as Summary from "../Summary.ts"

type Scores = { readonly [name: string]: EvaluatorResult["value"] | undefined }

/** A score that is undefined is that of an evaluator that failed; an item without scores has failed itself. */
export const item = (id: string, scores: Scores | undefined, rest: Partial<ReportItem> = {}): ReportItem => {
  const results = Object.entries(scores ?? {}).map(([name, value]): EvaluatorResult => ({
    name,
    weight: 1,
    duration: 1,
    ...(value === undefined
      ? { status: "failed", error: "no judge" }
      : { status: "scored", value, ...(typeof value === "boolean" ? { passed: value } : {}) })
  }))
  const score = Summary.weighted(results)
  return {
    datapoint_id: id,
    index: 0,
    repetition: 0,
    session_id: `s-${id}`,
    status: scores === undefined ? "failed" : "completed",
    ...(scores === undefined ? { error: "Error: broken" } : {}),
    inputs: { q: id },
    outputs: scores === undefined ? null : `answer ${id}`,
    ground_truth: null,
    duration: 100,
    attempts: 1,
    usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0, cost: 0 },
    scores: results,
    ...(score === undefined ? {} : { score }),
    ...rest
  }
}

export const report = (name: string, items: ReadonlyArray<ReportItem>): Report => ({
  run_id: `run-${name}`,
  name,
  dataset_id: "EXT-d",
  started_at: 0,
  duration: 1234,
  metadata: {},
  summary: Summary.make(items, [...new Set(items.flatMap(({ scores }) => scores.map((score) => score.name)))]),
  items
})
