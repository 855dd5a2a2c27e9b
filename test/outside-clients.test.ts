/**
 * Clients that know nothing of this project land in the hive: OpenTelemetry's NodeSDK in a process of its own, and a REST
 * client on the paths of older SDKs.
 */
import { execFile } from "node:child_process"
import { assert, layer } from "@effect/vitest"
import { Effect } from "effect"
import { Hive, TraceStore } from "@honeyhive/hive"

const nodeSdk = (exporter: string, session: string, url: string) => `
import { NodeSDK } from "@opentelemetry/sdk-node"
import { SpanStatusCode, trace } from "@opentelemetry/api"
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-${exporter}"
const sdk = new NodeSDK({
  traceExporter: new OTLPTraceExporter({ url: "${url}/v1/traces" }),
  serviceName: "outside",
  instrumentations: [], metricReaders: [], logRecordProcessors: []
})
sdk.start()
const session = { "honeyhive.session_id": "${session}", "honeyhive.session_auto_create": true, "honeyhive.session_name": "outside" }
const tracer = trace.getTracer("their-scope", "1.2.3")
tracer.startActiveSpan("agent", { attributes: { ...session, honeyhive_event_type: "chain" } }, (agent) => {
  tracer.startActiveSpan("search", { attributes: {
    ...session,
    honeyhive_event_type: "tool",
    "honeyhive_inputs.query": "refund",
    "honeyhive_inputs.page.size": 3,
    "honeyhive_outputs.ids": ["a", "b"],
    "honeyhive_metrics.score": 0.5,
    "honeyhive_feedback.rating": 5,
    "honeyhive_config.index": "docs",
    "honeyhive_user_properties.plan": "pro",
    "traceloop.association.properties.run_id": "r1",
    "http.status_code": 200
  } }, (search) => {
    search.recordException(new TypeError("no index"))
    search.setStatus({ code: SpanStatusCode.ERROR, message: "no index" })
    search.end()
  })
  agent.end()
})
trace.getTracer("other").startSpan("stray", { attributes: { "honeyhive.session_id": "99999999-9999-4999-8999-${session.slice(-12)}" } }).end()
await sdk.shutdown()
`

const run = (program: string) =>
  Effect.callback<string, Error>((resume) => {
    execFile(
      process.execPath,
      ["--input-type=module", "--eval", program],
      { cwd: import.meta.dirname, timeout: 30_000 },
      (error, _stdout, stderr) => resume(error === null ? Effect.succeed(stderr) : Effect.fail(new Error(stderr)))
    )
  })

const call = (path: string, init: RequestInit & { readonly json?: unknown }) =>
  Effect.gen(function* () {
    const { url } = yield* Hive
    const response = yield* Effect.promise(() =>
      fetch(url + path, {
        ...init,
        headers: { "content-type": "application/json", authorization: "Bearer hh_legacy" },
        ...(init.json === undefined ? {} : { body: JSON.stringify(init.json) })
      })
    )
    const text = yield* Effect.promise(() => response.text())
    assert.strictEqual(response.status, 200, text)
    return text === "" ? undefined : JSON.parse(text)
  })

layer(Hive.layer())("outside clients", (it) => {
  it.effect.each([
    ["proto", "11111111-1111-4111-8111-111111111111"],
    ["http", "22222222-2222-4222-8222-222222222222"]
  ])("OpenTelemetry's NodeSDK with the %s exporter", ([exporter = "", session = ""]) =>
    Effect.gen(function* () {
      const { url } = yield* Hive
      yield* run(nodeSdk(exporter, session, url))
      const store = yield* TraceStore
      const [root, agent, search, ...rest] = yield* store.sessionEvents(session)
      assert.deepStrictEqual(rest, [])
      assert.deepInclude(root, { event_id: session, event_type: "session", event_name: "outside", parent_id: null })
      assert.deepInclude(agent, { event_type: "chain", event_name: "agent", parent_id: session, error: null })
      assert.deepStrictEqual(agent?.children_ids, [search?.event_id ?? ""])
      assert.deepInclude(search, {
        event_type: "tool",
        parent_id: agent?.event_id ?? null,
        session_id: session,
        error: "no index",
        inputs: { query: "refund", page: { size: 3 } },
        outputs: { ids: ["a", "b"] },
        metrics: { score: 0.5 },
        feedback: { rating: 5 },
        config: { index: "docs" },
        user_properties: { plan: "pro" }
      })
      assert.deepInclude(search?.metadata, {
        run_id: "r1",
        "http.status_code": 200,
        honeyhive_event_type: "tool",
        has_otlp_lineage: true
      })
      assert.isAtLeast(search?.duration ?? -1, 0)

      const stray = `99999999-9999-4999-8999-${session.slice(-12)}`
      const sessions = yield* store.sessions({ limit: 100, offset: 0 })
      assert.deepInclude(
        sessions.find((_) => _.session_id === stray),
        { orphan: true, events: 1 }
      )
      assert.deepInclude(
        sessions.find((_) => _.session_id === session),
        { orphan: false, events: 2, errors: 1 }
      )
    })
  )

  it.effect("a REST client on the legacy paths", () =>
    Effect.gen(function* () {
      const session = yield* call("/session/start", {
        method: "POST",
        json: { session: { project: "old", session_name: "legacy", source: "sdk", metadata: { a: 1 } } }
      })
      assert.strictEqual(session.event_id, session.session_id)
      const created = yield* call("/events", {
        method: "POST",
        json: {
          event: {
            project: "old",
            event_type: "model",
            event_name: "chat",
            session_id: session.session_id,
            inputs: { chat_history: [{ role: "user", content: "hi" }] },
            outputs: { role: "assistant", content: "hello" },
            config: { model: "m" },
            start_time: 1_790_000_000_000,
            duration: 1_200,
            metadata: { total_tokens: 5 }
          }
        }
      })
      assert.isTrue(created.success)
      yield* call("/events", {
        method: "PUT",
        json: { event_id: created.event_id, feedback: { rating: 1 }, error: "ignored", inputs: { ignored: true } }
      })
      const batch = yield* call("/events/batch", {
        method: "POST",
        json: {
          is_single_session: true,
          session: { session_name: "batch" },
          events: [
            { event_type: "tool", inputs: {} },
            { event_type: "chain", inputs: {} }
          ]
        }
      })
      assert.strictEqual(batch.event_ids.length, 2)

      const { event } = yield* call(`/v1/events/${created.event_id}`, { method: "GET" })
      assert.deepInclude(event, {
        parent_id: session.session_id,
        start_time: 1_790_000_000_000,
        end_time: 1_790_000_001_200,
        duration: 1_200,
        error: null,
        inputs: { chat_history: [{ role: "user", content: "hi" }] },
        feedback: { rating: 1 }
      })
      const found = yield* call("/v1/events/search", {
        method: "POST",
        json: { filters: [{ field: "session_id", operator: "is", value: batch.session_id }] }
      })
      assert.strictEqual(found.count, 3)
      const tree = yield* call(`/v1/sessions/${session.session_id}`, { method: "GET" })
      assert.deepStrictEqual(tree.children_ids, [created.event_id])
    })
  )
})
