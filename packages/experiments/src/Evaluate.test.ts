import { assert, describe, it } from "@effect/vitest"
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as References from "effect/References"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as LanguageModel from "effect/ai/LanguageModel"
import { TestClock } from "effect/testing"
import { HoneyHive } from "@honeyhive/tracing/HoneyHive"
import { MemoryExporter } from "@honeyhive/tracing/Exporter"
import { traced } from "@honeyhive/tracing/Traced"
import * as Dataset from "./Dataset.ts"
import { evaluate, evaluatePromise, type RunResult } from "./Evaluate.ts"
import * as Evaluator from "./Evaluator.ts"
import * as Evaluators from "./Evaluators.ts"
import { honeyhive } from "./internal/backend.fixture.ts"
import * as Trace from "./Trace.ts"

const numbers = (count: number) =>
  Dataset.make(
    Array.from({ length: count }, (_, index) => ({ inputs: index, ground_truth: index * 2, id: `n${index}` }))
  )

const right = Evaluator.make("right", (outputs: number, _inputs: unknown, expected: number) => outputs === expected)

class Odd extends Schema.TaggedError<Odd>()("Odd", { number: Schema.Int }) {}

class Factor extends Context.Service<Factor, number>()("test/Factor") {}

describe("evaluate", () => {
  it.effect("takes a function, a promise or an Effect, and keeps its outcome with its types", () =>
    Effect.gen(function* () {
      const dataset = yield* numbers(3)
      const plain = yield* evaluate({ name: "sync", dataset, run: (n) => n * 2, evaluators: [right] })
      const later = yield* evaluate({ name: "async", dataset, run: async (n) => n * 2, evaluators: [right] })
      const effect = yield* evaluate({
        name: "effect",
        dataset,
        run: (n) =>
          Effect.gen(function* () {
            if (n === 1) return yield* new Odd({ number: n })
            return n * (yield* Factor)
          }),
        evaluators: [right]
      }).pipe(Effect.provideService(Factor, 2))
      for (const { items } of [plain, later])
        assert.deepStrictEqual(
          items.map(({ exit }) => exit),
          [0, 2, 4].map(Exit.succeed)
        )
      const failure: Exit.Exit<number, Odd | Cause.TimeoutError> | undefined = effect.items[1]?.exit
      assert.deepInclude(failure === undefined ? {} : Exit.findErrorOption(failure), { value: new Odd({ number: 1 }) })
      const { items, summary } = effect.report
      assert.deepStrictEqual(
        items.map(({ datapoint_id, error, outputs, status }) => [datapoint_id, status, outputs, error]),
        [
          ["EXT-n0", "completed", 0, undefined],
          ["EXT-n1", "failed", null, "Odd"],
          ["EXT-n2", "completed", 4, undefined]
        ]
      )
      assert.deepStrictEqual([summary.items, summary.completed, summary.failed], [3, 2, 1])
      assert.strictEqual(summary.metrics[0]?.count, 2)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("makes a failing evaluator a result, and weighs the others", () =>
    Effect.gen(function* () {
      const { report } = yield* evaluate({
        name: "judged",
        dataset: numbers(1),
        run: (n) => n,
        evaluators: [
          Evaluator.make("half", () => 0.5, { weight: 3, threshold: 0.4 }),
          Evaluator.make("none", () => Effect.succeed({ value: 0, reason: "nothing there" }), {
            threshold: { max: -1 }
          }),
          function throws(): number {
            throw new TypeError("no judge")
          },
          async function rejects(): Promise<number> {
            throw "no"
          },
          Evaluator.make("dies", () => Effect.die("gone")),
          Evaluator.make("interrupts", () => Effect.interrupt),
          Evaluator.make("nan", () => Number.NaN),
          Evaluator.make("slow", () => Effect.never, { timeout: "1 millis" })
        ]
      }).pipe(TestClock.withLive)
      assert.deepStrictEqual(
        report.items[0]?.scores.map(({ error, name, passed, reason, value }) => [name, value, passed, reason ?? error]),
        [
          ["half", 0.5, true, undefined],
          ["none", 0, false, "nothing there"],
          ["throws", undefined, undefined, "TypeError: no judge"],
          ["rejects", undefined, undefined, "no"],
          ["dies", undefined, undefined, "gone"],
          ["interrupts", undefined, undefined, "Interrupted"],
          ["nan", undefined, undefined, "EvaluatorError: not a score: NaN"],
          ["slow", undefined, undefined, report.items[0]?.scores[7]?.error]
        ]
      )
      assert.match(report.items[0]?.scores[7]?.error ?? "", /^TimeoutError/)
      assert.strictEqual(report.items[0]?.score, 0.375)
      assert.deepStrictEqual(
        report.summary.metrics.map(({ failed }) => failed),
        [0, 0, 1, 1, 1, 1, 1, 1, 0, 0]
      )
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("repeats an evaluator and aggregates", () =>
    Effect.gen(function* () {
      let turn = 0
      const next = (): number => turn++ % 4
      const categories = ["b", "a", "a"]
      const { report } = yield* evaluate({
        name: "repeated",
        dataset: numbers(1),
        run: (n) => n,
        evaluatorConcurrency: 1,
        evaluators: [
          Evaluator.make("average", next, { repeat: 4 }),
          Evaluator.make("sum", next, { repeat: 4, aggregate: "sum" }),
          Evaluator.make("min", next, { repeat: 4, aggregate: "min" }),
          Evaluator.make("max", next, { repeat: 4, aggregate: "max" }),
          Evaluator.make("category", () => categories.pop() ?? "", { repeat: 3 })
        ]
      })
      assert.deepStrictEqual(
        report.items[0]?.scores.map(({ value }) => value),
        [1.5, 6, 0, 3, "a"]
      )
      assert.deepStrictEqual(report.summary.metrics[4]?.categories, { a: 1 })
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect.each([
    [undefined, 10],
    [3, 3]
  ] as const)("runs as many items at a time as it is told: %s", ([concurrency, most]) =>
    Effect.gen(function* () {
      let [running, peak] = [0, 0]
      const { report } = yield* evaluate({
        name: "bounded",
        dataset: numbers(40),
        ...(concurrency === undefined ? {} : { concurrency }),
        run: () =>
          Effect.suspend(() => {
            peak = Math.max(peak, ++running)
            return Effect.andThen(
              Effect.yieldNow,
              Effect.sync(() => running--)
            )
          })
      })
      assert.strictEqual(report.summary.completed, 40)
      assert.strictEqual(peak, most)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("repeats, retries by its Schedule, and gives up when the time is over", () =>
    Effect.gen(function* () {
      const aborted: Array<number> = []
      const dataset = yield* numbers(3)
      const fiber = yield* evaluate({
        name: "patient",
        dataset,
        repetitions: 2,
        timeout: "10 seconds",
        retry: Schedule.spaced("1 second"),
        run: (n, _item, { attempt, repetition, signal }) => {
          if (n === 0) return Promise.resolve(repetition)
          if (n === 1 && attempt < 3) return Promise.reject(new Error("again"))
          if (n === 1) return Promise.resolve(7)
          signal.addEventListener("abort", () => aborted.push(n))
          return new Promise<number>(() => undefined)
        }
      }).pipe(Effect.forkChild)
      // However many turns the promises in it take
      while (fiber.pollUnsafe() === undefined) {
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
        yield* TestClock.adjust("1 second")
      }
      const { items, report } = yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        report.items.map(({ attempts, index, outputs, repetition, status }) => [
          index,
          repetition,
          status,
          outputs,
          attempts
        ]),
        [
          [0, 0, "completed", 0, 1],
          [0, 1, "completed", 1, 1],
          [1, 0, "completed", 7, 3],
          [1, 1, "completed", 7, 3],
          [2, 0, "timed out", null, 1],
          [2, 1, "timed out", null, 1]
        ]
      )
      assert.deepStrictEqual(aborted, [2, 2])
      assert.strictEqual(items.length, 6)
      assert.strictEqual(report.items[4]?.duration, 10_000)
      assert.strictEqual(report.summary.timed_out, 2)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.live("announces the run, gives every item a session with its ids on every span, and closes the run", () =>
    Effect.gen(function* () {
      const hive = yield* honeyhive()
      const lookup = traced({ name: "lookup", type: "tool" }, async (n: number) => n * 2)
      const run = async (n: number): Promise<number> => {
        await Promise.resolve()
        return lookup(n)
      }
      const judged: Array<unknown> = []
      const { recorded, report, runId } = yield* evaluate({
        name: "doubles",
        dataset: numbers(4),
        run,
        evaluators: [
          right,
          Evaluator.make("looked up", (_outputs, inputs, _expected, trace) => {
            judged.push([inputs, Trace.toolCalls(trace)])
            return Effect.succeed(true).pipe(Effect.withSpan("deeper"))
          })
        ],
        metadata: { commit: "abc" },
        configuration: { model: "m1" }
      }).pipe(Effect.provide(HoneyHive.layer({ url: hive.url, apiKey: "hh_key" })))
      assert.isTrue(recorded)
      const sessions = report.items.map(({ session_id }) => session_id)
      assert.strictEqual(new Set(sessions).size, 4)

      const [announced] = hive.runs()
      assert.deepInclude(announced, {
        run_id: runId,
        name: "doubles",
        status: "pending",
        dataset_id: report.dataset_id,
        datapoint_ids: ["EXT-n0", "EXT-n1", "EXT-n2", "EXT-n3"],
        configuration: { model: "m1" }
      })
      const [closed] = hive.runUpdates()
      assert.strictEqual(closed?.path, `/v1/runs/${runId}`)
      assert.strictEqual(closed?.body.status, "completed")
      assert.sameMembers(closed?.body.event_ids, sessions)
      assert.deepStrictEqual(closed?.body.results.metrics.right, { mean: 1, pass_rate: 1 })

      for (const item of report.items) {
        const ids = { run_id: runId, dataset_id: report.dataset_id, datapoint_id: item.datapoint_id }
        const session = hive.sessions().find(({ session_id }) => session_id === item.session_id)
        assert.deepInclude(session.metadata, ids)
        assert.deepStrictEqual(session.inputs, { input: item.inputs })
        const updates = hive.updates().filter(({ path }) => path.endsWith(item.session_id))
        const told = Object.assign({}, ...updates.map(({ body }) => body))
        assert.deepStrictEqual(told.feedback, { ground_truth: item.ground_truth })
        assert.deepStrictEqual(told.metrics, { right: true, "looked up": true })
        assert.deepStrictEqual(told.outputs, { result: item.outputs })

        const spans = hive.spans().filter(({ attributes }) => attributes["honeyhive.session_id"] === item.session_id)
        assert.sameMembers(
          spans.map(({ name }) => name),
          ["doubles", "lookup", "right", "looked up", "deeper"]
        )
        for (const { attributes } of spans) {
          for (const [key, value] of Object.entries(ids)) {
            assert.strictEqual(attributes[`honeyhive_metadata.${key}`], value)
            assert.strictEqual(attributes[`traceloop.association.properties.${key}`], value)
          }
        }
        const named = (name: string) => spans.find((span) => span.name === name)
        const chain = named("doubles")
        assert.deepInclude(chain?.attributes, {
          honeyhive_event_type: "chain",
          "honeyhive_inputs.input": item.inputs,
          "honeyhive_outputs.result": item.outputs,
          "honeyhive_metrics.right": true,
          "honeyhive_feedback.ground_truth": item.ground_truth
        })
        assert.strictEqual(named("lookup")?.parentSpanId, chain?.spanId)
        assert.isUndefined(chain?.parentSpanId)
        assert.isUndefined(named("right")?.parentSpanId)
        assert.deepStrictEqual(
          named("right")?.links.map(({ spanId }) => spanId),
          [chain?.spanId]
        )
        assert.strictEqual(named("deeper")?.parentSpanId, named("looked up")?.spanId)
        assert.strictEqual(named("right")?.attributes["honeyhive_outputs.value"], true)
      }
      assert.sameDeepMembers(
        judged,
        [0, 1, 2, 3].map((n) => [n, [{ name: "lookup", arguments: { n }, result: n * 2, error: null }]])
      )
    })
  )

  it.live("interrupted, closes the run as failed with what was done", () =>
    Effect.gen(function* () {
      const hive = yield* honeyhive()
      const stuck = yield* Deferred.make<void>()
      const kept: Array<number> = []
      const fiber = yield* evaluate({
        name: "interrupted",
        dataset: numbers(5),
        concurrency: 1,
        run: (n) => (n < 2 ? Effect.succeed(n) : Effect.andThen(Deferred.succeed(stuck, undefined), Effect.never)),
        evaluators: [right],
        onItem: ({ index }) => kept.push(index)
      }).pipe(Effect.provide(HoneyHive.layer({ url: hive.url, apiKey: "hh_key" })), Effect.forkChild)
      yield* Deferred.await(stuck)
      yield* Fiber.interrupt(fiber)
      const [closed] = hive.runUpdates()
      assert.strictEqual(closed?.body.status, "failed")
      assert.strictEqual(closed?.body.event_ids.length, 2)
      assert.strictEqual(closed?.body.results.completed, 2)
      assert.deepStrictEqual(kept, [0, 1])
      // The third item's session and span have ended, too, as what they are
      const chains = hive.spans().filter(({ name }) => name === "interrupted")
      assert.strictEqual(chains.length, 3)
      assert.strictEqual(chains[2]?.status.code, 2)
    })
  )

  it.live("loses no item to a backend that dies in the middle", () =>
    Effect.gen(function* () {
      let away = false
      const hive = yield* honeyhive(() => (away ? { status: 400, body: {} } : undefined))
      const { recorded, report } = yield* evaluate({
        name: "alone",
        dataset: numbers(200),
        timeout: "100 millis",
        run: (n): Effect.Effect<number, string> => {
          if (n === 100) away = true
          if (n % 100 === 17) return Effect.never
          return n % 100 === 18 ? Effect.fail("no") : Effect.succeed(n * 2)
        },
        evaluators: [right]
      }).pipe(
        Effect.provide(
          HoneyHive.layer({
            url: hive.url,
            apiKey: "hh_key",
            flushTimeout: "100 millis",
            shutdownTimeout: "100 millis"
          })
        ),
        // It says so often enough
        Effect.provideService(References.MinimumLogLevel, "None")
      )
      assert.isFalse(recorded)
      const { completed, failed, items, timed_out } = report.summary
      assert.deepStrictEqual([items, completed, failed, timed_out], [200, 196, 2, 2])
      assert.deepStrictEqual(
        report.items.map(({ index }) => index),
        Array.from({ length: 200 }, (_, index) => index)
      )
    })
  )

  it.effect("keeps items apart that run at the same time in one instance", () =>
    Effect.gen(function* () {
      const step = traced({ name: "step" }, async (n: number) => {
        await new Promise((resolve) => setImmediate(resolve))
        return n
      })
      const { report } = yield* evaluate({
        name: "apart",
        dataset: numbers(20),
        concurrency: 20,
        run: async (n) => (await step(n)) + (await step(n)),
        evaluators: [right]
      }).pipe(Effect.withSpan("outer"))
      yield* HoneyHive.flush
      const spans = yield* MemoryExporter.use((memory) => memory.spans)
      for (const { datapoint_id, inputs, session_id } of report.items) {
        const own = spans.filter(({ attributes }) => attributes["honeyhive.session_id"] === session_id)
        assert.deepStrictEqual(own.map(({ name }) => name).toSorted(), ["apart", "right", "step", "step"])
        const [judged, ...answered] = own.toSorted((a, b) => (a.name === "right" ? -1 : b.name === "right" ? 1 : 0))
        // Beside the answer, and not below whatever the run itself is part of
        assert.isUndefined(judged?.parentSpanContext)
        assert.strictEqual(new Set(answered.map((span) => span.spanContext().traceId)).size, 1)
        for (const { attributes, name } of own) {
          assert.strictEqual(attributes["honeyhive_metadata.datapoint_id"], datapoint_id)
          if (name === "step") assert.strictEqual(attributes["honeyhive_inputs._params_.n"], Number(inputs))
        }
      }
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it("is a promise for plain programs, and a signal interrupts it", async () => {
    const { report } = await evaluatePromise({
      name: "plain",
      dataset: numbers(2),
      run: (n) => n * 2,
      evaluators: [right],
      tracing: { testMode: true }
    })
    assert.strictEqual(report.summary.metrics[0]?.mean, 1)
    const controller = new AbortController()
    const stopped = evaluatePromise({
      name: "stopped",
      dataset: numbers(2),
      run: () => {
        controller.abort()
        return new Promise(() => undefined)
      },
      tracing: { testMode: true },
      signal: controller.signal
    })
    let error: unknown
    await stopped.catch((cause) => (error = cause))
    assert.isDefined(error)
  })

  it.effect("does not care what a watcher throws", () =>
    Effect.gen(function* () {
      const { report } = yield* evaluate({
        name: "watched",
        dataset: numbers(2),
        run: (n) => n,
        onItem: () => {
          throw new Error("mine")
        }
      })
      assert.strictEqual(report.summary.completed, 2)
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("needs what its parts need, and fails as its dataset does", () =>
    Effect.gen(function* () {
      const program = evaluate({
        name: "typed",
        dataset: Dataset.fromFile("/nowhere.json", {
          inputs: Schema.Struct({ q: Schema.String }),
          groundTruth: Schema.String
        }),
        run: ({ q }) => Effect.map(Factor, (factor) => q.repeat(factor)),
        evaluators: [
          Evaluators.llmJudge({ criteria: "Good?" }),
          Evaluators.exactMatch(),
          (outputs, { q }, expected) => outputs.length > q.length + expected.length
        ]
      })
      // What is missing here is a type error
      const typed: Effect.Effect<
        RunResult<{ readonly q: string }, string, string, never>,
        Dataset.DatasetError,
        HoneyHive | LanguageModel.LanguageModel | Factor
      > = program
      const model = LanguageModel.make({ generateText: () => Effect.succeed([]), streamText: () => Stream.empty })
      const error = yield* typed.pipe(
        Effect.flip,
        Effect.provideService(Factor, 2),
        Effect.provideServiceEffect(LanguageModel.LanguageModel, model)
      )
      assert.strictEqual(error._tag, "DatasetError")
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )

  it.effect("keeps evaluators of one name apart", () =>
    Effect.gen(function* () {
      const { report } = yield* evaluate({
        name: "names",
        dataset: numbers(1),
        run: (n) => n,
        evaluators: [() => 1, () => 2, Evaluators.contains(), Evaluators.contains()]
      })
      assert.deepStrictEqual(
        report.summary.metrics.map(({ name }) => name),
        ["evaluator", "evaluator_2", "contains", "contains_2", "score", "duration"]
      )
    }).pipe(Effect.provide(HoneyHive.layerMemory()))
  )
})
