import { mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { openWriter } from "./database.ts"
import { emptySession } from "./merge.ts"
import { makePacker, makeUnpacker } from "./payload.ts"
import { makeReader } from "./reader.ts"
import { pushRow } from "./row.ts"
import { makeWriter } from "./writer.ts"

const long = fc.string({ minLength: 1, maxLength: 40 }).map((text) => text.repeat(60))
const key = fc.oneof(fc.constantFrom("chat_history", "$hive", "__proto__", "a.b", "0"), fc.string({ maxLength: 6 }))
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 5 },
    long,
    fc.string(),
    fc.integer(),
    fc.constantFrom(null, true, 1.5),
    fc.array(tie("json"), { maxLength: 5 }),
    fc.array(fc.record({ role: fc.constant("user"), content: long }), { maxLength: 4 }),
    fc.dictionary(key, tie("json"), { maxKeys: 4, noNullPrototype: true })
  )
}))
const bucket = fc.dictionary(key, json, { maxKeys: 5, noNullPrototype: true }).map((value) => JSON.stringify(value))

const message = (turn: number) => ({
  role: turn % 2 === 0 ? "user" : "assistant",
  content: `turn ${turn} `.repeat(100)
})

/** The size of a store of an agent's loop, each turn of which says all that was said before it, and how much that was. */
const loop = (turns: number) => {
  const folder = mkdtempSync(join(tmpdir(), "hive-"))
  try {
    const path = join(folder, "hive.db")
    const database = openWriter(path)
    const write = makeWriter(database)
    const history: Array<object> = [{ role: "system", content: "You are helpful. ".repeat(200) }]
    let said = 0
    for (let turn = 0; turn < turns; turn++) {
      history.push(message(turn))
      const values: Array<string | number | null> = []
      const event = {
        ...emptySession(`turn-${turn}`, "chat", "test", turn),
        session_id: "s",
        event_type: "model" as const,
        inputs: { chat_history: [...history] as never },
        config: { model: "gpt-4o", tools: Array.from({ length: 20 }, (_, tool) => ({ tool, schema: "x".repeat(200) })) }
      }
      pushRow(values, event, undefined)
      values.push(0, null, null, "p")
      said += JSON.stringify(event).length
      const [outcome] = write([{ op: "ingest", count: 1, values, now: 0 }])
      assert.isTrue(outcome?.ok)
    }
    const last = makeReader(database).event(`turn-${turns - 1}`)
    assert.deepStrictEqual(last?.inputs["chat_history"], history as never)
    database.close()
    return { bytes: statSync(path).size, said }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe("shared content", () => {
  it("law: what is packed unpacks to the same, in SQL too, and large content is put away", () => {
    const database = openWriter(":memory:")
    const { pack } = makePacker(database)
    const unpack = makeUnpacker(database)
    const inSql = database.prepare("SELECT hive_unpacked(?) AS text")
    let packed = 0
    fc.assert(
      fc.property(bucket, (text) => {
        const stored = pack(text)
        if (stored !== text) packed++
        assert.strictEqual(unpack(stored), text)
        assert.strictEqual(inSql.get(stored)?.["text"], text)
        assert.strictEqual(pack(text), stored)
      }),
      { numRuns: 1000 }
    )
    assert.isAbove(packed, 100)
    database.close()
  })

  it("an agent's loop of N turns takes O(N) bytes", () => {
    const [short, double, long] = [loop(50), loop(100), loop(200)]
    // Twice the turns say four times as much, and take twice the space
    assert.isAbove(long.said / double.said, 3)
    assert.isBelow((long.bytes - double.bytes) / (double.bytes - short.bytes), 2.3)
    assert.isBelow(long.bytes, long.said / 15)
  }, 60_000)

  it("two that write to one file do not lose what the other one removed", () => {
    const folder = mkdtempSync(join(tmpdir(), "hive-"))
    try {
      const path = join(folder, "hive.db")
      const [first, second] = [openWriter(path), openWriter(path)]
      const [write, other] = [makeWriter(first), makeWriter(second)]
      const event = {
        ...emptySession("e", "chat", "test", 0),
        session_id: "s",
        event_type: "model" as const,
        inputs: { prompt: "long ".repeat(400), chat_history: [message(0), message(1)] }
      }
      const limits = { endedBefore: null, maxEvents: 0, maxBytes: null }
      for (let round = 0; round < 2; round++) {
        write([{ op: "createEvents", events: [event], now: 0 }])
        const found = makeReader(second).event("e")
        assert.deepStrictEqual(found?.inputs, event.inputs)
        assert.deepInclude(other([{ op: "retain", limits }])[0], {
          value: { gone: 1, sessions: [{ session_id: "s", deleted: true }] }
        })
        other([{ op: "collect" }])
        assert.strictEqual(Object.values(first.prepare("SELECT COUNT(*) FROM blobs").get() ?? {})[0], 0)
      }
      first.close()
      second.close()
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it("small values stay where SQLite's JSON functions find them", () => {
    const database = openWriter(":memory:")
    const stored = makePacker(database).pack(JSON.stringify({ prompt: "long ".repeat(400), total_tokens: 12 }))
    assert.notInclude(stored, "long")
    const row = database.prepare("SELECT json_extract(?, '$.total_tokens') AS tokens").get(stored)
    assert.strictEqual(row?.["tokens"], 12)
    database.close()
  })
})
