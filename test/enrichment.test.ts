/**
 * What is added to an event after its span has ended arrives at that event, whoever made its id.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { HoneyHiveLocal, TraceStore } from "@honeyhive/hive"
import { HoneyHive } from "@honeyhive/tracing"

describe("enrichment of an event that has ended", () => {
  it.live("is merged into the event that the span became, at once and much later", () =>
    Effect.gen(function* () {
      const id = "7f22137a-6911-4ed3-bc36-110f1dde6b66"
      const span = yield* HoneyHive.enrichSpan({ metadata: { a: 1 }, outputs: { content: "draft" } }).pipe(
        Effect.andThen(Effect.currentSpan),
        Effect.withSpan("made")
      )
      yield* HoneyHive.enrichSpan({ eventId: id, inputs: { q: "?" } }).pipe(Effect.withSpan("named"))
      yield* HoneyHive.enrichEvent(span, { metadata: { b: 2 }, outputs: { content: "final" } })
      yield* HoneyHive.flush
      yield* HoneyHive.enrichEvent(id, { feedback: { rating: 5 } })
      yield* HoneyHive.enrichSession({ metrics: { score: 1 } })
      yield* HoneyHive.flush
      const session = yield* HoneyHive.use((hive) => hive.session)
      const events = yield* TraceStore.use((store) => store.sessionEvents(session.id))
      const find = (name: string) => events.find((event) => event.event_name === name)
      assert.strictEqual(find("made")?.event_id, HoneyHive.eventId(span))
      assert.deepInclude(find("made")?.metadata, { a: 1, b: 2 })
      assert.deepStrictEqual(find("made")?.outputs, { content: "final" })
      assert.strictEqual(find("named")?.event_id, id)
      assert.deepStrictEqual(find("named")?.feedback, { rating: 5 })
      assert.deepStrictEqual(find("named")?.inputs, { q: "?" })
      assert.deepStrictEqual(events.find((event) => event.event_type === "session")?.metrics, { score: 1 })
    }).pipe(Effect.provide(HoneyHiveLocal))
  )
})
