/**
 * The kinds of documents that the hive keeps, and what the routes have in common when they read and change them.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { NotFound } from "@honeyhive/contract/Api"
import { Datapoint, Dataset } from "@honeyhive/contract/Dataset"
import { Run } from "@honeyhive/contract/Experiment"
import { Metric, MetricVersion } from "@honeyhive/contract/MetricDefinition"
import { type Kind, RecordStore } from "../../RecordStore.ts"

export const kinds = {
  dataset: { name: "dataset", schema: Dataset } as Kind<Dataset>,
  datapoint: { name: "datapoint", schema: Datapoint } as Kind<Datapoint>,
  run: { name: "run", schema: Run } as Kind<Run>,
  metric: { name: "metric", schema: Metric } as Kind<Metric>,
  version: {
    name: "metric version",
    schema: MetricVersion,
    parent: ({ id }) => id.slice(0, id.lastIndexOf(":"))
  } as Kind<MetricVersion>
}

/** What is undefined or absent does not replace what was there. */
export const changed = <A extends object>(before: A, change: { readonly [K in keyof A]?: A[K] | undefined }): A => ({
  ...before,
  ...Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
})

export const records = Effect.gen(function* () {
  const store = yield* RecordStore

  const missing = (kind: { readonly name: string }, id: string) =>
    Effect.fail(new NotFound({ message: `no ${kind.name} ${id}` }))

  const present =
    (kind: { readonly name: string }, id: string) =>
    <A, E>(found: Effect.Effect<Option.Option<A>, E>): Effect.Effect<A, NotFound> =>
      Effect.flatMap(Effect.orDie(found), Option.match({ onNone: () => missing(kind, id), onSome: Effect.succeed }))

  return {
    now: Effect.map(Clock.currentTimeMillis, (millis) => new Date(millis).toISOString()),
    newId: Effect.sync(() => crypto.randomUUID()),
    option: <A extends { readonly id: string }>(kind: Kind<A>, id: string) => Effect.orDie(store.get(kind, id)),
    get: <A extends { readonly id: string }>(kind: Kind<A>, id: string) => present(kind, id)(store.get(kind, id)),
    list: <A extends { readonly id: string }>(kind: Kind<A>, parent?: string) => Effect.orDie(store.list(kind, parent)),
    put: <A extends { readonly id: string }>(kind: Kind<A>, ...documents: ReadonlyArray<A>) =>
      Effect.orDie(store.put(kind, documents)),
    modify: <A extends { readonly id: string }>(kind: Kind<A>, id: string, change: (document: A) => A) =>
      present(kind, id)(store.modify(kind, id, change)),
    remove: <A extends { readonly id: string }>(kind: Kind<A>, id: string) =>
      Effect.flatMap(Effect.orDie(store.remove(kind, id)), (found) => (found ? Effect.void : missing(kind, id)))
  }
})
