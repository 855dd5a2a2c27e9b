/**
 * The page's questions, over every store.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Hive } from "./Hive.ts"
import { hiveOver, type Store } from "./Store.fixture.ts"
import { Aggregates, Facets, Histogram, Hits } from "./TraceQueries.ts"
import { Completion } from "./TraceQuery.ts"
import { TraceStore } from "./TraceStore.ts"

export const get = (path: string, key?: string) =>
  Effect.gen(function* () {
    const { url } = yield* Hive
    const response = yield* Effect.promise(() =>
      fetch(url + path, key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } })
    )
    return { status: response.status, body: yield* Effect.promise((): Promise<unknown> => response.json()) }
  })

export const q = encodeURIComponent

export const queryRoutesSuite = (stores: Store): void => {
  it.live("answers the page's questions", () =>
    Effect.gen(function* () {
      yield* TraceStore.use((store) =>
        store.createEvents([
          {
            event_type: "model",
            event_name: "chat",
            inputs: { q: "refund" },
            config: { model: "gpt-4o" },
            duration: 3000
          },
          { event_type: "tool", event_name: "search", inputs: { q: "refund" }, error: "late" }
        ])
      )
      const search = yield* get(`/api/search?q=${q('type:model model:gpt* duration>2s "refund"')}`)
      const { hits, next } = Schema.decodeUnknownSync(Hits)(search.body)
      assert.deepStrictEqual([hits.map((hit) => hit.event_name), next], [["chat"], null])

      const first = Schema.decodeUnknownSync(Hits)((yield* get("/api/search?limit=1")).body)
      const second = Schema.decodeUnknownSync(Hits)((yield* get(`/api/search?limit=1&before=${first.next}`)).body)
      assert.deepStrictEqual(
        new Set([...first.hits, ...second.hits].map((hit) => hit.event_name)),
        new Set(["chat", "search"])
      )

      const facets = Schema.decodeUnknownSync(Facets)((yield* get(`/api/facets?q=${q("error:true")}`)).body)
      assert.deepStrictEqual([facets.count, facets.facets.error], [1, [{ value: "late", count: 1 }]])

      const aggregates = Schema.decodeUnknownSync(Aggregates)((yield* get("/api/aggregates?by=type&order=errors")).body)
      assert.deepStrictEqual(
        aggregates.groups.map(({ errors, key }) => [key, errors]),
        [
          ["tool", 1],
          ["model", 0]
        ]
      )

      const completion = Schema.decodeUnknownSync(Completion)((yield* get(`/api/complete?q=${q("model:g")}`)).body)
      assert.deepStrictEqual(
        completion.options.map(({ text }) => text),
        ["gpt-4o"]
      )
    }).pipe(Effect.provide(hiveOver(stores)))
  )

  it.live("counts an agent's tokens once: its calls of the model, not the span around them", () =>
    Effect.gen(function* () {
      const { url } = yield* Hive
      const attribute = (key: string, value: string | number) => ({
        key,
        value: typeof value === "string" ? { stringValue: value } : { intValue: value }
      })
      const span = (id: number, operation: string, input: number, cached: number, output: number) => ({
        traceId: "5b8efff798038103d269b633813fc60c",
        spanId: id.toString(16).padStart(16, "0"),
        ...(id === 1 ? {} : { parentSpanId: "0000000000000001" }),
        name: operation,
        startTimeUnixNano: "1763712000000000000",
        endTimeUnixNano: "1763712001000000000",
        attributes: [
          attribute("ai.operationId", operation),
          attribute("ai.model.id", "gpt-4o"),
          attribute("ai.model.provider", "openai.responses"),
          attribute("ai.prompt", JSON.stringify({ prompt: "a refund?" })),
          attribute("ai.usage.inputTokens", input),
          attribute("ai.usage.cachedInputTokens", cached),
          attribute("ai.usage.outputTokens", output)
        ]
      })
      const spans = [
        span(1, "ai.generateText", 3000, 500, 300),
        span(2, "ai.generateText.doGenerate", 1000, 0, 100),
        span(3, "ai.generateText.doGenerate", 2000, 500, 200)
      ]
      yield* Effect.promise(() =>
        fetch(`${url}/v1/traces`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ scope: { name: "ai" }, spans }] }] })
        })
      )
      const { body } = yield* get(`/api/aggregates?by=model&q=${q("refund")}`)
      const [group] = Schema.decodeUnknownSync(Aggregates)(body).groups
      assert.deepInclude(group, { key: "gpt-4o", events: 3, tokens: 3300, unpriced: 0 })
      assert.deepStrictEqual(group?.usage, { input: 2500, cacheRead: 500, cacheWrite: 0, reasoning: 0, output: 300 })
      assert.closeTo(group?.cost ?? 0, (2500 * 2.5 + 500 * 1.25 + 300 * 10) / 1e6, 1e-12)
    }).pipe(Effect.provide(hiveOver(stores)))
  )

  it.live("counts how long events took, and groups by two things at once", () =>
    Effect.gen(function* () {
      const day = 86_400_000
      yield* TraceStore.use((store) =>
        store.createEvents(
          [1, 10, 100, 1000].map((duration, index) => ({
            event_type: "model" as const,
            event_name: "chat",
            inputs: {},
            config: { model: index === 3 ? "gpt-5" : "gpt-4o" },
            start_time: 20_000 * day + (index > 1 ? day : 0),
            duration
          }))
        )
      )
      const { body } = yield* get("/api/histogram?buckets=3")
      const histogram = Schema.decodeUnknownSync(Histogram)(body)
      assert.deepStrictEqual(
        histogram.buckets.map(({ count, from }) => [Math.round(from), count]),
        [
          [1, 1],
          [10, 1],
          [100, 2]
        ]
      )
      assert.deepInclude(histogram, { count: 4, min: 1, max: 1000 })
      const costs = Schema.decodeUnknownSync(Histogram)(
        (yield* get(`/api/histogram?of=cost&q=${q("model:gpt*")}`)).body
      )
      assert.deepInclude(costs, { count: 0, buckets: [] })
      const { groups } = Schema.decodeUnknownSync(Aggregates)((yield* get("/api/aggregates?by=day,model")).body)
      const first = new Date(20_000 * day).toISOString().slice(0, 10)
      const second = new Date(20_001 * day).toISOString().slice(0, 10)
      assert.deepStrictEqual(
        new Map(groups.map(({ duration, events, keys }) => [keys.join(), [events, duration?.p50]])),
        new Map([
          [`${first},gpt-4o`, [2, 1]],
          [`${second},gpt-4o`, [1, 100]],
          [`${second},gpt-5`, [1, 1000]]
        ])
      )
      for (const by of ["day,", "day,nothing", "day,model,name"]) {
        assert.strictEqual((yield* get(`/api/aggregates?by=${by}`)).status, 400, by)
      }
    }).pipe(Effect.provide(hiveOver(stores)))
  )
}
