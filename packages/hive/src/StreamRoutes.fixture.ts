/**
 * The page's sessions and events, over every store.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { ExportTraceServiceRequest } from "@honeyhive/contract/Otlp"
import { EventDetail } from "./EventDetail.ts"
import { Hive } from "./Hive.ts"
import { ask, ok, refused } from "./RestApi.fixture.ts"
import { SessionRow, SessionRows } from "./SessionRow.ts"
import { SpanLine } from "./SpanRow.ts"
import { hiveOver, type Store } from "./Store.fixture.ts"
import { TraceQueries } from "./TraceQueries.ts"
import { TraceStore } from "./TraceStore.ts"

const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0")
const trace = hex(0xabc, 32)
const session = "00000000-0000-4000-8000-0000000000aa"
const START = 1_790_000_000_000

const text = (key: string, value: string | number) => ({
  key,
  value: typeof value === "string" ? { stringValue: value } : { intValue: value }
})

const span = (id: number, more: Record<string, unknown> = {}, attributes: ReadonlyArray<unknown> = []) => ({
  traceId: trace,
  spanId: hex(id, 16),
  name: `span-${id}`,
  kind: 3,
  startTimeUnixNano: String(BigInt(START + id) * 1_000_000n),
  endTimeUnixNano: String(BigInt(START + id + 10) * 1_000_000n),
  attributes: [text("honeyhive.session_id", session), ...attributes],
  ...more
})

const send = (spans: ReadonlyArray<unknown>) =>
  ok("POST", "/v1/traces", {
    resourceSpans: [
      {
        resource: { attributes: [text("service.name", "shop")] },
        scopeSpans: [{ scope: { name: "agent", version: "1.2" }, spans }]
      }
    ]
  })

const auto = { key: "honeyhive.session_auto_create", value: { boolValue: true } }

const call = (id: number, more: Record<string, unknown>, tokens: number) =>
  span(id, more, [
    text("honeyhive_event_type", "model"),
    text("honeyhive_config.model", "gpt-4o"),
    text("honeyhive_config.provider", "openai"),
    text("honeyhive_metadata.prompt_tokens", tokens),
    text("honeyhive_metadata.completion_tokens", 10),
    text("honeyhive_metadata.user_id", "u1")
  ])

const trip = [
  span(1, { name: "agent" }, [
    auto,
    text("honeyhive.session_name", "support"),
    text("honeyhive_inputs.question", "Where is\nmy order?"),
    text("honeyhive_outputs.answer", "On its way.")
  ]),
  call(2, { parentSpanId: hex(1, 16) }, 100),
  span(3, {
    parentSpanId: hex(1, 16),
    status: { code: 2, message: "boom: no\nmore" },
    links: [
      { traceId: trace, spanId: hex(2, 16), attributes: [text("why", "caused")] },
      { traceId: hex(9, 32), spanId: hex(9, 16) }
    ],
    events: [
      {
        name: "exception",
        timeUnixNano: String(BigInt(START + 5) * 1_000_000n),
        attributes: [text("exception.type", "Boom"), text("exception.stacktrace", "at here")]
      }
    ]
  }),
  span(4, { parentSpanId: hex(99, 16), endTimeUnixNano: "0" })
]

const linesOf = (path: string) =>
  Effect.gen(function* () {
    const { url } = yield* Hive
    const response = yield* Effect.promise(() => fetch(url + path))
    assert.strictEqual(response.headers.get("content-type"), "application/x-ndjson")
    const text = yield* Effect.promise(() => response.text())
    return text
      .trimEnd()
      .split("\n")
      .map((line) => Schema.decodeUnknownSync(SpanLine)(JSON.parse(line)))
  })

const rowsOf = (lines: ReadonlyArray<SpanLine>) => lines.flatMap((line) => ("rows" in line ? line.rows : []))

export const streamRoutesSuite = (stores: Store): void => {
  describe("the page's sessions", () => {
    it.live("lists a session with its sums, and streams its tree", () =>
      Effect.gen(function* () {
        yield* send(trip)
        const body = yield* ok("GET", "/api/sessions")
        const { next, sessions } = Schema.decodeUnknownSync(SessionRows)(body)
        assert.strictEqual(next, null)
        const row = sessions[0]
        assert.deepStrictEqual(
          { ...row, cost: undefined },
          {
            session_id: session,
            name: "support",
            source: "otlp",
            user: "u1",
            status: "running",
            orphan: false,
            start_time: START + 1,
            end_time: null,
            duration: null,
            events: 4,
            errors: 1,
            running: 1,
            tokens: 110,
            cost: undefined,
            unpriced: 0,
            models: ["gpt-4o"],
            first_input: "Where is my order?",
            last_output: "On its way.",
            run_id: null
          }
        )
        assert.closeTo(row?.cost ?? 0, (100 * 2.5 + 10 * 10) / 1e6, 1e-12)
        assert.deepStrictEqual(Schema.decodeUnknownSync(SessionRow)(yield* ok("GET", `/api/sessions/${session}`)), row)

        const lines = yield* linesOf(`/api/sessions/${session}/spans`)
        assert.deepStrictEqual<unknown>(lines[0], { session: row, count: 5 })
        const rows = rowsOf(lines)
        assert.deepStrictEqual(
          rows.map((row) => [row[3], row[2], row[6], row[5]]),
          [
            ["support", "session", "running", null],
            ["agent", "tool", "ok", 10],
            ["span-2", "model", "ok", 10],
            ["span-3", "tool", "error", 10],
            ["span-4", "tool", "running", null]
          ]
        )
        const agent = rows[1]?.[0] ?? ""
        assert.deepStrictEqual(
          rows.map((row) => [row[1], row[16]]),
          [
            [null, false],
            [session, false],
            [agent, false],
            [agent, false],
            [null, true]
          ]
        )
        assert.deepStrictEqual<unknown>(rows[2]?.slice(7, 16), [
          110,
          row?.cost,
          "gpt-4o",
          null,
          trace,
          null,
          100,
          10,
          0
        ])
        assert.deepStrictEqual([rows[3]?.[12], rows[3]?.[15]], ["boom: no", 2])
      }).pipe(Effect.provide(hiveOver(stores)))
    )

    it.live("answers an event with its span, links, resource and what happened in it", () =>
      Effect.gen(function* () {
        yield* send(trip)
        const rows = rowsOf(yield* linesOf(`/api/sessions/${session}/spans`))
        const [, , called, failed] = rows
        const detail = Schema.decodeUnknownSync(EventDetail)(yield* ok("GET", `/api/events/${failed?.[0]}`))
        assert.strictEqual(detail.event.error, "boom: no\nmore")
        assert.deepStrictEqual(detail.span, { trace_id: trace, span_id: hex(3, 16), parent_span_id: hex(1, 16) })
        assert.deepStrictEqual(detail.resource, { "service.name": "shop" })
        assert.deepStrictEqual([detail.scope, detail.kind], [{ name: "agent", version: "1.2" }, 3])
        assert.deepStrictEqual(detail.links, [
          {
            trace_id: trace,
            span_id: hex(2, 16),
            event_id: called?.[0] ?? "",
            session_id: session,
            attributes: { why: "caused" }
          },
          { trace_id: hex(9, 32), span_id: hex(9, 16), event_id: null, session_id: null, attributes: {} }
        ])
        assert.deepStrictEqual(detail.events, [
          {
            name: "exception",
            time: START + 5,
            attributes: { "exception.type": "Boom", "exception.stacktrace": "at here" }
          }
        ])
        const model = Schema.decodeUnknownSync(EventDetail)(yield* ok("GET", `/api/events/${called?.[0]}`))
        assert.deepStrictEqual(model.usage, { input: 100, cacheRead: 0, cacheWrite: 0, reasoning: 0, output: 10 })
        assert.strictEqual(model.attributes["honeyhive_config.model"], "gpt-4o")

        // What somebody adds later leaves what the span said
        yield* ok("PUT", `/v1/events/${failed?.[0]}`, { feedback: { rating: 1 } })
        const again = Schema.decodeUnknownSync(EventDetail)(yield* ok("GET", `/api/events/${failed?.[0]}`))
        assert.deepStrictEqual([again.links, again.resource], [detail.links, detail.resource])
        assert.deepStrictEqual(again.event.feedback, { rating: 1 })
      }).pipe(Effect.provide(hiveOver(stores)))
    )

    it.live("gives an event and a session as OTLP, which another hive takes as it was", () =>
      Effect.gen(function* () {
        yield* send(trip)
        const [, , , failed] = rowsOf(yield* linesOf(`/api/sessions/${session}/spans`))
        const before = yield* ok("GET", `/api/events/${failed?.[0]}`)
        const one = Schema.decodeUnknownSync(ExportTraceServiceRequest)(
          yield* ok("GET", `/api/events/${failed?.[0]}/otlp`)
        )
        assert.strictEqual(one.resourceSpans?.[0]?.scopeSpans?.[0]?.spans?.[0]?.links?.length, 2)
        const all = yield* ok("GET", `/api/sessions/${session}/otlp`)
        const after = yield* Effect.gen(function* () {
          yield* ok("POST", "/v1/traces", all)
          return yield* ok("GET", `/api/events/${failed?.[0]}`)
        }).pipe(Effect.provide(hiveOver(stores)))
        assert.deepStrictEqual(
          {
            links: after.links,
            resource: after.resource,
            scope: after.scope,
            events: after.events,
            inputs: after.event.inputs
          },
          {
            links: before.links,
            resource: before.resource,
            scope: before.scope,
            events: before.events,
            inputs: before.event.inputs
          }
        )
      }).pipe(Effect.provide(hiveOver(stores)))
    )

    it.live("says 404 in HoneyHive's shape", () =>
      Effect.gen(function* () {
        for (const path of [
          "/api/sessions/none",
          "/api/sessions/none/spans",
          "/api/sessions/none/otlp",
          "/api/events/none",
          "/api/events/none/otlp"
        ]) {
          yield* refused("GET", path, undefined, 404, "not_found")
        }
        assert.strictEqual((yield* ask("GET", "/api/sessions?before=x")).status, 400)
        assert.strictEqual((yield* ask("GET", "/api/sessions?order=x")).status, 400)
      }).pipe(Effect.provide(hiveOver(stores)))
    )

    it.effect("pages through every session once in every order, and by a query", () =>
      Effect.gen(function* () {
        const store = yield* TraceStore
        const queries = yield* TraceQueries
        const ids = Array.from({ length: 23 }, (_, index) => `00000000-0000-4000-8000-${hex(index, 12)}`)
        for (const [index, session_id] of ids.entries()) {
          yield* store.startSession({ session_id, session_name: `s${index}`, start_time: START + (index % 5) })
          yield* store.createEvents([
            {
              event_type: "model",
              event_name: index % 2 === 0 ? "even" : "odd",
              inputs: { messages: [{ role: "user", content: `question ${index}` }] },
              config: { model: "gpt-4o" },
              metadata: {
                prompt_tokens: 10 * (index % 7),
                completion_tokens: 1,
                ...(index % 6 === 0 ? { "service.instance.id": "p" } : {})
              },
              session_id,
              start_time: START + 10,
              ...(index % 6 === 0 ? {} : { duration: index % 4 }),
              ...(index % 3 === 0 ? { error: "no" } : {})
            }
          ])
        }
        const pages = (order: "newest" | "duration" | "tokens" | "cost" | "errors", text?: string) =>
          Stream.runCollect(
            Stream.paginate(undefined as string | undefined, (before) =>
              Effect.map(
                queries.sessionRows(
                  text === undefined ? { _tag: "All" } : { _tag: "Is", field: "name", parts: [text] },
                  {
                    order,
                    limit: 4,
                    before
                  }
                ),
                ({ next, sessions }) => [sessions, Option.fromNullOr(next)] as const
              )
            )
          )
        const value = {
          newest: (row: SessionRow) => row.start_time,
          duration: (row: SessionRow) => row.duration ?? 0,
          tokens: (row: SessionRow) => row.tokens,
          cost: (row: SessionRow) => row.cost ?? 0,
          errors: (row: SessionRow) => row.errors
        }
        for (const order of ["newest", "duration", "tokens", "cost", "errors"] as const) {
          const rows = yield* pages(order)
          assert.strictEqual(rows.length, 23, order)
          assert.strictEqual(new Set(rows.map((row) => row.session_id)).size, 23, order)
          const rest =
            order === "newest" ? rows.slice(4) : order === "duration" ? rows.filter((row) => row.running === 0) : rows
          const values = rest.map(value[order])
          assert.deepStrictEqual(
            values,
            values.toSorted((a, b) => b - a),
            order
          )
          if (order === "newest")
            assert.deepStrictEqual(
              rows.slice(0, 4).map((row) => row.status),
              Array(4).fill("running")
            )
        }
        const even = yield* pages("newest", "even")
        assert.strictEqual(even.length, 12)
        assert.isTrue(even.every((row) => /question \d*[02468]$/.test(row.first_input ?? "")))
      }).pipe(Effect.provide(stores.empty()))
    )
  })
}
