import { assert, describe, it } from "@effect/vitest"
import { inMemory, openWriter } from "./database.ts"
import { emptySession } from "./merge.ts"
import { makeReader } from "./reader.ts"
import { makeSelections, type Place } from "./selections.ts"
import { makeWriter } from "./writer.ts"

const START = 1_790_000_000_000

describe("selections", () => {
  it("an export comes in steps, each of which tries its filters on so many events; sessions come with what is in them", () => {
    const database = openWriter(inMemory)
    database.function("hive_alive", () => 1)
    // Several start in the same moment; every tenth is wanted, of every other session
    const events = Array.from({ length: 90 }, (_, index) => ({
      ...emptySession(`e${index}`.padEnd(4, "0"), index % 10 === 0 ? "wanted" : "other", "test", START + (index >> 2)),
      session_id: `a${Math.floor(index / 10) % 4 < 2 ? 1 : 2 + (index % 3)}`,
      event_type: "tool" as const
    }))
    const sessions = ["a1", "a2", "a3", "a4", "a5"].map((id) => emptySession(id, "session", "test", START - 1))
    makeWriter(database)([{ op: "createEvents", events: [...events, ...sessions], now: 0 }])
    const reader = makeReader(database)
    const filters = [{ field: "event_name", operator: "is" as const, value: "wanted" }]
    const read = (tried: number, limit: number) => {
      const { recordPage } = makeSelections(database, reader, tried)
      const found: Array<string> = []
      const sizes: Array<number> = []
      for (let next: Place | undefined = [Number.NEGATIVE_INFINITY, ""]; next !== undefined;) {
        const page: ReturnType<typeof recordPage> = recordPage({ filters }, next, limit)
        found.push(...page.records.map(({ event }) => event.event_id))
        sizes.push(page.records.length)
        next = page.next
      }
      return { found, sizes }
    }
    const wanted = events.filter(({ event_name }) => event_name === "wanted")
    const within = new Set(wanted.map(({ session_id }) => session_id))
    const expected = [...sessions.filter(({ session_id }) => within.has(session_id)), ...wanted].map(
      ({ event_id }) => event_id
    )
    assert.isAbove(sessions.length, within.size)
    for (const [tried, limit] of [
      [1000, 1000],
      [1000, 2],
      [7, 1000],
      [7, 2],
      [0, 1]
    ] as const) {
      assert.deepStrictEqual(read(tried, limit).found, expected)
    }
    assert.include(read(7, 1000).sizes, 0)
    database.close()
  })
})
