/**
 * What every store answers to questions.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { Attributes } from "@honeyhive/contract/Attributes"
import type { PostEvent } from "@honeyhive/contract/Event"
import { histogramOf } from "./internal/histograms.ts"
import type { Store } from "./Store.fixture.ts"
import { TraceQueries } from "./TraceQueries.ts"
import * as TraceQuery from "./TraceQuery.ts"
import { TraceStore } from "./TraceStore.ts"

const START = Date.UTC(2026, 10, 20, 12)
const parse = (text: string) => Result.getOrThrow(TraceQuery.parse(text))

const post = (name: string, more: Partial<PostEvent> = {}): PostEvent => ({
  event_type: "tool",
  event_name: name,
  inputs: {},
  start_time: START,
  ...more
})

const model = (
  name: string,
  provider: string,
  id: string,
  tokens: Record<string, number>,
  more: Partial<PostEvent> = {}
) => post(name, { event_type: "model", config: { model: id, provider }, metadata: tokens, ...more })

export const sample: ReadonlyArray<PostEvent> = [
  model(
    "plan",
    "openai",
    "gpt-4o",
    { prompt_tokens: 100, completion_tokens: 20, time_to_first_token_ms: 300 },
    {
      inputs: { chat_history: [{ role: "user", content: "Can I have a refund, please? Größe 42" }] },
      outputs: { role: "assistant", content: "See our policy." },
      duration: 2500,
      start_time: START + 1000
    }
  ),
  model(
    "answer",
    "anthropic",
    "claude-sonnet-4-5",
    { prompt_tokens: 10, completion_tokens: 5, cache_read_input_tokens: 90 },
    {
      duration: 900,
      error: "overloaded: try again\nrequest 77",
      start_time: START + 2000
    }
  ),
  post("search_docs", {
    inputs: { query: "refund policy" },
    outputs: { hits: ["日本語の返金"] },
    metadata: { customer: { plan: "pro", "seat.count": 5 }, beta: true, region: "eu-west", user_id: "u1" },
    metrics: { score: 0.25 },
    duration: 12,
    start_time: START + 3000
  }),
  post("send_mail", {
    error: "refused",
    metadata: { customer: { plan: "free" }, user_id: "u2" },
    duration: 40,
    start_time: START + 4000
  })
]

export const names = (text: string) =>
  TraceQueries.use((queries) => queries.search(parse(text))).pipe(
    Effect.map(({ hits }) => hits.map((hit) => hit.event_name))
  )

const questions: ReadonlyArray<readonly [text: string, names: ReadonlyArray<string>]> = [
  ["", ["send_mail", "search_docs", "answer", "plan"]],
  ["refund", ["search_docs", "plan"]],
  ["REFUN*", ["search_docs", "plan"]],
  ['"refund policy"', ["search_docs"]],
  ["grosse OR größe", ["plan"]],
  ["grosse OR grösse", []],
  ["返金", ["search_docs"]],
  ["inputs:policy", ["search_docs"]],
  ["outputs:policy", ["plan"]],
  ["docs", ["search_docs"]],
  ["refund -policy", []],
  ["refund -docs", ["plan"]],
  ["-refund", ["send_mail", "answer"]],
  ["refund OR refused", ["send_mail", "search_docs", "plan"]],
  ["(refund OR refused) type:tool", ["send_mail", "search_docs"]],
  ["refund OR error:true", ["send_mail", "search_docs", "answer", "plan"]],
  ["type:model model:gpt*", ["plan"]],
  ["model:GPT-4O", ["plan"]],
  ["-model:gpt*", ["send_mail", "search_docs", "answer"]],
  ["provider:anthropic", ["answer"]],
  ["error:true", ["send_mail", "answer"]],
  ["error:false", ["search_docs", "plan"]],
  ["error:overloaded", ["answer"]],
  ["duration>2s", ["plan"]],
  ["duration<=40ms", ["send_mail", "search_docs"]],
  ["ttft>=300", ["plan"]],
  ["tokens>110", ["plan"]],
  ["tokens:105", ["answer"]],
  ["cost>0.0003", ["plan"]],
  ["user:u1", ["search_docs"]],
  ["tool:send_*", ["send_mail"]],
  ["name:search_docs", ["search_docs"]],
  ["metadata.customer.plan:pro", ["search_docs"]],
  ["metadata.customer.plan:PR*", ["search_docs"]],
  ["metadata.customer.plan:*", ["send_mail", "search_docs"]],
  ["-metadata.customer.plan:pro", ["send_mail", "answer", "plan"]],
  ["metadata.beta:true", ["search_docs"]],
  ["metrics.score<0.5", ["search_docs"]],
  ["metrics.score:0.25", ["search_docs"]],
  ["metrics.score>0.5", []],
  [`since:${new Date(START + 3000).toISOString()}`, ["send_mail", "search_docs"]],
  [`until:${new Date(START + 1500).toISOString()}`, ["plan"]],
  ["zzz", []],
  ["type:nothing", []],
  ["user:u1 refund", ["search_docs"]],
  ["user:u2 refund", []],
  [`type:model model:gpt* duration>2s error:false "refund"`, ["plan"]]
]

export const traceQueriesSuite = ({ kept }: Store): void => {
  /** As a user has it: a store that stays. */
  const inStore = <A, E>(work: Effect.Effect<A, E, TraceStore | TraceQueries>) =>
    Effect.flatMap(kept, (open) => work.pipe(Effect.provide(open())))

  it.effect("finds what is asked for", () =>
    inStore(
      Effect.gen(function* () {
        yield* TraceStore.use((store) => store.createEvents(sample))
        for (const [text, expected] of questions) assert.deepStrictEqual(yield* names(text), expected, text)
      })
    )
  )

  it.effect("pages through everything, newest first, whatever is said again in between", () =>
    inStore(
      Effect.gen(function* () {
        const store = yield* TraceStore
        const queries = yield* TraceQueries
        // Many at the very same moment
        const ids = yield* store.createEvents(
          Array.from({ length: 250 }, (_, index) =>
            post(`step-${index}`, { start_time: START + Math.floor(index / 50) })
          )
        )
        const seen: Array<string> = []
        let before: number | undefined
        do {
          const page = yield* queries.search(parse("step"), { limit: 40, before })
          seen.push(...page.hits.map((hit) => hit.event_id))
          before = page.next ?? undefined
          yield* store.updateEvent(ids[0] ?? "", { metadata: { again: seen.length } })
        } while (before !== undefined)
        assert.strictEqual(seen.length, 250)
        assert.deepStrictEqual(new Set(seen), new Set(ids))
        const times = (yield* queries.search(parse(""), { limit: 1000 })).hits.map((hit) => hit.start_time)
        assert.deepStrictEqual(
          times,
          times.toSorted((a, b) => b - a)
        )
      })
    )
  )

  it.effect("follows updates", () =>
    inStore(
      Effect.gen(function* () {
        const store = yield* TraceStore
        const [id = ""] = yield* store.createEvents([post("work", { outputs: { text: "pending" } })])
        assert.deepStrictEqual(yield* names("pending"), ["work"])
        yield* store.updateEvent(id, { outputs: { text: "finished" }, metadata: { plan: "pro" } })
        assert.deepStrictEqual(yield* names("pending"), [])
        assert.deepStrictEqual(yield* names("finished"), ["work"])
        assert.deepStrictEqual(yield* names("metadata.plan:pro"), ["work"])
      })
    )
  )

  it.effect("says how much is missing: what is found and what is behind are all there are", () =>
    inStore(
      Effect.gen(function* () {
        const queries = yield* TraceQueries
        const events = Array.from({ length: 3000 }, (_, index) =>
          post(`step ${index}`, { outputs: { n: "word ".repeat(99) } })
        )
        yield* TraceStore.use((store) => store.createEvents(events))
        for (;;) {
          const { behind, count } = yield* queries.facets(parse("word"))
          assert.strictEqual(count + behind, 3000)
          if (behind === 0) break
        }
      })
    )
  )

  it.effect("finds what stands in content that is kept once for many events", () =>
    inStore(
      Effect.gen(function* () {
        const prompt = `${"You answer politely. ".repeat(100)} xylophone`
        const metadata = { plan: "pro", notes: prompt }
        yield* TraceStore.use((store) =>
          store.createEvents(
            ["one", "two"].map((event_name) => ({ event_type: "model", event_name, inputs: { prompt }, metadata }))
          )
        )
        assert.strictEqual((yield* names("xylophone")).length, 2)
        assert.strictEqual((yield* names("metadata.plan:pro")).length, 2)
        assert.strictEqual((yield* names(`metadata.notes:*xylophone`)).length, 2)
        const { id } = yield* TraceQueries.use((queries) => queries.search(parse("name:one"))).pipe(
          Effect.map(({ hits }) => ({ id: hits[0]?.event_id ?? "" }))
        )
        yield* TraceStore.use((store) => store.updateEvent(id, { outputs: { text: "marimba" } }))
        assert.deepStrictEqual(yield* names("marimba xylophone"), ["one"])
      })
    )
  )

  it.effect("knows a span once, also when it comes again under another id", () =>
    inStore(
      Effect.gen(function* () {
        const span = {
          name: "renamed",
          traceId: "5b8efff798038103d269b633813fc60c",
          spanId: "eee19b7ec3c1b174",
          parentSpanId: undefined,
          startTimeUnixNano: 1n,
          endTimeUnixNano: 2n,
          kind: 1,
          events: [],
          links: [],
          status: { code: 0, message: "" },
          scope: { name: "", version: "" },
          resource: {}
        }
        for (const id of ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"]) {
          yield* TraceStore.use((store) => store.ingest([{ ...span, attributes: { [Attributes.EVENT_ID]: id } }]))
          assert.deepStrictEqual(yield* names("renamed"), ["renamed"])
        }
      })
    )
  )

  it.effect("counts facets of everything and of a query", () =>
    inStore(
      Effect.gen(function* () {
        yield* TraceStore.use((store) => store.createEvents(sample))
        const queries = yield* TraceQueries
        const { count, facets } = yield* queries.facets(parse(""))
        assert.strictEqual(count, 4)
        assert.deepStrictEqual(facets.type, [
          { value: "model", count: 2 },
          { value: "tool", count: 2 }
        ])
        assert.deepStrictEqual(
          facets.error.map(({ value }) => value),
          ["overloaded: try again", "refused"]
        )
        assert.deepStrictEqual(facets.user, [
          { value: "u1", count: 1 },
          { value: "u2", count: 1 }
        ])
        assert.deepStrictEqual(facets.source, [{ value: "unknown", count: 4 }])
        const found = yield* queries.facets(parse("refund"), { limit: 1 })
        assert.strictEqual(found.count, 2)
        assert.deepStrictEqual(found.facets.model, [{ value: "gpt-4o", count: 1 }])
        assert.strictEqual(found.facets.name.length, 1)
      })
    )
  )

  it.effect("adds up tokens, costs, errors and latencies", () =>
    inStore(
      Effect.gen(function* () {
        const store = yield* TraceStore
        const { session_id } = yield* store.startSession({ session_name: "support", start_time: START })
        yield* store.createEvents(sample, session_id)
        yield* store.createEvents(
          Array.from({ length: 100 }, (_, index) =>
            post("timed", { duration: index + 1, start_time: START + 86_400_000 })
          ),
          session_id
        )
        const queries = yield* TraceQueries
        const by = (by: "model" | "name" | "session" | "day" | "all", text = "") =>
          Effect.map(queries.aggregate(parse(text), { by }), ({ groups }) => groups)

        const models = yield* by("model", "type:model")
        const gpt = models.find(({ key }) => key === "gpt-4o")
        assert.deepStrictEqual(gpt?.usage, { input: 100, cacheRead: 0, cacheWrite: 0, reasoning: 0, output: 20 })
        assert.closeTo(gpt?.cost ?? 0, (100 * 2.5 + 20 * 10) / 1e6, 1e-12)
        assert.deepStrictEqual(gpt?.time_to_first_token, { p50: 300, p95: 300, p99: 300 })
        const claude = models.find(({ key }) => key === "claude-sonnet-4-5")
        assert.deepStrictEqual([claude?.tokens, claude?.error_rate, claude?.usage.cacheRead], [105, 1, 90])
        assert.closeTo(claude?.cost ?? 0, (10 * 3 + 90 * 0.3 + 5 * 15) / 1e6, 1e-12)

        const timed = (yield* by("name")).find(({ key }) => key === "timed")
        assert.deepStrictEqual(timed?.duration, { p50: 50, p95: 95, p99: 99 })
        const [session, ...others] = yield* by("session")
        assert.deepStrictEqual([session?.key, session?.label, session?.events], [session_id, "support", 105])
        assert.isEmpty(others)
        assert.deepStrictEqual(
          (yield* by("day")).map(({ events, key }) => [key, events]),
          [
            ["2026-11-21", 100],
            ["2026-11-20", 5]
          ]
        )
        const [all] = yield* by("all")
        assert.deepStrictEqual([all?.events, all?.errors, all?.tokens], [105, 2, 225])
        assert.isEmpty(yield* by("all", "zzz"))
      })
    )
  )

  it.effect("counts costs anew when the prices are others", () =>
    Effect.gen(function* () {
      const open = yield* kept
      const costs = TraceQueries.use((queries) => queries.aggregate(parse("type:model"), { by: "model" })).pipe(
        Effect.map(({ groups }) => groups.map(({ cost, key, unpriced }) => [key, cost, unpriced]).toSorted())
      )
      yield* TraceStore.use((store) => store.createEvents(sample)).pipe(Effect.andThen(costs), Effect.provide(open()))
      const prices = {
        updated: "2026-11-21",
        prices: [
          { model: "gpt*", from: "2020-01-01", input: 1, output: 0 },
          { model: "gpt*", from: "2026-11-20", input: 1_000_000, output: 0 },
          { model: "gpt*", from: "2026-11-21", input: 7, output: 7 }
        ]
      }
      assert.deepStrictEqual(yield* costs.pipe(Effect.provide(open({ prices }))), [
        ["claude-sonnet-4-5", 0, 1],
        ["gpt-4o", 100, 0]
      ])
      // One session has them all
      const { sessions } = yield* TraceQueries.use((queries) => queries.sessionRows(parse(""))).pipe(
        Effect.provide(open({ prices }))
      )
      assert.deepStrictEqual(
        sessions.map(({ cost, unpriced }) => [cost, unpriced]),
        [[100, 1]]
      )
    })
  )

  it.effect("gives a session's events in order of their start, in pages, each once and below its parent", () =>
    inStore(
      Effect.gen(function* () {
        const store = yield* TraceStore
        const queries = yield* TraceQueries
        const { session_id } = yield* store.startSession({ session_name: "long", start_time: START })
        const idOf = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`
        // Many begin in the same moment; each hangs below one that a page before may have had
        yield* store.createEvents(
          Array.from({ length: 2500 }, (_, index) =>
            post(`e${index}`, {
              event_id: idOf(index),
              parent_id: index === 0 ? session_id : idOf(Math.floor(index / 10)),
              start_time: START + Math.floor(index / 300),
              duration: 1
            })
          ),
          session_id
        )
        const pages = yield* Stream.runCollect(queries.spanRows(session_id.toUpperCase()))
        assert.isAbove(pages.length, 2)
        const [own, ...rows] = pages.flat()
        assert.deepStrictEqual([own?.[0], own?.[5], own?.[6]], [session_id, 9, "ok"])
        assert.strictEqual(new Set(rows.map(([id]) => id)).size, 2500)
        assert.deepStrictEqual(
          rows.map((row) => row[4]),
          rows.map((row) => row[4]).toSorted((a, b) => a - b)
        )
        for (const [id, parent, , name, , , , , , , , , , , , , missing] of rows) {
          const index = Number(name.slice(1))
          assert.deepStrictEqual(
            [id, parent, missing],
            [idOf(index), index === 0 ? session_id : idOf(Math.floor(index / 10)), false]
          )
        }
        const some = yield* queries.spanRowsOf([idOf(20).toUpperCase(), "none", idOf(2)])
        assert.deepStrictEqual(
          some,
          [idOf(20), idOf(2)].map((id) => ({ session_id, row: rows.find((row) => row[0] === id) ?? assert.fail() }))
        )
        assert.deepStrictEqual(yield* Stream.runCollect(queries.spanRows("none")), [])
      })
    )
  )

  it.effect("law: a histogram on the server counts as one over the values would", () =>
    inStore(
      Effect.gen(function* () {
        const queries = yield* TraceQueries
        const name = fc.sample(fc.nat(), 1).join()
        const [durations = []] = fc.sample(
          fc.array(fc.constantFrom(0, 0.5, 1, 2, 3, 10, 100, 1e5, 1e9, 7, 1 / 3), { minLength: 20, maxLength: 40 }),
          1
        )
        yield* TraceStore.use((store) => store.createEvents(durations.map((duration) => post(name, { duration }))))
        for (const size of [1, 3, 40]) {
          const { behind, ...histogram } = yield* queries.histogram(parse(`name:${name}`), { buckets: size })
          assert.strictEqual(behind, 0)
          assert.deepStrictEqual(histogram, histogramOf(durations, size), durations.join())
        }
      })
    )
  )

  it.effect("completes with the values that the store has", () =>
    inStore(
      Effect.gen(function* () {
        yield* TraceStore.use((store) => store.createEvents(sample))
        yield* names("")
        const options = (text: string) =>
          TraceQueries.use((queries) => queries.complete(text, text.length)).pipe(
            Effect.map(({ options }) => options.map(({ text }) => text))
          )
        assert.deepStrictEqual(yield* options("model:"), ["claude-sonnet-4-5", "gpt-4o"])
        assert.deepStrictEqual(yield* options("-name:se"), ["search_docs", "send_mail"])
        assert.deepStrictEqual(yield* options("model:%"), [])
      })
    )
  )

  it.effect("fuzz: whatever query is asked, the store answers and stays whole", () =>
    inStore(
      Effect.gen(function* () {
        yield* TraceStore.use((store) => store.createEvents(sample))
        const queries = yield* TraceQueries
        const pieces = fc.constantFrom(
          ..."( ) : > - * ^ { } + % _ [ ; ' a 1 \\ \0 é \u{1F600} $. NEAR( refund type: name: error: metadata. OR".split(
            " "
          ),
          '"',
          'metadata."',
          " "
        )
        const texts = fc.sample(
          fc.array(pieces, { maxLength: 12 }).map((all) => all.join("")),
          2000
        )
        let asked = 0
        for (const text of texts) {
          const query = TraceQuery.parse(text)
          if (Result.isFailure(query)) continue
          asked++
          yield* queries.search(query.success)
        }
        assert.isAbove(asked, 200)
        assert.strictEqual((yield* names("")).length, 4)
      })
    )
  )
}
