/**
 * What an application is evaluated over: datapoints with inputs and, where it is known, the answer that is right.
 *
 * Data that HoneyHive does not have gets external ids, made of its content: the same data has the same ids in every run, so
 * that runs can be compared by datapoint.
 *
 * @since 0.1.0
 */
import { readFile } from "node:fs/promises"
import { basename, extname } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import type { Filter } from "@honeyhive/contract/Api"
import * as Remote from "@honeyhive/contract/Dataset"
import * as ExternalIds from "@honeyhive/contract/ExternalIds"
import { HoneyHive } from "@honeyhive/tracing/HoneyHive"
import { asResponse, connect, keyOf, quietly, reading } from "./internal/client.ts"
import { formatOf, type Format, parse, type Row, split } from "./internal/rows.ts"

/**
 * A message of a conversation, such as `{ role: "user", content: "Where is my order?" }`.
 *
 * @category models
 * @since 0.1.0
 */
export type Message = Schema.JsonObject

/**
 * A datapoint as programs and files write it. Its own `id` (or `datapoint_id`) is kept, with `EXT-` before it; otherwise the
 * id is made of the content.
 *
 * @category models
 * @since 0.1.0
 */
export interface Datapoint<out I, out G> {
  readonly inputs: I
  /** The conversation before it. */
  readonly history?: ReadonlyArray<Message> | undefined
  readonly ground_truth?: G
  /** An older name of `ground_truth`. */
  readonly ground_truths?: G
  readonly id?: string
  readonly datapoint_id?: string
}

/**
 * One datapoint of a dataset.
 *
 * @category models
 * @since 0.1.0
 */
export interface Item<out I, out G> {
  readonly id: string
  /** Its place in the dataset, counted from 0. */
  readonly index: number
  readonly inputs: I
  readonly groundTruth: G
  /** The conversation before it, oldest message first; empty where there was none. */
  readonly history: ReadonlyArray<Message>
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Dataset<out I, out G> {
  readonly id: string
  readonly name: string | undefined
  readonly items: ReadonlyArray<Item<I, G>>
}

/**
 * The dataset cannot be read; `message` says where and why.
 *
 * @category errors
 * @since 0.1.0
 */
export class DatasetError extends Schema.TaggedError<DatasetError>()("DatasetError", {
  /** The file, or HoneyHive's id. */
  dataset: Schema.String,
  reason: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message(): string {
    return `${this.dataset}: ${this.reason}`
  }
}

/**
 * @category models
 * @since 0.1.0
 */
export interface DatasetOptions {
  /** The dataset's own id. Default: made of the datapoints. */
  readonly id?: string | undefined
  /** Default: the file's name; none in memory. */
  readonly name?: string | undefined
}

const customId = (row: { readonly id?: unknown; readonly datapoint_id?: unknown }): string | undefined => {
  const said = row.id ?? row.datapoint_id
  return typeof said === "string" || typeof said === "number" ? ExternalIds.custom(String(said)) : undefined
}

const idOf = (options: DatasetOptions, datapoints: ReadonlyArray<unknown>): Effect.Effect<string> =>
  options.id === undefined ? ExternalIds.datasetId(datapoints) : Effect.succeed(ExternalIds.custom(options.id))

/**
 * A dataset in memory.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Dataset } from "@honeyhive/experiments"
 *
 * const dataset = await Effect.runPromise(
 *   Dataset.make([
 *     { inputs: { q: "2 + 2" }, ground_truth: "4" },
 *     { inputs: { q: "3 + 3" }, ground_truth: "6", id: "six" }
 *   ])
 * )
 *
 * dataset.items.map(({ id, inputs, groundTruth }) => [id, inputs.q, groundTruth])
 * // => [["EXT-a8f60997c6f7cee4", "2 + 2", "4"], ["EXT-six", "3 + 3", "6"]]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make: {
  <I, G>(
    datapoints: ReadonlyArray<Datapoint<I, G> & ({ readonly ground_truth: G } | { readonly ground_truths: G })>,
    options?: DatasetOptions
  ): Effect.Effect<Dataset<I, G>>
  <I, G = undefined>(
    datapoints: ReadonlyArray<Datapoint<I, G>>,
    options?: DatasetOptions
  ): Effect.Effect<Dataset<I, G | undefined>>
} = <I, G>(datapoints: ReadonlyArray<Datapoint<I, G>>, options: DatasetOptions = {}) =>
  Effect.gen(function* () {
    const items: Array<Item<I, G>> = []
    for (const [index, datapoint] of datapoints.entries()) {
      items.push({
        id: customId(datapoint) ?? (yield* ExternalIds.datapointId(datapoint, index)),
        index,
        inputs: datapoint.inputs,
        // The overloads say where it may be absent
        groundTruth: ("ground_truth" in datapoint ? datapoint.ground_truth : datapoint.ground_truths) as G,
        history: datapoint.history ?? []
      })
    }
    return { id: yield* idOf(options, datapoints), name: options.name, items }
  })

/**
 * What a file or HoneyHive is read as.
 *
 * @category models
 * @since 0.1.0
 */
export interface Schemas<I, G> {
  readonly inputs: Schema.Codec<I, unknown>
  /** Without one, whatever is there is taken as it is. */
  readonly groundTruth?: Schema.Codec<G, unknown> | undefined
}

/** Cells of a CSV file are texts; numbers and the rest are read from them. */
const reader = <A>(schema: Schema.Codec<A, unknown>, format: Format | undefined) =>
  Schema.decodeUnknownEffect(format === "csv" ? Schema.toCodecStringTree(schema) : schema)

interface Undecoded {
  readonly inputs: unknown
  readonly groundTruth: unknown
  readonly history?: unknown
}

const History = Schema.Array(Schema.JsonObject)
// In CSV it is a cell with JSON
const decodeHistory = Schema.decodeUnknownEffect(Schema.Union([History, Schema.fromJsonString(History)]))

const decoding = <I, G>(name: string, schemas: Schemas<I, G>, format?: Format) => {
  const inputs = reader(schemas.inputs, format)
  const groundTruth = schemas.groundTruth === undefined ? undefined : reader(schemas.groundTruth, format)
  return (at: string, row: Undecoded) =>
    Effect.all({
      inputs: inputs(row.inputs),
      history: decodeHistory(row.history ?? []).pipe(
        Effect.mapError((error) => ({ message: `history: ${error.message}` }))
      ),
      // Without a Schema, `G` is what the caller says that it is
      groundTruth: groundTruth === undefined ? Effect.succeed(row.groundTruth as G) : groundTruth(row.groundTruth)
    }).pipe(Effect.mapError((error) => new DatasetError({ dataset: name, reason: `${at}: ${error.message}` })))
}

/**
 * Options of {@link fromFile}.
 *
 * @category models
 * @since 0.1.0
 */
export interface FileOptions extends DatasetOptions {
  /** Default: by the file's extension. */
  readonly format?: Format | undefined
}

/**
 * A dataset in a file: JSON (a list, or an object with `datapoints`), JSONL, CSV with a header, or YAML.
 *
 * A row has `inputs` and may have `ground_truth`, `history` (a list of messages; in CSV as JSON) and `id`. In a row without `inputs`, as in CSV, every other column is an
 * input, and a dot in a column's name nests: `inputs.question`, `ground_truth.answer`.
 *
 * @example
 * ```ts
 * import { writeFile } from "node:fs/promises"
 * import { tmpdir } from "node:os"
 * import { Effect, Schema } from "effect"
 * import { Dataset } from "@honeyhive/experiments"
 *
 * const path = `${tmpdir()}/honeyhive-questions.csv`
 * await writeFile(path, "question,limit,ground_truth\nWhere is my order?,3,lookupOrder\n")
 *
 * const dataset = Dataset.fromFile(path, {
 *   inputs: Schema.Struct({ question: Schema.String, limit: Schema.Int }),
 *   groundTruth: Schema.String
 * })
 * const { items } = await Effect.runPromise(dataset)
 *
 * items[0]?.inputs // => { question: "Where is my order?", limit: 3 }
 * items[0]?.groundTruth // => "lookupOrder"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromFile = Effect.fnUntraced(function* <I, G = unknown>(
  path: string,
  schemas: Schemas<I, G>,
  options: FileOptions = {}
) {
  const refuse = (reason: string, cause?: unknown) => new DatasetError({ dataset: path, reason, cause })
  const format = options.format ?? formatOf(path)
  if (format === undefined) {
    return yield* refuse("its extension says no format: .json, .jsonl, .ndjson, .csv, .yaml, .yml")
  }
  const text = yield* Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: (cause) => refuse(cause instanceof Error ? cause.message : String(cause), cause)
  })
  const rows: ReadonlyArray<Row> = yield* Effect.mapError(parse(format, text), (reason) => refuse(reason))
  const decode = decoding(path, schemas, format)
  const items: Array<Item<I, G>> = []
  for (const [index, { at, exact, value }] of rows.entries()) {
    const id = customId(value) ?? (yield* ExternalIds.datapointId(exact, index))
    items.push({ id, index, ...(yield* decode(at, split(value))) })
  }
  const exact = rows.map((row) => row.exact)
  const dataset: Dataset<I, G> = {
    id: yield* idOf(options, exact),
    name: options.name ?? basename(path, extname(path)),
    items
  }
  return dataset
})

/** The backend of the tracer, and how it is asked. */
const backend = Effect.fnUntraced(function* (dataset: string) {
  const { settings } = yield* HoneyHive
  const key = keyOf(settings)
  if (key === undefined) {
    return yield* new DatasetError({ dataset, reason: "the tracer has no key for HoneyHive (HH_API_KEY)" })
  }
  const call = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    quietly(settings)(effect).pipe(
      Effect.mapError((cause) => new DatasetError({ dataset, reason: "HoneyHive did not give it", cause }))
    )
  return { settings, key, call }
})

const CHUNK = 100

// Of what the contract promises, what is used here; HoneyHive leaves out what is empty
const nullable = <A, I>(schema: Schema.Codec<A, I>) => Schema.optionalKey(Schema.NullOr(schema))
const RemoteDatasets = Schema.Struct({
  datasets: Schema.Array(
    Schema.Struct({ ...Struct.pick(Remote.Dataset.fields, ["id", "datapoints"]), name: nullable(Schema.String) })
  )
})
const RemoteDatapoints = Schema.Struct({
  datapoints: Schema.Array(
    Schema.Struct({
      id: Remote.Datapoint.fields.id,
      inputs: nullable(Remote.Datapoint.fields.inputs),
      history: nullable(Remote.Datapoint.fields.history),
      ground_truth: nullable(Remote.Datapoint.fields.ground_truth)
    })
  )
})

/**
 * A dataset that HoneyHive has, in its order there; its ids are HoneyHive's.
 *
 * @example
 * ```ts no-run
 * import { Effect, Schema } from "effect"
 * import { Dataset, evaluate, Evaluators } from "@honeyhive/experiments"
 * import { HoneyHiveLive } from "@honeyhive/tracing"
 *
 * const program = evaluate({
 *   name: "nightly",
 *   dataset: Dataset.fromHoneyHive("6750b1a2", { inputs: Schema.Struct({ question: Schema.String }) }),
 *   run: ({ question }) => question.toUpperCase(),
 *   evaluators: [Evaluators.jsonValid()]
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHiveLive)))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromHoneyHive = Effect.fnUntraced(function* <I, G = unknown>(id: string, schemas: Schemas<I, G>) {
  const { call, key, settings } = yield* backend(id)
  const client = yield* connect(settings.url, key)
  const { datasets } = yield* call(
    reading(RemoteDatasets)(client.datasets.list({ query: { dataset_id: id }, ...asResponse }))
  )
  const found = datasets.find((dataset) => dataset.id === id)
  if (found === undefined) return yield* new DatasetError({ dataset: id, reason: "HoneyHive has no such dataset" })
  const datapoints = new Map<string, Undecoded>()
  for (let start = 0; start < found.datapoints.length; start += CHUNK) {
    const chunk = found.datapoints.slice(start, start + CHUNK)
    const request = client.datapoints.list({ query: { "datapoint_ids[]": chunk }, ...asResponse })
    const answer = yield* call(reading(RemoteDatapoints)(request))
    for (const { ground_truth, history, id, inputs } of answer.datapoints) {
      datapoints.set(id, { inputs: inputs ?? {}, groundTruth: ground_truth ?? undefined, history: history ?? [] })
    }
  }
  const decode = decoding(id, schemas)
  const items: Array<Item<I, G>> = []
  for (const [index, datapointId] of found.datapoints.entries()) {
    const datapoint = datapoints.get(datapointId)
    if (datapoint === undefined) {
      return yield* new DatasetError({ dataset: id, reason: `HoneyHive did not give datapoint ${datapointId}` })
    }
    items.push({ id: datapointId, index, ...(yield* decode(`datapoint ${datapointId}`, datapoint)) })
  }
  const dataset: Dataset<I, G> = { id, name: found.name ?? undefined, items }
  return dataset
})

/**
 * Options of {@link fromSessions}.
 *
 * @category models
 * @since 0.1.0
 */
export interface SessionsOptions extends DatasetOptions {
  /** Which sessions, such as those with a bad rating. Default: all. */
  readonly filters?: ReadonlyArray<Filter> | undefined
  /** The newest so many. Default: 100. */
  readonly limit?: number | undefined
}

const PAGE = 1000

/**
 * Past sessions of HoneyHive, or of a hive, as a dataset: what was asked then, and what was answered. The ground truth is the
 * session's `feedback.ground_truth`, where somebody gave one, else its outputs. A datapoint's id is made of its session's.
 *
 * @example
 * ```ts no-run
 * import { Effect, Schema } from "effect"
 * import { Dataset, evaluate, Evaluators } from "@honeyhive/experiments"
 * import { HoneyHiveLive } from "@honeyhive/tracing"
 *
 * const program = evaluate({
 *   name: "as before?",
 *   dataset: Dataset.fromSessions(
 *     { inputs: Schema.Struct({ question: Schema.String }), groundTruth: Schema.Struct({ answer: Schema.String }) },
 *     { filters: [{ field: "event_name", operator: "is", value: "support" }], limit: 50 }
 *   ),
 *   run: ({ question }) => question.toUpperCase(),
 *   evaluators: [Evaluators.levenshtein({ expected: ({ answer }: { answer: string }) => answer })]
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHiveLive)))
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const fromSessions = Effect.fnUntraced(function* <I, G = unknown>(
  schemas: Schemas<I, G>,
  options: SessionsOptions = {}
) {
  const { filters = [], limit = 100, name = "sessions" } = options
  const { call, key, settings } = yield* backend(name)
  const client = yield* connect(settings.url, key)
  const isSession: Filter = { field: "event_type", operator: "is", value: "session", type: "string" }
  const rows: Array<{ readonly id: string; readonly inputs: unknown; readonly groundTruth: unknown }> = []
  for (let page = 1; rows.length < limit; page++) {
    const payload = { filters: [isSession, ...filters], limit: PAGE, page }
    const { events } = yield* call(client.events.search({ payload }))
    for (const { event_id, feedback, inputs, outputs } of events) {
      rows.push({ id: event_id, inputs, groundTruth: feedback["ground_truth"] ?? outputs ?? undefined })
    }
    if (events.length < PAGE) break
  }
  const decode = decoding(name, schemas)
  const items: Array<Item<I, G>> = []
  for (const [index, { id, ...row }] of rows.slice(0, limit).entries()) {
    items.push({ id: ExternalIds.custom(id), index, ...(yield* decode(`session ${id}`, row)) })
  }
  const dataset: Dataset<I, G> = {
    id: yield* idOf(
      options,
      items.map(({ id }) => id)
    ),
    name,
    items
  }
  return dataset
})
