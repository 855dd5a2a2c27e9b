/**
 * Published clients, unmodified, against the hive: what they send becomes the right events, and what it answers is what
 * they decode. Each runs in a process of its own (`published-clients.fixture.ts`).
 *
 * Clients that cannot be pointed at another URL: none of these. `honeyhive` 1.0.42 creates, changes and deletes prompt
 * configurations, projects and tools as well, which a hive does not keep.
 */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { assert, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { Hive, TraceStore } from "@honeyhive/hive"
import type { Event } from "@honeyhive/contract/Event"
import { environment } from "./environment.ts"

const fixture = join(import.meta.dirname, "published-clients.fixture.ts")

// What a client answers is what these tests look at
type Answer = ReturnType<typeof JSON.parse>

const run = (program: string, session: string) =>
  Effect.gen(function* () {
    const { url } = yield* Hive
    return yield* Effect.callback<Answer, Error>((resume) => {
      const env = environment({ TRACELOOP_TELEMETRY: "false", HONEYHIVE_TELEMETRY: "false" })
      execFile(
        process.execPath,
        [fixture, program, url, session],
        { env, timeout: 45_000 },
        (error, stdout, stderr) => {
          const last = stdout.trimEnd().split("\n").at(-1) ?? ""
          resume(
            error === null && last.startsWith("{")
              ? Effect.sync(() => JSON.parse(last) as Answer)
              : Effect.fail(new Error(`${program}: ${error?.message ?? "no answer"}\n${stdout}\n${stderr}`))
          )
        }
      )
    })
  })

const eventsOf = (session: string) =>
  Effect.map(
    TraceStore.use((store) => store.sessionEvents(session)),
    (events) => {
      const named = (name: string): Event => {
        const found = events.find((event) => event.event_name === name)
        assert.isDefined(found, `${name} among ${events.map((event) => event.event_name).join(", ")}`)
        return found as Event // just seen
      }
      return { events, named }
    }
  )

/** The last session that began: that of a client which does not say any. */
const latest = Effect.map(
  TraceStore.use((store) => store.sessions({ limit: 1, offset: 0 })),
  ([session]) => session?.session_id ?? ""
)

const history = [{ role: "user", content: "hi" }]

layer(Hive.layer())("published clients", (it) => {
  it.effect("honeyhive 1.0.42: every REST method", () =>
    Effect.gen(function* () {
      const session = crypto.randomUUID()
      const said = yield* run("honeyhive-rest", session)
      assert.strictEqual(said.sessionId, session)
      assert.strictEqual(said.got.eventName, "rest")
      assert.strictEqual(said.missing, 404)
      assert.isTrue(said.modelEvent.success)
      assert.strictEqual(said.models.eventIds.length, 2)
      assert.strictEqual(said.batch.eventIds.length, 1)
      assert.strictEqual(said.exported.totalEvents, 2)
      assert.deepInclude(
        said.exported.events.find((event: Answer) => event.eventId === said.eventId),
        {
          eventName: "search",
          startTime: 1_790_000_000_000.25,
          endTime: 1_790_000_000_013,
          metrics: { score: 1 },
          feedback: { rating: 5 },
          userProperties: { u: 1 }
        }
      )
      assert.strictEqual(said.added.datapointIds.length, 1)
      assert.deepInclude(said.datasets.testcases[0], { name: "golden", description: "d", numPoints: 1 })
      assert.deepInclude(said.datapoint.datapoint[0], { groundTruth: { a: 2 }, linkedDatasets: [said.datasetId] })
      assert.strictEqual(said.datapoints.datapoints.length, 2)
      assert.deepInclude(said.updated.evaluation, { status: "completed" })
      assert.strictEqual(said.run.evaluation.runId, said.runId)
      assert.strictEqual(said.runs.evaluations.length, 1)
      assert.deepStrictEqual(
        said.result.metrics.details.map((detail: Answer) => [detail.metricName, detail.aggregate]),
        [
          ["accuracy", 0.5],
          ["ok", 1]
        ]
      )
      assert.isTrue(said.result.success)
      assert.strictEqual(said.comparison.metrics[0].sameCount, 1)
      assert.deepStrictEqual(said.deleted, { id: said.runId, deleted: true })
      assert.deepInclude(said.metrics[0], {
        name: "exact",
        type: "custom",
        codeSnippet: "return 2",
        returnType: "float"
      })
      const [model] = yield* TraceStore.use((store) =>
        Effect.map(
          store.search({ filters: [{ field: "event_name", operator: "is", value: "second" }] }),
          (_) => _.events
        )
      )
      assert.deepInclude(model, {
        event_type: "model",
        inputs: { chat_history: history },
        outputs: { role: "assistant", content: "hello" },
        config: { model: "gpt-x", provider: "openai", temperature: 0.2 },
        metadata: { total_tokens: 5 },
        duration: 3
      })
    })
  )

  it.effect("honeyhive 1.0.42: the tracer", () =>
    Effect.gen(function* () {
      const { sessionId } = yield* run("honeyhive-tracer", "")
      const { events, named } = yield* eventsOf(sessionId)
      assert.strictEqual(events.length, 4)
      assert.deepInclude(named("traced"), {
        event_type: "session",
        event_id: sessionId,
        source: "test",
        metadata: { plan: "pro" },
        outputs: { ok: true }
      })
      assert.deepInclude(named("answerIt"), {
        event_type: "chain",
        parent_id: sessionId,
        inputs: { _params_: { question: "refund" } },
        outputs: { result: { hits: ["refund"] } }
      })
      assert.deepInclude(named("search"), {
        event_type: "tool",
        parent_id: named("answerIt").event_id,
        inputs: { _params_: { query: "refund" } },
        metrics: { score: 0.5 }
      })
      assert.deepInclude(named("search").metadata, { index: "docs", instrumentor: "traceloop" })
      assert.deepInclude(named("boom"), { error: "TypeError: no index", event_type: "tool" })
    })
  )

  it.effect("Traceloop's SDK", () =>
    Effect.gen(function* () {
      const session = crypto.randomUUID()
      yield* run("traceloop", session)
      const { named } = yield* eventsOf(session)
      assert.deepInclude(named("plan.workflow"), { event_type: "chain", outputs: { found: "refund" } })
      assert.deepInclude(named("lookup.tool"), {
        event_type: "tool",
        parent_id: named("plan.workflow").event_id,
        inputs: { args: ["refund"], kwargs: {} },
        outputs: { found: "refund" }
      })
      assert.deepInclude(named("lookup.tool").metadata, { user: "u1", span_kind: "tool", instrumentor: "traceloop" })
    })
  )

  it.effect("Langfuse's SDK", () =>
    Effect.gen(function* () {
      const session = crypto.randomUUID()
      yield* run("langfuse", session)
      const { named } = yield* eventsOf(session)
      assert.deepInclude(named("request"), { event_type: "chain", inputs: { q: "refund" } })
      assert.deepInclude(named("call"), {
        event_type: "model",
        parent_id: named("request").event_id,
        inputs: { chat_history: history },
        outputs: { role: "assistant", content: "hello" },
        config: { model: "gpt-x" }
      })
      assert.deepInclude(named("call").metadata, {
        prompt_tokens: 3,
        completion_tokens: 2,
        total_tokens: 5,
        model_name: "gpt-x",
        user_id: "u1"
      })
      assert.deepInclude(named("lookup"), { event_type: "tool", inputs: { input: "refund" }, outputs: { hits: 3 } })
    })
  )

  it.effect("OpenInference", () =>
    Effect.gen(function* () {
      const session = crypto.randomUUID()
      yield* run("openinference", session)
      const { named } = yield* eventsOf(session)
      assert.deepInclude(named("agent"), {
        event_type: "chain",
        inputs: { value: "hi" },
        outputs: { value: "done" }
      })
      assert.deepInclude(named("call"), {
        event_type: "model",
        parent_id: named("agent").event_id,
        inputs: { chat_history: history },
        outputs: { role: "assistant", content: "hello" },
        config: { model: "gpt-x", provider: "openai", temperature: 0.2 }
      })
      assert.deepInclude(named("call").metadata, {
        prompt_tokens: 3,
        completion_tokens: 2,
        total_tokens: 5,
        span_kind: "LLM",
        instrumentor: "openinference"
      })
      assert.deepInclude(named("lookup"), { event_type: "tool", inputs: { value: "refund" }, outputs: { hits: 3 } })
    })
  )

  it.effect("Vercel's AI SDK 7, with OpenTelemetry's names", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* run("vercel", "")).text, "hello")
      const { events, named } = yield* eventsOf(yield* latest)
      assert.strictEqual(events.length, 6)
      const agent = named("invoke_agent mock-model")
      assert.deepInclude(agent, { event_type: "chain", inputs: { chat_history: history } })
      assert.deepInclude(named("step 1"), { event_type: "chain", parent_id: agent.event_id })
      assert.deepInclude(named("execute_tool lookup"), {
        event_type: "tool",
        parent_id: named("step 1").event_id,
        inputs: { query: "refund" },
        outputs: { hits: ["refund"] }
      })
      const answer = events.findLast((event) => event.event_name === "chat mock-model")
      assert.deepInclude(answer, { event_type: "model", outputs: { role: "assistant", content: "hello" } })
      assert.deepInclude(answer?.config, { model: "mock-model", provider: "mock-provider" })
      assert.deepInclude(answer?.metadata, { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 })
    })
  )

  it.effect("Vercel's AI SDK 7, with the names of versions 4 to 6", () =>
    Effect.gen(function* () {
      yield* run("vercel-legacy", "")
      const { events, named } = yield* eventsOf(yield* latest)
      assert.strictEqual(events.length, 4)
      const root = named("ai.generateText")
      assert.deepInclude(root, { event_type: "chain", inputs: { chat_history: history } })
      const answer = events.findLast((event) => event.event_name === "ai.generateText.doGenerate")
      assert.deepInclude(answer, {
        event_type: "model",
        parent_id: root.event_id,
        outputs: { role: "assistant", content: "hello" },
        inputs: {
          chat_history: [
            ...history,
            {
              role: "assistant",
              content: "",
              tool_calls: [{ id: "call-1", name: "lookup", arguments: { query: "refund" } }]
            },
            { role: "tool", tool_call_id: "call-1", content: { hits: ["refund"] } }
          ]
        }
      })
      assert.deepInclude(answer?.config, { model: "mock-model", provider: "mock-provider", maxRetries: 2 })
      assert.deepInclude(answer?.metadata, { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 })
      assert.deepInclude(named("ai.toolCall"), {
        event_type: "tool",
        inputs: { query: "refund" },
        outputs: { hits: ["refund"] }
      })
      assert.deepInclude(named("ai.toolCall").metadata, { tool_name: "lookup", tool_call_id: "call-1" })
    })
  )
})

layer(Hive.layer({ keys: [Redacted.make("sk-lf-published")] }))("published clients where keys are listed", (it) => {
  it.effect("Langfuse's secret key is a key", () =>
    Effect.gen(function* () {
      const session = crypto.randomUUID()
      yield* run("langfuse", session)
      assert.strictEqual((yield* eventsOf(session)).events.length, 3)
    })
  )

  it.effect("another client's is none", () =>
    Effect.gen(function* () {
      const session = crypto.randomUUID()
      yield* Effect.ignore(run("traceloop", session))
      assert.deepStrictEqual((yield* eventsOf(session)).events, [])
    })
  )
})
