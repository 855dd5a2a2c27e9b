/**
 * Rows of a dataset's file, whatever its format.
 */
import { extname } from "node:path"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as Csv from "effect/encoding/Csv"
import * as Yaml from "effect/encoding/Yaml"
import * as ExternalIds from "@honeyhive/contract/ExternalIds"

export type Format = "json" | "jsonl" | "csv" | "yaml"

const formats: { readonly [extension: string]: Format } = {
  ".json": "json",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".csv": "csv",
  ".yaml": "yaml",
  ".yml": "yaml"
}

export const formatOf = (path: string): Format | undefined => formats[extname(path).toLowerCase()]

interface Fields {
  readonly [name: string]: unknown
}

export interface Row {
  /** Where it stands in the file. */
  readonly at: string
  readonly value: Fields
  /** The same for hashing, with its numbers as they were written. */
  readonly exact: unknown
}

const isFields = (value: unknown): value is Fields => Predicate.isObject(value) && !Array.isArray(value)

const attempt = <A>(what: string, read: () => A): Effect.Effect<A, string> =>
  Effect.try({
    try: read,
    catch: (error) => `${what}: ${error instanceof Error ? error.message : String(error)}`
  })

/** A document that is a list of rows, or has one as `datapoints`. */
const listOf = (document: unknown): ReadonlyArray<unknown> | undefined => {
  const list = isFields(document) ? document["datapoints"] : document
  return Array.isArray(list) ? list : undefined
}

const rowOf = (at: string, value: unknown, exact: unknown): Effect.Effect<Row, string> =>
  isFields(value) ? Effect.succeed({ at, value, exact }) : Effect.fail(`${at}: expected an object`)

const documentRows = (document: unknown, exact: unknown): Effect.Effect<ReadonlyArray<Row>, string> => {
  const list = listOf(document)
  const exactList = listOf(exact)
  return list === undefined
    ? Effect.fail("expected a list of datapoints, or an object with one as `datapoints`")
    : Effect.forEach(list, (value, index) => rowOf(`row ${index + 1}`, value, exactList?.[index]))
}

const lines = (text: string): Effect.Effect<ReadonlyArray<Row>, string> =>
  Effect.forEach(
    text.split("\n").flatMap((line, index) => (line.trim() === "" ? [] : [[index + 1, line] as const])),
    ([number, line]) => {
      const at = `line ${number}`
      return attempt(at, () => [JSON.parse(line), ExternalIds.parseExact(line)] as const).pipe(
        Effect.flatMap(([value, exact]) => rowOf(at, value, exact))
      )
    }
  )

const csv = (text: string): Effect.Effect<ReadonlyArray<Row>, string> =>
  Stream.make(text).pipe(
    Stream.pipeThroughChannel(Csv.decodeString({ headers: true, ignoreEmptyLines: true })),
    Stream.runCollect,
    Effect.mapError((error) => `line ${error.line}: ${error.message}`),
    Effect.flatMap((rows) => documentRows(rows, rows))
  )

export const parse = (format: Format, text: string): Effect.Effect<ReadonlyArray<Row>, string> => {
  switch (format) {
    case "json":
      return attempt("JSON", () => [JSON.parse(text), ExternalIds.parseExact(text)] as const).pipe(
        Effect.flatMap(([document, exact]) => documentRows(document, exact))
      )
    case "jsonl":
      return lines(text)
    case "csv":
      return csv(text)
    case "yaml":
      return attempt("YAML", () => Yaml.parse(text)).pipe(
        Effect.flatMap((document) => documentRows(document, document))
      )
  }
}

/** Columns such as `inputs.question` as objects. */
const nested = (row: Fields): Fields => {
  if (!Object.keys(row).some((name) => name.includes("."))) return row
  const result: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(row)) {
    const path = name.split(".")
    let at = result
    for (const key of path.slice(0, -1)) {
      const below = Object.hasOwn(at, key) ? at[key] : undefined
      const next: Record<string, unknown> = isFields(below) ? { ...below } : {}
      Object.defineProperty(at, key, { value: next, enumerable: true, configurable: true, writable: true })
      at = next
    }
    const last = path.at(-1) ?? name
    Object.defineProperty(at, last, { value, enumerable: true, configurable: true, writable: true })
  }
  return result
}

const own = new Set(["ground_truth", "ground_truths", "history", "id", "datapoint_id"])

/** A row's inputs, ground truth and history; without `inputs`, whatever else it has. */
export const split = (
  row: Fields
): { readonly inputs: unknown; readonly groundTruth: unknown; readonly history: unknown } => {
  const value = nested(row)
  return {
    inputs: value["inputs"] ?? Object.fromEntries(Object.entries(value).filter(([name]) => !own.has(name))),
    // Null is an answer, too
    groundTruth: Object.hasOwn(value, "ground_truth") ? value["ground_truth"] : value["ground_truths"],
    // An empty cell of a table is none
    history: value["history"] === "" ? undefined : value["history"]
  }
}
