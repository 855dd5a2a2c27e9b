import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { Attributes } from "./Attributes.ts"
import { Bucket } from "./Bucket.ts"
import { Event, EventType } from "./Event.ts"
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

const A = "11111111-1111-4111-8111-111111111111"
const B = "22222222-2222-4222-8222-222222222222"
const C = "33333333-3333-4333-8333-333333333333"

describe("Projection", () => {
  it("law: the fields that are written on a span come back", () => {
    const key = fc.stringMatching(/^[a-z]{1,6}$/)
    const leaf = fc.oneof(
      fc.string({ maxLength: 8 }).filter((text) => text !== "null" && text !== "{}"),
      fc.integer(),
      fc.boolean(),
      fc.constant(null)
    )
    const content = fc.dictionary(key, fc.oneof(leaf, fc.dictionary(key, leaf, { minKeys: 1, maxKeys: 3 })), {
      minKeys: 1,
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
        const attributes: Record<string, unknown> = {}
        Projection.writeFields(fields, (name, value) => {
          attributes[name] = value
        })
        const read = event(attributes)
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
      "[{}]"
    )
    const attributes = fc.dictionary(name, fc.oneof(fc.jsonValue({ maxDepth: 2 }), messages), { maxKeys: 8 })
    fc.assert(
      fc.property(attributes, fc.constantFrom(0, 1, 2), (attributes, code) => {
        const projected = Projection.toEvent(
          span(JSON.parse(JSON.stringify(attributes)), { status: { code, message: "" } })
        )
        decode(JSON.parse(JSON.stringify(projected.event)))
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
    assert.deepInclude(session({ [Attributes.SESSION_ID]: A }), { name: "Session", source: "otlp" })
  })

  it("replaces a session id that is none, and keeps the original", () => {
    const read = event({ [Attributes.OTEL_SESSION_ID]: "chat-42" })
    assert.strictEqual(read.session_id, Uuid.fromText("chat-42"))
    assert.strictEqual(read.metadata["session_id"], "chat-42")
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
  })

  it("keeps routing out of metadata and everything unknown in it, with its type", () => {
    const { metadata } = event({
      [Attributes.SESSION_ID]: A,
      [Attributes.SESSION_NAME]: "s",
      [Attributes.SESSION_AUTO_CREATE]: true,
      [Attributes.SOURCE]: "dev",
      [Attributes.ASSOCIATION_SESSION_ID]: A,
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
      trace_id: span().traceId,
      span_id: span().spanId,
      has_otlp_lineage: true
    })
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
    assert.strictEqual(event({}, { status: { code: 2, message: "" } }).error, "error")
    assert.isNull(event({}, { events: [exception] }).error)
  })

  it("measures in milliseconds, to the microsecond", () => {
    assert.deepInclude(event(), { start_time: 1_790_000_000_123.456, end_time: 1_790_000_000_125, duration: 1.543 })
  })

  it("says which reader a span is for, by its scope", () => {
    const instrumentor = (name: string, attributes = {}) =>
      event(attributes, { scope: { name, version: "" } }).metadata["instrumentor"]
    assert.strictEqual(instrumentor("@arizeai/openinference-instrumentation-openai"), "openinference")
    assert.strictEqual(instrumentor("opentelemetry.instrumentation.openai"), "traceloop")
    assert.strictEqual(instrumentor("mine", { "gen_ai.system": "x" }), "standardgenai")
    assert.isUndefined(instrumentor("mine"))
  })

  it("knows every event type", () =>
    assert.deepStrictEqual([...EventType.literals], ["session", "model", "tool", "chain"]))
})
