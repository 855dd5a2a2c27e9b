/**
 * Evaluate an AI application over a dataset, compare runs, gate a change on them.
 *
 * @since 0.1.0
 */
export * as Dataset from "./Dataset.ts"
export {
  evaluate,
  type EvaluateOptions,
  evaluatePromise,
  type EvaluatePromiseOptions,
  type ItemResult,
  type RunContext,
  type RunResult
} from "./Evaluate.ts"
export {
  defineEvaluation,
  type DefineOptions,
  type Evaluation,
  isEvaluation,
  type Started,
  type StartOptions
} from "./Evaluation.ts"
export * as Evaluator from "./Evaluator.ts"
export * as Evaluators from "./Evaluators.ts"
export * as Report from "./Report.ts"
export * as Statistics from "./Statistics.ts"
export * as Summary from "./Summary.ts"
export * as Trace from "./Trace.ts"
export * as Compare from "./Compare.ts"
export * as Gate from "./Gate.ts"
export * as Journal from "./Journal.ts"
export * as JUnit from "./JUnit.ts"
export * as Markdown from "./Markdown.ts"
export * as Pairwise from "./Pairwise.ts"
export * as Runs from "./Runs.ts"
export * as Table from "./Table.ts"
