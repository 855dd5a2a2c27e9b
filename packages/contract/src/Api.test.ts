import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as OpenApi from "effect/http-api/OpenApi"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import * as Api from "./Api.ts"
import * as Event from "./Event.ts"

describe("Api", () => {
  it("has the routes of HoneyHive's sessions and events, and the legacy ones", () => {
    const { paths } = OpenApi.fromApi(Api.HoneyHiveApi)
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`)
    )
    assert.deepStrictEqual(routes.toSorted(), [
      "get /v1/events/{event_id}",
      "get /v1/sessions/{session_id}",
      "post /events",
      "post /events/batch",
      "post /session/start",
      "post /v1/events",
      "post /v1/events/batch",
      "post /v1/events/search",
      "post /v1/sessions",
      "post /v1/sessions/{session_id}/events/batch",
      "put /events",
      "put /v1/events/{event_id}"
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
