import { assert, describe, it, vi } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { flatten } from "@honeyhive/contract/Bucket"
import { MemoryExporter } from "../Exporter.ts"
import { HoneyHive } from "../HoneyHive.ts"
import { type BoundedSpan, cut, enforce } from "./limits.ts"

const routing = {
  "honeyhive.session_id": "5b8efff7-9803-4103-9269-b633813fc60c",
  "honeyhive.session_auto_create": true,
  "honeyhive.source": "dev",
  honeyhive_event_type: "tool",
  honeyhive_event_name: "n"
}

const spanOf = (attributes: Record<string, unknown>, rest: Partial<BoundedSpan> = {}): BoundedSpan => ({
  name: "span",
  attributes: { ...attributes, ...routing },
  status: {},
  events: [],
  links: [],
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
  ...rest
})

const size = (span: BoundedSpan): number => {
  const values = (record: object = {}): number =>
    Object.entries(record)
      .flat(2)
      .reduce<number>((sum, item) => sum + (typeof item === "string" ? Buffer.byteLength(item) : 8), 0)
  return [span.attributes, ...span.events.map((_) => _.attributes)].reduce((sum, record) => sum + values(record), 0)
}

const roomy = { maxAttributes: 1024, maxAttributeBytes: 10_000_000, maxSpanBytes: 10_000_000 }

describe("limits", () => {
  it("cuts a text between characters and says how much is gone", () => {
    assert.strictEqual(cut("short", 5), "short")
    assert.strictEqual(cut("x".repeat(100), 40), `${"x".repeat(11)}…[cut: 89 more characters]`)
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 400 }), fc.integer({ min: 36, max: 500 }), (text, bytes) => {
        const out = cut(text, bytes)
        assert.isAtMost(Buffer.byteLength(out), bytes)
        if (out === text) return
        const [, kept = "", more] = /^(.*)…\[cut: (\d+) more characters\]$/su.exec(out) ?? []
        assert.isTrue(text.startsWith(kept) && out.isWellFormed())
        assert.strictEqual(kept.length + Number(more), text.length)
      }),
      { numRuns: 1000 }
    )
  })

  it("cuts the longest first, and leaves the others whole", () => {
    const span = spanOf(
      { big: "b".repeat(5000), small: "s".repeat(500), list: ["l".repeat(4000), "x"], n: 1 },
      { events: [{ name: "e", attributes: { text: "e".repeat(3000) } }], status: { message: "m".repeat(100) } }
    )
    enforce(span, { ...roomy, maxSpanBytes: 6000 })
    assert.isAtMost(size(span), 6000)
    assert.isAbove(size(span), 5500)
    assert.strictEqual(span.attributes["small"], "s".repeat(500))
    assert.match(String(span.attributes["big"]), /^b+…\[cut: \d+ more characters\]$/)
    assert.match(String((span.attributes["list"] as ReadonlyArray<string>)[0]), /^l+…\[cut/)
    assert.match(String(span.events[0]?.attributes?.["text"]), /^e+…\[cut/)
    assert.strictEqual(span.status.message, "m".repeat(100))
    assert.notProperty(span.attributes, "honeyhive_metadata.dropped_attributes")
  })

  it("law: whatever is in a span, it keeps the bounds and says where it belongs", () => {
    const value = fc.oneof(
      fc.string(),
      fc.string({ minLength: 200, maxLength: 2000 }),
      fc.integer(),
      fc.array(fc.string())
    )
    const record = fc.dictionary(fc.string({ minLength: 1 }), value, { maxKeys: 60 })
    fc.assert(
      fc.property(
        record,
        record,
        fc.integer({ min: 8, max: 40 }),
        fc.integer({ min: 60, max: 1500 }),
        fc.integer({ min: 2000, max: 9000 }),
        (attributes, event, maxAttributes, maxAttributeBytes, maxSpanBytes) => {
          const span = spanOf(attributes, { events: [{ name: "e", attributes: event }] })
          const before = Object.keys(span.attributes).length
          enforce(span, { maxAttributes, maxAttributeBytes, maxSpanBytes })
          const names = Object.keys(span.attributes)
          assert.isAtMost(names.length, maxAttributes)
          // Names and numbers of a list are not cut
          assert.isAtMost(size(span), maxSpanBytes + 500)
          assert.deepInclude(span.attributes, routing)
          const dropped = Number(span.attributes["honeyhive_metadata.dropped_attributes"] ?? 0)
          assert.strictEqual(names.filter((name) => !name.includes("metadata.dropped_")).length + dropped, before)
          for (const item of Object.values(span.attributes).flat()) {
            if (typeof item === "string") assert.isAtMost(Buffer.byteLength(item), maxAttributeBytes)
          }
        }
      ),
      { numRuns: 1000 }
    )
  })

  it.effect("what matters most is kept though it is said last", () =>
    Effect.gen(function* () {
      const many = Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`n${index}`, index]))
      yield* HoneyHive.enrichSpan({ type: "model", name: "named" }).pipe(
        Effect.andThen(Effect.fail(new Error("last"))),
        Effect.withSpan("full", { attributes: many }),
        Effect.exit
      )
      yield* HoneyHive.flush
      const [span] = yield* MemoryExporter.use((memory) => memory.spans)
      assert.strictEqual(Object.keys(span!.attributes).length, 1024)
      assert.deepInclude(span!.attributes, {
        honeyhive_event_type: "model",
        honeyhive_event_name: "named",
        honeyhive_error: "Error: last",
        n0: 0
      })
      assert.isAbove(Number(span!.attributes["honeyhive_metadata.dropped_attributes"]), 470)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("never cuts without a word, whatever OpenTelemetry's variables say", () =>
    Effect.gen(function* () {
      yield* Effect.addFinalizer(() => Effect.sync(() => vi.unstubAllEnvs()))
      vi.stubEnv("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "5")
      const spans = Effect.gen(function* () {
        yield* Effect.void.pipe(
          Effect.withSpan("span", { attributes: { text: "longer than five", list: ["also longer"] } })
        )
        yield* HoneyHive.flush
        return yield* MemoryExporter.use((memory) => memory.spans)
      })
      const [whole] = yield* spans.pipe(Effect.provide(HoneyHive.layerMemory()))
      assert.deepInclude(whole!.attributes, { text: "longer than five", list: ["also longer"] })
      const [cut] = yield* spans.pipe(Effect.provide(HoneyHive.layerMemory({ maxAttributeBytes: 10 })))
      assert.strictEqual(cut!.attributes["text"], "…[cut: 16 more characters]")
    })
  )

  it.effect("says how many events and links are missing", () =>
    Effect.gen(function* () {
      yield* HoneyHive.use(({ tracerProvider }) =>
        Effect.sync(() => {
          const span = tracerProvider.getTracer("plain").startSpan("span")
          for (let index = 0; index < 5; index++) {
            span.addEvent(`event ${index}`)
            span.addLink({ context: span.spanContext() })
          }
          span.end()
        })
      )
      yield* HoneyHive.flush
      const [span] = yield* MemoryExporter.use((memory) => memory.spans)
      assert.deepStrictEqual([span?.events.length, span?.links.length], [2, 1])
      assert.deepInclude(span!.attributes, {
        "honeyhive_metadata.dropped_events": 3,
        "honeyhive_metadata.dropped_links": 4
      })
    }).pipe(
      Effect.provide(HoneyHive.layerMemory()),
      Effect.provideService(
        ConfigProvider.ConfigProvider,
        ConfigProvider.fromEnvRecord({ HH_MAX_EVENTS: "2", HH_MAX_LINKS: "1", HH_MAX_SPAN_SIZE: "5000" })
      )
    )
  )

  it.effect("holds what a program passes, whatever it is", () =>
    Effect.gen(function* () {
      const samples = fc.sample(
        fc.anything({ withBigInt: true, withMap: true, withSet: true, withTypedArray: true, withDate: true }),
        { numRuns: 1000, seed: 7 }
      )
      yield* Effect.forEach(samples, (value, index) =>
        HoneyHive.enrichSpan({ inputs: { value, same: value } as never }).pipe(
          Effect.withSpan("span", { attributes: { index, value } })
        )
      )
      yield* HoneyHive.flush
      const spans = yield* MemoryExporter.use((memory) => memory.spans)
      assert.strictEqual(spans.length, samples.length)
      for (const span of spans) {
        const expected: Record<string, unknown> = {}
        flatten("honeyhive_inputs.value", samples[Number(span.attributes["index"])], (name, value) => {
          expected[name] = value
        })
        assert.isAtMost(size(span as unknown as BoundedSpan), 11_000)
        for (const name of Object.keys(expected)) assert.property(span.attributes, name)
      }
    }).pipe(Effect.provide(HoneyHive.layerMemory({ limits: { spanBytes: 10_000 } })))
  )
})
