/**
 * A worker thread with an instance of its own: it traces requests in sessions named after itself.
 */
import { workerData } from "node:worker_threads"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { HoneyHive, traced } from "@honeyhive/tracing"

const { apiKey, name, requests, url } = Schema.decodeUnknownSync(
  Schema.Struct({ apiKey: Schema.String, name: Schema.String, requests: Schema.Int, url: Schema.String })
)(workerData)

const step = traced({ name: "step" }, async (id: string) => id)

const request = (id: string) =>
  Effect.promise(() => step(id)).pipe(Effect.withSpan("request"), HoneyHive.withSession({ name: id }))

await Effect.runPromise(
  Effect.forEach(
    Array.from({ length: requests }, (_, index) => `${name}-${index}`),
    request,
    { concurrency: "unbounded" }
  ).pipe(Effect.provide(HoneyHive.layer({ apiKey, url })))
)
