import { assert, describe, it } from "@effect/vitest"
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer"
import type { AttributeValue } from "@opentelemetry/api"
import { BasicTracerProvider, type ReadableSpan } from "@opentelemetry/sdk-trace-base"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { Attributes } from "./Attributes.ts"
import { Bucket } from "./Bucket.ts"
import { Event, EventType } from "./Event.ts"
import * as Otlp from "./Otlp.ts"
import type { SpanRecord } from "./Otlp.ts"
import * as Projection from "./Projection.ts"
import * as Uuid from "./Uuid.ts"

const span = (attributes: Record<string, unknown> = {}, more: Partial<SpanRecord> = {}): SpanRecord => ({
  traceId: "5b8efff798038103d269b633813fc60c",
  spanId: "eee19b7ec3c1b174",
  parentSpanId: undefined,
  name: "name",
  kind: 1,
  startTimeUnixNano: 1_790_000_000_123_456_789n,
  endTimeUnixNano: 1_790_000_000_125_000_000n,
  attributes,
  events: [],
  links: [],
  status: { code: 0, message: "" },
  scope: { name: "scope", version: "" },
  resource: {},
  ...more
})

const event = (...args: Parameters<typeof span>) => Projection.toEvent(span(...args)).event
const session = (...args: Parameters<typeof span>) => Projection.toEvent(span(...args)).session

const decodeRequest = Schema.decodeUnknownSync(Schema.fromJsonString(Otlp.ExportTraceServiceRequest))

/** The event of a span that went over the wire. */
const over = (span: ReadableSpan) => {
  const [read] = Otlp.spans(
    decodeRequest(new TextDecoder().decode(JsonTraceSerializer.serializeRequest([span])))
  ).accepted
  assert.isDefined(read)
  return Projection.toEvent(read).event
}

const A = "11111111-1111-4111-8111-111111111111"
const B = "22222222-2222-4222-8222-222222222222"
const C = "cccccccc-3333-4333-8333-cccccccccccc"

describe("Projection", () => {
  it("law: the fields that are written on a span come back", () => {
    const key = fc.stringMatching(/^[a-z]{1,6}$/)
    const leaf = fc.oneof(
      fc.string({ maxLength: 8 }).filter((text) => text !== "null" && text !== "{}"),
      fc.integer(),
      fc.boolean(),
      fc.constant(null)
    )
    const content = fc.dictionary(key, fc.oneof(leaf, fc.array(leaf), fc.dictionary(key, leaf, { maxKeys: 3 })), {
      maxKeys: 4
    })
    const fields = fc.record(
      {
        event_type: fc.constantFrom("model" as const, "tool" as const, "chain" as const),
        event_name: fc.string({ minLength: 1, maxLength: 8 }),
        event_id: fc.uuid(),
        error: fc.string({ minLength: 1, maxLength: 8 }),
        inputs: content,
        outputs: content,
        config: content,
        metadata: content,
        metrics: content,
        feedback: content,
        user_properties: content
      },
      { requiredKeys: ["event_type"] }
    )
    fc.assert(
      fc.property(fields, (fields) => {
        // Through OpenTelemetry's own span and serializer, as a program's fields travel
        const span = new BasicTracerProvider().getTracer("t").startSpan("name")
        Projection.writeFields(fields, (name, value) => void span.setAttribute(name, value as AttributeValue))
        span.end()
        const read = over(span as unknown as ReadableSpan) // the SDK's spans are both
        for (const name of ["event_type", "event_name", "event_id", "error"] as const) {
          if (fields[name] !== undefined) assert.strictEqual(read[name], fields[name])
        }
        for (const bucket of Bucket.literals) {
          const said = JSON.parse(JSON.stringify(fields[bucket] ?? {}))
          if (bucket === "metadata") assert.deepInclude(read.metadata, said)
          else assert.deepStrictEqual(read[bucket], said)
        }
      }),
      { numRuns: 1000 }
    )
  })

  it("law: whatever attributes a span has, its event is one", () => {
    const decode = Schema.decodeUnknownSync(Event)
    const name = fc.oneof(
      fc.constantFrom(...Object.values(Attributes)),
      fc.constantFrom("__proto__", "honeyhive_inputs.__proto__.a", "gen_ai.request.__proto__", "constructor"),
      fc
        .constantFrom(...Bucket.literals)
        .chain((bucket) => fc.string({ maxLength: 6 }).map((path) => `honeyhive_${bucket}.${path}`)),
      fc
        .constantFrom("gen_ai.request.", "traceloop.association.properties.")
        .chain((prefix) => fc.string({ maxLength: 6 }).map((rest) => prefix + rest)),
      fc.string({ maxLength: 12 })
    )
    const messages = fc.constantFrom(
      '[{"role":"user","parts":[{"type":"text","content":"x"}]}]',
      "[null,1,[]]",
      "{",
      "[{}]",
      '{"__proto__":{"a":1}}',
      "[".repeat(5000) + "]".repeat(5000)
    )
    const attributes = fc.dictionary(name, fc.oneof(fc.jsonValue({ maxDepth: 2 }), messages), { maxKeys: 8 })
    fc.assert(
      fc.property(attributes, fc.constantFrom(0, 1, 2), (attributes, code) => {
        const projected = Projection.toEvent(
          span(JSON.parse(JSON.stringify(attributes)), { status: { code, message: "" } })
        )
        // As it is, and as it is kept
        decode(projected.event)
        decode(JSON.parse(JSON.stringify(projected.event)))
        for (const bucket of Bucket.literals) {
          assert.strictEqual(Object.getPrototypeOf(projected.event[bucket]), Object.prototype)
        }
        assert.isTrue(Uuid.isUuid(projected.session.id))
      }),
      { numRuns: 3000 }
    )
  })

  it("finds the session by honeyhive's name, then the legacy one, then OpenTelemetry's, then the trace", () => {
    const all = {
      [Attributes.SESSION_ID]: A,
      [Attributes.ASSOCIATION_SESSION_ID]: B,
      [Attributes.OTEL_SESSION_ID]: C
    }
    assert.strictEqual(session(all).id, A)
    assert.strictEqual(session({ ...all, [Attributes.SESSION_ID]: "" }).id, B)
    assert.strictEqual(session({ [Attributes.OTEL_SESSION_ID]: C.toUpperCase() }).id, C)
    assert.strictEqual(session().id, Uuid.fromTrace(span().traceId))
  })

  it("creates a session only where the span says so", () => {
    for (const [flag, creates] of [
      [true, true],
      ["true", true],
      [false, false],
      ["yes", false],
      [1, false]
    ] as const) {
      assert.strictEqual(
        session({ [Attributes.SESSION_ID]: A, [Attributes.SESSION_AUTO_CREATE]: flag }).autoCreate,
        creates
      )
    }
    assert.isFalse(session({ [Attributes.SESSION_AUTO_CREATE]: true }).autoCreate)
  })

  it("finds the session's name and source, the latter under its legacy name too", () => {
    assert.deepInclude(session({ [Attributes.SESSION_ID]: A }), { name: "Session", source: "otlp" })
    const legacy = { [Attributes.SESSION_NAME]: "checkout", [Attributes.ASSOCIATION_SOURCE]: "staging" }
    assert.deepInclude(session(legacy), { name: "checkout", source: "staging" })
    assert.strictEqual(event({ ...legacy, [Attributes.SOURCE]: "dev" }).source, "dev")
  })

  it("replaces a session id that is none, and keeps the original", () => {
    for (const name of [Attributes.SESSION_ID, Attributes.ASSOCIATION_SESSION_ID, Attributes.OTEL_SESSION_ID]) {
      const read = event({ [name]: "chat-42" })
      assert.strictEqual(read.session_id, Uuid.fromText("chat-42"))
      assert.strictEqual(read.metadata["session_id"], "chat-42")
    }
    assert.strictEqual(session({ [Attributes.OTEL_SESSION_ID]: 42 }).id, Uuid.fromText("42"))
  })

  it("events whose ids are none still find each other", () => {
    const parent = event({ [Attributes.EVENT_ID]: "step-1" })
    for (const name of [Attributes.PARENT_ID, Attributes.ASSOCIATION_PARENT_ID]) {
      assert.strictEqual(event({ [name]: "step-1" }).parent_id, parent.event_id)
    }
    assert.isTrue(Uuid.isUuid(parent.event_id))
  })

  it("writes nothing for an empty bucket, which would land in metadata without a path", () => {
    const names: Array<string> = []
    Projection.writeFields({ inputs: {}, metadata: { user: undefined }, outputs: { result: {} } }, (name) => {
      names.push(name)
    })
    assert.deepStrictEqual(names, ["honeyhive_outputs.result"])
  })

  it("law: the order of attributes does not matter", () => {
    const name = fc.constantFrom(
      ...Object.values(Attributes),
      "honeyhive_inputs.a",
      "honeyhive_inputs.a.b",
      "honeyhive_config.model",
      "other"
    )
    fc.assert(
      fc.property(fc.dictionary(name, fc.oneof(fc.string(), fc.integer())), (attributes) => {
        const reversed = Object.fromEntries(Object.entries(attributes).toReversed())
        assert.deepStrictEqual(event(reversed), event({ ...attributes }))
      }),
      { numRuns: 1000 }
    )
  })

  it("finds the parent: the parent span, else what the span says, else the session", () => {
    const said = { [Attributes.PARENT_ID]: B, [Attributes.SESSION_ID]: A }
    assert.strictEqual(
      event(said, { parentSpanId: "1".repeat(16) }).parent_id,
      Uuid.fromSpan(span().traceId, "1".repeat(16))
    )
    assert.strictEqual(event(said).parent_id, B)
    assert.strictEqual(event({ [Attributes.SESSION_ID]: A }).parent_id, A)
  })

  it("a session span is its session", () => {
    const read = event({ [Attributes.SESSION_ID]: A, [Attributes.EVENT_TYPE]: "session" })
    assert.deepInclude(read, { event_id: A, session_id: A, parent_id: null, event_type: "session" })
    assert.isTrue(Schema.is(Event)(read))
  })

  it("keeps routing out of metadata and everything unknown in it, with its type", () => {
    const { metadata } = event({
      [Attributes.SESSION_ID]: A,
      [Attributes.SESSION_NAME]: "s",
      [Attributes.SESSION_AUTO_CREATE]: true,
      [Attributes.SOURCE]: "dev",
      [Attributes.PROJECT]: "p",
      [Attributes.PARENT_ID]: B,
      [Attributes.EVENT_NAME]: "e",
      [Attributes.EVENT_ID]: C,
      [Attributes.ERROR]: "no index",
      [Attributes.ASSOCIATION_SESSION_ID]: A,
      [Attributes.ASSOCIATION_PROJECT]: "p",
      [Attributes.ASSOCIATION_SOURCE]: "dev",
      [Attributes.ASSOCIATION_PARENT_ID]: B,
      "gen_ai.tool.definitions": "[]",
      [Attributes.EVENT_TYPE]: "chain",
      "traceloop.association.properties.run_id": "r",
      "http.status_code": 200,
      "honeyhive.inputs.dotted": "lands here",
      list: [1, 2]
    })
    assert.deepStrictEqual(metadata, {
      [Attributes.EVENT_TYPE]: "chain",
      run_id: "r",
      "http.status_code": 200,
      "honeyhive.inputs.dotted": "lands here",
      list: [1, 2],
      instrumentor: "standardgenai",
      trace_id: span().traceId,
      span_id: span().spanId,
      has_otlp_lineage: true
    })
  })

  it("what the program says itself goes before what is worked out", () => {
    const said = { session_id: "s", model_name: "n", total_tokens: 9, prompt_tokens: 1, completion_tokens: 2 }
    const attributes = Object.entries(said).map(([key, value]) => [`honeyhive_metadata.${key}`, value] as const)
    const read = event({
      ...Object.fromEntries(attributes),
      [Attributes.SESSION_ID]: "chat-42",
      [Attributes.GEN_AI_REQUEST_MODEL]: "m",
      "honeyhive_config.model": "mine"
    })
    assert.deepInclude(read.metadata, said)
    assert.deepStrictEqual(read.config, { model: "mine" })
  })

  it("says where a span came from", () => {
    const parentSpanId = "1".repeat(16)
    assert.strictEqual(event({}, { parentSpanId }).metadata["parent_span_id"], parentSpanId)
    assert.isFalse("parent_span_id" in event().metadata)
    assert.strictEqual(event().event_name, "name")
  })

  it("takes the error from honeyhive_error, then the status, then the exception", () => {
    const exception = {
      name: "exception",
      timeUnixNano: 0n,
      attributes: { [Attributes.EXCEPTION_TYPE]: "TypeError", [Attributes.EXCEPTION_MESSAGE]: "no index" }
    }
    const failed = (message: string) => ({ status: { code: 2, message }, events: [exception] })
    assert.strictEqual(event({ [Attributes.ERROR]: "said" }, failed("status")).error, "said")
    assert.strictEqual(event({}, failed("status")).error, "status")
    assert.strictEqual(event({}, failed("")).error, "no index")
    const nameless = { ...exception, attributes: { [Attributes.EXCEPTION_TYPE]: "RangeError" } }
    const last = { status: { code: 2, message: "" }, events: [exception, nameless, { ...exception, name: "retry" }] }
    assert.strictEqual(event({}, last).error, "RangeError")
    assert.strictEqual(event({}, { status: { code: 2, message: "" } }).error, "error")
    assert.isNull(event({}, { events: [exception] }).error)
    assert.isNull(event({ [Attributes.ERROR]: null }).error)
    assert.strictEqual(event({ [Attributes.ERROR]: { code: 1 } }).error, '{"code":1}')
  })

  it("measures in milliseconds, to the microsecond", () => {
    assert.deepInclude(event(), { start_time: 1_790_000_000_123.456, end_time: 1_790_000_000_125, duration: 1.543 })
  })

  it("says which reader a span is for, by its scope", () => {
    const instrumentor = (name: string, attributes = {}) =>
      event(attributes, { scope: { name, version: "" } }).metadata["instrumentor"]
    assert.strictEqual(instrumentor("@arizeai/openinference-instrumentation-openai"), "openinference")
    assert.strictEqual(instrumentor("opentelemetry.instrumentation.openai"), "traceloop")
    assert.strictEqual(instrumentor("strands.telemetry.tracer"), "aws-strands")
    assert.strictEqual(instrumentor("gcp.vertex.agent"), "google-adk")
    assert.strictEqual(instrumentor("mine", { "gen_ai.system": "x" }), "standardgenai")
    assert.isUndefined(instrumentor("mine"))
  })

  it("knows every event type", () =>
    assert.deepStrictEqual([...EventType.literals], ["session", "model", "tool", "chain"]))
})
