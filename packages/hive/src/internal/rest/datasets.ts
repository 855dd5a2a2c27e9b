/**
 * Datasets and datapoints over REST.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { HoneyHiveApi } from "@honeyhive/contract/Api"
import type {
  AddDatapoints,
  CreateDataset,
  Datapoint,
  DatapointsFromEvents,
  Dataset,
  PutDatapoint,
  UpdateDataset
} from "@honeyhive/contract/Dataset"
import type { Event } from "@honeyhive/contract/Event"
import * as events from "./events.ts"
import type { Json, JsonObject } from "./json.ts"
import { changed, kinds, records } from "./records.ts"

const pick = (row: JsonObject, keys: ReadonlyArray<string>): JsonObject =>
  Object.fromEntries(keys.flatMap((key) => (Object.hasOwn(row, key) ? [[key, row[key] ?? null]] : [])))

const messages = (value: Json | undefined): ReadonlyArray<JsonObject> =>
  Array.isArray(value)
    ? value.flatMap(messages)
    : typeof value === "object" && value !== null
      ? [value as JsonObject]
      : []

const fromRow = (row: JsonObject, { ground_truth = [], history = [], inputs = [] }: AddDatapoints["mapping"]) => {
  const mapped = new Set([...inputs, ...history, ...ground_truth])
  return {
    inputs: pick(row, inputs),
    history: history.flatMap((key) => messages(row[key])),
    ground_truth: pick(row, ground_truth),
    metadata: pick(
      row,
      Object.keys(row).filter((key) => !mapped.has(key))
    )
  }
}

const fromEvent = ({ event_id, feedback, inputs, metadata, outputs }: Event): PutDatapoint => {
  const truth = feedback["ground_truth"]
  return {
    inputs,
    history: messages(inputs["chat_history"]),
    // What a person said is right comes before what the model answered
    ground_truth:
      typeof truth === "object" && truth !== null && !Array.isArray(truth) ? (truth as JsonObject) : outputs,
    metadata,
    linked_event: event_id
  }
}

/** What the current and the legacy routes do alike. */
export const operations = Effect.gen(function* () {
  const { get, list, modify, newId, now, option, put, remove } = yield* records
  const { searchAll, store } = yield* events.operations

  const make = Effect.fnUntraced(function* (wanted: PutDatapoint) {
    const time = yield* now
    const datapoint: Datapoint = {
      id: yield* newId,
      inputs: wanted.inputs ?? {},
      history: wanted.history ?? [],
      ground_truth: wanted.ground_truth ?? {},
      metadata: wanted.metadata ?? {},
      linked_event: wanted.linked_event ?? null,
      linked_datasets: wanted.linked_datasets ?? [],
      created_at: time,
      updated_at: time
    }
    return datapoint
  })

  /** A dataset's list and its datapoints' `linked_datasets` say the same; ids of nothing we have stay as they are. */
  const linkTo = (datasetId: string, ids: ReadonlyArray<string>, linked: boolean) =>
    Effect.forEach(
      ids,
      (id) =>
        Effect.ignore(
          modify(kinds.datapoint, id, (datapoint) => {
            const others = datapoint.linked_datasets.filter((other) => other !== datasetId)
            return { ...datapoint, linked_datasets: linked ? [...others, datasetId] : others }
          })
        ),
      { discard: true }
    )

  const extend = Effect.fnUntraced(function* (datasetId: string, ids: ReadonlyArray<string>) {
    const time = yield* now
    return yield* modify(kinds.dataset, datasetId, (dataset) => ({
      ...dataset,
      datapoints: [...new Set([...dataset.datapoints, ...ids])],
      updated_at: time
    }))
  })

  const insert = Effect.fnUntraced(function* (all: ReadonlyArray<PutDatapoint>) {
    const datapoints = yield* Effect.forEach(all, make)
    yield* put(kinds.datapoint, ...datapoints)
    for (const [dataset, linked] of Map.groupBy(
      datapoints.flatMap(({ id, linked_datasets }) => linked_datasets.map((dataset) => ({ dataset, id }))),
      ({ dataset }) => dataset
    )) {
      yield* Effect.ignore(
        extend(
          dataset,
          linked.map(({ id }) => id)
        )
      )
    }
    return datapoints.map(({ id }) => id)
  })

  return {
    get,
    remove: (id: string) =>
      Effect.gen(function* () {
        const { linked_datasets } = yield* get(kinds.datapoint, id)
        yield* Effect.forEach(linked_datasets, (dataset) =>
          Effect.ignore(
            modify(kinds.dataset, dataset, (before) => ({
              ...before,
              datapoints: before.datapoints.filter((other) => other !== id)
            }))
          )
        )
        yield* remove(kinds.datapoint, id)
        return { deleted: true }
      }),
    insert,
    datasets: (where: { readonly dataset_id?: string; readonly name?: string }) =>
      Effect.map(list(kinds.dataset), (all): ReadonlyArray<Dataset> =>
        all.filter(
          ({ id, name }) => (where.dataset_id ?? id) === id && (where.name === undefined || where.name === name)
        )
      ),
    datapoints: (ids: ReadonlyArray<string> | undefined, datasetName: string | undefined) =>
      Effect.gen(function* () {
        const found =
          ids === undefined
            ? yield* list(kinds.datapoint)
            : (yield* Effect.forEach(ids, (id) => option(kinds.datapoint, id))).flatMap(Option.toArray)
        if (datasetName === undefined) return found
        const named = (yield* list(kinds.dataset)).filter(({ name }) => name === datasetName)
        const wanted = new Set(named.flatMap(({ datapoints }) => datapoints))
        return found.filter(({ id }) => wanted.has(id))
      }),
    createDataset: Effect.fnUntraced(function* ({ datapoints = [], description = "", name }: CreateDataset) {
      const [id, time] = [yield* newId, yield* now]
      yield* put(kinds.dataset, { id, name, description, datapoints, created_at: time, updated_at: time })
      yield* linkTo(id, datapoints, true)
      return { inserted: true, result: { insertedId: id } }
    }),
    updateDataset: Effect.fnUntraced(function* (id: string, change: UpdateDataset) {
      const before = yield* get(kinds.dataset, id)
      const time = yield* now
      const result = yield* modify(kinds.dataset, id, (dataset) => ({ ...changed(dataset, change), updated_at: time }))
      const kept = new Set(result.datapoints)
      const gone = before.datapoints.filter((other) => !kept.has(other))
      yield* linkTo(id, gone, false)
      const had = new Set(before.datapoints)
      const added = result.datapoints.filter((other) => !had.has(other))
      yield* linkTo(id, added, true)
      return result
    }),
    removeDataset: Effect.fnUntraced(function* (id: string) {
      const { datapoints } = yield* get(kinds.dataset, id)
      yield* linkTo(id, datapoints, false)
      yield* remove(kinds.dataset, id)
    }),
    addDatapoints: Effect.fnUntraced(function* (datasetId: string, { data, mapping }: AddDatapoints) {
      yield* get(kinds.dataset, datasetId)
      const datapoint_ids = yield* insert(
        data.map((row) => ({ ...fromRow(row, mapping), linked_datasets: [datasetId] }))
      )
      return { inserted: true, datapoint_ids }
    }),
    removeFromDataset: Effect.fnUntraced(function* (datasetId: string, id: string) {
      const time = yield* now
      const before = yield* get(kinds.dataset, datasetId)
      const dereferenced = before.datapoints.includes(id)
      yield* modify(kinds.dataset, datasetId, (dataset) => ({
        ...dataset,
        datapoints: dataset.datapoints.filter((other) => other !== id),
        updated_at: time
      }))
      yield* linkTo(datasetId, [id], false)
      return { dereferenced, message: dereferenced ? "removed from the dataset" : "it was not in the dataset" }
    }),
    updateDatapoint: Effect.fnUntraced(function* (id: string, { ground_truth, ...change }: PutDatapoint) {
      const time = yield* now
      return yield* modify(kinds.datapoint, id, (datapoint) => ({
        ...changed(datapoint, { ...change, ground_truth: ground_truth === null ? {} : ground_truth }),
        updated_at: time
      }))
    }),
    fromEvents: Effect.fnUntraced(function* (wanted: DatapointsFromEvents) {
      const { checkState = {}, dataset_id, dateRange, filters = [], selectAll = false } = wanted
      if (dataset_id !== undefined) yield* get(kinds.dataset, dataset_id)
      const checked = Object.keys(checkState).filter((id) => checkState[id] === true)
      const found = selectAll
        ? (yield* searchAll({ filters, ...events.within(dateRange) })).filter(
            ({ event_id }) => checkState[event_id] !== false
          )
        : (yield* Effect.forEach(checked, (id) => Effect.orDie(store.event(id)))).flatMap(Option.toArray)
      const linked = dataset_id === undefined ? {} : { linked_datasets: [dataset_id] }
      return { inserted: true, insertedIds: yield* insert(found.map((event) => ({ ...fromEvent(event), ...linked }))) }
    })
  }
})

export const datasets = HttpApiBuilder.group(
  HoneyHiveApi,
  "datasets",
  Effect.fn(function* (handlers) {
    const data = yield* operations
    return handlers.handleAll({
      list: ({ query }) => Effect.map(data.datasets(query), (datasets) => ({ datasets })),
      create: ({ payload }) => data.createDataset(payload),
      update: ({ params, payload }) =>
        Effect.map(data.updateDataset(params.dataset_id, payload), (result) => ({ result })),
      remove: ({ params: { dataset_id } }) => Effect.as(data.removeDataset(dataset_id), { result: { id: dataset_id } }),
      addDatapoints: ({ params, payload }) => data.addDatapoints(params.dataset_id, payload),
      removeDatapoint: ({ params }) => data.removeFromDataset(params.dataset_id, params.datapoint_id)
    })
  })
)

export const datapoints = HttpApiBuilder.group(
  HoneyHiveApi,
  "datapoints",
  Effect.fn(function* (handlers) {
    const data = yield* operations
    return handlers.handleAll({
      list: ({ query }) =>
        Effect.map(
          data.datapoints(query["datapoint_ids[]"] ?? query.datapoint_ids, query.dataset_name),
          (datapoints) => ({ datapoints })
        ),
      create: ({ payload }) =>
        Effect.map(data.insert([payload]), (insertedIds) => ({ inserted: true, result: { insertedIds } })),
      createBatch: ({ payload }) => data.fromEvents(payload),
      get: ({ params }) =>
        Effect.map(data.get(kinds.datapoint, params.id), (datapoint) => ({ datapoint: [datapoint] })),
      update: ({ params, payload }) =>
        Effect.map(data.updateDatapoint(params.id, payload), (result) => ({ updated: true, result })),
      remove: ({ params }) => data.remove(params.id)
    })
  })
)
