/**
 * A HoneyHive on loopback for `compat`'s tests.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ExportTraceServiceRequest, spans as spansOf } from "@honeyhive/contract/Otlp"
import { HoneyHiveTracer } from "../compat.ts"
import { backend, type Request } from "./backend.fixture.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(ExportTraceServiceRequest))

/** A HoneyHive on loopback, and what it was told. */
export const honeyhive = Effect.gen(function* () {
  const { requests, url } = yield* backend((request) => ({
    status: 200,
    body: request.path.startsWith("/v1/") ? "" : "{}"
  }))
  const at = (method: string, path: string): ReadonlyArray<Request> =>
    requests.filter((request) => request.method === method && request.path.startsWith(path))
  return {
    url,
    requests,
    spans: () => at("POST", "/opentelemetry").flatMap((request) => spansOf(decode(request.body.toString())).accepted),
    started: () => at("POST", "/v1/sessions").map((request) => JSON.parse(request.body.toString())),
    updates: () =>
      at("PUT", "/v1/events").map((request) => [request.path, JSON.parse(request.body.toString())] as const)
  }
})

/** Runs a test against a HoneyHive, and closes what it left open. */
export const scenario = (test: (hive: Effect.Success<typeof honeyhive>) => Promise<void>) =>
  Effect.gen(function* () {
    const hive = yield* honeyhive
    yield* Effect.addFinalizer(() => Effect.promise(HoneyHiveTracer.close))
    yield* Effect.promise(() => test(hive))
  })
