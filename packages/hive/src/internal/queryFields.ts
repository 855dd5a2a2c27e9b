/**
 * The fields of the query language as data: the parser, the printer and the completion read the same table.
 */
type FieldKind = "word" | "text" | "number" | "time" | "boolean" | "moment"

export interface FieldInfo {
  readonly kind: FieldKind
  readonly detail: string
  readonly values?: ReadonlyArray<string>
}

export const fields: ReadonlyMap<string, FieldInfo> = new Map<string, FieldInfo>([
  ["type", { kind: "word", detail: "session, model, tool or chain", values: ["session", "model", "tool", "chain"] }],
  ["name", { kind: "word", detail: "the event's name" }],
  ["model", { kind: "word", detail: "the model that answered" }],
  ["provider", { kind: "word", detail: "who runs the model" }],
  ["tool", { kind: "word", detail: "the tool that was called" }],
  ["user", { kind: "word", detail: "the user's id" }],
  ["source", { kind: "word", detail: "where the trace comes from" }],
  ["session", { kind: "word", detail: "the session's id" }],
  ["trace", { kind: "word", detail: "the trace's id" }],
  ["id", { kind: "word", detail: "the event's id" }],
  ["inputs", { kind: "text", detail: "words in the inputs" }],
  ["outputs", { kind: "text", detail: "words in the outputs" }],
  ["error", { kind: "boolean", detail: "true, false, or words in the error", values: ["true", "false"] }],
  ["duration", { kind: "time", detail: "how long it took", values: ["100ms", "1s", "10s", "1m"] }],
  ["ttft", { kind: "time", detail: "time to the first token", values: ["500ms", "1s", "5s"] }],
  ["tokens", { kind: "number", detail: "all tokens of the call" }],
  ["cost", { kind: "number", detail: "US dollars" }],
  ["since", { kind: "moment", detail: "a day, a moment, or so long ago", values: ["15m", "1h", "1d", "7d"] }],
  ["until", { kind: "moment", detail: "a day, a moment, or so long ago", values: ["1h", "1d"] }]
])

export const buckets: ReadonlyArray<string> = ["metadata", "config", "metrics", "feedback", "user_properties"]

/** Milliseconds of a unit. */
export const units: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
  ["w", 604_800_000]
])
