import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import type { Event } from "@honeyhive/contract/Event"
import { ExportTraceServiceRequest, spans } from "@honeyhive/contract/Otlp"
import { toEvent } from "@honeyhive/contract/Projection"
import { event, idOf, session } from "./event.fixture.ts"
import { pieces, toRequest } from "./otlp.ts"

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(ExportTraceServiceRequest))

/** The events that a reader makes of it, without what it says of the span's place by itself. */
const readBack = (events: ReadonlyArray<Event>): ReadonlyArray<Event> => {
  const { accepted, rejected } = spans(decode(JSON.stringify(toRequest(events))))
  assert.deepStrictEqual(rejected, [])
  return accepted.map((span) => {
    const { event } = toEvent(span)
    const {
      has_otlp_lineage: _,
      honeyhive_event_type: __,
      parent_span_id: ___,
      span_id: ____,
      trace_id: _____,
      ...metadata
    } = event.metadata
    return { ...event, metadata }
  })
}

const key = fc.stringMatching(/^[a-z][a-z_]{0,7}$/).filter((name) => !name.startsWith("honeyhive"))
const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string(),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4 })
  )
})).value

/** As it stands in JSON, where no text looks like a thing that it stands for. */
const content = fc
  .dictionary(key, json, { maxKeys: 4, noNullPrototype: true })
  .map((record) => JSON.parse(JSON.stringify(record)))
  .filter((record) => !Object.values(record).some((value) => value === "null" || value === "{}" || value === ""))

describe("OTLP of events", () => {
  it("law: inputs, outputs, configuration and feedback come back as they were, however deep", () => {
    fc.assert(
      fc.property(content, content, content, content, (inputs, outputs, config, feedback) => {
        const events = [session(1), event(2, { inputs, outputs, config, feedback })]
        const [, read] = readBack(events)
        assert.deepStrictEqual(
          [read?.inputs, read?.outputs, read?.config, read?.feedback],
          [inputs, outputs, config, feedback]
        )
      }),
      { numRuns: 500 }
    )
  })

  it("keeps ids, parents, types, times and errors", () => {
    const events = [
      session(1, { start_time: 1000, end_time: 2000.5, duration: 1000.5 }),
      event(2, { event_type: "chain", start_time: 1000.123, end_time: 1010.123, duration: 10 }),
      event(3, {
        event_type: "model",
        parent_id: idOf(2),
        error: "no",
        metadata: { "http.route": "/a", total_tokens: 5 }
      })
    ]
    const read = readBack(events)
    for (const [index, { children_ids: _, parent_id: __, ...rest }] of events.entries())
      assert.deepInclude(read[index], rest)
  })

  it("makes one tree for other tools: the session on top, children below their parents, in one trace", () => {
    const lineage = { trace_id: "5b8efff798038103d269b633813fc60c", span_id: "eee19b7ec3c1b174" }
    const { accepted } = spans(
      toRequest([
        session(1),
        event(2, { metadata: lineage }),
        event(3, { parent_id: idOf(2), metadata: { ...lineage, span_id: "eee19b7ec3c1b175" } })
      ])
    )
    const [top, child, grandchild] = accepted
    assert.isUndefined(top?.parentSpanId)
    assert.strictEqual(child?.parentSpanId, top?.spanId)
    assert.strictEqual(grandchild?.parentSpanId, lineage.span_id)
    assert.strictEqual(new Set(accepted.map(({ traceId }) => traceId)).size, 1)
  })

  it("leaves the end of what runs open", () => {
    const [span] =
      toRequest([event(2, { end_time: null, duration: null })]).resourceSpans?.[0]?.scopeSpans?.[0]?.spans ?? []
    assert.strictEqual(span?.endTimeUnixNano, "0")
  })

  it("law: pieces together are the whole, and none is larger than it may be", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 5000 }),
        (count, most, bytes) => {
          const request = toRequest(Array.from({ length: count }, (_, index) => event(index)))
          const all = [...pieces(request, most, bytes)]
          for (const { body, spans } of all) assert.isTrue(spans <= most && (spans === 1 || body.length <= bytes))
          const names = all.flatMap(({ body }) => spans(decode(body)).accepted.map(({ name }) => name))
          assert.deepStrictEqual(
            names,
            spans(request).accepted.map(({ name }) => name)
          )
        }
      )
    )
  })
})
