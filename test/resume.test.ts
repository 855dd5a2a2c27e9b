/**
 * Evaluations that end before they are done, as processes: what is recorded is not evaluated again, and the result is that of
 * a run that nobody stopped. With a real PostgreSQL where several share a run.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect, Redacted } from "effect"
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { evaluate, Report, Runs, type Summary } from "@honeyhive/experiments"
import { Hive } from "@honeyhive/hive"
import { HoneyHive } from "@honeyhive/tracing"
import { needed, postgres } from "../scripts/debian.ts"
import { environment } from "./environment.ts"
import { postgresql } from "./postgres.ts"
import { CONCURRENCY, options, RUN, SIZE } from "./resume.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "honeyhive-resume-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

interface Start {
  readonly store: string
  readonly log: string
  readonly name?: string
  readonly stuckFrom?: number
  readonly concurrency?: number
  readonly url?: string
}

/** A process that evaluates; killed with the scope if it has not ended. */
const start = ({ concurrency = CONCURRENCY, log, name = "", store, stuckFrom, url }: Start) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const backend = url === undefined ? { HH_TEST_MODE: "true" } : { HH_API_URL: url, HH_SPOOL: "off" }
      const child = spawn(process.execPath, [join(import.meta.dirname, "resume.fixture.ts")], {
        env: {
          ...environment({ ...backend, HH_API_KEY: "hh_key" }),
          CONCURRENCY: String(concurrency),
          LOG: log,
          NAME: name,
          STORE: store,
          ...(stuckFrom === undefined ? {} : { STUCK_FROM: String(stuckFrom) })
        }
      })
      let [stdout, stderr] = ["", ""]
      const ended = new Promise<number | NodeJS.Signals | null>((resolve) =>
        child.once("close", (code, signal) => resolve(signal ?? code))
      )
      child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()))
      /** Until it says so. */
      const says = (word: string) =>
        Effect.promise(
          () =>
            new Promise<void>((resolve, reject) => {
              const look = () => stderr.includes(`${word}\n`) && resolve()
              child.stderr.on("data", look)
              look()
              void ended.then((code) => reject(new Error(`ended with ${code}: ${stderr}`)))
            })
        )
      child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()))
      return {
        says,
        end: (signal: NodeJS.Signals) =>
          Effect.promise(() => {
            child.kill(signal)
            return ended
          }),
        report: Effect.promise(() => ended).pipe(
          Effect.tap((code) => Effect.sync(() => assert.strictEqual(code, 0, stderr))),
          Effect.flatMap(() => Effect.orDie(Report.fromJson(stdout)))
        ),
        close: Effect.promise(() => {
          child.kill("SIGKILL")
          return ended
        })
      }
    }),
    ({ close }) => close
  )

const lines = (path: string): ReadonlyArray<string> => readFileSync(path, "utf8").trimEnd().split("\n")

const counted = (values: ReadonlyArray<string>): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(values, (value) => value)].map(([value, all]) => [value, all.length]))

/** All but how long it took. */
const numbers = (summary: Summary.Summary): unknown => ({
  ...summary,
  metrics: summary.metrics.map((metric) => (metric.name === "duration" ? metric.count : metric))
})

const uninterrupted = Effect.provide(evaluate(options), HoneyHive.layerMemory())

const indices = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

const program = needed("runs on several machines", postgres)

// They mostly wait for processes
describe.concurrent("a run that is resumed", () => {
  it.live(
    "in a file: killed, then interrupted, goes on where it stopped; what is recorded is not evaluated again",
    () =>
      Effect.gen(function* () {
        const path = yield* folder
        const [store, log] = [join(path, "run.db"), join(path, "log")]
        const { url } = yield* Hive
        const state = Effect.promise(() =>
          fetch(`${url}/v1/runs/${RUN}`, { headers: { authorization: "Bearer any" } }).then((it) => it.json())
        ).pipe(Effect.map(({ evaluation }) => evaluation))

        const first = yield* start({ store, log, stuckFrom: 11, url })
        yield* first.says("stuck")
        assert.strictEqual(yield* first.end("SIGKILL"), "SIGKILL")
        const killed = yield* state
        const second = yield* start({ store, log, stuckFrom: 21, url })
        yield* second.says("stuck")
        assert.strictEqual(yield* second.end("SIGINT"), 130)
        const interrupted = yield* state
        const third = yield* start({ store, log, url })
        const report = yield* third.report
        const completed = yield* state

        const expected = yield* uninterrupted
        assert.deepStrictEqual(numbers(report.summary), numbers(expected.report.summary))
        const again = new Set([11, 21].flatMap((from) => indices(from, from + CONCURRENCY)))
        assert.deepStrictEqual(
          counted(lines(log)),
          Object.fromEntries(indices(0, SIZE).map((n) => [String(n), again.has(n) ? 2 : 1]))
        )

        const states = [killed, interrupted, completed]
        assert.deepStrictEqual(
          states.map(({ event_ids, status }) => [status, event_ids.length]),
          [
            ["pending", 0],
            ["failed", 21],
            ["completed", SIZE]
          ]
        )
        assert.sameMembers(
          completed.event_ids,
          report.items.map(({ session_id }) => session_id)
        )
        assert.includeMembers(completed.event_ids, interrupted.event_ids)
        assert.strictEqual(completed.results.completed, report.summary.completed)
        // Also of what was on its way when the first was killed
        const stored = yield* Runs.Runs.use((runs) => runs.report(RUN)).pipe(
          Effect.provide(Runs.layer({ url, apiKey: Redacted.make("hh_key") }))
        )
        assert.deepStrictEqual(stored.items, report.items)
      }).pipe(Effect.provide(Hive.layer()))
  )

  it.live.skipIf(program === undefined)("in PostgreSQL: when one runner is killed, the other does the rest, once", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const log = join(path, "log")
      writeFileSync(log, "")
      const store = yield* postgresql(program ?? "")
      const a = yield* start({ store, log, name: "a", stuckFrom: 28 })
      yield* a.says("stuck")
      // It asks for more than the first has in hand, and finds some of that in its shards
      const b = yield* start({ store, log, name: "b", concurrency: 3 * CONCURRENCY })
      yield* b.says("first")
      yield* a.end("SIGKILL")
      const report = yield* b.report
      const expected = yield* uninterrupted
      assert.deepStrictEqual(numbers(report.summary), numbers(expected.report.summary))
      assert.strictEqual(report.run_id, RUN)

      const evaluated = lines(log)
      const of = (name: string) =>
        evaluated.filter((line) => line.startsWith(name)).map((line) => Number(line.slice(1)))
      const [byA, byB] = [of("a"), of("b")]
      const done = byA.filter((n) => n < 28)
      assert.isAbove(done.length, 0)
      // What one has recorded the other does not evaluate
      assert.deepStrictEqual(
        done.filter((n) => byB.includes(n)),
        []
      )
      // A machine too busy to renew its leases may evaluate an item once more
      assert.strictEqual(new Set([...done, ...byB]).size, SIZE)

      const recorded = yield* Effect.gen(function* () {
        const sql = yield* PgClient.PgClient
        return yield* sql`SELECT count(*)::int AS all, count(DISTINCT m.message_id)::int AS items
          FROM honeyhive_eval_replies r JOIN honeyhive_eval_messages m ON m.id = r.request_id`
      }).pipe(Effect.provide(PgClient.layer({ path: store, username: "postgres", database: "postgres" })))
      assert.deepStrictEqual(recorded, [{ all: SIZE, items: SIZE }])
    })
  )
})
