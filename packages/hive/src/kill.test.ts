import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as SqliteTraceStore from "./SqliteTraceStore.ts"
import { TraceStore } from "./TraceStore.ts"

const SESSION = "11111111-1111-4111-8111-111111111111"
const hex = (number: number, digits: number) => number.toString(16).padStart(digits, "0")
const attributes = [
  { key: "honeyhive.session_id", value: { stringValue: SESSION } },
  { key: "honeyhive.session_auto_create", value: { boolValue: true } },
  { key: "honeyhive_inputs.text", value: { stringValue: "x".repeat(2000) } }
]

const PER_REQUEST = 20

const body = (request: number) =>
  JSON.stringify({
    resourceSpans: [
      {
        scopeSpans: [
          {
            spans: Array.from({ length: PER_REQUEST }, (_, index) => ({
              name: `${request}`,
              traceId: hex(request + 1, 32),
              spanId: hex(index + 1, 16),
              startTimeUnixNano: "1790000000000000000",
              endTimeUnixNano: "1790000000001000000",
              attributes
            }))
          }
        ]
      }
    ]
  })

const hive = (path: string) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly kill: () => void }>((resume) => {
      const child = spawn(process.execPath, [join(import.meta.dirname, "kill.fixture.ts"), path], {
        stdio: ["ignore", "pipe", "inherit"]
      })
      child.stdout.once("data", (url: Buffer) =>
        resume(Effect.succeed({ url: String(url), kill: () => child.kill("SIGKILL") }))
      )
    }),
    ({ kill }) => Effect.sync(kill)
  )

describe("kill -9 during ingest", () => {
  it.live(
    "everything acknowledged is there afterwards, requests are whole, and the file is sound",
    () =>
      Effect.gen(function* () {
        const folder = yield* Effect.acquireRelease(
          Effect.sync(() => mkdtempSync(join(tmpdir(), "hive-"))),
          (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
        )
        const path = join(folder, "hive.db")
        const acknowledged = new Set<string>()
        let next = 0
        for (const limit of [40, 90]) {
          const { kill, url } = yield* hive(path)
          const sender = async () => {
            try {
              for (;;) {
                const request = next++
                const response = await fetch(`${url}/v1/traces`, {
                  method: "POST",
                  headers: { "content-type": "application/json" },
                  body: body(request)
                })
                if (response.status === 200) acknowledged.add(`${request}`)
                // The others have requests under way, or in the writer's transaction, at this moment
                if (acknowledged.size >= limit) kill()
              }
            } catch {
              // Killed
            }
          }
          yield* Effect.promise(() => Promise.all(Array.from({ length: 8 }, sender)))
        }
        assert.isAtLeast(acknowledged.size, 90)
        const events = yield* TraceStore.use((store) => store.sessionEvents(SESSION)).pipe(
          Effect.provide(SqliteTraceStore.layer({ path }))
        )
        const counts = Map.groupBy(events.slice(1), (event) => event.event_name)
        for (const request of acknowledged) assert.strictEqual(counts.get(request)?.length, PER_REQUEST, request)
        for (const [request, spans] of counts) assert.strictEqual(spans.length, PER_REQUEST, request)
        const [summary] = yield* TraceStore.use((store) => store.sessions({ limit: 9, offset: 0 })).pipe(
          Effect.provide(SqliteTraceStore.layer({ path }))
        )
        assert.strictEqual(summary?.events, events.length - 1)
        const database = new DatabaseSync(path)
        assert.deepEqual({ ...database.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" })
        database.close()
      }),
    60_000
  )
})
