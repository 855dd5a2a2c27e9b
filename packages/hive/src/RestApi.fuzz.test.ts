/**
 * Whatever is sent, in whatever shape: every request is answered, none breaks the hive or its stores. In process, through
 * the same application that the server serves.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as HttpEffect from "effect/http/HttpEffect"
import * as Logger from "effect/Logger"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { HoneyHiveApi } from "@honeyhive/contract/Api"
import { application } from "./internal/application.ts"
import { Keys } from "./Keys.ts"
import { LiveFeed } from "./LiveFeed.ts"
import * as RecordStore from "./RecordStore.ts"
import * as SqliteTraceStore from "./SqliteTraceStore.ts"

type Handler = (request: Request) => Promise<Response>

const app = application({
  host: "127.0.0.1",
  allowedHosts: [],
  allowedOrigins: [],
  configurations: [],
  maxBodyBytes: 1024 * 1024
})

/** Gives the application as a function, over stores in a file of their own. */
const withHandler = (use: (handler: Handler, path: string) => Promise<void>) =>
  Effect.gen(function* () {
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "hive-fuzz-"))),
      (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
    )
    const path = join(folder, "hive.db")
    const stores = Layer.mergeAll(
      SqliteTraceStore.layer({ path }),
      RecordStore.layer({ path }),
      LiveFeed.layer(),
      Keys.layer(undefined),
      NodeHttpServer.layerHttpServices,
      Logger.layer([])
    )
    yield* Effect.gen(function* () {
      const handler = yield* app
      yield* Effect.promise(() => use(HttpEffect.toWebHandler(handler), path))
    }).pipe(Effect.provide(Layer.fresh(stores)))
  })

const endpoints = Object.values(HoneyHiveApi.groups).flatMap((group) => Object.values(group.endpoints))

const SESSION = "11111111-1111-4111-8111-111111111111"

// Those that `seed` makes, by the name of the parameter
const made: Readonly<Record<string, string>> = {
  session_id: SESSION,
  event_id: "@event",
  dataset_id: "@dataset",
  datapoint_id: "@datapoint",
  id: "@datapoint",
  metric_id: "@metric",
  version_id: "1",
  run_id: "run-1",
  new_run_id: "run-1",
  old_run_id: "run-2"
}

// Some that do not exist, and some that are none
const id = fc.oneof(
  fc.constantFrom(...Object.values(made), "__proto__", "constructor"),
  fc.string({ unit: "binary", minLength: 1 }),
  fc.webSegment()
)

const segment = (text: string): string => {
  if (text.startsWith("@")) return text
  // A lone surrogate is no text that a client could send
  const encoded = encodeURIComponent(text.toWellFormed())
  return encoded === "" || /^\.+$/.test(encoded) ? "x" : encoded
}

const pathOf = (path: string): fc.Arbitrary<string> =>
  fc.array(fc.option(id, { freq: 3 }), { minLength: 2, maxLength: 2 }).map((values) => {
    const left = [...values]
    // Mostly the right one, sometimes any
    return path.replaceAll(/:(\w+)/g, (_, name: string) => {
      const other = left.pop()
      return segment(typeof other === "string" && other.length % 3 === 0 ? other : (made[name] ?? "x"))
    })
  })

const names =
  "dataset_id name page limit status sort_by sort_order run_ids[] dateRange[$gte] dateRange[$lte] filters filter " +
  "aggregate_function event_name event_type run_id_1 run_id_2 datapoint_ids[] dataset_name type id metric_id env tags[]"

const query = fc
  .array(
    fc.tuple(
      fc.oneof(fc.constantFrom(...names.split(" ")), fc.string()),
      fc.oneof(
        id,
        fc.integer().map(String),
        fc.constantFrom(
          "avg",
          "p95",
          "desc",
          "name",
          "completed",
          "1",
          "[]",
          '[{"field":"metadata.a","operator":"exists"}]'
        ),
        fc.json()
      )
    ),
    { maxLength: 4 }
  )
  .map((pairs) =>
    new URLSearchParams(pairs.map(([name, value]) => [name.toWellFormed(), value.toWellFormed()])).toString()
  )

/** What the route asks for, the same with something else in it, any JSON, and what is no JSON. */
const bodyOf = (endpoint: (typeof endpoints)[number]): fc.Arbitrary<string> => {
  const [schema] = [...endpoint.payload.values()].flatMap(({ schemas }) => schemas)
  const any = fc.json({ maxDepth: 6 })
  const broken = fc.oneof(
    any,
    fc.string({ unit: "binary" }),
    fc.integer({ min: 1, max: 3000 }).map((n) => '{"a":['.repeat(n))
  )
  if (schema === undefined) return broken
  // Bodies are JSON
  const codec = Schema.toCodecJson(schema as Schema.Codec<unknown>)
  const pool = Effect.runSync(Arbitrary.sampleEffect(Arbitrary.schema(codec), { count: 50, seed: endpoint.path }))
  const valid = fc.constantFrom(...pool.map((value) => JSON.stringify(Schema.encodeSync(codec)(value)) ?? ""))
  const changed = fc.tuple(valid, fc.nat(), fc.nat(), any).map(([text, from, length, piece]) => {
    const start = from % (text.length + 1)
    return text.slice(0, start) + piece + text.slice(start + (length % 8))
  })
  const retyped = fc.tuple(valid, fc.nat(), fc.jsonValue({ maxDepth: 2 })).map(([text, which, value]) => {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== "object" || parsed === null) return text
    const keys = Object.keys(parsed)
    return JSON.stringify({ ...parsed, [keys[which % (keys.length || 1)] ?? "x"]: value })
  })
  return fc.oneof(
    { weight: 4, arbitrary: valid },
    { weight: 2, arbitrary: changed },
    { weight: 3, arbitrary: retyped },
    broken
  )
}

const headers = fc.record({
  authorization: fc.oneof({ weight: 9, arbitrary: fc.constant("Bearer k") }, fc.constantFrom("", "Basic !", "Bearer")),
  "content-type": fc.oneof(
    { weight: 9, arbitrary: fc.constant("application/json") },
    fc.constantFrom(
      "",
      "text/plain",
      "application/x-protobuf",
      "multipart/form-data; boundary=x",
      "application/json; charset=x"
    )
  ),
  "content-encoding": fc.oneof(
    { weight: 19, arbitrary: fc.constant("") },
    fc.constantFrom("gzip", "deflate, gzip", "br")
  )
})

interface Sent {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly headers: Record<string, string>
  readonly body: string
}

const toRoute = fc.oneof(
  ...endpoints.map((endpoint) =>
    fc.record<Sent>({
      method: fc.constant(endpoint.method),
      path: pathOf(endpoint.path),
      query,
      headers,
      body: bodyOf(endpoint)
    })
  )
)

const anywhere = fc.record<Sent>({
  method: fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"),
  path: fc.oneof(
    fc.webPath(),
    fc.constantFrom("/v1/traces", "/opentelemetry/v1/traces", "/openapi.json", "/v1/%zz", "//", "/%00")
  ),
  query,
  headers,
  body: fc.oneof(fc.json(), fc.string({ unit: "binary" }))
})

const requests = fc.oneof({ weight: 9, arbitrary: toRoute }, anywhere)

/** Something of every kind, for requests to be about; ids by their placeholders. */
const seed = async (handler: Handler): Promise<ReadonlyMap<string, string>> => {
  await ask(handler, "POST", "/v1/sessions", { session_id: SESSION, metadata: { run_id: "run-1", datapoint_id: "d" } })
  const event = {
    event_type: "model",
    inputs: { a: 1 },
    session_id: SESSION,
    metrics: { score: 1, ok: true, note: "n" }
  }
  const { event_id } = await ask(handler, "POST", "/v1/events", { ...event, metadata: { run_id: "run-2" } })
  const dataset = await ask(handler, "POST", "/v1/datasets", { name: "golden" })
  const path = `/v1/datasets/${dataset.result.insertedId}/datapoints`
  const { datapoint_ids } = await ask(handler, "POST", path, { data: [{ a: 1 }], mapping: {} })
  const { metric_id } = await ask(handler, "POST", "/v1/metrics", { name: "score", type: "PYTHON", criteria: "" })
  for (const run_id of ["run-1", "run-2"]) await ask(handler, "POST", "/v1/runs", { run_id, event_ids: [SESSION] })
  return new Map([
    ["@event", event_id],
    ["@dataset", dataset.result.insertedId],
    ["@datapoint", datapoint_ids[0]],
    ["@metric", metric_id]
  ])
}

const requestOf = ({ body, headers, method, path, query }: Sent): Request =>
  new Request(`http://localhost${path.startsWith("/") ? path : `/${path}`}${query === "" ? "" : `?${query}`}`, {
    method,
    headers: { host: "localhost", ...Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== "")) },
    ...(method === "GET" || body === "" ? {} : { body })
  })

const check = async (handler: Handler, sent: Sent): Promise<void> => {
  const response = await handler(requestOf(sent))
  const text = await response.text()
  assert.isBelow(response.status, 500, `${JSON.stringify(sent)} -> ${text}`)
  if (response.status < 400) return
  const { message, ...rest } = JSON.parse(text)
  assert.deepInclude(rest, { statusCode: response.status, success: false })
  assert.isString(message)
  assert.isString(rest.errorCode)
}

const ask = async (handler: Handler, method: string, path: string, json?: unknown) => {
  const answer = await handler(
    requestOf({
      method,
      path,
      query: "",
      headers: { authorization: "Bearer k", "content-type": "application/json" },
      body: json === undefined ? "" : JSON.stringify(json)
    })
  )
  assert.strictEqual(answer.status, 200, path)
  return answer.json()
}

const BATCHES = 10
const REQUESTS = 1_000

describe("fuzzed requests", () => {
  it.effect.each(Array.from({ length: BATCHES }, (_, index) => index + 1))(
    `batch %d of ${BATCHES}: ${REQUESTS} are answered, and the stores stay whole`,
    (batch) =>
      withHandler(async (handler, path) => {
        const ids = await seed(handler)
        const known = (path: string): string => path.replaceAll(/@[a-z]+/g, (name) => ids.get(name) ?? name)
        await fc.assert(
          fc.asyncProperty(requests, (sent) => check(handler, { ...sent, path: known(sent.path) })),
          { numRuns: REQUESTS, seed: batch, endOnFailure: true }
        )
        // Everything that was taken can be read again, whatever is in it
        const filters = [
          "inputs.a",
          "outputs.a",
          "config.a",
          "metadata.a",
          "metrics.a",
          "feedback.a",
          "user_properties.a"
        ].map((field) => ({ field, operator: "not exists" }))
        const { count } = await ask(handler, "POST", "/v1/events/search", { filters, limit: 1000 })
        assert.isAbove(count, 10)
        for (const list of [
          "/v1/runs",
          "/v1/runs/schema",
          "/v1/datasets",
          "/v1/datapoints",
          "/v1/metrics",
          "/runs",
          "/metrics"
        ]) {
          await ask(handler, "GET", list)
        }
        const { event_id } = await ask(handler, "POST", "/v1/events", { event_type: "tool", inputs: {} })
        await ask(handler, "GET", `/v1/events/${event_id}`)
        const database = new DatabaseSync(path, { readOnly: true })
        assert.deepStrictEqual({ ...database.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" })
        database.close()
      }),
    120_000
  )
})
