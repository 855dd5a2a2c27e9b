import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Event } from "@honeyhive/contract/Event"
import type { Command } from "./commands.ts"
import { openWriter } from "./database.ts"
import { emptySession } from "./merge.ts"
import { pushRow } from "./row.ts"
import { tokensOf } from "./summaries.ts"
import { makeWriter } from "./writer.ts"

const id = fc.constantFrom("a", "b", "c", "d", "e", "f")
const session = fc.constantFrom("s1", "s2", "s3")

const event = fc
  .record({
    event_id: id,
    session_id: session,
    event_type: fc.constantFrom("model", "tool", "chain"),
    source: fc.constantFrom("dev", "prod"),
    start_time: fc.integer({ min: 0, max: 9 }),
    end_time: fc.option(fc.integer({ min: 0, max: 20 })),
    error: fc.option(fc.constant("bad")),
    metadata: fc.oneof(
      fc.record({ total_tokens: fc.oneof(fc.nat(50), fc.constant("12"), fc.constant("many")) }),
      fc.constant({})
    )
  })
  .map((fields): Event => ({ ...emptySession("", "name", "", 0), ...fields }) as Event) // of the literals above

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.array(event, { maxLength: 6 }).map((events): Command => {
    const values: Array<string | number | null> = []
    for (const event of events) {
      const spanId = event.event_id === "f" ? "e" : event.event_id
      pushRow(values, event, { traceId: "t", spanId, parentSpanId: undefined })
      values.push(
        tokensOf(event.metadata),
        event.error === null ? "made" : null,
        event.error === null ? event.source : null,
        "process"
      )
    }
    return { op: "ingest", count: events.length, values, now: 0 }
  }),
  fc.array(event, { maxLength: 3 }).map((events): Command => ({ op: "createEvents", events, now: 0 })),
  fc.tuple(session, fc.nat(9)).map(([id, now]): Command => ({ op: "startSession", id, now, start: { source: "x" } })),
  fc.tuple(fc.oneof(id, session), fc.nat(30)).map(([id, end_time]): Command => ({
    op: "updateEvent",
    now: 0,
    id,
    update: { end_time, metadata: { total_tokens: end_time } }
  }))
)

const RECOUNTED = `
  SELECT session_id,
    MAX(CASE WHEN event_type = 'session' THEN event_name END) AS name,
    MAX(CASE WHEN event_type = 'session' THEN source END) AS source,
    MIN(start_time) AS start_time,
    MAX(CASE WHEN event_type = 'session' THEN end_time END) AS session_end,
    MAX(end_time) AS last_end,
    SUM(event_type <> 'session') AS events,
    SUM(event_type <> 'session' AND error IS NOT NULL) AS errors,
    SUM(CASE WHEN event_type = 'model' THEN COALESCE(CAST(json_extract(metadata, '$.total_tokens') AS REAL), 0) ELSE 0 END) AS tokens
  FROM events GROUP BY session_id ORDER BY session_id`

describe("session summaries", () => {
  it("law: after any commands, in any transactions, they say what counting the events says", () => {
    fc.assert(
      fc.property(fc.array(fc.array(command, { maxLength: 3 }), { maxLength: 6 }), (transactions) => {
        const database = openWriter(":memory:")
        const write = makeWriter(database)
        for (const commands of transactions) {
          for (const outcome of write(commands)) assert.isTrue(outcome.ok, JSON.stringify(outcome))
        }
        const kept = database
          .prepare(
            `SELECT session_id, name, source, start_time, session_end, last_end, events, errors, tokens
             FROM session_summaries ORDER BY session_id`
          )
          .all()
        assert.deepStrictEqual(kept, database.prepare(RECOUNTED).all())
        database.close()
      }),
      { numRuns: 300 }
    )
  })
})
