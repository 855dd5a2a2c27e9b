import { assert, describe, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Hive } from "./Hive.ts"
import { type Answer, ask, ok, refused } from "./RestApi.fixture.ts"
import * as SqliteTraceStore from "./SqliteTraceStore.ts"
import { TraceQueries } from "./TraceQueries.ts"
import { TraceStore, TraceStoreError } from "./TraceStore.ts"

const ORPHAN = "00000000-0000-4000-8000-000000000000"

describe("RestApi", () => {
  layer(Hive.layer())("sessions and events", (it) => {
    it.effect("a session starts once and merges", () =>
      Effect.gen(function* () {
        const session_id = crypto.randomUUID()
        const first = yield* ok("POST", "/v1/sessions", { session_id, session_name: "s", metadata: { a: 1 } })
        assert.deepInclude(first, { event_id: session_id, session_id, event_type: "session", project_id: "local" })
        const again = yield* ok("POST", "/v1/sessions", { session_id, metadata: { b: 2 }, user_properties: { u: 1 } })
        assert.deepInclude(again, { event_name: "s", metadata: { a: 1, b: 2 }, user_properties: { u: 1 } })
        assert.strictEqual((yield* ok("GET", `/v1/sessions/${session_id}`)).event_name, "s")
      })
    )

    it.effect("a session is deleted with its events, and nothing else is", () =>
      Effect.gen(function* () {
        const [gone, kept] = [crypto.randomUUID(), crypto.randomUUID()]
        const ids: Array<string> = []
        for (const session_id of [gone, kept]) {
          yield* ok("POST", "/v1/sessions", { session_id })
          const { event_id } = yield* ok("POST", "/v1/events", { session_id, event_type: "tool", inputs: {} })
          ids.push(event_id)
        }
        const path = `/v1/sessions/${gone.toUpperCase()}`
        assert.deepStrictEqual(yield* ok("DELETE", path), { success: true, deleted: gone })
        yield* refused("DELETE", path, undefined, 404, "not_found")
        yield* refused("GET", `/v1/sessions/${gone}`, undefined, 404, "not_found")
        yield* refused("GET", `/v1/events/${ids[0]}`, undefined, 404, "not_found")
        assert.strictEqual((yield* ok("GET", `/v1/events/${ids[1]}`)).event.session_id, kept)
      })
    )

    it.effect("an update merges buckets, replaces outputs, and cannot reach the rest", () =>
      Effect.gen(function* () {
        const { event_id } = yield* ok("POST", "/v1/events", {
          event_type: "tool",
          inputs: { q: 1 },
          outputs: { a: 1 },
          metadata: { kept: true },
          children_ids: ["c"]
        })
        const path = `/v1/events/${event_id}`
        yield* ok("PUT", path, {
          metadata: { more: 1 },
          metrics: { score: 1 },
          feedback: { rating: 5 },
          config: { k: "v" },
          user_properties: { p: 1 },
          outputs: null,
          children_ids: [],
          inputs: { q: 2 },
          error: "no",
          event_name: "no"
        })
        const { event } = yield* ok("GET", path)
        assert.deepInclude(event, {
          inputs: { q: 1 },
          outputs: { a: 1 },
          error: null,
          event_name: "unknown",
          metadata: { kept: true, more: 1 },
          metrics: { score: 1 },
          feedback: { rating: 5 },
          config: { k: "v" },
          user_properties: { p: 1 },
          children_ids: ["c"]
        })
        yield* ok("PUT", path, { outputs: { b: 2 } })
        assert.deepStrictEqual((yield* ok("GET", path)).event.outputs, { b: 2 })
        yield* refused("PUT", path, { outputs: [1] }, 400, "bad_request")
      })
    )

    it.effect("a batch fills one session, and searches page through it", () =>
      Effect.gen(function* () {
        const { event_ids, session_id, success } = yield* ok("POST", "/v1/events/batch", {
          events: [1, 2, 3, 4, 5].map((score) => ({
            event_type: "model",
            event_name: `call-${score}`,
            inputs: {},
            metrics: { score },
            start_time: 1_790_000_000_000 + score
          })),
          single_session: true,
          session_properties: { session_name: "paged", start_time: 1_790_000_000_000 }
        })
        assert.isTrue(success)
        assert.strictEqual(event_ids.length, 5)
        const mine = { field: "session_id", operator: "is", value: session_id }
        const page = yield* ok("POST", "/v1/events/search", { filters: [mine], limit: 2, page: 2, ignore_order: true })
        assert.strictEqual(page.count, 6)
        assert.deepStrictEqual(
          page.events.map((event: { readonly event_name: string }) => event.event_name),
          ["call-3", "call-2"]
        )
        const names = (filter: object) =>
          Effect.map(ok("POST", "/v1/events/search", { filters: [mine, filter] }), ({ events }) =>
            events.map((event: { readonly event_name: string }) => event.event_name).toSorted()
          )
        const at = (number: number) => new Date(1_790_000_000_000 + number).toISOString()
        const all = ["call-1", "call-2", "call-3", "call-4", "call-5"]
        const cases: ReadonlyArray<readonly [object, ReadonlyArray<string>]> = [
          [{ field: "metrics.score", operator: "exists" }, all],
          [{ field: "metrics.score", operator: "not exists" }, ["paged"]],
          [{ field: "metrics.score", operator: "is", value: 2, type: "number" }, ["call-2"]],
          [{ field: "event_type", operator: "is not", value: "model", type: "string" }, ["paged"]],
          [{ field: "event_name", operator: "contains", value: "LL-3" }, ["call-3"]],
          [{ field: "event_name", operator: "not contains", value: "call" }, ["paged"]],
          [{ field: "metrics.score", operator: "greater than", value: "3", type: "number" }, ["call-4", "call-5"]],
          [{ field: "metrics.score", operator: "less than", value: 2, type: "number" }, ["call-1"]],
          [{ field: "start_time", operator: "after", value: at(4), type: "datetime" }, ["call-5"]],
          [{ field: "start_time", operator: "before", value: at(1), type: "datetime" }, ["paged"]]
        ]
        for (const [filter, expected] of cases) {
          assert.deepStrictEqual(yield* names(filter), expected, JSON.stringify(filter))
        }
      })
    )

    it.effect("an export has ranges, projections and 7,500 events a page", () =>
      Effect.gen(function* () {
        const session_id = crypto.randomUUID()
        yield* ok("POST", `/v1/sessions/${session_id}/events/batch`, {
          events: [1, 2].map((n) => ({ event_type: "tool", inputs: {}, metadata: { n, m: 1 }, start_time: n }))
        })
        const filters = [{ field: "session_id", operator: "is", value: session_id, type: "id" }]
        const { events, totalEvents } = yield* ok("POST", "/v1/events/export", {
          filters,
          dateRange: { $gte: new Date(2).toISOString() },
          projections: ["event_type", "metadata.n", "nothing"],
          limit: 7500
        })
        assert.deepStrictEqual([events, totalEvents], [[{ event_type: "tool", metadata: { n: 2 } }], 1])
        yield* refused("POST", "/v1/events/export", { filters, limit: 7501 }, 400, "bad_request")
      })
    )

    it.effect.each([
      ["GET", `/v1/events/${ORPHAN}`, undefined, 404, "not_found"],
      ["PUT", `/v1/events/${ORPHAN}`, {}, 404, "not_found"],
      ["GET", `/v1/sessions/${ORPHAN}`, undefined, 404, "not_found"],
      ["DELETE", `/v1/sessions/${ORPHAN}`, undefined, 404, "not_found"],
      ["POST", "/v1/events", { event_type: "tool" }, 400, "bad_request"],
      ["POST", "/v1/events", { event_type: "tool", inputs: {}, project: "p" }, 400, "bad_request"],
      ["POST", "/v1/events/batch", { events: [{ event_type: "tool", inputs: {}, nope: 1 }] }, 400, "bad_request"],
      ["POST", `/v1/sessions/${ORPHAN}/events/batch`, { events: [{ inputs: {} }] }, 400, "bad_request"],
      ["POST", "/v1/sessions", { start_time: "2026-01-01" }, 400, "bad_request"],
      ["POST", "/v1/events/search", { limit: 1001 }, 400, "bad_request"],
      ["POST", "/v1/events/search", { filters: [{ field: "x", operator: "is" }] }, 400, "bad_request"],
      ["POST", `/session/${ORPHAN}/traces`, {}, 400, "bad_request"],
      ["POST", `/session/${ORPHAN}/traces`, { logs: [], events: [] }, 400, "bad_request"],
      ["GET", "/v1/runs/none", undefined, 404, "not_found"],
      ["GET", "/v1/runs/none/summary", undefined, 404, "not_found"],
      ["GET", "/v1/runs/none/compare/nor-this", undefined, 404, "not_found"],
      ["DELETE", "/v1/runs/none", undefined, 404, "not_found"],
      ["POST", "/v1/runs", { name: "  " }, 400, "bad_request"],
      ["POST", "/v1/runs", { status: "done" }, 400, "bad_request"],
      ["GET", "/v1/runs?limit=101", undefined, 400, "bad_request"],
      ["GET", "/v1/runs?dateRange[$gte]=yesterday", undefined, 400, "bad_request"],
      ["PUT", "/v1/datasets/none", {}, 404, "not_found"],
      ["DELETE", "/v1/datasets/none", undefined, 404, "not_found"],
      ["POST", "/v1/datasets/none/datapoints", { data: [], mapping: {} }, 404, "not_found"],
      ["GET", "/v1/datapoints/none", undefined, 404, "not_found"],
      ["POST", "/v1/metrics", { name: "m", type: "COMPOSITE", criteria: "" }, 400, "bad_request"],
      ["PUT", "/v1/metrics/none", {}, 404, "not_found"],
      ["POST", "/v1/metrics/run", { metric: {}, event: {} }, 422, "execution_error"],
      ["POST", "/v1/configurations", {}, 404, "not_found"]
    ] as const)("%s %s is refused", ([method, path, json, status, code]) => refused(method, path, json, status, code))

    it.effect("datasets and datapoints know each other", () =>
      Effect.gen(function* () {
        const { inserted, result } = yield* ok("POST", "/v1/datasets", { name: "golden" })
        assert.isTrue(inserted)
        const dataset = `/v1/datasets/${result.insertedId}`
        const { datapoint_ids } = yield* ok("POST", `${dataset}/datapoints`, {
          data: [
            { q: "refund?", chat: [{ role: "user", content: "hi" }], answer: "yes", lang: "en" },
            { q: "price?", answer: "5" }
          ],
          mapping: { inputs: ["q"], history: ["chat"], ground_truth: ["answer"] }
        })
        const [first, second] = datapoint_ids as ReadonlyArray<string>
        const { datapoint } = yield* ok("GET", `/v1/datapoints/${first}`)
        assert.deepInclude(datapoint[0], {
          inputs: { q: "refund?" },
          history: [{ role: "user", content: "hi" }],
          ground_truth: { answer: "yes" },
          metadata: { lang: "en" },
          linked_event: null,
          linked_datasets: [result.insertedId]
        })
        const created = yield* ok("POST", "/v1/datapoints", { inputs: { q: 3 }, linked_datasets: [result.insertedId] })
        const [third] = created.result.insertedIds as ReadonlyArray<string>
        const { datasets } = yield* ok("GET", "/v1/datasets?name=golden")
        assert.deepStrictEqual(datasets[0].datapoints, [first, second, third])

        assert.isTrue((yield* ok("DELETE", `${dataset}/datapoints/${first}`)).dereferenced)
        assert.isFalse((yield* ok("DELETE", `${dataset}/datapoints/${first}`)).dereferenced)
        assert.deepStrictEqual((yield* ok("GET", `/v1/datapoints/${first}`)).datapoint[0].linked_datasets, [])
        yield* ok("PUT", `/v1/datapoints/${second}`, { ground_truth: null, metadata: { seen: true } })
        const some = yield* ok("GET", `/v1/datapoints?datapoint_ids[]=${second}&datapoint_ids[]=${third}`)
        assert.deepStrictEqual(
          some.datapoints.map((one: { readonly id: string }) => one.id),
          [second, third]
        )
        assert.deepInclude(some.datapoints[0], { inputs: { q: "price?" }, ground_truth: {}, metadata: { seen: true } })
        assert.strictEqual((yield* ok("GET", "/v1/datapoints?dataset_name=golden")).datapoints.length, 2)

        yield* ok("DELETE", `/v1/datapoints/${third}`)
        const updated = yield* ok("PUT", dataset, { description: "d" })
        assert.deepInclude(updated.result, { name: "golden", description: "d", datapoints: [second] })
        assert.deepStrictEqual(yield* ok("DELETE", dataset), { result: { id: result.insertedId } })
        assert.deepStrictEqual((yield* ok("GET", `/v1/datapoints/${second}`)).datapoint[0].linked_datasets, [])
      })
    )

    it.effect("events become datapoints", () =>
      Effect.gen(function* () {
        const { result } = yield* ok("POST", "/v1/datasets", {})
        const { event_ids, session_id } = yield* ok("POST", "/v1/events/batch", {
          single_session: true,
          events: [
            {
              event_type: "model",
              inputs: { chat_history: [{ role: "user", content: "hi" }] },
              outputs: { content: "hello" }
            },
            { event_type: "model", inputs: { q: 1 }, feedback: { ground_truth: { a: 2 } } }
          ]
        })
        const marked = yield* ok("POST", "/v1/datapoints/batch", {
          checkState: { [event_ids[0]]: true, [event_ids[1]]: false },
          dataset_id: result.insertedId
        })
        const [one] = (yield* ok("GET", `/v1/datapoints/${marked.insertedIds[0]}`)).datapoint
        assert.deepInclude(one, {
          linked_event: event_ids[0],
          linked_datasets: [result.insertedId],
          history: [{ role: "user", content: "hi" }],
          ground_truth: { content: "hello" }
        })
        const filters = [
          { field: "session_id", operator: "is", value: session_id },
          { field: "event_type", operator: "is", value: "model" }
        ]
        const all = yield* ok("POST", "/v1/datapoints/batch", { selectAll: true, filters })
        assert.strictEqual(all.insertedIds.length, 2)
        // More than one page of a search
        const many = Array.from({ length: 1_001 }, () => ({ event_type: "chain", event_name: "many", inputs: {} }))
        yield* ok("POST", "/v1/events/batch", { events: many })
        const named = { selectAll: true, filters: [{ field: "event_name", operator: "is", value: "many" }] }
        assert.strictEqual((yield* ok("POST", "/v1/datapoints/batch", named)).insertedIds.length, 1_001)
        const texts = JSON.stringify(
          yield* ok("GET", `/v1/datapoints?datapoint_ids[]=${all.insertedIds.join("&datapoint_ids[]=")}`)
        )
        assert.include(texts, '"ground_truth":{"a":2}')
      })
    )

    it.effect("metrics have versions", () =>
      Effect.gen(function* () {
        const { metric_id } = yield* ok("POST", "/v1/metrics", { name: "exact", type: "PYTHON", criteria: "v1" })
        const find = Effect.map(ok("GET", `/v1/metrics?id=${metric_id}`), ([metric]) => metric)
        assert.deepInclude(yield* find, {
          criteria: "v1",
          version: 1,
          return_type: "float",
          sampling_percentage: 10,
          enabled_in_prod: false
        })
        yield* ok("PUT", `/v1/metrics/${metric_id}`, { criteria: "v2" })
        const third = yield* ok("POST", `/v1/metrics/${metric_id}/versions`, { criteria: "v3" })
        assert.deepInclude(third, { version: 3, deployed: false })
        assert.deepInclude(yield* find, { criteria: "v2", version: 2 })
        yield* ok("POST", `/v1/metrics/${metric_id}/versions/${third.id}/deploy`)
        assert.deepInclude(yield* find, { criteria: "v3", version: 3 })
        yield* ok("POST", `/v1/metrics/${metric_id}/versions/1/deploy`)
        const { versions } = yield* ok("GET", `/v1/metrics/${metric_id}/versions`)
        assert.deepStrictEqual(
          versions.map((one: { readonly version: number; readonly deployed: boolean }) => [one.version, one.deployed]),
          [
            [3, false],
            [2, false],
            [1, true]
          ]
        )
        assert.deepStrictEqual(yield* ok("GET", "/v1/metrics?type=HUMAN"), [])
        yield* ok("DELETE", `/v1/metrics/${metric_id}`)
        assert.isUndefined(yield* find)
      })
    )
  })

  layer(Hive.layer())("runs", (it) => {
    /** As HoneyHive documents it: a session a datapoint, the three ids on every event. */
    const experiment = Effect.fnUntraced(function* (name: string, scores: Readonly<Record<string, number>>) {
      const { run_id } = yield* ok("POST", "/v1/runs", {
        name: ` ${name} `,
        dataset_id: "EXT-0123456789abcdef",
        passing_ranges: { accuracy: { min: 0.5 } },
        metadata: { suite: "s" }
      })
      const sessions: Array<string> = []
      for (const [datapoint_id, accuracy] of Object.entries(scores)) {
        const metadata = { run_id, datapoint_id, dataset_id: "EXT-0123456789abcdef" }
        const { session_id } = yield* ok("POST", "/v1/sessions", {
          session_name: name,
          metadata,
          start_time: sessions.length + 1
        })
        yield* ok("PUT", `/v1/events/${session_id}`, { feedback: { ground_truth: { a: 1 } } })
        yield* ok("POST", "/v1/events", {
          session_id,
          event_type: "model",
          event_name: "answer",
          inputs: {},
          metadata,
          // The clock stands still
          start_time: sessions.length + 1,
          metrics: { accuracy, polite: accuracy > 0.2, note: "n" }
        })
        sessions.push(session_id)
      }
      yield* ok("PUT", `/v1/runs/${run_id}`, { status: "completed", event_ids: sessions })
      return { run_id: run_id as string, sessions } // just made
    })

    it.effect("a run has a summary, its events and a schema", () =>
      Effect.gen(function* () {
        const { run_id, sessions } = yield* experiment("first", { d1: 1, d2: 0.4, d3: 0.1 })
        const { evaluation } = yield* ok("GET", `/v1/runs/${run_id}`)
        assert.deepInclude(evaluation, {
          id: run_id,
          name: "first",
          status: "completed",
          event_ids: sessions,
          dataset_name: null,
          metadata: { suite: "s" }
        })
        const result = yield* ok("GET", `/v1/runs/${run_id}/summary?aggregate_function=median`)
        assert.deepInclude(result, { status: "completed", success: false, passed: ["d1"], failed: ["d2", "d3"] })
        assert.strictEqual(result.metrics.aggregation_function, "median")
        const accuracy = result.metrics.details.find(
          (detail: { readonly metric_name: string }) => detail.metric_name === "accuracy"
        )
        assert.deepStrictEqual(accuracy, {
          metric_name: "accuracy",
          metric_type: "CLIENT_SIDE",
          event_name: "answer",
          event_type: "model",
          aggregate: 0.4,
          values: [1, 0.4, 0.1],
          datapoints: { passed: ["d1"], failed: ["d2", "d3"] }
        })
        assert.deepStrictEqual(
          result.datapoints.map((one: { readonly session_id: string }) => one.session_id),
          sessions
        )
        assert.deepInclude(result.event_details, { event_name: "answer", event_type: "model" })
        assert.strictEqual(result.run_object.run_id, run_id)
        assert.deepStrictEqual(yield* ok("GET", `/v1/runs/${run_id}/result?aggregate_function=median`), result)

        const filters = encodeURIComponent(
          JSON.stringify([{ field: "metrics.accuracy", operator: "greater than", value: 0.3, type: "number" }])
        )
        const events = yield* ok("GET", `/v1/runs/${run_id}/metrics?filters=${filters}`)
        assert.deepStrictEqual([events.totalEvents, events.events.length], [2, 2])
        const schema = yield* ok("GET", `/v1/runs/${run_id}/schema`)
        assert.deepStrictEqual(schema.datasets, ["EXT-0123456789abcdef"])
        assert.deepStrictEqual(schema.mappings.accuracy, ["answer"])
        assert.deepInclude(schema.fields, { name: "metrics.accuracy", event_type: "model" })
        assert.deepStrictEqual((yield* ok("GET", "/v1/runs/schema")).mappings.polite, ["answer"])
      })
    )

    it.effect("two runs are compared over the datapoints they share", () =>
      Effect.gen(function* () {
        const old = yield* experiment("old", { a: 0.2, b: 0.5, c: 1, gone: 1 })
        const now = yield* experiment("new", { a: 0.4, b: 0.5, c: 0.3, more: 1 })
        const path = `/v1/runs/${now.run_id}/compare/${old.run_id}`
        const result = yield* ok("GET", `${path}?aggregate_function=sum`)
        assert.deepStrictEqual(result.commonDatapoints, ["a", "b", "c"])
        const accuracy = result.metrics.find((one: { readonly metric_name: string }) => one.metric_name === "accuracy")
        assert.deepInclude(accuracy, {
          old_aggregate: 1.7,
          new_aggregate: 1.2,
          found_count: 3,
          improved: ["a"],
          degraded: ["c"],
          same: ["b"]
        })
        assert.closeTo(accuracy.percentage_change, -29.41, 0.01)
        assert.deepInclude(result.event_details, { event_name: "answer", event_type: "model", presence: "both" })
        assert.deepInclude(result.event_details, { event_name: "old", event_type: "session", presence: "old_only" })
        assert.strictEqual(result.old_run.run_id, old.run_id)
        assert.strictEqual(result.new_run.run_id, now.run_id)

        const { events, totalEvents } = yield* ok("GET", `${path}/events?event_type=model&limit=2&page=2`)
        assert.deepStrictEqual([totalEvents, events.length], [3, 1])
        assert.strictEqual(events[0].datapoint_id, "c")
        assert.strictEqual(events[0].event_1.metrics.accuracy, 0.3)
        assert.strictEqual(events[0].event_2.metrics.accuracy, 1)
        const older = `/v1/runs/compare/events?run_id_1=${now.run_id}&run_id_2=${old.run_id}&event_type=model`
        assert.strictEqual((yield* ok("GET", older)).totalEvents, 3)
      })
    )

    it.effect("runs are listed by page, newest first, and can be removed", () =>
      Effect.gen(function* () {
        const ids: Array<string> = []
        for (const name of ["list-a", "list-b", "list-c"]) {
          ids.push((yield* ok("POST", "/v1/runs", { name, dataset_id: "listed" })).run_id)
        }
        const first = yield* ok("GET", "/v1/runs?dataset_id=listed&limit=2&sort_by=name")
        const names = (answer: Answer["body"]) => answer.evaluations.map((one: { readonly name: string }) => one.name)
        assert.deepStrictEqual(names(first), ["list-c", "list-b"])
        assert.deepInclude(first.pagination, { page: 1, limit: 2, total: 3, total_pages: 2, has_next: true })
        assert.isAtLeast(first.pagination.total_unfiltered, 3)
        assert.deepStrictEqual(
          names(yield* ok("GET", "/v1/runs?dataset_id=listed&sort_by=name&sort_order=asc&page=2&limit=2")),
          ["list-c"]
        )
        assert.deepStrictEqual(names(yield* ok("GET", `/v1/runs?run_ids[]=${ids[0]}`)), ["list-a"])
        assert.deepStrictEqual(names(yield* ok("GET", "/v1/runs?dateRange[$gte]=1000")), [])
        assert.deepStrictEqual(yield* ok("DELETE", `/v1/runs/${ids[0]}`), { id: ids[0], deleted: true })
        assert.strictEqual((yield* ok("GET", "/v1/runs?dataset_id=listed")).pagination.total, 2)
        assert.include(yield* refused("POST", "/v1/runs", { run_id: ids[1] }, 400, "bad_request"), "already")
      })
    )
  })

  const failing = Layer.effect(
    TraceStore,
    Effect.map(TraceStore, (store) =>
      TraceStore.of({
        ...store,
        createEvents: (events, session) =>
          events.some((event) => event.event_name === "cursed")
            ? Effect.fail(new TraceStoreError({ message: "disk full" }))
            : store.createEvents(events, session)
      })
    )
  ).pipe(Layer.provide(SqliteTraceStore.layer({ path: ":memory:" })), Layer.merge(Layer.mock(TraceQueries)({})))

  layer(Hive.layerServer().pipe(Layer.provideMerge(failing)))("a store that fails", (it) => {
    it.effect.each(["/v1/events/batch", `/v1/sessions/${ORPHAN}/events/batch`, "/events/batch"])(
      "costs %s the events that it failed on, and no others",
      (path) =>
        Effect.gen(function* () {
          const events = ["one", "cursed", "two"].map((event_name) => ({ event_type: "tool", inputs: {}, event_name }))
          const { body, status } = yield* ask("POST", path, { events })
          assert.strictEqual(status, 500)
          assert.deepStrictEqual(body.errors, ["events[1]: disk full"])
          assert.isFalse(body.success)
          assert.strictEqual(body.event_ids.length, 2)
          for (const id of body.event_ids) yield* ok("GET", `/v1/events/${id}`)
        })
    )

    it.effect("says so where it cannot do anything", () =>
      refused("POST", "/v1/events", { event_type: "tool", inputs: {}, event_name: "cursed" }, 500, "internal_error")
    )
  })

  const prompt = {
    id: "c1",
    name: "p",
    type: "LLM",
    provider: "openai",
    parameters: { model: "m" },
    tags: ["t"]
  } as const

  layer(Hive.layer({ configurations: [{ ...prompt, env: ["prod"] }] }))("configurations", (it) => {
    it.effect("are those that the hive was given", () =>
      Effect.gen(function* () {
        assert.deepInclude((yield* ok("GET", "/v1/configurations?name=p&env=prod&tags[]=t"))[0], prompt)
        assert.deepStrictEqual(yield* ok("GET", "/v1/configurations?env=dev"), [])
        assert.deepStrictEqual(yield* ok("GET", "/v1/configurations?tags[]=other"), [])
        yield* refused("GET", "/v1/configurations?env=moon", undefined, 400, "bad_request")
      })
    )

    it.effect("the OpenAPI document has every route", () =>
      Effect.gen(function* () {
        const { openapi, paths } = yield* ok("GET", "/openapi.json")
        assert.match(openapi, /^3\./)
        assert.includeMembers(Object.keys(paths), [
          "/v1/runs/{run_id}/summary",
          "/v1/datapoints/batch",
          "/v1/metrics/run"
        ])
      })
    )
  })
})
