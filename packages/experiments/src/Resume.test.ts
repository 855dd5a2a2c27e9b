import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { HoneyHive } from "@honeyhive/tracing/HoneyHive"
import { MemoryExporter } from "@honeyhive/tracing/Exporter"
import * as Dataset from "./Dataset.ts"
import { evaluate, evaluatePromise } from "./Evaluate.ts"
import * as Evaluator from "./Evaluator.ts"
import { honeyhive } from "./internal/backend.fixture.ts"
import { RecordedFailure } from "./Journal.ts"
import * as Resume from "./Resume.ts"

const file = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "honeyhive-resume-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true }))
  ),
  (folder) => join(folder, "deeper", "run.db")
)

const numbers = (count: number, from = 0) =>
  Dataset.make(
    Array.from({ length: count }, (_, index) => ({ inputs: from + index, ground_truth: 0, id: `n${from + index}` }))
  )

const kept = (path: string) => Layer.mergeAll(HoneyHive.layerMemory(), Resume.layer({ path }))

describe("Resume.layer", () => {
  it.live("does not evaluate again what is recorded, and gives it back with its types", () =>
    Effect.gen(function* () {
      const path = yield* file
      const asked: Array<number> = []
      const run = evaluate({
        name: "typed",
        dataset: numbers(4),
        repetitions: 2,
        timeout: "20 millis",
        run: (n, _item, { repetition }): Effect.Effect<Date, string> => {
          if (repetition === 0) asked.push(n)
          if (n === 1) return Effect.fail("no")
          return n === 2 ? Effect.never : Effect.succeed(new Date(n))
        },
        outputSchema: Schema.Date,
        evaluators: [Evaluator.make("time", (outputs: Date) => outputs.getTime())]
      })
      const first = yield* Effect.provide(run, kept(path))
      const again = yield* Effect.provide(run, kept(path))
      assert.sameMembers(asked, [0, 1, 2, 3])
      assert.strictEqual(first.report.summary.items, 8)
      // Sessions, durations and scores are those of the first
      assert.deepStrictEqual(again.report.items, first.report.items)
      assert.deepStrictEqual(again.report.summary, first.report.summary)
      assert.strictEqual(again.runId, first.runId)
      const [zero, , one, , two] = again.items.map(({ exit }) => exit)
      assert.deepStrictEqual(zero, Exit.succeed(new Date(0)))
      assert.isTrue(one !== undefined && Exit.isFailure(one) && Cause.squash(one.cause) instanceof RecordedFailure)
      assert.isTrue(two !== undefined && Exit.isFailure(two) && Cause.isTimeoutError(Cause.squash(two.cause)))
      // What was evaluated just now is as it was
      const live = first.items[2]?.exit
      assert.isTrue(live !== undefined && Exit.isFailure(live) && Cause.squash(live.cause) === "no")
    })
  )

  it.live("evaluates again what has changed: datapoints, evaluators, the name of the run", () =>
    Effect.gen(function* () {
      const path = yield* file
      let asked = 0
      const run = (options: { readonly from?: number; readonly name?: string; readonly judge?: string }) =>
        Effect.gen(function* () {
          asked = 0
          const { report } = yield* evaluate({
            name: options.name ?? "one",
            runId: "fixed",
            dataset: numbers(3, options.from ?? 0),
            run: (n) => {
              asked++
              return n
            },
            evaluators: [Evaluator.make(options.judge ?? "judge", () => 1)]
          }).pipe(Effect.provide(kept(path)))
          assert.strictEqual(report.summary.metrics[0]?.count, 3)
          return asked
        })
      assert.strictEqual(yield* run({}), 3)
      assert.strictEqual(yield* run({ from: 1 }), 1)
      assert.strictEqual(yield* run({ judge: "other" }), 3)
      assert.strictEqual(yield* run({ name: "two" }), 3)
      assert.strictEqual(yield* run({}), 0)
    })
  )

  it.live("keeps datapoints apart that are the same, and runs that are in work at the same time", () =>
    Effect.gen(function* () {
      const path = yield* file
      let asked = 0
      const dataset = Dataset.make([
        { inputs: 1, id: "same" },
        { inputs: 1, id: "same" }
      ])
      const run = (name: string) => evaluate({ name, dataset, run: () => Effect.sync(() => ++asked) })
      const results = yield* Effect.all([run("a"), run("b")], { concurrency: 2 }).pipe(Effect.provide(kept(path)))
      assert.strictEqual(asked, 4)
      assert.strictEqual(new Set(results.map(({ runId }) => runId)).size, 2)
      assert.strictEqual(new Set(results.flatMap(({ items }) => items.map((item) => item.sessionId))).size, 4)
    })
  )

  it.live("interrupted, gives up what is in work, and goes on from there as the same run", () =>
    Effect.gen(function* () {
      const path = yield* file
      const hive = yield* honeyhive((request) =>
        request.method === "PUT" && hiveHasNone.delete(request.path) ? { status: 404, body: {} } : undefined
      )
      const hiveHasNone = new Set(["/v1/runs/job"])
      const stuck = yield* Deferred.make<void>()
      const asked: Array<number> = []
      const run = (last: Effect.Effect<number>) =>
        evaluate({
          name: "job",
          runId: "job",
          dataset: numbers(5),
          concurrency: 1,
          run: (n) => {
            asked.push(n)
            return n < 3 ? Effect.succeed(n) : last
          }
        }).pipe(Effect.provide([HoneyHive.layer({ url: hive.url, apiKey: "hh_key" }), Resume.layer({ path })]))
      const first = yield* Effect.forkChild(run(Effect.andThen(Deferred.succeed(stuck, undefined), Effect.never)))
      yield* Deferred.await(stuck)
      yield* Fiber.interrupt(first)
      const second = yield* run(Effect.succeed(9))
      assert.deepStrictEqual(asked, [0, 1, 2, 3, 3, 4])
      assert.deepStrictEqual(
        second.report.items.map(({ outputs }) => outputs),
        [0, 1, 2, 9, 9]
      )
      assert.deepStrictEqual(
        hive.runs().map(({ run_id, status }) => [run_id, status]),
        [["job", "pending"]]
      )
      assert.deepStrictEqual(
        hive.runUpdates().map(({ body, path }) => [path, body.status, body.event_ids?.length]),
        [
          ["/v1/runs/job", "pending", undefined],
          ["/v1/runs/job", "failed", 3],
          ["/v1/runs/job", "pending", undefined],
          ["/v1/runs/job", "completed", 5]
        ]
      )
    })
  )

  it.live("adds no spans to the run's, and takes none away", () =>
    Effect.gen(function* () {
      const path = yield* file
      const names = Effect.gen(function* () {
        yield* evaluate({
          name: "chain",
          dataset: numbers(2),
          run: (n) => Effect.withSpan(Effect.succeed(n), "step"),
          evaluators: [Evaluator.make("judge", () => 1)]
        })
        yield* HoneyHive.flush
        const spans = yield* MemoryExporter.use((memory) => memory.spans)
        return spans.map(({ name, parentSpanContext }) => [name, parentSpanContext === undefined]).toSorted()
      })
      const memory = () => HoneyHive.layerMemory()
      const plain = yield* Effect.provide(names, memory())
      assert.strictEqual(plain.length, 6)
      assert.deepStrictEqual(yield* names.pipe(Effect.provide([memory(), Resume.layer({ path })])), plain)
      // What is read from the file happened before
      assert.deepStrictEqual(yield* names.pipe(Effect.provide([memory(), Resume.layer({ path })])), [])
    })
  )

  it("is an option of plain programs", async () => {
    const folder = mkdtempSync(join(tmpdir(), "honeyhive-resume-"))
    let asked = 0
    const run = () =>
      evaluatePromise({
        name: "plain",
        dataset: numbers(2),
        run: (n) => n + ++asked,
        tracing: { testMode: true },
        journal: Resume.layer({ path: join(folder, "run.db") })
      })
    assert.deepStrictEqual((await run()).items, (await run()).items)
    assert.strictEqual(asked, 2)
    rmSync(folder, { recursive: true })
  })

  it.live("says who has the file, and what is none", () =>
    Effect.gen(function* () {
      const path = yield* file
      const error = yield* Effect.void.pipe(
        Effect.provide(Resume.layer({ path })),
        Effect.provide(Resume.layer({ path })),
        Effect.flip
      )
      assert.strictEqual(error.message, `${path}: another process has it open: wait for it, or take another file`)
      writeFileSync(path, "no database, but a text of some length")
      const none = yield* Effect.flip(Effect.provide(Effect.void, Resume.layer({ path })))
      assert.include(none.message, "not a database")
    })
  )
})
