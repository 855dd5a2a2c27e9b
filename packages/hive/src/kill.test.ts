import { spawn } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { SpanRecord } from "@honeyhive/contract/Otlp"
import { encoded } from "./internal/asBytes.fixture.ts"
import * as SqliteTraceStore from "./SqliteTraceStore.ts"
import { TraceQueries } from "./TraceQueries.ts"
import * as TraceQuery from "./TraceQuery.ts"
import { TraceStore } from "./TraceStore.ts"

const SESSION = "11111111-1111-4111-8111-111111111111"
const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0")
const PER_REQUEST = 20

const contentOf = (request: number, index: number) => `request${request} span${index} ${"x".repeat(2000)}`

const spansOf = (request: number) =>
  Array.from({ length: PER_REQUEST }, (_, index): SpanRecord => ({
    name: `${request}`,
    traceId: hex(request + 1, 32),
    spanId: hex(index + 1, 16),
    parentSpanId: undefined,
    kind: 1,
    startTimeUnixNano: 1790000000000000000n,
    endTimeUnixNano: 1790000000001000000n,
    attributes: {
      "honeyhive.session_id": SESSION,
      "honeyhive.session_auto_create": true,
      "honeyhive_inputs.text": contentOf(request, index)
    },
    events: [],
    links: [],
    status: { code: 0, message: "" },
    scope: { name: "", version: "" },
    resource: {}
  }))

const json = (request: number): string =>
  JSON.stringify({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: spansOf(request).map(({ attributes, ...span }) => ({
              ...span,
              startTimeUnixNano: String(span.startTimeUnixNano),
              endTimeUnixNano: String(span.endTimeUnixNano),
              attributes: Object.entries(attributes).map(([key, value]) => ({
                key,
                value: typeof value === "boolean" ? { boolValue: value } : { stringValue: String(value) }
              }))
            }))
          }
        ]
      }
    ]
  })

/** Bytes, which are kept as they come, and JSON, which is not. */
const sent = (request: number): RequestInit =>
  request % 3 === 0
    ? { method: "POST", headers: { "content-type": "application/json" }, body: json(request) }
    : {
        method: "POST",
        headers: { "content-type": "application/x-protobuf" },
        body: new Blob([new Uint8Array(encoded(spansOf(request)))])
      }

interface Running {
  readonly url: string
  readonly kill: () => void
  readonly ended: Promise<NodeJS.Signals | null>
}

const hive = (path: string) =>
  Effect.acquireRelease(
    Effect.callback<Running>((resume) => {
      const child = spawn(process.execPath, [join(import.meta.dirname, "kill.fixture.ts"), path], {
        stdio: ["ignore", "pipe", "inherit"]
      })
      const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once("exit", (_, signal) => resolve(signal)))
      child.stdout.once("data", (url: Buffer) =>
        resume(Effect.succeed({ url: String(url), ended, kill: () => child.kill("SIGKILL") }))
      )
    }),
    ({ kill }) => Effect.sync(kill)
  )

const one = (database: DatabaseSync, sql: string) => Object.values(database.prepare(sql).get() ?? {})[0]

const sound = (path: string): void => {
  const database = new DatabaseSync(path)
  assert.strictEqual(one(database, "PRAGMA integrity_check"), "ok")
  // Fails where the full-text index and its own tables do not agree
  database.exec("INSERT INTO index_text (index_text) VALUES ('integrity-check')")
  database.close()
}

/** Eight senders at once, until one of them is answered something that says it is enough, and kills. */
const sendUntil = async (running: Running, ledger: Ledger, enough: () => boolean): Promise<void> => {
  let open = 0
  let openAtKill: number | undefined
  const sender = async () => {
    try {
      while (openAtKill === undefined) {
        const request = ledger.next++
        open++
        const response = await fetch(`${running.url}/v1/traces`, sent(request))
        open--
        // What is answered after the kill was answered before it: it is in the connection
        if (response.status === 200) ledger.acknowledged.add(request)
        if (openAtKill === undefined && enough()) {
          openAtKill = open
          running.kill()
        }
      }
    } catch {
      // Killed
    }
  }
  await Promise.all(Array.from({ length: 8 }, sender))
  assert.isAbove(openAtKill ?? 0, 0, "nothing was under way when it was killed")
  assert.strictEqual(await running.ended, "SIGKILL")
}

interface Ledger {
  next: number
  readonly acknowledged: Set<number>
}

describe("kill -9 during ingest", () => {
  it.live(
    "everything acknowledged is there afterwards, requests are whole, and the file and its index are sound",
    () =>
      Effect.gen(function* () {
        const folder = yield* Effect.acquireRelease(
          Effect.sync(() => mkdtempSync(join(tmpdir(), "hive-"))),
          (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
        )
        const path = join(folder, "hive.db")
        const ledger: Ledger = { next: 0, acknowledged: new Set() }
        for (const limit of [40, 90]) {
          const running = yield* hive(path)
          yield* Effect.promise(() => sendUntil(running, ledger, () => ledger.acknowledged.size >= limit))
          sound(path)
        }
        // Once more while the index, which waits for a pause in the writing, is at work
        const running = yield* hive(path)
        const database = new DatabaseSync(path, { readOnly: true })
        const indexed = () => Number(one(database, "SELECT COUNT(*) FROM index_facts"))
        const before = indexed()
        while (indexed() === before) {
          const request = ledger.next++
          const { status } = yield* Effect.promise(() => fetch(`${running.url}/v1/traces`, sent(request)))
          if (status === 200) ledger.acknowledged.add(request)
        }
        yield* Effect.promise(() =>
          sendUntil(running, ledger, () => ledger.acknowledged.size >= 100 && indexed() > before)
        )
        database.close()
        sound(path)

        yield* Effect.gen(function* () {
          const store = yield* TraceStore
          const events = (yield* store.sessionEvents(SESSION)).slice(1)
          const found = Map.groupBy(events, (event) => Number(event.event_name))
          for (const request of ledger.acknowledged) assert.isTrue(found.has(request), `request ${request} is lost`)
          for (const [request, spans] of found) {
            const contents = spans.map((span) => span.inputs["text"]).toSorted()
            const expected = Array.from({ length: PER_REQUEST }, (_, index) => contentOf(request, index))
            assert.deepStrictEqual(contents, expected.toSorted(), `request ${request}`)
          }
          const [summary] = yield* store.sessions({ limit: 9, offset: 0 })
          assert.strictEqual(summary?.events, events.length)

          const queries = yield* TraceQueries
          const search = (query: string) => queries.search(Result.getOrThrow(TraceQuery.parse(query)), { limit: 1000 })
          // Whoever asks waits a moment for the index
          while ((yield* search("span0")).behind > 0);
          const hits = (yield* search("span0")).hits.map((hit) => Number(hit.event_name))
          assert.deepStrictEqual(
            hits.toSorted((a, b) => a - b),
            [...found.keys()].toSorted((a, b) => a - b)
          )
        }).pipe(Effect.provide(SqliteTraceStore.layer({ path })))
        sound(path)
        const settled = new DatabaseSync(path)
        assert.strictEqual(
          one(settled, "SELECT COUNT(*) FROM index_facts"),
          one(settled, "SELECT COUNT(*) FROM events")
        )
        assert.strictEqual(one(settled, "SELECT COUNT(*) FROM events WHERE raw IS NOT NULL"), 0)
        assert.strictEqual(one(settled, "SELECT COUNT(*) FROM raw_requests"), 0)
        settled.close()
        assert.deepStrictEqual(readdirSync(dirname(path)), ["hive.db"])
      }),
    60_000
  )
})
