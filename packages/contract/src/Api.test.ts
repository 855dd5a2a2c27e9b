import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import * as Api from "./Api.ts"
import * as Event from "./Event.ts"

describe("Api", () => {
  it("has the routes of HoneyHive, and the legacy ones", () => {
    const { paths } = OpenApi.fromApi(Api.HoneyHiveApi)
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`)
    )
    assert.deepStrictEqual(routes.toSorted(), [
      "delete /datapoints/{id}",
      "delete /datasets",
      "delete /metrics",
      "delete /runs/{run_id}",
      "delete /v1/datapoints/{id}",
      "delete /v1/datasets/{dataset_id}",
      "delete /v1/datasets/{dataset_id}/datapoints/{datapoint_id}",
      "delete /v1/metrics/{metric_id}",
      "delete /v1/runs/{run_id}",
      "delete /v1/sessions/{session_id}",
      "get /configurations",
      "get /datapoints",
      "get /datapoints/{id}",
      "get /datasets",
      "get /metrics",
      "get /runs",
      "get /runs/{new_run_id}/compare-with/{old_run_id}",
      "get /runs/{run_id}",
      "get /runs/{run_id}/result",
      "get /session/{session_id}",
      "get /v1/configurations",
      "get /v1/datapoints",
      "get /v1/datapoints/{id}",
      "get /v1/datasets",
      "get /v1/events/{event_id}",
      "get /v1/metrics",
      "get /v1/metrics/{metric_id}/versions",
      "get /v1/runs",
      "get /v1/runs/compare/events",
      "get /v1/runs/schema",
      "get /v1/runs/{new_run_id}/compare-with/{old_run_id}",
      "get /v1/runs/{new_run_id}/compare/{old_run_id}",
      "get /v1/runs/{new_run_id}/compare/{old_run_id}/events",
      "get /v1/runs/{run_id}",
      "get /v1/runs/{run_id}/metrics",
      "get /v1/runs/{run_id}/result",
      "get /v1/runs/{run_id}/schema",
      "get /v1/runs/{run_id}/summary",
      "get /v1/sessions/{session_id}",
      "post /datapoints",
      "post /datasets",
      "post /datasets/{dataset_id}/datapoints",
      "post /events",
      "post /events/batch",
      "post /events/export",
      "post /events/model",
      "post /events/model/batch",
      "post /metrics",
      "post /runs",
      "post /session/start",
      "post /session/{session_id}/traces",
      "post /v1/datapoints",
      "post /v1/datapoints/batch",
      "post /v1/datasets",
      "post /v1/datasets/{dataset_id}/datapoints",
      "post /v1/events",
      "post /v1/events/batch",
      "post /v1/events/export",
      "post /v1/events/search",
      "post /v1/metrics",
      "post /v1/metrics/run",
      "post /v1/metrics/{metric_id}/versions",
      "post /v1/metrics/{metric_id}/versions/{version_id}/deploy",
      "post /v1/runs",
      "post /v1/sessions",
      "post /v1/sessions/{session_id}/events/batch",
      "put /datapoints/{id}",
      "put /datasets",
      "put /events",
      "put /metrics",
      "put /runs/{run_id}",
      "put /v1/datapoints/{id}",
      "put /v1/datasets/{dataset_id}",
      "put /v1/events/{event_id}",
      "put /v1/metrics/{metric_id}",
      "put /v1/runs/{run_id}"
    ])
  })

  it.each([
    [new Api.BadRequest({ message: "m" }), Api.BadRequest, 400, "bad_request"],
    [new Api.Unauthorized({ message: "m" }), Api.Unauthorized, 401, "unauthorized"],
    [new Api.NotFound({ message: "m" }), Api.NotFound, 404, "not_found"],
    [new Api.InternalError({ message: "m" }), Api.InternalError, 500, "internal_error"]
  ])("an error is exactly HoneyHive's shape: %s", (error, schema, statusCode, errorCode) => {
    const encoded = Effect.runSync(Schema.encodeUnknownEffect(schema as unknown as Schema.Codec<unknown>)(error))
    assert.deepStrictEqual({ ...(encoded as object) }, { statusCode, message: "m", success: false, errorCode })
  })

  it("reads the errors of older backends, which have no code", () => {
    const { errorCode: _, ...old } = { statusCode: 404, message: "gone", success: false, errorCode: "not_found" }
    const error = Schema.decodeUnknownSync(Api.NotFound)(old)
    assert.instanceOf(error, Api.NotFound)
    assert.deepInclude(error, { message: "gone", errorCode: "not_found" })
    assert.throws(() => Schema.decodeUnknownSync(Api.NotFound)({ ...old, statusCode: 400 }))
  })

  it("every route wants a key and says how it fails", () => {
    const { components, paths } = OpenApi.fromApi(Api.HoneyHiveApi)
    assert.deepInclude(Object.values(components.securitySchemes)[0], { type: "http", scheme: "Bearer" })
    for (const [path, methods] of Object.entries(paths)) {
      for (const operation of [methods.get, methods.post, methods.put, methods.delete]) {
        if (operation === undefined) continue
        assert.strictEqual(operation.security?.length, 1, path)
        assert.includeMembers(Object.keys(operation.responses), ["200", "400", "401"], path)
      }
    }
  })

  it("refuses unknown fields where HoneyHive does: in new events, not in updates or on the legacy paths", () => {
    const strict = Object.values(Api.HoneyHiveApi.groups).flatMap((group) =>
      Object.values(group.endpoints).flatMap((endpoint) =>
        Context.getOrUndefined(endpoint.annotations, HttpApi.PayloadParseOptions)?.onExcessProperty === "error"
          ? [endpoint.path]
          : []
      )
    )
    assert.deepStrictEqual(strict.toSorted(), [
      "/v1/events",
      "/v1/events/batch",
      "/v1/sessions/:session_id/events/batch"
    ])
  })

  it.each([
    ["an unknown operator", Api.SearchEvents, { filters: [{ field: "a", operator: "like", value: "b" }] }],
    ["an unknown type", Api.Filter, { field: "a", operator: "is", value: "b", type: "id" }],
    ["a page of none", Api.SearchEvents, { page: 0 }],
    ["a limit of none", Api.SearchEvents, { limit: 0 }],
    ["a limit beyond 1,000", Api.SearchEvents, { limit: 1001 }],
    ["half a range", Api.SearchEvents, { dateRange: { start_time: "2026-01-01" } }],
    ["a time that is text", Event.StartSession, { start_time: "2026-01-01" }],
    ["an event without a type in a batch", Api.EventBatch, { events: [{ inputs: {} }] }]
  ])("refuses %s", (_, schema, value) => {
    const decode = Schema.decodeUnknownOption(schema as Schema.Codec<unknown>) // each case has its own
    assert.strictEqual(decode(value)._tag, "None")
  })

  it.prop(
    "law: every Schema reads what it writes",
    [Event.Event, Event.StartSession, Event.UpdateEvent, Api.SearchEvents, Api.EventBatch],
    (values) => {
      const schemas = [Event.Event, Event.StartSession, Event.UpdateEvent, Api.SearchEvents, Api.EventBatch]
      schemas.forEach((schema, index) => {
        const codec = Schema.toCodecJson(schema as Schema.Codec<unknown>) // each value is of its own
        const wire = JSON.parse(JSON.stringify(Schema.encodeSync(codec)(values[index])))
        const back = Schema.encodeSync(codec)(Schema.decodeUnknownSync(codec)(wire))
        assert.deepStrictEqual(JSON.parse(JSON.stringify(back)), wire)
      })
    }
  )

  const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }))
  const time = fc.double({ noNaN: true, noDefaultInfinity: true })
  const post = fc.record(
    {
      event_type: fc.constantFrom(...Event.EventType.literals),
      inputs: json,
      event_name: fc.string(),
      event_id: fc.uuid(),
      session_id: fc.string(),
      parent_id: fc.option(fc.string()),
      outputs: fc.option(json),
      error: fc.option(fc.string()),
      start_time: time,
      end_time: fc.option(time),
      duration: fc.option(time),
      metadata: json,
      feedback: json,
      metrics: json,
      config: json,
      user_properties: json,
      children_ids: fc.array(fc.string())
    },
    { requiredKeys: ["event_type", "inputs"] }
  )

  it("law: an event survives the wire", () => {
    const codec = Schema.toCodecJson(Event.PostEvent)
    fc.assert(
      fc.property(post, (event) => {
        const wire = JSON.parse(JSON.stringify(event))
        const decoded = Schema.decodeUnknownSync(codec)(wire)
        assert.deepStrictEqual(JSON.parse(JSON.stringify(Schema.encodeSync(codec)(decoded))), wire)
      }),
      { numRuns: 1000 }
    )
  })

  it("an update cannot reach inputs, error or name, and takes outputs as an object or null only", () => {
    const decode = Schema.decodeUnknownOption(Event.UpdateEvent)
    const said = decode({ inputs: { a: 1 }, error: "e", event_name: "n", feedback: { rating: 5 } })
    assert.deepStrictEqual(said._tag === "Some" && { ...said.value }, { feedback: { rating: 5 } })
    assert.strictEqual(decode({ outputs: null })._tag, "Some")
    assert.strictEqual(decode({ outputs: [1] })._tag, "None")
  })

  it("refuses what is no event", () => {
    const decode = Schema.decodeUnknownOption(Event.PostEvent)
    for (const no of [
      {},
      { event_type: "tool" },
      { event_type: "agent", inputs: {} },
      { event_type: "tool", inputs: [] }
    ]) {
      assert.strictEqual(decode(no)._tag, "None")
    }
  })
})
