/**
 * The backend goes away while a program works, and comes back: nothing is lost.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Logger, Scope } from "effect"
import { Hive, SqliteTraceStore, TraceStore } from "@honeyhive/hive"
import { HoneyHive } from "@honeyhive/tracing"

const SESSION = "11111111-1111-4111-8111-111111111111"

const work = (from: number, to: number) =>
  Effect.forEach(
    Array.from({ length: to - from }, (_, index) => from + index),
    (index) => Effect.void.pipe(Effect.withSpan(`span-${index}`)),
    { discard: true }
  )

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "honeyhive-outage-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/** A hive that can be stopped before the test is over. */
const open = Effect.fnUntraced(function* (path: string, port: number) {
  const scope = yield* Scope.make()
  yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
  const hive = yield* Layer.buildWithScope(Layer.fresh(Hive.layer({ path, port })), scope)
  return { url: Context.get(hive, Hive).url, stop: Scope.close(scope, Exit.void) }
})

const quiet = Logger.layer([])

describe("an outage", () => {
  it.live("loses nothing of what was made before, during and after it", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "hive.db")
      const first = yield* open(path, 0)
      const port = Number(new URL(first.url).port)
      const receipts = yield* Effect.gen(function* () {
        yield* work(0, 100)
        const before = yield* HoneyHive.flush
        yield* first.stop
        yield* work(100, 300)
        const during = yield* HoneyHive.flush
        const second = yield* open(path, port)
        yield* work(300, 400)
        const after = yield* Effect.repeat(HoneyHive.flush, { while: (receipt) => receipt.pending > 0 })
        yield* second.stop
        return { before, during, after }
      }).pipe(
        HoneyHive.withSession({ id: SESSION, name: "outage" }),
        Effect.provide(
          HoneyHive.layer({
            apiKey: "hh_key",
            url: first.url,
            batch: { maxSize: 50 },
            resilience: "resilient",
            flushTimeout: "1 second",
            skipSessionCreation: true
          })
        ),
        Effect.provide(quiet)
      )
      assert.deepStrictEqual(receipts.before, { accepted: 100, spooled: 0, dropped: {}, pending: 0 })
      assert.deepStrictEqual(receipts.during.dropped, {})
      assert.deepStrictEqual(receipts.after.dropped, {})
      assert.strictEqual(receipts.after.pending, 0)
      const events = yield* TraceStore.use((store) => store.sessionEvents(SESSION)).pipe(
        Effect.provide(SqliteTraceStore.layer({ path }))
      )
      const names = events.filter((event) => event.event_type !== "session").map((event) => event.event_name)
      assert.strictEqual(new Set(names).size, 400)
      assert.strictEqual(names.length, 400)
    })
  )
})
