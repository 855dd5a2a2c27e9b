/**
 * An item as its session keeps it, under `metadata.evaluation`: with it a run can be read back as the report that it was.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import type { Event } from "@honeyhive/contract/Event"
import type { EvaluatorResult } from "../Evaluator.ts"
import { ReportItem } from "../Report.ts"

const Kept = Schema.Struct({
  ...Struct.omit(ReportItem.fields, ["datapoint_id", "session_id", "inputs", "outputs", "ground_truth"]),
  /** The buckets that hold a value which is no object, under a name. */
  named: Schema.Array(Schema.Literals(["inputs", "outputs"]))
})

const decode = Schema.decodeUnknownOption(Kept)

export const INPUT = "input"
export const OUTPUT = "result"

const isObject = (value: Schema.Json): boolean => typeof value === "object" && value !== null && !Array.isArray(value)

/** What the session's metadata says of the item, beside its buckets. */
export const keep = (item: ReportItem): Omit<typeof Kept.Type, "named"> & { readonly named: ReadonlyArray<string> } => {
  const { datapoint_id: _, ground_truth: _ground_truth, inputs, outputs, session_id: _session_id, ...rest } = item
  const named = [...(isObject(inputs) ? [] : ["inputs"]), ...(isObject(outputs) ? [] : ["outputs"])]
  return { ...rest, named }
}

const isScore = (value: unknown): value is NonNullable<EvaluatorResult["value"]> =>
  typeof value === "boolean" || typeof value === "string" || (typeof value === "number" && Number.isFinite(value))

/** What others' sessions say, such as those of HoneyHive's own SDKs: scores without weights. */
const foreign = ({ duration, error, metrics }: Event, index: number): typeof Kept.Type => {
  const scores = Object.entries(metrics).flatMap(([name, value]): ReadonlyArray<EvaluatorResult> =>
    isScore(value)
      ? [
          {
            name,
            status: "scored",
            value,
            ...(typeof value === "boolean" ? { passed: value } : {}),
            weight: 1,
            duration: 0
          }
        ]
      : []
  )
  const numbers = scores.flatMap(({ value }) => (typeof value === "string" ? [] : [Number(value)]))
  return {
    named: [],
    index,
    repetition: 0,
    status: error === null ? "completed" : "failed",
    ...(error === null ? {} : { error }),
    duration: duration ?? 0,
    attempts: 1,
    usage: { input_tokens: 0, output_tokens: 0, total_tokens: 0, cost: 0 },
    scores,
    ...(numbers.length === 0 ? {} : { score: numbers.reduce((sum, value) => sum + value, 0) / numbers.length })
  }
}

/** The item of a session; `index` counts where the session does not say. */
export const read = (session: Event, index: number): ReportItem => {
  const { feedback, inputs, metadata, outputs, session_id } = session
  const datapoint = metadata["datapoint_id"]
  const kept = Option.getOrUndefined(decode(metadata["evaluation"]))
  const { named, ...rest } = kept ?? foreign(session, index)
  const completed = rest.status === "completed"
  return {
    datapoint_id: typeof datapoint === "string" ? datapoint : session_id,
    session_id,
    inputs: named.includes("inputs") ? (inputs[INPUT] ?? null) : inputs,
    outputs: !completed ? null : named.includes("outputs") ? (outputs?.[OUTPUT] ?? null) : outputs,
    ground_truth: feedback["ground_truth"] ?? null,
    ...rest
  }
}
