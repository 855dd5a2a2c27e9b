import * as Otel from "@opentelemetry/api"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { run } from "./compat.fixture.ts"
import { enrichSession, enrichSpan, HoneyHiveTracer, traceTool } from "./compat.ts"
import { start } from "./Handle.ts"
import { backend } from "./internal/backend.fixture.ts"
import { honeyhive, scenario } from "./internal/honeyhive.fixture.ts"
import { traced } from "./Traced.ts"

const SESSION = "honeyhive.session_id"
const pause = () => new Promise((resolve) => setImmediate(resolve))

describe("a program written for honeyhive 1.x", () => {
  it.live("does what it did, and is traced", () =>
    scenario(async ({ requests, spans, started, updates, url }) => {
      assert.strictEqual(
        await run({ apiKey: "hh_key", serverUrl: url, sessionName: "orders", inputs: { q: 1 }, runId: "run-1" }),
        "Dear customer: echo: where is it, shipped|3|4|true|test|0"
      )
      await HoneyHiveTracer.flush()
      const [session, ...others] = started()
      assert.deepStrictEqual(others, [])
      assert.deepStrictEqual(
        [session.session_name, session.source, session.inputs, session.metadata],
        ["orders", "test", { q: 1 }, { run_id: "run-1" }]
      )
      const all = spans()
      const byName = new Map(all.map((span) => [span.name, span]))
      assert.deepStrictEqual([...byName.keys()].toSorted(), [
        "answer",
        "by hand",
        "cached",
        "chain event",
        "complete",

        "lookup",
        "rank",
        "tool event"
      ])
      for (const span of all) assert.strictEqual(span.attributes[SESSION], session.session_id)
      const answer = byName.get("answer")!
      for (const name of ["lookup", "complete", "rank"])
        assert.strictEqual(byName.get(name)!.parentSpanId, answer.spanId)
      assert.include(byName.get("complete")!.attributes, {
        honeyhive_event_type: "model",
        "honeyhive_config.provider": "local",
        "honeyhive_config.temperature": 0.2,
        "honeyhive_metrics.tokens": 3,
        "honeyhive_inputs._params_.messages.0.role": "user"
      })
      assert.include(byName.get("rank")!.attributes, { honeyhive_event_type: "tool", "honeyhive_metadata.version": 1 })
      assert.strictEqual(answer.attributes["honeyhive_metadata.status"], "SHIPPED")
      assert.include(byName.get("cached")!.attributes, {
        honeyhive_event_type: "model",
        "honeyhive_inputs.prompt": "hi",
        "honeyhive_outputs.content": "hello"
      })
      assert.deepStrictEqual([...new Set(updates().map(([path]) => path))], [`/v1/events/${session.session_id}`])
      // In one call or two
      const { feedback, metadata } = Object.assign({}, ...updates().map(([, body]) => body))
      assert.deepStrictEqual(
        [feedback, metadata],
        [{ rating: 5 }, { reply: "Dear customer: echo: where is it, shipped" }]
      )
      for (const { headers } of requests) assert.strictEqual(headers.authorization, "Bearer hh_key")
    })
  )
})

describe("HoneyHiveTracer", () => {
  it.live("init: sessions of one key share one instance and stay apart, also through the same function", () =>
    scenario(async ({ spans, url }) => {
      const search = traceTool(async function search(query: string) {
        await pause()
        return rank(query)
      })
      const rank = traceTool((query: string) => query, { eventName: "rank" })
      const init = (sessionName: string) => HoneyHiveTracer.init({ apiKey: "hh_key", serverUrl: url, sessionName })
      const [a, b] = await Promise.all([init("a"), init("b")])
      assert.deepStrictEqual(await Promise.all([a.trace(search, "a"), b.trace(search, "b")]), ["a", "b"])
      await a.flush()
      const found = spans().map(({ attributes, name }) => [
        name,
        attributes["honeyhive.session_name"],
        attributes[SESSION]
      ])
      assert.deepStrictEqual(
        found.toSorted((x, y) => String(x).localeCompare(String(y))),
        [
          ["rank", "a", a.sessionId],
          ["rank", "b", b.sessionId],
          ["search", "a", a.sessionId],
          ["search", "b", b.sessionId]
        ]
      )
    })
  )

  it.live("init: two keys and two URLs, each backend has its own spans only", () =>
    scenario(async (first) => {
      await Effect.runPromise(
        Effect.scoped(
          Effect.gen(function* () {
            const second = yield* honeyhive
            yield* Effect.promise(async () => {
              const a = await HoneyHiveTracer.init({ apiKey: "hh_a", serverUrl: first.url })
              const b = await HoneyHiveTracer.init({ apiKey: "hh_b", serverUrl: second.url })
              const inA = a.traceTool(() => pause(), { eventName: "a" })
              const inB = b.traceTool(() => pause(), { eventName: "b" })
              // A tracer's own function belongs to it, even inside another one's
              await Promise.all([inA(), inB(), a.trace(() => inB()), b.trace(() => inA())])
              await HoneyHiveTracer.flush()
            })
            assert.deepStrictEqual(
              first.spans().map(({ name }) => name),
              ["a", "a"]
            )
            assert.deepStrictEqual(
              second.spans().map(({ name }) => name),
              ["b", "b"]
            )
            assert.isTrue(second.requests.every(({ headers }) => headers.authorization === "Bearer hh_b"))
          })
        )
      )
    })
  )

  it.live("init: never rejects; a tracer that cannot be used keeps silent and disables no other", () =>
    scenario(async ({ spans, url }) => {
      const broken = await HoneyHiveTracer.init({ apiKey: "hh_key", serverUrl: "nowhere" })
      const good = await HoneyHiveTracer.init({ apiKey: "hh_key", serverUrl: url })
      const search = traceTool(() => 1, { eventName: "search" })
      assert.strictEqual(broken.trace(search), 1)
      assert.strictEqual(broken.traceTool(() => 2)(), 2)
      assert.strictEqual(search(), 1)
      await HoneyHiveTracer.flush()
      assert.deepStrictEqual(
        spans().map(({ attributes, name }) => [name, attributes[SESSION]]),
        [["search", good.sessionId]]
      )
    })
  )

  it.live("sessionId: continues a session, announced by nobody else but its own starter", () =>
    scenario(async ({ spans, started, url }) => {
      const id = "0F4E2A9C-0B1D-4C3E-9F5A-6B7C8D9E0F1A"
      const tracer = await HoneyHiveTracer.init({ apiKey: "hh_key", serverUrl: url, sessionId: id })
      assert.strictEqual(tracer.sessionId, id.toLowerCase())
      tracer.traceTool(() => 1)()
      tracer.sessionId = "ticket-42"
      tracer.traceTool(() => 1)()
      assert.throws(() => (tracer.sessionId = ""))
      await tracer.flush()
      assert.deepStrictEqual(
        spans().map(({ attributes }) => attributes[SESSION]),
        [id.toLowerCase(), tracer.sessionId]
      )
      assert.match(tracer.sessionId!, /^[0-9a-f-]{36}$/)
      assert.deepStrictEqual(started(), [])
    })
  )

  it.live("runId, datasetId, datapointId: on the session and on every span in it", () =>
    scenario(async ({ spans, started, updates, url }) => {
      const ids = { runId: "r1", datasetId: "d1", datapointId: "p1" }
      const wire = { run_id: "r1", dataset_id: "d1", datapoint_id: "p1" }
      const init = (more: object) => HoneyHiveTracer.init({ apiKey: "hh_key", serverUrl: url, ...ids, ...more })
      const tracer = await init({ metadata: { k: 1 } })
      const continued = await init({ sessionId: "ticket-42", metadata: { k: 2 } })
      const plain = await HoneyHiveTracer.init({ apiKey: "hh_key", serverUrl: url })
      const step = traceTool(() => 1, { eventName: "step" })
      const search = traceTool(() => step(), { eventName: "search" })
      for (const each of [tracer, continued, plain]) each.trace(() => search())
      await HoneyHiveTracer.flush()
      assert.deepStrictEqual(
        started().map(({ metadata }) => metadata),
        [{ ...wire, k: 1 }, undefined]
      )
      assert.deepStrictEqual(
        updates().map(([path, { metadata }]) => [path, metadata]),
        [[`/v1/events/${continued.sessionId}`, { ...wire, k: 2 }]]
      )
      for (const { attributes } of spans()) {
        const said = Object.keys(wire).map((name) => attributes[`honeyhive_metadata.${name}`])
        const isPlain = attributes[SESSION] === plain.sessionId
        assert.deepStrictEqual(said, isPlain ? [undefined, undefined, undefined] : Object.values(wire))
      }
      assert.strictEqual(spans().length, 6)
    })
  )

  it.live("its properties say what is in use", () =>
    scenario(async ({ url }) => {
      const given = { apiKey: "hh_key", serverUrl: url, project: "p", sessionName: "s", source: "test", datasetId: "d" }
      const tracer = await HoneyHiveTracer.init({
        ...given,
        disableBatch: true,
        disableHttpTracing: true,
        metadata: { k: 1 },
        verbose: true
      })
      assert.include(tracer, {
        ...given,
        disableBatch: true,
        verbose: true,
        isEvaluation: false,
        disableHttpTracing: true
      })
      assert.deepStrictEqual(
        [tracer.metadata, tracer.inputs, tracer.runId, tracer.datapointId],
        [{ k: 1 }, {}, undefined, undefined]
      )
      assert.strictEqual(await tracer.startSession(), tracer.sessionId!)
      // The key is for whoever asks for it, not for a log of the tracer
      assert.notInclude(JSON.stringify(tracer), "hh_key")
    })
  )

  it.live("getTracer: spans of OpenTelemetry's API stand among the others; the global provider is left alone", () =>
    scenario(async ({ spans, url }) => {
      const tracer = await HoneyHiveTracer.init({ apiKey: "hh_key", serverUrl: url })
      const inner = traceTool(() => Otel.trace.getTracer("global").startSpan("nobody's").isRecording(), {
        eventName: "inner"
      })
      const outer = tracer.traceChain(
        () =>
          tracer.getTracer().startActiveSpan("generate", { attributes: { model: "m" } }, async (span) => {
            await pause()
            enrichSpan({ metrics: { score: 1 } })
            assert.isFalse(inner())
            const child = tracer.getTracer().startSpan("step", {}, Otel.trace.setSpan(Otel.ROOT_CONTEXT, span))
            child.end()
            span.end()
            return "done"
          }),
        { eventName: "outer" }
      )
      assert.strictEqual(await outer(), "done")
      assert.strictEqual(
        tracer.getTracer().startActiveSpan("alone", (span) => (span.end(), 1)),
        1
      )
      await tracer.flush()
      const byId = new Map(spans().map((span) => [span.spanId, span.name]))
      assert.deepStrictEqual(
        Object.fromEntries(spans().map(({ name, parentSpanId }) => [name, byId.get(parentSpanId ?? "")])),
        { outer: undefined, generate: "outer", inner: "generate", step: "generate", alone: undefined }
      )
      const generate = spans().find(({ name }) => name === "generate")!
      assert.include(generate.attributes, { model: "m", "honeyhive_metrics.score": 1, [SESSION]: tracer.sessionId })
    })
  )

  it.live("flush: never rejects, also when the backend refuses everything", () =>
    Effect.gen(function* () {
      const { url } = yield* backend(() => ({ status: 401, body: "{}" }))
      yield* Effect.addFinalizer(() => Effect.promise(HoneyHiveTracer.close))
      yield* Effect.promise(async () => {
        const tracer = await HoneyHiveTracer.init({ apiKey: "hh_key", serverUrl: url })
        tracer.traceTool(() => 1)()
        await tracer.flush()
        await HoneyHiveTracer.flush()
      })
    })
  )

  it.live("close, endSession: what is left is sent, the session is over, and a new tracer can be made", () =>
    scenario(async ({ spans, updates, url }) => {
      const make = () => HoneyHiveTracer.init({ apiKey: "hh_key", serverUrl: url })
      const first = await make()
      first.traceTool(() => 1, { eventName: "before" })()
      first.endSession()
      await HoneyHiveTracer.close()
      assert.deepStrictEqual(
        spans().map(({ name }) => name),
        ["before"]
      )
      assert.isNumber(updates()[0]![1].end_time)
      const second = await make()
      second.traceTool(() => 1, { eventName: "after" })()
      await second.flush()
      assert.deepStrictEqual(
        spans().map(({ name }) => name),
        ["before", "after"]
      )
    })
  )
})

describe("enrichSpan, enrichSession", () => {
  it.live("whatever is passed, nothing reaches the program; without a tracer nothing happens", () =>
    scenario(async ({ spans, updates, url }) => {
      enrichSpan({ metadata: { lost: true } })
      await enrichSession({ metadata: { lost: true } })
      const tracer = await HoneyHiveTracer.init({ apiKey: "hh_key", serverUrl: url })
      const hostile = {
        get value(): never {
          throw new Error("no")
        }
      }
      const hostileParams = {
        get metadata(): never {
          throw new Error("no")
        }
      }
      tracer.traceTool(() => {
        enrichSpan({ metadata: hostile, error: new TypeError("bad"), outputs: [1, 2], eventName: "renamed" })
        enrichSpan(hostileParams)
        enrichSpan()
      })()
      await enrichSession(hostileParams)
      const cycle: { [key: string]: unknown } = { name: "cycle", list: [1, 2] }
      cycle["self"] = cycle
      await tracer.enrichSession({
        metadata: { big: 1n, at: new Date(0), none: undefined, "a.b": null },
        metrics: { hostile },
        feedback: cycle,
        outputs: [1]
      })
      await tracer.flush()
      assert.deepInclude(updates().at(-1)![1], {
        metadata: { big: "1", at: "1970-01-01T00:00:00.000Z", a: { b: null } },
        metrics: { hostile: { value: "[unreadable]" } },
        feedback: { name: "cycle", list: [1, 2], self: "[circular]" },
        outputs: { value: [1] }
      })
      assert.deepInclude(spans()[0]!.attributes, {
        "honeyhive_metadata.value": "[unreadable]",
        honeyhive_error: "TypeError: bad",
        honeyhive_event_name: "renamed",
        "honeyhive_outputs.value": [1, 2]
      })
    })
  )

  it.live("work under an instance that was started otherwise", () =>
    Effect.gen(function* () {
      const { spans, updates, url } = yield* honeyhive
      yield* Effect.promise(async () => {
        await using hive = await start({ apiKey: "hh_key", url })
        await hive.withSession({ name: "new code" }, async () => {
          traced({ name: "new" }, () => enrichSpan({ metadata: { old: true } }))()
          traceTool(() => 1, { eventName: "old" })()
          await enrichSession({ feedback: { rating: 1 } })
        })
        await hive.flush()
        assert.deepStrictEqual(
          spans().map(({ attributes, name }) => [name, attributes["honeyhive.session_name"]]),
          [
            ["new", "new code"],
            ["old", "new code"]
          ]
        )
        assert.strictEqual(spans()[0]!.attributes["honeyhive_metadata.old"], true)
        assert.deepStrictEqual(updates()[0]![1].feedback, { rating: 1 })
      })
    })
  )
})
