import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, truncateSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Prices from "@honeyhive/contract/Prices"
import { encoded } from "./asBytes.fixture.ts"
import { makeBodyReader, makeBodyWriter } from "./bodies.ts"
import { openReader, openWriter } from "./database.ts"
import { ingestion } from "./ingestion.ts"
import { makeQuestions } from "./questions.ts"
import { openRequest } from "./rawEvents.ts"
import { makeRawRequests } from "./rawRequests.ts"
import { makeIndex, prepareIndex } from "./searchIndex.ts"
import { readLazySpans } from "./spanReader.ts"
import { makeWriter } from "./writer.ts"

const inFolder = (use: (path: string, files: () => ReadonlyArray<string>) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), "hive-"))
  const files = () => readdirSync(folder).filter((name) => name.includes("-raw"))
  try {
    use(join(folder, "hive.db"), files)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const KB = 1024
const FULL = 100 * KB

const bodyOf = (size: number, fill: number): Uint8Array => new Uint8Array(size).fill(fill)

const spansOf = (trace: number) =>
  Array.from({ length: 40 }, (_, index) => ({
    traceId: `${trace}`.padStart(32, "0"),
    spanId: `${index + 1}`.padStart(16, "0"),
    parentSpanId: undefined,
    name: `span ${index}`,
    kind: 1,
    startTimeUnixNano: 1_000_000n,
    endTimeUnixNano: 3_000_000n,
    attributes: { "honeyhive_inputs.text": "x".repeat(KB) },
    events: [],
    links: [],
    status: { code: 0, message: "" },
    scope: { name: "", version: "" },
    resource: {}
  }))

/** A writer of requests, and the rest of what a transaction has. */
const opened = (path: string) => {
  const database = openWriter(path)
  const bodies = makeBodyWriter(database, FULL)
  const requests = makeRawRequests(database, bodies)
  return {
    database,
    bodies,
    read: makeBodyReader(database),
    transaction: <A>(work: () => A, undo = false, now = 0): A => {
      database.exec("BEGIN IMMEDIATE")
      bodies.sweep(now)
      const value = work()
      database.exec(undo ? "ROLLBACK" : "COMMIT")
      if (undo) bodies.forget()
      return value
    },
    add: (body: Uint8Array): number => requests.add(1, body),
    removeBefore: (id: number) => database.prepare("DELETE FROM raw_requests WHERE id < ?").run(id)
  }
}

describe("bodies of requests", () => {
  it("law: each is read as it was written, whatever was undone or removed meanwhile, and whoever else writes", () => {
    const size = fc.constantFrom(1, 16 * KB - 1, 16 * KB, 40 * KB, 120 * KB)
    const step = fc.record({
      sizes: fc.array(size, { minLength: 1, maxLength: 3 }),
      undo: fc.boolean(),
      writer: fc.nat(1),
      removes: fc.boolean()
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) =>
        inFolder((path, files) => {
          const writers = [opened(path), opened(path)]
          const reader = openReader(path)
          const read = makeBodyReader(reader)
          const expected = new Map<number, Uint8Array>()
          let fill = 0
          for (const { removes, sizes, undo, writer } of steps) {
            const { add, bodies, removeBefore, transaction } = writers[writer] ?? assert.fail("no writer")
            // As the writer does where it sees that somebody else wrote
            bodies.forget()
            const added = transaction(() => sizes.map((size) => [size, add(bodyOf(size, ++fill))] as const), undo)
            if (!undo)
              for (const [index, [size, id]] of added.entries())
                expected.set(id, bodyOf(size, fill - added.length + index + 1))
            const [, last] = added[0] ?? []
            if (removes && !undo && last !== undefined) {
              transaction(() => removeBefore(last), false, 1e6)
              for (const id of expected.keys()) if (id < last) expected.delete(id)
            }
            transaction(() => undefined, false, 2e6)
            for (const [id, body] of expected) assert.deepStrictEqual(read(id), body)
          }
          const needed = reader.prepare("SELECT DISTINCT file FROM raw_requests WHERE file IS NOT NULL").all()
          for (const { file } of needed) assert.include(files(), `hive.db-raw${file}`)
          reader.close()
          for (const { database } of writers) database.close()
        })
      ),
      { numRuns: 60 }
    )
  })

  it("a file goes a while after its last request went, and its successor stays", () =>
    inFolder((path, files) => {
      const { add, database, read, removeBefore, transaction } = opened(path)
      const ids = [1, 2, 3].map((fill) => transaction(() => add(bodyOf(60 * KB, fill))))
      assert.strictEqual(files().length, 2)
      transaction(() => removeBefore(ids[2] ?? 0))
      transaction(() => undefined, false, 1000)
      assert.strictEqual(files().length, 2, "somebody may be reading")
      transaction(() => undefined, false, 62_000)
      assert.deepStrictEqual(files(), [`hive.db-raw${ids[2]}`])
      assert.deepStrictEqual(read(ids[2] ?? 0), bodyOf(60 * KB, 3))
      database.close()
    }))

  it("small ones, and those of a store in memory, make no file", () => {
    inFolder((path, files) => {
      const { add, database, read, transaction } = opened(path)
      const id = transaction(() => add(bodyOf(100, 7)))
      assert.deepStrictEqual([files(), read(id)], [[], bodyOf(100, 7)])
      database.close()
    })
    const { add, database, read, transaction } = opened(":memory:")
    const id = transaction(() => add(bodyOf(100 * KB, 7)))
    assert.deepStrictEqual(read(id), bodyOf(100 * KB, 7))
    database.close()
  })

  it("what cannot be read for now is not given up: the index waits for it", () =>
    inFolder((path, files) => {
      const database = openWriter(path)
      prepareIndex(database, Prices.builtIn)
      const write = makeWriter(database, (read) => makeIndex(database, Prices.builtIn, read), openRequest)
      assert.isTrue(write([ingestion(readLazySpans(encoded(spansOf(1))).accepted, 0)])[0]?.ok)
      const [file = ""] = files()
      const place = join(path, "..", file)
      // A folder can be opened, but not read
      renameSync(place, `${place}.away`)
      mkdirSync(place)
      assert.isFalse(write([{ op: "catchUp", until: Infinity }])[0]?.ok)
      rmSync(place, { recursive: true })
      renameSync(`${place}.away`, place)
      assert.deepStrictEqual(write([{ op: "catchUp", until: Infinity }])[0], { ok: true, value: 0 })
      const { eventPage } = makeQuestions(database, Prices.builtIn, { now: () => 0, alive: () => undefined })
      const events = eventPage({ filters: [], limit: 1000 })
      assert.strictEqual(events.filter(({ inputs }) => inputs["text"] !== undefined).length, 40)
      database.close()
    }))

  it("what a power cut took of one is said by its events, and nothing else is held up", () =>
    inFolder((path, files) => {
      const database = openWriter(path)
      prepareIndex(database, Prices.builtIn)
      const write = makeWriter(database, (read) => makeIndex(database, Prices.builtIn, read), openRequest)
      for (const trace of [1, 2]) {
        assert.isTrue(write([ingestion(readLazySpans(encoded(spansOf(trace))).accepted, 0)])[0]?.ok)
      }
      const [file = ""] = files()
      truncateSync(join(path, "..", file), 60 * KB)

      const { eventPage } = makeQuestions(database, Prices.builtIn, { now: () => 0, alive: () => undefined })
      const all = () => eventPage({ filters: [], limit: 1000 })
      const check = () => {
        const events = all()
        assert.strictEqual(events.length, 80)
        assert.strictEqual(events.filter(({ inputs }) => inputs["text"] !== undefined).length, 40)
        const lost = events.filter(({ metadata }) => metadata["unreadable"] !== undefined)
        assert.strictEqual(lost.length, 40)
        assert.deepStrictEqual([lost[0]?.start_time, lost[0]?.duration], [1, 2])
      }
      check()
      assert.deepStrictEqual(write([{ op: "catchUp", until: Infinity }])[0], { ok: true, value: 0 })
      check()
      // The store closes when nobody reads any more
      assert.isTrue(write([{ op: "close" }])[0]?.ok)
      assert.deepStrictEqual(files(), [])
      database.close()
    }))
})
