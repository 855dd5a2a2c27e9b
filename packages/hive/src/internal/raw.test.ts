import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { Bucket } from "@honeyhive/contract/Bucket"
import type { SpanRecord } from "@honeyhive/contract/Otlp"
import { builtIn as prices } from "@honeyhive/contract/Prices"
import { toEvent } from "@honeyhive/contract/Projection"
import * as SqliteTraceStore from "../SqliteTraceStore.ts"
import { TraceQueries } from "../TraceQueries.ts"
import * as TraceQuery from "../TraceQuery.ts"
import { TraceStore } from "../TraceStore.ts"
import { encoded } from "./asBytes.fixture.ts"
import type { Answers, Command, Outcome } from "./commands.ts"
import { inMemory, openWriter } from "./database.ts"
import { ingestion } from "./ingestion.ts"
import { opening, openRequest } from "./rawEvents.ts"
import { requestOf } from "./otlpSpan.ts"
import { makeQuestions } from "./questions.ts"
import { makeReader } from "./reader.ts"
import { migrations } from "./schema.ts"
import { makeIndex, prepareIndex } from "./searchIndex.ts"
import { readLazySpans } from "./spanReader.ts"
import { beginning } from "./spanRows.ts"
import { makeWriter } from "./writer.ts"

const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0")
const session = (number: number) => `${hex(number, 8)}-1111-4111-8111-111111111111`

const name = fc.constantFrom(
  "gen_ai.operation.name",
  "gen_ai.request.model",
  "gen_ai.provider.name",
  "gen_ai.usage.input_tokens",
  "gen_ai.usage.output_tokens",
  "gen_ai.usage.cache_read.input_tokens",
  "gen_ai.usage.total_tokens",
  "gen_ai.input.messages",
  "gen_ai.output.messages",
  "gen_ai.prompt",
  "gen_ai.prompt.0.content",
  "gen_ai.tool.definitions",
  "honeyhive_event_type",
  "honeyhive_event_id",
  "honeyhive_inputs.text",
  "honeyhive_outputs.text",
  "honeyhive_metadata.total_tokens",
  "honeyhive_config.provider",
  "honeyhive_error",
  "honeyhive.session_auto_create",
  "honeyhive.source",
  "traceloop.span.kind",
  "traceloop.association.properties.total_tokens",
  "llm.usage.total_tokens",
  "llm.token_count.total",
  "openinference.span.kind",
  "input.value",
  "ai.operationId",
  "ai.model.id",
  "ai.usage.totalTokens",
  "ai.usage.inputTokens",
  "langfuse.observation.type",
  "langfuse.observation.usage_details",
  "prompt_tokens",
  "total_tokens",
  "model_name",
  "__proto__"
)
const value = fc.oneof(
  fc.constantFrom("chat", "model", "session", "LLM", "generation", "ai.generateText.doGenerate", "gpt-4o", "anthropic"),
  fc.constantFrom(true, '{"input":3,"output":4,"total":9}', '[{"role":"user","content":"hi"}]', "12", "x".repeat(2000)),
  fc.nat(200),
  fc.constantFrom(session(1), session(2))
)
const attributes = fc
  .array(fc.tuple(name, value), { maxLength: 8 })
  .map((entries): Record<string, unknown> => Object.fromEntries(entries))

const span: fc.Arbitrary<SpanRecord> = fc.record({
  traceId: fc.constantFrom(hex(1, 32), hex(2, 32)),
  spanId: fc.integer({ min: 1, max: 5 }).map((id) => hex(id, 16)),
  parentSpanId: fc.option(
    fc.integer({ min: 1, max: 5 }).map((id) => hex(id, 16)),
    { nil: undefined }
  ),
  name: fc.constantFrom("chat gpt-4o", "work", "LanguageModel.generateText"),
  kind: fc.constant(1),
  startTimeUnixNano: fc.nat(9).map((at) => 1_790_000_000_000_000_000n + BigInt(at) * 1_000_000n),
  endTimeUnixNano: fc.oneof(
    fc.constant(0n),
    fc.nat(9).map((at) => 1_790_000_000_020_000_000n + BigInt(at) * 1_000_000n)
  ),
  attributes: fc
    .tuple(attributes, fc.constantFrom(session(1), session(2), undefined))
    .map(([others, id]) => (id === undefined ? others : { ...others, "honeyhive.session_id": id })),
  events: fc.constantFrom([], [{ name: "exception", timeUnixNano: 1n, attributes: { "exception.message": "broken" } }]),
  links: fc.constantFrom([], [{ traceId: hex(2, 32), spanId: hex(1, 16), attributes: { why: "retry" } }]),
  status: fc.constantFrom({ code: 0, message: "" }, { code: 2, message: "" }, { code: 2, message: "failed" }),
  scope: fc.constantFrom({ name: "", version: "" }, { name: "openinference", version: "1" }),
  resource: fc.constantFrom({}, { "service.instance.id": "p" })
})

type Step = ReadonlyArray<SpanRecord> | Exclude<Command, { op: "ingest" | "ingestRaw" }>

const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.array(span, { minLength: 1, maxLength: 5 }), weight: 4 },
  fc.nat(4).map((id): Step => ({ op: "startSession", id: session(id), start: { source: "x" }, now: 0 })),
  fc.nat(4).map((id): Step => ({
    op: "updateEvent",
    id: session(id),
    now: 0,
    update: { metadata: { total_tokens: id }, feedback: { good: true } }
  })),
  fc.constant<Step>({ op: "index" })
)

/** A writer with its index, and all that can be read beside it. */
const opened = () => {
  const database = openWriter(inMemory)
  prepareIndex(database, prices)
  const write = makeWriter(database, (read) => makeIndex(database, prices, read), openRequest)
  const reader = makeReader(database)
  const { eventCount, eventDetail, eventPage, recordPage, sessionPage, sessionRow, spanPage, spanRowsOf } =
    makeQuestions(database, prices, {
      now: () => 0,
      alive: () => undefined
    })
  const say = (command: Command): Outcome | undefined => write([command])[0]
  return {
    database,
    say,
    everything: () => ({
      events: eventPage({ filters: [], limit: 100 }),
      found: eventCount({ filters: [{ field: "metadata.total_tokens", operator: "exists" }] }),
      sessions: reader.sessions(100, 0),
      trees: reader.sessions(100, 0).map(({ session_id }) => reader.sessionEvents(session_id)),
      each: eventPage({ filters: [], limit: 100 }).map(({ event_id }) => reader.event(event_id)),
      records: recordPage({ filters: [] }, [Number.NEGATIVE_INFINITY, ""], 100).records,
      running: database.prepare("SELECT * FROM running ORDER BY event_id").all()
    }),
    /** What the page shows. */
    page: () => {
      const sessions = reader.sessions(100, 0).map(({ session_id }) => session_id)
      const events = eventPage({ filters: [], limit: 100 }).map(({ event_id }) => event_id)
      return {
        rows: sessions.map((id) => spanPage(id, beginning, 100).rows.toSorted(([a], [b]) => (a < b ? -1 : 1))),
        each: spanRowsOf(events),
        details: events.map((id) => eventDetail(id)),
        sessions: sessions.map((id) => sessionRow(id)),
        list: sessionPage({ _tag: "All" }, "newest", 100, undefined)
      }
    },
    facts: () => database.prepare("SELECT event_id, tokens, cost, duration FROM index_facts ORDER BY event_id").all()
  }
}

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "hive-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
)

const rawLeft = (database: DatabaseSync) => [
  Number(database.prepare("SELECT COUNT(*) AS count FROM events WHERE raw IS NOT NULL").get()?.["count"]),
  Number(database.prepare("SELECT COUNT(*) AS count FROM raw_requests").get()?.["count"])
]

describe("raw spans", () => {
  it("law: their outline is their event's, whatever convention they follow", () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 3 }), (spans) => {
        const lazy = readLazySpans(encoded(spans)).accepted
        spans.forEach((span, index) => {
          const { event, session } = toEvent(span)
          const isBucket: ReadonlySet<string> = new Set(Bucket.literals)
          const line = Object.fromEntries(Object.entries(event).filter(([key]) => !isBucket.has(key)))
          assert.deepStrictEqual(lazy[index]?.outline.event, line)
          assert.deepStrictEqual(lazy[index]?.outline.session, session)
          const tokens = event.event_type === "model" ? event.metadata["total_tokens"] : undefined
          assert.deepStrictEqual(lazy[index]?.outline.tokens, tokens)
          assert.deepStrictEqual(lazy[index]?.attributes, span.attributes)
        })
      }),
      { numRuns: 500 }
    )
  }, 60_000)

  it("law: a store says of them what it says of spans that it projects at once, before and after it does", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
        const [raw, whole] = [opened(), opened()]
        for (const step of steps) {
          if ("op" in step) {
            assert.strictEqual(raw.say(step)?.ok, whole.say(step)?.ok)
            continue
          }
          const command = ingestion(readLazySpans(encoded(step)).accepted, 0)
          assert.strictEqual(command.op, "ingestRaw")
          assert.deepStrictEqual([raw.say(command)?.ok, whole.say(ingestion(step, 0))?.ok], [true, true])
        }
        assert.deepStrictEqual(raw.everything(), whole.everything())
        assert.deepStrictEqual(raw.page(), whole.page())
        for (const store of [raw, whole]) store.say({ op: "catchUp", until: Number.MAX_SAFE_INTEGER })
        assert.deepStrictEqual(rawLeft(raw.database), [0, 0])
        assert.deepStrictEqual(raw.everything(), whole.everything())
        assert.deepStrictEqual(raw.facts(), whole.facts())
        assert.deepStrictEqual(raw.page(), whole.page())
        for (const { database } of [raw, whole]) database.close()
      }),
      { numRuns: 40 }
    )
  }, 60_000)

  it("show in the page before they are projected what they show afterwards, and what they show when they came as JSON", () => {
    const traceId = "5b8efff798038103d269b633813fc60c"
    const id = (number: number) => hex(number, 16)
    const base = {
      traceId,
      kind: 3,
      startTimeUnixNano: 1_790_000_000_000_000_000n,
      endTimeUnixNano: 1_790_000_000_020_000_000n,
      events: [],
      links: [],
      status: { code: 0, message: "" },
      scope: { name: "agents", version: "2.1" },
      resource: { "service.name": "shop", "service.instance.id": "p1" }
    }
    const spans: ReadonlyArray<SpanRecord> = [
      {
        ...base,
        spanId: id(1),
        parentSpanId: undefined,
        name: "answer",
        attributes: { "honeyhive.session_id": session(1), "honeyhive_inputs.question": "a refund?" }
      },
      {
        ...base,
        spanId: id(2),
        parentSpanId: id(1),
        name: "chat gpt-4o",
        attributes: {
          "honeyhive.session_id": session(1),
          "gen_ai.operation.name": "chat",
          "gen_ai.provider.name": "openai",
          "gen_ai.request.model": "gpt-4o",
          "gen_ai.usage.input_tokens": 300,
          "gen_ai.usage.output_tokens": 20
        },
        events: [
          {
            name: "retry",
            timeUnixNano: 1_790_000_000_010_000_000n,
            attributes: { attempt: 2 }
          }
        ],
        links: [{ traceId, spanId: id(1), attributes: { why: "follows" } }],
        status: { code: 2, message: "too slow\nreally" }
      },
      {
        ...base,
        spanId: id(3),
        parentSpanId: id(1),
        name: "search",
        endTimeUnixNano: 0n,
        attributes: { "honeyhive.session_id": session(1) }
      }
    ]
    const raw = opened()
    const json = opened()
    raw.say(ingestion(readLazySpans(encoded(spans)).accepted, 0))
    json.say(ingestion(spans, 0))
    assert.deepStrictEqual(rawLeft(raw.database), [3, 1])
    const otlp = ({ everything }: typeof raw) => requestOf(everything().records)
    const before = { page: raw.page(), otlp: otlp(raw) }
    assert.deepStrictEqual(before, { page: json.page(), otlp: otlp(json) })
    for (const { say } of [raw, json]) say({ op: "catchUp", until: Number.MAX_SAFE_INTEGER })
    assert.deepStrictEqual(rawLeft(raw.database), [0, 0])
    const after = raw.page()
    assert.deepStrictEqual({ page: after, otlp: otlp(raw) }, { page: json.page(), otlp: before.otlp })
    assert.deepStrictEqual(
      { rows: before.page.rows, each: before.page.each, details: before.page.details },
      { rows: after.rows, each: after.each, details: after.details }
    )
    // And it is something that they show
    const detail = after.details.find((detail) => detail?.event.event_name === "chat gpt-4o")
    assert.deepStrictEqual(detail?.links[0]?.event_id, after.rows[0]?.find(([, , , name]) => name === "answer")?.[0])
    assert.deepStrictEqual([detail?.events[0]?.name, detail?.scope?.name, detail?.kind], ["retry", "agents", 3])
    assert.strictEqual(detail?.resource["service.name"], "shop")
    const [shown] = after.sessions
    assert.deepStrictEqual([shown?.first_input, shown?.running, shown?.tokens], ["a refund?", 1, 320])
    for (const { database } of [raw, json]) database.close()
  })

  it("share what they repeat once they are projected: an agent loop of N turns costs O(N)", () => {
    const { database, say } = opened()
    const turns = Array.from({ length: 60 }, (_, turn) => ({ role: "user", content: `${turn} `.repeat(100) }))
    const spans = turns.map((_, turn): SpanRecord => ({
      traceId: hex(1, 32),
      spanId: hex(turn + 1, 16),
      parentSpanId: undefined,
      name: "chat",
      kind: 1,
      startTimeUnixNano: 1n,
      endTimeUnixNano: 2n,
      attributes: { "gen_ai.input.messages": JSON.stringify(turns.slice(0, turn + 1)) },
      events: [],
      links: [],
      status: { code: 0, message: "" },
      scope: { name: "", version: "" },
      resource: {}
    }))
    say(ingestion(readLazySpans(encoded(spans)).accepted, 0))
    assert.deepStrictEqual(rawLeft(database), [60, 1])
    say({ op: "catchUp", until: Number.MAX_SAFE_INTEGER })
    assert.deepStrictEqual({ ...database.prepare("SELECT COUNT(*) AS links FROM chains").get() }, { links: 60 })
    assert.deepStrictEqual(rawLeft(database), [0, 0])
    database.close()
  })

  it("go with their session when it is too old, and their request with them", () => {
    const { database, everything, say } = opened()
    const [one] = fc.sample(span, { numRuns: 1, seed: 7 })
    if (one === undefined) throw new Error("no span")
    const spans = [1, 2].map((number) => ({
      ...one,
      endTimeUnixNano: one.startTimeUnixNano + 1n,
      spanId: hex(number, 16),
      attributes: { "honeyhive.session_id": session(number) }
    }))
    say(ingestion(readLazySpans(encoded(spans)).accepted, 0))
    const limits = { endedBefore: null, maxBytes: null }
    for (const { left, maxEvents } of [
      { maxEvents: 1, left: [1, 1] },
      { maxEvents: 0, left: [0, 0] }
    ]) {
      const outcome = say({ op: "retain", limits: { ...limits, maxEvents } })
      assert.strictEqual(outcome?.ok && (outcome.value as Answers["retain"]).gone, 1)
      say({ op: "collect" })
      assert.deepStrictEqual(rawLeft(database), left)
      assert.strictEqual(everything().events.length, left[0])
    }
    database.close()
  })

  it("one that cannot be projected stays, and says so", () => {
    const [one] = fc.sample(span, { numRuns: 1, seed: 7 })
    if (one === undefined) throw new Error("no span")
    const [lazy] = readLazySpans(encoded([one])).accepted
    if (lazy === undefined) throw new Error("no span")
    const { event } = opening(() => {
      throw new Error("too deep")
    })(lazy.request)(lazy.offset)
    const { event: whole } = openRequest(lazy.request)(lazy.offset)
    assert.deepStrictEqual(event.metadata["unreadable"], "too deep")
    assert.strictEqual(event.event_id, whole.event_id)
    assert.strictEqual(event.start_time, whole.start_time)
  })

  it.live("that come twice in the very first request wait for what projects them, also where the store closes", () =>
    Effect.gen(function* () {
      const path = join(yield* temporary, "hive.db")
      const [one] = fc.sample(span, { numRuns: 1, seed: 7 })
      if (one === undefined) return yield* Effect.die("no span")
      const layer = SqliteTraceStore.layer({ path })
      yield* TraceStore.use((store) => store.ingest(readLazySpans(encoded([one, one])).accepted)).pipe(
        Effect.provide(layer)
      )
      const events = yield* TraceStore.use((store) => store.search({ filters: [] })).pipe(Effect.provide(layer))
      assert.strictEqual(events.events.filter(({ event_type }) => event_type !== "session").length, 1)
    })
  )

  it.live("a store of the version before opens with what is in it, and goes on with its index", () =>
    Effect.gen(function* () {
      const path = join(yield* temporary, "hive.db")
      const before = new DatabaseSync(path)
      for (const [step, sql] of migrations) if (step < 13) before.exec(`${sql}; PRAGMA user_version = ${step}`)
      before.exec(`INSERT INTO events VALUES ('${session(7)}', '${session(7)}', NULL, NULL, NULL, NULL, 'session', 'old', 'dev', 1, 2, 1,
        NULL, '[]', '{}', '{}', '{}', '{}', '{}', '{}', '{}')`)
      before.close()
      const store = SqliteTraceStore.layer({ path })
      const old = yield* TraceStore.use((store) => store.sessionEvents(session(7))).pipe(Effect.provide(store))
      assert.strictEqual(old[0]?.event_name, "old")
      const found = yield* Effect.gen(function* () {
        const { ingest } = yield* TraceStore
        const [one] = fc.sample(span, { numRuns: 1, seed: 7 })
        if (one === undefined) return yield* Effect.die("no span")
        const spans = [{ ...one, name: "rhinoceros", attributes: { "honeyhive.session_id": session(7) } }]
        yield* ingest(readLazySpans(encoded(spans)).accepted)
        const { search } = yield* TraceQueries
        const query = Result.getOrThrow(TraceQuery.parse("rhinoceros"))
        // Whoever asks waits a moment for the index, which a thread has to load first
        for (;;) {
          const found = yield* search(query)
          if (found.behind === 0) return found
        }
      }).pipe(Effect.provide(store))
      assert.strictEqual(found.hits.length, 1)
    })
  )
})
