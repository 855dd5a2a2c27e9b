/**
 * What every store does, whatever its database is.
 */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import type { Filter } from "@honeyhive/contract/Api"
import type { SpanRecord } from "@honeyhive/contract/Otlp"
import type { Store } from "./Store.fixture.ts"
import { TraceQueries } from "./TraceQueries.ts"
import { type StoreChange, TraceStore } from "./TraceStore.ts"

const SESSION = "11111111-1111-4111-8111-111111111111"
const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0")

const span = (id: number, more: Partial<SpanRecord> = {}): SpanRecord => ({
  traceId: hex(7, 32),
  spanId: hex(id, 16),
  parentSpanId: undefined,
  name: `span-${id}`,
  kind: 1,
  startTimeUnixNano: 1_790_000_000_000_000_000n + BigInt(id) * 1_000_000n,
  endTimeUnixNano: 1_790_000_000_010_000_000n + BigInt(id) * 1_000_000n,
  events: [],
  links: [],
  status: { code: 0, message: "" },
  scope: { name: "test", version: "" },
  resource: {},
  ...more,
  attributes: {
    "honeyhive.session_id": SESSION,
    "honeyhive.session_auto_create": true,
    "honeyhive.session_name": "support",
    ...more.attributes
  }
})

const everything = Effect.gen(function* () {
  const store = yield* TraceStore
  return {
    sessions: yield* store.sessions({ limit: 100, offset: 0 }),
    events: yield* store.sessionEvents(SESSION)
  }
})

export const traceStoreSuite = ({ empty, kept, runs }: Store): void => {
  it.effect("law: the same spans in any order, any number of times, are the same session", () =>
    Effect.gen(function* () {
      const spans = [span(1), span(2, { parentSpanId: hex(1, 16) }), span(3, { parentSpanId: hex(2, 16) }), span(4)]
      const deliver = (batches: ReadonlyArray<ReadonlyArray<SpanRecord>>) =>
        Effect.gen(function* () {
          const store = yield* TraceStore
          for (const batch of batches) yield* store.ingest(batch)
          return yield* everything
        }).pipe(Effect.provide(empty()))
      const expected = yield* deliver([spans])
      assert.strictEqual(expected.events.length, 5)
      const batches = fc.sample(
        fc.shuffledSubarray([...spans, ...spans], { minLength: 8 }).map((all) => [all.slice(0, 3), all.slice(3)]),
        runs
      )
      for (const order of batches) assert.deepStrictEqual(yield* deliver(order), expected)
    })
  )

  it.effect("finds parents and children whatever arrives first, also under an event id of the span's own", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      const own = "22222222-2222-4222-8222-222222222222"
      yield* store.ingest([span(2, { parentSpanId: hex(1, 16) })])
      yield* store.ingest([span(1, { attributes: { honeyhive_event_id: own } })])
      const [session, parent, child] = (yield* everything).events
      assert.strictEqual(session?.event_id, SESSION)
      assert.deepStrictEqual(session?.children_ids, [own])
      assert.strictEqual(parent?.event_id, own)
      assert.strictEqual(parent?.parent_id, SESSION)
      assert.deepStrictEqual(parent?.children_ids, [child?.event_id ?? ""])
      assert.strictEqual(child?.parent_id, own)
      const alone = yield* store.event(own)
      assert.deepStrictEqual(Option.getOrThrow(alone), parent)
    }).pipe(Effect.provide(empty()))
  )

  it.effect("keeps spans of an unknown session as orphans until the session is started", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      yield* store.ingest([span(1, { attributes: { "honeyhive.session_auto_create": false } })])
      const orphaned = yield* everything
      assert.deepStrictEqual(
        orphaned.sessions.map((_) => [_.session_id, _.orphan, _.events]),
        [[SESSION, true, 1]]
      )
      yield* store.startSession({ session_id: SESSION, session_name: "late" })
      const adopted = yield* everything
      assert.deepStrictEqual(
        adopted.sessions.map((_) => [_.name, _.orphan, _.events]),
        [["late", false, 1]]
      )
      assert.strictEqual(adopted.events[1]?.parent_id, SESSION)
    }).pipe(Effect.provide(empty()))
  )

  it.effect("starting a session again merges metadata and user properties", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      yield* store.startSession({ session_id: SESSION, session_name: "a", metadata: { x: 1, y: 1 }, inputs: { q: 1 } })
      yield* store.ingest([span(1)])
      const again = yield* store.startSession({ session_id: SESSION, metadata: { y: 2 }, user_properties: { id: "u" } })
      assert.strictEqual(again.event_name, "a")
      assert.deepStrictEqual(again.metadata, { x: 1, y: 2 })
      assert.deepStrictEqual(again.user_properties, { id: "u" })
      assert.deepStrictEqual(again.inputs, { q: 1 })
      assert.strictEqual((yield* everything).sessions.length, 1)
    }).pipe(Effect.provide(empty()))
  )

  it.effect("replaces a session id that is no UUID, the same way every time", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      const session = yield* store.startSession({ session_id: "chat-42" })
      const [id = ""] = yield* store.createEvents([{ event_type: "tool", inputs: {}, session_id: "chat-42" }])
      assert.strictEqual(Option.getOrThrow(yield* store.event(id)).session_id, session.session_id)
      assert.notStrictEqual(session.session_id, "chat-42")
    }).pipe(Effect.provide(empty()))
  )

  it.effect(
    "updates merge buckets and replace outputs; null keeps them; a span delivered again keeps what was added",
    () =>
      Effect.gen(function* () {
        const store = yield* TraceStore
        const first = span(1, { attributes: { "honeyhive_outputs.a": 1, "honeyhive_metadata.m": 1 } })
        yield* store.ingest([first])
        const id = (yield* everything).events[1]?.event_id ?? ""
        const event = Effect.map(store.event(id), Option.getOrThrow)
        assert.isTrue(yield* store.updateEvent(id, { feedback: { rating: 5 }, metadata: { n: 2 }, outputs: { b: 2 } }))
        assert.deepStrictEqual((yield* event).outputs, { b: 2 })
        assert.isTrue(yield* store.updateEvent(id, { outputs: null, metrics: { score: 1 } }))
        assert.deepStrictEqual((yield* event).outputs, { b: 2 })
        yield* store.ingest([first])
        const again = yield* event
        assert.deepStrictEqual(again.feedback, { rating: 5 })
        assert.deepStrictEqual(again.metrics, { score: 1 })
        assert.strictEqual(again.metadata["n"], 2)
        assert.isFalse(yield* store.updateEvent("33333333-3333-4333-8333-333333333333", {}))
      }).pipe(Effect.provide(empty()))
  )

  it.effect("a request that fails half way keeps nothing of it", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      const broken = {
        ...span(2),
        get attributes(): never {
          throw new Error("broken")
        }
      }
      const failed = yield* Effect.flip(store.ingest([span(1), broken]))
      assert.strictEqual(failed._tag, "TraceStoreError")
      assert.strictEqual((yield* everything).events.length, 0)
    }).pipe(Effect.provide(empty()))
  )

  it.effect("law: search agrees with a naive filter", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      const words = ["alpha", "Beta", "gamma beta", ""]
      const data = fc.sample(
        fc.record({
          event_name: fc.constantFrom(...words),
          duration: fc.integer({ min: 0, max: 5 }),
          error: fc.option(fc.constantFrom("bad", "worse")),
          metadata: fc.record(
            { n: fc.integer({ min: 0, max: 3 }), "dotted.key": fc.constantFrom(...words) },
            {
              requiredKeys: []
            }
          )
        }),
        60
      )
      yield* store.createEvents(
        data.map((event) => ({ ...event, event_type: "tool" as const, inputs: {}, start_time: 1_790_000_000_000 }))
      )
      type Event = (typeof data)[number]
      const fields: ReadonlyArray<readonly [string, (event: Event) => unknown, ReadonlyArray<string | number>]> = [
        ["event_name", (_) => _.event_name, words],
        ["duration", (_) => _.duration, [0, 1, 2, 5]],
        ["error", (_) => _.error ?? undefined, ["bad", "worse"]],
        ["metadata.n", (_) => _.metadata.n, [0, 1, 2]],
        ["metadata.dotted.key", (_) => _.metadata["dotted.key"], words]
      ]
      const has = (value: unknown, text: unknown) =>
        value !== undefined && String(value).toLowerCase().includes(String(text).toLowerCase())
      const naive: { readonly [operator: string]: (value: unknown, wanted: string | number) => boolean } = {
        exists: (value) => value !== undefined,
        "not exists": (value) => value === undefined,
        is: (value, wanted) => value === wanted,
        "is not": (value, wanted) => value !== wanted,
        contains: has,
        "not contains": (value, wanted) => !has(value, wanted),
        "greater than": (value, wanted) => typeof value === "number" && value > Number(wanted),
        "less than": (value, wanted) => typeof value === "number" && value < Number(wanted)
      }
      for (const [field, read, values] of fields) {
        for (const [operator, holds] of Object.entries(naive)) {
          for (const value of values) {
            if (operator.endsWith("than") && typeof value !== "number") continue
            const filter = { field, operator, value } as Filter // the operators above are the contract's
            const { count } = yield* store.search({ filters: [filter] })
            const expected = data.filter((event) => holds(read(event), value)).length
            assert.strictEqual(count, expected, `${field} ${operator} ${value}`)
          }
        }
      }
    }).pipe(Effect.provide(empty()))
  )

  it.effect("searches in content that is kept apart", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      const history = Array.from({ length: 20 }, (_, turn) => ({ role: "user", content: `turn ${turn} `.repeat(30) }))
      const inputs = { chat_history: history, prompt: "be kind ".repeat(100), short: "refund" }
      yield* store.createEvents([
        { event_type: "model", inputs },
        { event_type: "model", inputs: { short: "other" } }
      ])
      const count = (field: string, value: string) =>
        Effect.map(store.search({ filters: [{ field, operator: "contains", value }] }), (found) => found.count)
      assert.strictEqual(yield* count("inputs", "turn 17"), 1)
      assert.strictEqual(yield* count("inputs.chat_history", "turn 17"), 1)
      assert.strictEqual(yield* count("inputs.prompt", "be kind"), 1)
      assert.strictEqual(yield* count("inputs.short", "refund"), 1)
      assert.deepStrictEqual(
        (yield* store.search({ filters: [{ field: "inputs.prompt", operator: "exists" }] })).events[0]?.inputs,
        inputs
      )
    }).pipe(Effect.provide(empty()))
  )

  it.effect("pages newest first, and by time", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      yield* store.ingest([span(1), span(2), span(3)])
      const tools = { field: "event_type", operator: "is", value: "tool" } as const
      const page = yield* store.search({ filters: [tools], limit: 2, page: 1 })
      assert.deepStrictEqual([page.count, ...page.events.map((_) => _.event_name)], [3, "span-3", "span-2"])
      const next = yield* store.search({ filters: [tools], limit: 2, page: 2 })
      assert.deepStrictEqual(
        next.events.map((_) => _.event_name),
        ["span-1"]
      )
      const after = { field: "start_time", operator: "after", value: "2026-09-21T14:13:20.001Z" } as const
      assert.strictEqual((yield* store.search({ filters: [tools, after] })).count, 2)
      const dateRange = { start_time: "2026-09-21T14:13:20.002Z", end_time: "2026-09-21T14:13:20.002Z" }
      assert.deepStrictEqual(
        (yield* store.search({ dateRange, filters: [tools] })).events.map((_) => _.event_name),
        ["span-2"]
      )
      const error = yield* Effect.flip(store.search({ filters: [{ field: "id", operator: "is", value: 1 }] }))
      assert.include(error.message, "unknown field")
    }).pipe(Effect.provide(empty()))
  )

  it.effect("a session that was started after what is in it begins with that, and never ends before it begins", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      const start_time = 1_790_000_000_000
      const { session_id } = yield* store.startSession({ start_time })
      yield* store.createEvents([
        { event_type: "tool", inputs: {}, session_id, start_time: start_time - 5_000, end_time: start_time - 2_000 }
      ])
      const times = { start_time: start_time - 5_000, end_time: start_time - 2_000 }
      const session = Option.getOrThrow(yield* store.event(session_id))
      assert.deepInclude(session, { ...times, duration: 3_000 })
      assert.deepInclude((yield* store.sessionEvents(session_id))[0], { ...times, duration: 3_000 })
      assert.deepInclude((yield* store.sessions({ limit: 1, offset: 0 }))[0], times)
    }).pipe(Effect.provide(empty()))
  )

  it.effect("JSON in spans that is nested deeper than SQLite reads can be searched all the same", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      const deep = `${'{"a":'.repeat(1_500)}1${"}".repeat(1_500)}`
      const dotted = `honeyhive_inputs${".a".repeat(1_500)}`
      const attributes = [
        { "gen_ai.tool.call.arguments": deep },
        { "gen_ai.input.messages": `[${deep}]` },
        { [dotted]: 1 },
        { "openinference.span.kind": "LLM", "input.value": deep },
        { "traceloop.span.kind": "tool", "traceloop.entity.input": deep },
        { "langfuse.observation.type": "tool", "langfuse.observation.input": deep },
        { "ai.operationId": "ai.toolCall", "ai.toolCall.args": deep }
      ]
      yield* store.ingest(attributes.map((attributes, id) => span(id + 1, { attributes })))
      const filter: Filter = { field: "inputs.query", operator: "not exists", type: "string" }
      const { count } = yield* store.search({ filters: [filter] })
      assert.strictEqual(count, attributes.length + 1)
    }).pipe(Effect.provide(empty()))
  )

  it.effect("keeps what it has across openings", () =>
    Effect.gen(function* () {
      const open = yield* kept
      yield* TraceStore.use((store) => store.ingest([span(1)])).pipe(Effect.provide(open()))
      const before = yield* everything.pipe(Effect.provide(open()))
      assert.strictEqual(before.events.length, 2)
      assert.deepStrictEqual(yield* everything.pipe(Effect.provide(open())), before)
    })
  )

  it.effect("a session that is deleted goes whole, with what runs in it; what arrives later makes it anew", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      const queries = yield* TraceQueries
      const tokens = { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 }
      const running = { event_type: "tool", inputs: {}, metadata: { "service.instance.id": "p" } } as const
      const { session_id: kept } = yield* store.startSession({ session_name: "kept" })
      const [outer = ""] = yield* store.createEvents([{ event_type: "model", inputs: {}, metadata: tokens }], kept)
      yield* store.createEvents([{ event_type: "model", inputs: {}, metadata: tokens, parent_id: outer }], kept)
      yield* store.ingest([span(1), span(2, { parentSpanId: hex(1, 16) })])
      yield* store.createEvents([running], SESSION)
      assert.strictEqual(yield* store.deleteSession(SESSION.toUpperCase()), 4)
      assert.strictEqual(yield* store.deleteSession(SESSION), 0)
      assert.deepStrictEqual(yield* store.sessionEvents(SESSION), [])
      assert.strictEqual((yield* queries.facets({ _tag: "All" })).count, 3)
      const summaries = yield* store.sessions({ limit: 9, offset: 0 })
      assert.deepStrictEqual(
        summaries.map(({ name, tokens }) => [name, tokens]),
        [["kept", 11]]
      )
      assert.isTrue(Option.isNone(yield* queries.sessionRow(SESSION)))
      yield* store.ingest([span(3)])
      assert.deepStrictEqual(
        (yield* store.sessionEvents(SESSION)).map(({ event_name }) => event_name),
        ["support", "span-3"]
      )
    }).pipe(Effect.provide(empty()))
  )

  it.effect("what a span says beside its event goes with it to another store, and stays when more is said", () =>
    Effect.gen(function* () {
      const source = {
        resource: { "service.name": "shop", "host.cpus": [1, 2] },
        scope: { name: "agent", version: "1.2" },
        kind: 3,
        links: [{ traceId: hex(7, 32), spanId: hex(2, 16), attributes: { why: "caused" } }],
        events: [{ name: "retry", timeUnixNano: 1_790_000_000_001_500_000n, attributes: { attempt: 2 } }]
      }
      const sources = Effect.gen(function* () {
        const records = yield* Stream.runCollect(TraceStore.useSync((store) => store.records({})).pipe(Stream.unwrap))
        return Object.fromEntries(records.map(({ event, source }) => [event.event_name, source]))
      })
      const expected = { ...source, events: [{ name: "retry", time: 1_790_000_000_001.5, attributes: { attempt: 2 } }] }
      const records = yield* Effect.gen(function* () {
        const store = yield* TraceStore
        yield* store.ingest([span(1, source), span(2)])
        const id = (yield* store.sessionEvents(SESSION)).find(({ event_name }) => event_name === "span-1")?.event_id
        yield* store.updateEvent(id ?? "", { feedback: { rating: 1 } })
        const found = yield* sources
        assert.deepStrictEqual(found["span-1"], expected)
        assert.deepStrictEqual(found["span-2"]?.scope, { name: "test", version: "" })
        assert.isUndefined(found["support"])
        return yield* Stream.runCollect(store.records({}))
      }).pipe(Effect.provide(empty()))
      yield* Effect.gen(function* () {
        yield* TraceStore.use((store) => store.restore(records))
        // A span that comes from somewhere else says nothing of what is known already
        yield* TraceStore.use((store) => store.restore(records.map(({ event, span }) => ({ event, span }))))
        assert.deepStrictEqual((yield* sources)["span-1"], expected)
      }).pipe(Effect.provide(empty()))
    })
  )

  it.effect("tells which spans it marks as lost and which sessions it deletes", () =>
    Effect.gen(function* () {
      const store = yield* TraceStore
      const heard: Array<StoreChange> = []
      yield* Effect.forkScoped(Stream.runForEach(store.changes, (change) => Effect.sync(() => heard.push(change))))
      const until = (count: number) =>
        Effect.gen(function* () {
          while (heard.length < count) {
            yield* TestClock.adjust("15 seconds")
            yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
          }
        })
      const running = { event_type: "tool", inputs: {}, metadata: { "service.instance.id": "p" } } as const
      const first = crypto.randomUUID()
      const [id = ""] = yield* store.createEvents([running], first)
      yield* until(1)
      assert.deepStrictEqual(heard, [{ event_id: id, session_id: first }])
      const later = { event_type: "tool", inputs: {}, start_time: 2e12 } as const
      yield* store.createEvents([later, later], crypto.randomUUID())
      yield* until(2)
      assert.deepStrictEqual(heard[1], { event_id: first, session_id: first, deleted: true })
    }).pipe(Effect.scoped, Effect.provide(empty({ lease: "1 minute", retention: { maxEvents: 2 } })))
  )
}
