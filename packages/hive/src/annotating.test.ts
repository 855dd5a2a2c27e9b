/**
 * What the hive's own page writes: feedback, metrics and datapoints, without a key; and that no other page can.
 */
import { request } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { Hive } from "./Hive.ts"

interface Answer {
  readonly status: number
  // What the hive answers is what these tests look at
  readonly body: ReturnType<typeof JSON.parse>
}

// Not `fetch`, which sets the headers that these tests are about itself
const send = (method: string, path: string, json: unknown, headers: Record<string, string>) =>
  Effect.gen(function* () {
    const { url } = yield* Hive
    return yield* Effect.callback<Answer, Error>((resume) => {
      const all = { "content-type": "application/json", ...headers }
      const sent = request(url + path, { method, headers: all, agent: false }, (response) => {
        let text = ""
        response.setEncoding("utf8")
        response.on("data", (chunk: string) => (text += chunk))
        response.on("end", () =>
          resume(Effect.succeed({ status: response.statusCode ?? 0, body: text === "" ? undefined : JSON.parse(text) }))
        )
      })
      sent.on("error", (error) => resume(Effect.fail(error)))
      sent.end(json === undefined ? undefined : JSON.stringify(json))
    })
  })

/** As a browser sends what a page of this hive asks for. */
const fromPage = (method: string, path: string, json?: unknown) =>
  Effect.gen(function* () {
    const { url } = yield* Hive
    const { body, status } = yield* send(
      method,
      path,
      json,
      method === "GET" ? { "sec-fetch-site": "same-origin" } : { origin: url, "sec-fetch-site": "same-origin" }
    )
    assert.strictEqual(status, 200, `${method} ${path}: ${JSON.stringify(body)}`)
    return body
  })

const event = { event_type: "tool", event_name: "search", inputs: { q: "refund" }, outputs: { hits: 1 } }

describe("the hive's own page", () => {
  it.live("writes feedback and metrics, and makes datapoints of events, without a key", () =>
    Effect.gen(function* () {
      const { event_id } = yield* fromPage("POST", "/v1/events", event)
      yield* fromPage("PUT", `/v1/events/${event_id}`, { feedback: { rating: 5, comment: "good" } })
      yield* fromPage("PUT", `/v1/events/${event_id}`, { metrics: { score: 0.9 } })
      const detail = yield* fromPage("GET", `/api/events/${event_id}`)
      assert.deepStrictEqual(detail.event.feedback, { rating: 5, comment: "good" })
      assert.deepStrictEqual(detail.event.metrics, { score: 0.9 })

      const created = yield* fromPage("POST", "/v1/datasets", { name: "golden" })
      const dataset_id = created.result.insertedId
      const { insertedIds } = yield* fromPage("POST", "/v1/datapoints/batch", {
        checkState: { [event_id]: true },
        dataset_id
      })
      const added = yield* fromPage("POST", `/v1/datasets/${dataset_id}/datapoints`, {
        data: [{ q: "where?", a: "here" }],
        mapping: { inputs: ["q"], ground_truth: ["a"] }
      })
      const { datasets } = yield* fromPage("GET", "/v1/datasets")
      assert.deepStrictEqual(datasets[0].datapoints, [...insertedIds, ...added.datapoint_ids])
      const { datapoints } = yield* fromPage("GET", "/v1/datapoints")
      assert.deepInclude(datapoints[0], { linked_event: event_id, inputs: { q: "refund" } })
    }).pipe(Effect.provide(Hive.layer()))
  )

  it.live("needs a key where keys are listed", () =>
    Effect.gen(function* () {
      const { url } = yield* Hive
      const headers = { origin: url, "sec-fetch-site": "same-origin" }
      assert.strictEqual((yield* send("POST", "/v1/events", event, headers)).status, 401)
      const { status } = yield* send("POST", "/v1/events", event, { ...headers, authorization: "Bearer right" })
      assert.strictEqual(status, 200)
    }).pipe(Effect.provide(Hive.layer({ keys: [Redacted.make("right")] })))
  )

  it.live("is the only page that can write; who is no page still needs some key", () =>
    Effect.gen(function* () {
      const { url } = yield* Hive
      const { event_id } = yield* fromPage("POST", "/v1/events", event)
      const writes: ReadonlyArray<readonly [method: string, path: string, json: unknown]> = [
        ["POST", "/v1/events", event],
        ["PUT", `/v1/events/${event_id}`, { feedback: { rating: 1 } }],
        ["POST", "/v1/sessions", {}],
        ["POST", "/v1/datasets", { name: "theirs" }],
        ["POST", "/v1/datapoints/batch", { selectAll: true }],
        ["POST", "/v1/traces", { resourceSpans: [] }],
        ["POST", "/events", { event }]
      ]
      for (const [method, path, json] of writes) {
        for (const origin of ["https://evil.example", "null", `${url}.evil.example`, "http://127.0.0.1:1"]) {
          for (const key of [{}, { authorization: "Bearer k" }]) {
            const { body, status } = yield* send(method, path, json, { origin, ...key })
            assert.strictEqual(status, 403, `${method} ${path} from ${origin}`)
            assert.deepInclude(body, { success: false, statusCode: 403, errorCode: "forbidden" })
          }
        }
      }
      const { status } = yield* send("PUT", `/v1/events/${event_id}`, {}, { "sec-fetch-site": "cross-site" })
      assert.strictEqual(status, 401)
      assert.deepStrictEqual((yield* fromPage("GET", `/api/events/${event_id}`)).event.feedback, {})
      assert.deepStrictEqual((yield* fromPage("GET", "/v1/datasets")).datasets, [])
    }).pipe(Effect.provide(Hive.layer()))
  )
})
