/**
 * Metric definitions and their versions over REST. The hive keeps them, it does not run them.
 */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import { HoneyHiveApi, Unprocessable } from "@honeyhive/contract/Api"
import {
  type CreateMetric,
  type Metric,
  metricDefaults,
  type MetricVersion,
  type UpdateMetric
} from "@honeyhive/contract/MetricDefinition"
import { changed, kinds, records } from "./records.ts"

const definitionOf = ({
  created_at: _created,
  id: _id,
  updated_at: _updated,
  version: _version,
  ...definition
}: Metric): CreateMetric => definition

/** What the current and the legacy routes do alike. */
export const operations = Effect.gen(function* () {
  const { get, list, modify, newId, now, put, remove } = yield* records

  const keep = (metric: Metric, time: string): MetricVersion => ({
    id: `${metric.id}:${metric.version}`,
    version: metric.version,
    deployed: true,
    metric: definitionOf(metric),
    created_at: time
  })

  const versions = Effect.fnUntraced(function* (id: string) {
    const { version } = yield* get(kinds.metric, id)
    const all = yield* list(kinds.version, id)
    return all.map((one) => ({ ...one, deployed: one.version === version })).toReversed()
  })

  const nextVersion = (all: ReadonlyArray<MetricVersion>): number =>
    Math.max(0, ...all.map(({ version }) => version)) + 1

  return {
    versions,
    all: list(kinds.metric),
    create: Effect.fnUntraced(function* (wanted: CreateMetric) {
      const time = yield* now
      const metric = { ...metricDefaults, ...wanted, id: yield* newId, version: 1, created_at: time, updated_at: time }
      yield* put(kinds.metric, metric)
      yield* put(kinds.version, keep(metric, time))
      return metric.id
    }),
    update: Effect.fnUntraced(function* (id: string, change: UpdateMetric) {
      const time = yield* now
      const version = nextVersion(yield* versions(id))
      const metric = yield* modify(kinds.metric, id, (before) => ({
        ...changed(before, change),
        version,
        updated_at: time
      }))
      yield* put(kinds.version, keep(metric, time))
    }),
    remove: Effect.fnUntraced(function* (id: string) {
      yield* remove(kinds.metric, id)
      yield* Effect.forEach(yield* list(kinds.version, id), (version) =>
        Effect.ignore(remove(kinds.version, version.id))
      )
    }),
    createVersion: Effect.fnUntraced(function* (id: string, change: UpdateMetric) {
      const time = yield* now
      const version = nextVersion(yield* versions(id))
      const metric = yield* get(kinds.metric, id)
      const made = { ...keep({ ...changed(metric, change), version }, time), deployed: false }
      yield* put(kinds.version, made)
      return made
    }),
    deploy: Effect.fnUntraced(function* (id: string, versionId: string) {
      const time = yield* now
      // A client may say the number alone
      const version = yield* get(kinds.version, versionId.includes(":") ? versionId : `${id}:${versionId}`)
      yield* modify(kinds.metric, id, (before) => ({
        ...before,
        ...version.metric,
        version: version.version,
        updated_at: time
      }))
      return { ...version, deployed: true }
    })
  }
})

export const metrics = HttpApiBuilder.group(
  HoneyHiveApi,
  "metrics",
  Effect.fn(function* (handlers) {
    const { all, create, createVersion, deploy, remove, update, versions } = yield* operations
    return handlers.handleAll({
      list: ({ query }) =>
        Effect.map(all, (found) =>
          found.filter(({ id, type }) => (query.id ?? id) === id && (query.type ?? type) === type)
        ),
      create: ({ payload }) => Effect.map(create(payload), (metric_id) => ({ inserted: true, metric_id })),
      run: () =>
        Effect.fail(
          new Unprocessable({ message: "a hive keeps metrics but does not run them: score in your program instead" })
        ),
      update: ({ params, payload }) => Effect.as(update(params.metric_id, payload), { updated: true }),
      remove: ({ params }) => Effect.as(remove(params.metric_id), { deleted: true }),
      versions: ({ params }) => Effect.map(versions(params.metric_id), (versions) => ({ versions })),
      createVersion: ({ params, payload }) => createVersion(params.metric_id, payload),
      deployVersion: ({ params }) => deploy(params.metric_id, params.version_id)
    })
  })
)
