import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { getBaggage, withBaggage } from "./Baggage.ts"
import { MemoryExporter } from "./Exporter.ts"
import { start } from "./Handle.ts"
import { HoneyHive } from "./HoneyHive.ts"
import { type Carrier, continueFrom, extract, inject } from "./Propagation.ts"
import { traced } from "./Traced.ts"

const session = "4879a1f2-6d5c-4f0e-9d3b-2f6f1f1c9a10"
const traceId = "0af7651916cd43dd8448eb211c80319c"
const spanId = "b7ad6b7169203331"

// The headers of HoneyHive's Python SDK
const python = {
  traceparent: `00-${traceId}-${spanId}-01`,
  tracestate: "vendor=opaque",
  baggage:
    `session_id=${session},honeyhive_session_id=${session},honeyhive_project=my%20project,` +
    "honeyhive_tracer_id=tracer-1,run_id=r1,dataset_id=d1,datapoint_id=p1,source=eval,team=search"
}

const exported = Effect.gen(function* () {
  yield* HoneyHive.flush
  return yield* MemoryExporter.use((memory) => memory.spans)
})

const search = traced({ name: "search" }, async () => {
  await new Promise((resolve) => setImmediate(resolve))
  return inject()
})

const members = (header: string | undefined): Record<string, string> =>
  Object.fromEntries((header ?? "").split(",").map((member) => member.split("=").map(decodeURIComponent)))

describe("continueFrom", () => {
  it.effect.each<readonly [string, Carrier]>([
    ["a record", python],
    ["a record in another case", Object.fromEntries(Object.entries(python).map(([k, v]) => [k.toUpperCase(), v]))],
    ["Node's repeated headers", { ...python, baggage: python.baggage.split(",") }],
    ["Fetch's Headers", new Headers(python)]
  ])("a Python caller's trace and session are continued from %s, in Effect and in plain code", ([, carrier]) =>
    Effect.gen(function* () {
      yield* Effect.withSpan(Effect.void, "effect").pipe(continueFrom(carrier))
      yield* Effect.promise(() => continueFrom(carrier, () => search()))
      const spans = yield* exported
      assert.deepStrictEqual(
        spans.map((span) => span.name),
        ["effect", "search"]
      )
      for (const span of spans) {
        assert.strictEqual(span.spanContext().traceId, traceId)
        assert.strictEqual(span.parentSpanContext?.spanId, spanId)
        assert.isTrue(span.parentSpanContext?.isRemote)
        assert.strictEqual(span.spanContext().traceState?.serialize(), "vendor=opaque")
        const { attributes } = span
        assert.strictEqual(attributes["honeyhive.session_id"], session)
        assert.strictEqual(attributes["traceloop.association.properties.project"], "my project")
        assert.strictEqual(attributes["honeyhive.source"], "eval")
        assert.strictEqual(attributes["honeyhive_metadata.run_id"], "r1")
        assert.strictEqual(attributes["honeyhive_metadata.dataset_id"], "d1")
        assert.strictEqual(attributes["honeyhive_metadata.datapoint_id"], "p1")
        assert.strictEqual(attributes["baggage.team"], "search")
      }
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("what it continued goes on to the next service", () =>
    Effect.gen(function* () {
      const headers = yield* Effect.promise(() => continueFrom(python, () => search()))
      const [span] = yield* exported
      assert.strictEqual(headers["traceparent"], `00-${traceId}-${span!.spanContext().spanId}-01`)
      assert.strictEqual(headers["tracestate"], "vendor=opaque")
      const sent = members(headers["baggage"])
      assert.isString(sent["honeyhive_tracer_id"])
      assert.notStrictEqual(sent["honeyhive_tracer_id"], "tracer-1")
      assert.deepStrictEqual(
        { ...sent, honeyhive_tracer_id: "tracer-1" },
        { ...members(python.baggage), honeyhive_project: "my project" }
      )
    }).pipe(Effect.provide(HoneyHive.layerMemory({ source: "ours", project: "ours" })))
  )

  it.effect("the caller's decision not to sample is kept", () =>
    Effect.gen(function* () {
      yield* Effect.withSpan(Effect.void, "quiet").pipe(continueFrom({ traceparent: `00-${traceId}-${spanId}-00` }))
      assert.deepStrictEqual(yield* exported, [])
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect.each<readonly [string, Carrier]>([
    ["nothing", {}],
    ["a short trace id", { traceparent: `00-abc-${spanId}-01` }],
    ["a trace id of zeros", { traceparent: `00-${"0".repeat(32)}-${spanId}-01` }],
    ["text", { traceparent: "hello", baggage: "hello" }],
    ["broken encoding", { baggage: "session_id=%E0%A4%A,=,;,a=" }],
    ["a session that is no UUID", { baggage: "session_id=1%27%20OR%201=1" }],
    ["keys and addresses", { baggage: "honeyhive_api_key=hh_theirs,honeyhive_url=http%3A%2F%2Fevil" }],
    ["values that are no text", JSON.parse('{"traceparent":5,"baggage":{"a":1}}')]
  ])("%s changes neither trace nor session", ([, carrier]) =>
    Effect.gen(function* () {
      yield* Effect.withSpan(Effect.void, "in").pipe(continueFrom(carrier))
      yield* Effect.withSpan(Effect.void, "out")
      const [inside, outside] = yield* exported
      assert.isUndefined(inside!.parentSpanContext)
      assert.strictEqual(inside!.attributes["honeyhive.session_id"], outside!.attributes["honeyhive.session_id"])
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it("headers that cannot be read do not reach the program", async () => {
    await using _ = await start({ testMode: true })
    const hostile = new Proxy(
      {},
      {
        has: () => {
          throw new Error("has")
        }
      }
    )
    assert.strictEqual(
      continueFrom(hostile, () => 42),
      42
    )
    assert.isObject(inject(hostile))
  })

  it.effect.prop("any text in the headers is survived", [Schema.String, Schema.String], ([traceparent, baggage]) =>
    Effect.sync(() => {
      const caller = extract({ traceparent, baggage })
      assert.isTrue((caller.baggage?.getAllEntries().length ?? 0) <= 64)
    })
  )

  it("more than 64 members are cut to 64, HoneyHive's are kept", () => {
    const many = Array.from({ length: 100 }, (_, index) => `k${index}=v`).join(",")
    const { baggage } = extract({ baggage: `${many},session_id=${session}` })
    assert.strictEqual(baggage?.getAllEntries().length, 64)
    assert.strictEqual(baggage?.getEntry("session_id")?.value, session)
  })
})

describe("inject", () => {
  it.effect("says trace, session, project and source, and reads back what it wrote", () =>
    Effect.gen(function* () {
      const headers = yield* Effect.sync(() => inject({ accept: "text/plain" })).pipe(
        Effect.withSpan("call"),
        withBaggage({ note: 'ä, =;"b"', run_id: "r" })
      )
      const own = yield* HoneyHive.use((hive) => hive.session)
      const [span] = yield* exported
      const { baggage, parent } = extract(headers)
      assert.strictEqual(headers.accept, "text/plain")
      assert.strictEqual(parent?.traceId, span!.spanContext().traceId)
      assert.strictEqual(parent?.spanId, span!.spanContext().spanId)
      for (const [key, value] of Object.entries({
        session_id: own.id,
        honeyhive_session_id: own.id,
        honeyhive_project: "agents",
        source: "test",
        run_id: "r",
        note: 'ä, =;"b"'
      })) {
        assert.strictEqual(baggage?.getEntry(key)?.value, value)
      }
    }).pipe(Effect.provide(HoneyHive.layerMemory({ project: "agents", source: "test" })))
  )

  it.effect("keeps foreign baggage and its properties, and drops whole members over 64 or 8,192 bytes", () =>
    Effect.gen(function* () {
      const own = yield* HoneyHive.use((hive) => hive.session)
      const big = Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`k${index}`, "v".repeat(200)]))
      const headers = yield* Effect.sync(() => inject(new Headers({ Baggage: "theirs=1;prop=2" }))).pipe(
        withBaggage(big)
      )
      const header = headers.get("baggage")!
      assert.isTrue(header.length <= 8192)
      assert.include(header, "theirs=1;prop=2")
      assert.strictEqual(members(header)["session_id"], own.id)
      for (const [key, value] of Object.entries(members(header))) {
        if (key.startsWith("k")) assert.strictEqual(value.length, 200)
      }
      const small = yield* Effect.sync(() => inject()).pipe(
        withBaggage(Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`k${index}`, "v"])))
      )
      assert.strictEqual(small["baggage"]?.split(",").length, 64)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("carries trace and baggage of an Effect program without an instance too", () =>
    Effect.gen(function* () {
      const [headers, span] = yield* Effect.all([Effect.sync(() => inject()), Effect.currentSpan]).pipe(
        Effect.withSpan("call"),
        continueFrom({ baggage: `session_id=${session}` }),
        withBaggage({ tenant: "acme" })
      )
      assert.deepStrictEqual(headers, {
        traceparent: `00-${span.traceId}-${span.spanId}-01`,
        baggage: `honeyhive_session_id=${session},session_id=${session},tenant=acme`
      })
    })
  )

  it.effect("two services in one process: one trace, one session", () =>
    Effect.gen(function* () {
      const service = (headers: Record<string, string>) =>
        Effect.gen(function* () {
          yield* Effect.withSpan(Effect.void, "there").pipe(continueFrom(headers))
          return [yield* exported, getBaggage("tenant")] as const
        }).pipe(Effect.provide(HoneyHive.layerMemory({ sessionName: "callee" })))
      const headers = yield* Effect.sync(() => inject()).pipe(
        Effect.withSpan("here"),
        withBaggage({ tenant: "acme" }),
        HoneyHive.withSession({ name: "caller" })
      )
      const [here] = yield* exported
      const [[there]] = yield* service(headers)
      assert.strictEqual(there!.spanContext().traceId, here!.spanContext().traceId)
      assert.strictEqual(there!.parentSpanContext?.spanId, here!.spanContext().spanId)
      assert.strictEqual(there!.attributes["honeyhive.session_id"], here!.attributes["honeyhive.session_id"])
      assert.strictEqual(there!.attributes["baggage.tenant"], "acme")
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )
})
