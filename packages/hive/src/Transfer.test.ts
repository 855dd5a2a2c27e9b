import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { Dataset } from "@honeyhive/contract/Dataset"
import type { SpanRecord } from "@honeyhive/contract/Otlp"
import { Hive } from "./Hive.ts"
import * as RecordStore from "./RecordStore.ts"
import * as SqliteTraceStore from "./SqliteTraceStore.ts"
import { TraceStore } from "./TraceStore.ts"
import * as Transfer from "./Transfer.ts"

const memory = () => SqliteTraceStore.layer({ path: ":memory:" })

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "hive-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0")
const uuid = (number: number) => `00000000-0000-4000-8000-${hex(number, 12)}`

const span = (id: number, attributes: Record<string, unknown>, parent?: number): SpanRecord => ({
  traceId: hex(7, 32),
  spanId: hex(id, 16),
  parentSpanId: parent === undefined ? undefined : hex(parent, 16),
  name: `span-${id}`,
  kind: 1,
  startTimeUnixNano: 1_790_000_000_000_001_000n + BigInt(id) * 1_000_000n,
  endTimeUnixNano: id % 5 === 4 ? 0n : 1_790_000_000_010_000_000n + BigInt(id) * 1_000_000n,
  events: [],
  links: [],
  status: id % 3 === 0 ? { code: 2, message: "failed" } : { code: 0, message: "" },
  scope: { name: "test", version: "" },
  resource: {},
  attributes: { "honeyhive.session_id": uuid(1 + (id % 2)), "honeyhive.session_auto_create": true, ...attributes }
})

const json = fc.jsonValue({ maxDepth: 3 })
const content = fc.dictionary(fc.string({ maxLength: 8 }), json, { maxKeys: 3, noNullPrototype: true })
const attributes = fc.record(
  {
    "gen_ai.input.messages": fc.constant(JSON.stringify([{ role: "user", content: "hello ".repeat(300) }])),
    "http.method": fc.constant("GET"),
    "honeyhive_outputs.answer": fc.string(),
    "honeyhive_metrics.score": fc.double({ noNaN: true, noDefaultInfinity: true })
  },
  { requiredKeys: [] }
)

/** Sessions, spans, events over REST, feedback: whatever a store may hold. */
const fill = (sample: {
  readonly spans: ReadonlyArray<Record<string, unknown>>
  readonly posts: ReadonlyArray<Record<string, unknown>>
}) =>
  Effect.gen(function* () {
    const store = yield* TraceStore
    yield* store.startSession({ session_id: uuid(1), session_name: "first", start_time: 5, metadata: { a: 1 } })
    yield* store.ingest(sample.spans.map((more, id) => span(id + 1, more, id > 1 ? id : undefined)))
    for (const inputs of sample.posts) {
      const [id = ""] = yield* store.createEvents([
        { event_type: "tool", inputs: JSON.parse(JSON.stringify(inputs)), session_id: uuid(3), start_time: 7 }
      ])
      yield* store.updateEvent(id, { feedback: { rating: 5 } })
    }
    const { events } = yield* store.search({ limit: 1 })
    yield* store.updateEvent(events[0]?.event_id ?? "", {
      feedback: { rating: 1 },
      outputs: { "a.b": [1, { c: null }] }
    })
  })

/** All that is there; what ran elsewhere is lost after an import. */
const everything = Effect.gen(function* () {
  const store = yield* TraceStore
  const sessions = yield* store.sessions({ limit: 100, offset: 0 })
  const events = yield* Effect.forEach(sessions, ({ session_id }) => store.sessionEvents(session_id))
  return JSON.parse(JSON.stringify({ sessions, events }).replaceAll('"running"', '"lost"'))
})

/** What spans say beside their events. */
const sources = Effect.map(
  TraceStore.use((store) => Stream.runCollect(store.records({}))),
  (records) => records.map(({ event, source, span }) => [event.event_id, span, source])
)

const sample = fc.record({
  spans: fc.array(attributes, { minLength: 1, maxLength: 8 }),
  posts: fc.array(content, { maxLength: 3 })
})

const exported = Stream.runCollect(Transfer.exportOtlp())

describe("Transfer", () => {
  it.effect(
    "law: what is exported as OTLP JSON is what is imported, once or twice",
    () =>
      Effect.gen(function* () {
        for (const one of fc.sample(sample, 40)) {
          const [lines, expected] = yield* Effect.gen(function* () {
            yield* fill(one)
            return [yield* exported, yield* everything] as const
          }).pipe(Effect.provide(memory()))
          yield* Effect.gen(function* () {
            for (let round = 0; round < 2; round++) {
              const imported = yield* Transfer.importOtlp(Stream.fromIterable(lines))
              assert.deepStrictEqual(imported.rejected, [])
              assert.deepStrictEqual(yield* everything, expected)
            }
          }).pipe(Effect.provide(memory()))
        }
      }),
    60_000
  )

  it.live("what is exported is the same in a hive that it is sent to, ids, parents and feedback", () =>
    Effect.gen(function* () {
      const [lines, expected] = yield* Effect.gen(function* () {
        const store = yield* TraceStore
        const [parent_id = ""] = yield* store.createEvents([
          { event_type: "chain", event_name: "plan", inputs: { q: "refund?" }, session_id: uuid(3), start_time: 7 }
        ])
        yield* store.createEvents([
          { event_type: "tool", event_name: "find", inputs: {}, session_id: uuid(3), parent_id, start_time: 8 }
        ])
        yield* store.startSession({ session_id: uuid(3), session_name: "over REST", start_time: 5 })
        const links = [{ traceId: hex(8, 32), spanId: hex(9, 16), attributes: { why: "retried" } }]
        yield* store.ingest([{ ...span(1, {}), links, resource: { "service.name": "agent" } }, span(2, {}, 1)])
        for (const { event_id } of (yield* store.search({})).events) {
          yield* store.updateEvent(event_id, { feedback: { rating: 1 } })
        }
        return [yield* exported, [yield* everything, yield* sources]] as const
      }).pipe(Effect.provide(memory()))
      yield* Effect.gen(function* () {
        const { url } = yield* Hive
        for (const line of lines) {
          const answer = yield* Effect.promise(() =>
            fetch(`${url}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body: line })
          )
          assert.deepStrictEqual(yield* Effect.promise(() => answer.json()), {})
        }
        assert.deepStrictEqual([yield* everything, yield* sources], expected)
      }).pipe(Effect.provide(Hive.layer()))
      const imported = yield* Effect.andThen(
        Transfer.importOtlp(Stream.fromIterable(lines)),
        Effect.all([everything, sources])
      ).pipe(Effect.provide(memory()))
      assert.deepStrictEqual(imported, expected)
    })
  )

  it.effect(
    "law: what is exported as a file is what another hive finds in it, or imports",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporary
        for (const [index, one] of fc.sample(sample, 5).entries()) {
          const path = join(folder, `${index}.db`)
          const expected = yield* Effect.gen(function* () {
            yield* fill(one)
            yield* Transfer.exportFile(path)
            assert.include((yield* Effect.flip(Transfer.exportFile(path))).message, "exists")
            return yield* everything
          }).pipe(Effect.provide(memory()))
          assert.deepStrictEqual(
            readdirSync(folder).filter((name) => name.startsWith(`${index}.`)),
            [`${index}.db`]
          )
          const imported = Effect.andThen(Transfer.importFile(path), everything)
          assert.deepStrictEqual(yield* Effect.provide(imported, memory()), expected)
          assert.deepStrictEqual(yield* Effect.provide(everything, SqliteTraceStore.layer({ path })), expected)
        }
      }),
    60_000
  )

  it.effect("a file carries runs and datasets, too, where there is a place for them", () =>
    Effect.gen(function* () {
      const folder = yield* temporary
      const [path, without] = [join(folder, "with.db"), join(folder, "without.db")]
      const kind: RecordStore.Kind<Dataset> = { name: "dataset", schema: Dataset }
      const dataset = (number: number): Dataset => {
        const times = { created_at: "2026-01-01", updated_at: "2026-01-01" }
        return { id: `d${number}`, name: `golden ${number}`, description: "", datapoints: [], ...times }
      }
      // More than are read at a time
      const datasets = Array.from({ length: 401 }, (_, number) => dataset(number))
      const stores = () => Layer.merge(memory(), RecordStore.layer({ path: ":memory:" }))
      const list = RecordStore.RecordStore.use((store) => store.list(kind))
      yield* Effect.gen(function* () {
        yield* fill({ spans: [{}], posts: [] })
        yield* RecordStore.RecordStore.use((store) => store.put(kind, datasets))
        yield* Transfer.exportFile(path)
        yield* Transfer.exportFile(without, {}, { records: false })
      }).pipe(Effect.provide(stores()))
      const imported = (path: string) =>
        Effect.gen(function* () {
          yield* RecordStore.RecordStore.use((store) => store.put(kind, [{ ...dataset(0), name: "old" }]))
          yield* Transfer.importFile(path)
          // Again changes nothing
          yield* Transfer.importFile(path)
          return yield* list
        }).pipe(Effect.provide(stores()))
      assert.deepStrictEqual(yield* imported(path), datasets)
      assert.deepStrictEqual(yield* imported(without), [{ ...dataset(0), name: "old" }])
      // Another hive opens it
      assert.deepStrictEqual(yield* Effect.provide(list, Hive.layer({ path })), datasets)
    })
  )

  it.effect("a selection takes the sessions of its events along, and nothing else", () =>
    Effect.gen(function* () {
      const filters = [{ field: "error", operator: "exists" }] as const
      const lines = yield* Effect.gen(function* () {
        yield* fill({ spans: Array.from({ length: 900 }, () => ({})), posts: [{}] })
        return yield* Stream.runCollect(Transfer.exportOtlp({ filters }))
      }).pipe(Effect.provide(memory()))
      const { sessions } = yield* Effect.gen(function* () {
        yield* Transfer.importOtlp(Stream.fromIterable(lines))
        return yield* everything
      }).pipe(Effect.provide(memory()))
      const names = (sessions as ReadonlyArray<{ name: string; events: number; errors: number }>).map(
        ({ errors, events, name }) => [name, events, errors]
      )
      assert.deepStrictEqual(names.toSorted(), [
        ["Session", 150, 150],
        ["first", 150, 150]
      ])
    })
  )

  it.effect("keeps what other tools wrote, and says which lines are none", () =>
    Effect.gen(function* () {
      const other = {
        resourceSpans: [
          { scopeSpans: [{ spans: [{ traceId: hex(1, 32), spanId: hex(2, 16), name: "foreign" }, { name: "bad" }] }] }
        ]
      }
      const text = `${JSON.stringify(other)}\nno json\n\n${JSON.stringify(other)}`
      // In pieces, as files are read
      const pieces = Stream.fromIterable(text.match(/[^]{1,50}/g) ?? [])
      const { events, rejected } = yield* Transfer.importOtlp(pieces)
      assert.strictEqual(events, 2)
      assert.strictEqual(rejected.length, 3)
      assert.match(rejected.join(), /trace id.*no OTLP JSON/)
      assert.strictEqual((yield* TraceStore.use((store) => store.search({}))).count, 1)
    }).pipe(Effect.provide(memory()))
  )
})
