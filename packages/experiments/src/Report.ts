/**
 * What is kept of a run: plain data, for files, comparisons, gates and tables.
 *
 * @since 0.1.0
 */
import { readFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { EvaluatorResult } from "./Evaluator.ts"
import * as Summary from "./Summary.ts"

/**
 * What became of one datapoint in one repetition.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ReportItem = Schema.Struct({
  datapoint_id: Schema.String,
  /** Place in the dataset, counted from 0. */
  index: Schema.Int,
  /** Counted from 0. */
  repetition: Schema.Int,
  session_id: Schema.String,
  status: Schema.Literals(["completed", "failed", "timed out"]),
  error: Schema.optionalKey(Schema.String),
  inputs: Schema.Json,
  outputs: Schema.Json,
  ground_truth: Schema.Json,
  /** Milliseconds of the function, with all its tries. */
  duration: Schema.Finite,
  attempts: Schema.Int,
  usage: Schema.Struct({
    input_tokens: Schema.Finite,
    output_tokens: Schema.Finite,
    total_tokens: Schema.Finite,
    cost: Schema.Finite
  }),
  scores: Schema.Array(EvaluatorResult),
  /** The weighted mean of its scores; absent where it has none. */
  score: Schema.optionalKey(Schema.Finite)
})

/**
 * @category models
 * @since 0.1.0
 */
export type ReportItem = typeof ReportItem.Type

/**
 * @category schemas
 * @since 0.1.0
 */
export const Report = Schema.Struct({
  run_id: Schema.String,
  name: Schema.String,
  dataset_id: Schema.String,
  dataset_name: Schema.optionalKey(Schema.String),
  /** Unix milliseconds. */
  started_at: Schema.Finite,
  /** Milliseconds. */
  duration: Schema.Finite,
  metadata: Schema.JsonObject,
  summary: Summary.Summary,
  items: Schema.Array(ReportItem)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Report = typeof Report.Type

/**
 * A file that is no report; `message` says where and why.
 *
 * @category errors
 * @since 0.1.0
 */
export class ReportError extends Schema.TaggedError<ReportError>()("ReportError", {
  message: Schema.String
}) {}

const codec = Schema.fromJsonString(Report)

/**
 * The report as JSON; {@link fromJson} reads it back.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Dataset, evaluate, Report } from "@honeyhive/experiments"
 * import { HoneyHive } from "@honeyhive/tracing"
 *
 * const program = evaluate({ name: "echo", dataset: Dataset.make([{ inputs: 1 }]), run: (n) => n })
 * const { report } = await Effect.runPromise(program.pipe(Effect.provide(HoneyHive.layerMemory())))
 *
 * const read = await Effect.runPromise(Report.fromJson(Report.toJson(report)))
 *
 * read.run_id === report.run_id // => true
 * ```
 *
 * @category encoding
 * @since 0.1.0
 */
export const toJson = (report: Report): string => `${JSON.stringify(Schema.encodeSync(Report)(report), undefined, 2)}\n`

/**
 * Reads what {@link toJson} wrote.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Report } from "@honeyhive/experiments"
 *
 * const error = await Effect.runPromise(Effect.flip(Report.fromJson("[]")))
 *
 * error._tag // => "ReportError"
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export const fromJson = (text: string): Effect.Effect<Report, ReportError> =>
  Effect.mapError(
    Schema.decodeUnknownEffect(codec)(text),
    ({ message }) => new ReportError({ message: `not a report: ${message}` })
  )

/**
 * Reads a report's file, such as the baseline that a change is compared with.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Report } from "@honeyhive/experiments"
 *
 * const error = await Effect.runPromise(Effect.flip(Report.fromFile("/nowhere/baseline.json")))
 *
 * error.message.startsWith("/nowhere/baseline.json: ENOENT") // => true
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export const fromFile = (path: string): Effect.Effect<Report, ReportError> =>
  Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: (cause) => new ReportError({ message: `${path}: ${cause instanceof Error ? cause.message : String(cause)}` })
  }).pipe(
    Effect.flatMap(fromJson),
    Effect.mapError(({ message }) =>
      message.startsWith(path) ? new ReportError({ message }) : new ReportError({ message: `${path}: ${message}` })
    )
  )
