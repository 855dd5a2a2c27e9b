import { DatabaseSync } from "node:sqlite"
import * as Uuid from "@honeyhive/contract/Uuid"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { openWriter } from "./database.ts"
import { migrations, version } from "./schema.ts"
import { hasOwnId, makeEventOfSpan, makeOtherId } from "./ownIds.ts"

const hex = (digits: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)).filter((text) => !/^0+$/.test(text))

const withStore = (use: (database: DatabaseSync) => void) =>
  Effect.acquireUseRelease(
    Effect.sync(() => openWriter(":memory:")),
    (database) => Effect.sync(() => use(database)),
    (database) => Effect.sync(() => database.close())
  )

const [trace, span, own] = ["5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174", crypto.randomUUID()]

const insert = (database: DatabaseSync, id: string, traceId: string | null, spanId: string | null) =>
  database
    .prepare(
      `INSERT OR IGNORE INTO events (event_id, session_id, trace_id, span_id, event_type, event_name, source, start_time, children_ids,
         inputs, outputs, config, metadata, metrics, feedback, user_properties, own_id)
       VALUES (?, 's', ?, ?, 'tool', 'n', 's', 0, '', '', '', '', '', '', '', '', ?)`
    )
    .run(id, traceId, spanId, traceId !== null && spanId !== null && hasOwnId(id, traceId, spanId) ? 1 : null)

describe("the event of a span", () => {
  it("law: the id that follows is the contract's", () => {
    fc.assert(
      fc.property(hex(32), hex(16), hex(12), (traceId, spanId, other) => {
        const id = Uuid.fromSpan(traceId, spanId)
        assert.isFalse(hasOwnId(id, traceId, spanId))
        assert.strictEqual(hasOwnId(id.slice(0, 24) + other, traceId, spanId), other !== spanId.slice(4))
      })
    )
  })

  it.effect("only those with an id of their own are in the index of spans, and questions use it", () =>
    withStore((database) => {
      insert(database, Uuid.fromSpan(trace, span), trace, span)
      insert(database, own, trace, "00000000000000ff")
      insert(database, crypto.randomUUID(), null, null)
      const indexed = database.prepare("SELECT event_id FROM events INDEXED BY events_by_own_id WHERE own_id").all()
      assert.deepStrictEqual(
        indexed.map(({ event_id }) => event_id),
        [own]
      )
      const plan = database
        .prepare("EXPLAIN QUERY PLAN SELECT 1 FROM events WHERE own_id AND trace_id = ? AND span_id = ?")
        .all()
      assert.include(String(plan[0]?.["detail"]), "events_by_own_id (trace_id=? AND span_id=?)")
    })
  )

  it("a store of an earlier version says of its spans which have one", () => {
    const database = new DatabaseSync(":memory:")
    const steps = (from: number, to: number) => {
      for (const [version, sql] of migrations) if (version > from && version <= to) database.exec(sql)
    }
    steps(0, 21)
    const events = [
      [Uuid.fromSpan(trace, span), trace, span],
      [own, trace, "00000000000000ff"],
      ["no span", null, null]
    ] as const
    for (const values of events) {
      database
        .prepare(
          `INSERT INTO events (event_id, session_id, trace_id, span_id, event_type, event_name, source, start_time, children_ids,
             inputs, outputs, config, metadata, metrics, feedback, user_properties)
           VALUES (?, 's', ?, ?, 'tool', 'n', 's', 0, '', '', '', '', '', '', '', '')`
        )
        .run(...values)
    }
    steps(21, version)
    const found = database.prepare("SELECT own_id FROM events ORDER BY rowid").all()
    assert.deepStrictEqual(
      found.map(({ own_id }) => own_id),
      [null, 1, null]
    )
    database.close()
  })

  it.effect("is found under either id", () =>
    withStore((database) => {
      insert(database, Uuid.fromSpan(trace, span), trace, span)
      insert(database, own, trace, "00000000000000ff")
      const eventOf = makeEventOfSpan(database)
      assert.strictEqual(eventOf(trace, span), Uuid.fromSpan(trace, span))
      assert.strictEqual(eventOf(trace, "00000000000000ff"), own)
      assert.strictEqual(eventOf(trace, "00000000000000aa"), undefined)
    })
  )

  for (const [what, first, second] of [
    ["its own", own, Uuid.fromSpan(trace, span)],
    ["the one that follows", Uuid.fromSpan(trace, span), own]
  ] as const) {
    it.effect(`a span that came with ${what} is known when it comes with the other one`, () =>
      withStore((database) => {
        const other = makeOtherId(database)
        assert.isFalse(other.isThere(first, hasOwnId(first, trace, span), trace, span))
        insert(database, first, trace, span)
        assert.isFalse(other.isThere(first, hasOwnId(first, trace, span), trace, span))
        assert.isTrue(other.isThere(second, hasOwnId(second, trace, span), trace, span))
      })
    )
  }
})
