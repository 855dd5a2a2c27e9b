/**
 * Evaluations as processes and at size: a signal closes the run, and ten thousand items with trouble are all accounted for.
 */
import { spawn } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Effect, Layer, References, Schema } from "effect"
import { expect, it } from "vitest"
import { Dataset, evaluate, Evaluator, Evaluators, Runs } from "@honeyhive/experiments"
import { Hive, HoneyHiveLocal } from "@honeyhive/hive"
import { HoneyHive } from "@honeyhive/tracing"
import { environment } from "./environment.ts"

interface Told {
  readonly method: string
  readonly path: string
  readonly body: string
}

/** A HoneyHive on loopback that takes everything until it is told to die. */
const honeyhive = async () => {
  const told: Array<Told> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      told.push({ method: request.method ?? "", path: request.url ?? "", body: Buffer.concat(chunks).toString() })
      response.writeHead(200, { "content-type": "application/json" }).end("{}")
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo // a TCP server's address
  const close = async () => {
    if (!server.listening) return
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { told, url: `http://127.0.0.1:${port}`, close }
}

it("a signal closes the run as failed, with what was done, and the process ends", async () => {
  const hive = await honeyhive()
  try {
    const env = { ...environment(), HH_API_URL: hive.url, HH_API_KEY: "hh_key", HH_SPOOL: "off" }
    const child = spawn(process.execPath, [join(import.meta.dirname, "experiments.fixture.ts")], { env })
    let [stdout, stderr] = ["", ""]
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString()
      if (stderr.includes("stuck\n")) child.kill("SIGINT")
    })
    const code = await new Promise((resolve) => child.on("close", resolve))
    expect({ code, stdout, stderr }).toEqual({ code: 130, stdout: "", stderr: "stuck\n" })
    const closed = hive.told.filter(({ method, path }) => method === "PUT" && path.startsWith("/v1/runs/"))
    expect(
      closed.map(({ body }) => JSON.parse(body)).map(({ event_ids, status }) => [status, event_ids.length])
    ).toEqual([["failed", 1]])
  } finally {
    await hive.close()
  }
})

/** Megabytes in use after everything that can go is gone. */
const heap = (): number => {
  setFlagsFromString("--expose-gc")
  const collect: unknown = runInNewContext("gc")
  if (typeof collect !== "function") throw new Error("there is no gc")
  collect()
  return process.memoryUsage().heapUsed / 2 ** 20
}

it(
  "ten thousand items, some failing, some hanging, and a backend that dies: all are accounted for, and memory is flat",
  { timeout: 180_000 },
  async () => {
    const hive = await honeyhive()
    const size = 10_000
    const marks: Array<number> = []
    const program = evaluate({
      name: "large",
      dataset: Dataset.make(
        Array.from({ length: size }, (_, index) => ({ inputs: index, ground_truth: index, id: `n${index}` }))
      ),
      concurrency: 64,
      timeout: "50 millis",
      run: (index): Effect.Effect<number, string> => {
        if (index === size / 10 || index === size - 1) marks.push(heap())
        const answer =
          index % 100 === 7 ? Effect.never : index % 100 === 8 ? Effect.fail("broken") : Effect.succeed(index)
        return index === size / 2 ? Effect.andThen(Effect.promise(hive.close), answer) : answer
      },
      evaluators: [Evaluators.exactMatch()]
    }).pipe(
      Effect.provide(
        HoneyHive.layer({ url: hive.url, apiKey: "hh_key", flushTimeout: "1 second", shutdownTimeout: "1 second" })
      ),
      // It says so often enough
      Effect.provideService(References.MinimumLogLevel, "None")
    )
    try {
      const { recorded, report } = await Effect.runPromise(program)
      const { completed, failed, items, timed_out } = report.summary
      expect({ completed, failed, items, recorded, timed_out }).toEqual({
        completed: 9800,
        failed: 100,
        items: size,
        recorded: false,
        timed_out: 100
      })
      expect(new Set(report.items.map(({ session_id }) => session_id)).size).toBe(size)
      expect(report.items.every((item, index) => item.index === index)).toBe(true)
      expect(report.summary.metrics[0]?.count).toBe(9800)
      // What is kept of 9,000 items is their results: about 3 KB each
      const [early = 0, late = 0] = marks
      expect(late - early).toBeLessThan(60)
    } finally {
      await hive.close()
    }
  }
)

it("past sessions of a hive are a dataset: the newest, with what they answered or should have", async () => {
  const ask = (question: string, answer: string, ground_truth?: string) =>
    HoneyHive.enrichSession({
      outputs: { answer },
      ...(ground_truth === undefined ? {} : { feedback: { ground_truth: { answer: ground_truth } } })
    }).pipe(HoneyHive.withSession({ name: "support", inputs: { question } }))
  const program = Effect.gen(function* () {
    yield* ask("two and two?", "4")
    yield* ask("three and three?", "5", "6")
    yield* Effect.void.pipe(HoneyHive.withSession({ name: "another", inputs: { other: true } }))
    yield* HoneyHive.flush
    const dataset = yield* Dataset.fromSessions(
      { inputs: Schema.Struct({ question: Schema.String }), groundTruth: Schema.Struct({ answer: Schema.String }) },
      { filters: [{ field: "event_name", operator: "is", value: "support", type: "string" }] }
    )
    const { report } = yield* evaluate({
      name: "again",
      dataset,
      run: ({ question }) => ({ answer: question.startsWith("two") ? "4" : "7" }),
      evaluators: [Evaluators.exactMatch({ name: "accuracy" })]
    })
    const accuracy = new Map(report.items.map(({ inputs, scores }) => [JSON.stringify(inputs), scores[0]?.value]))
    expect(accuracy).toEqual(
      new Map([
        ['{"question":"two and two?"}', true],
        ['{"question":"three and three?"}', false]
      ])
    )
    expect(dataset.items.every(({ id }) => /^EXT-[0-9a-f-]{36}$/.test(id))).toBe(true)
  })
  await Effect.runPromise(
    program.pipe(Effect.provide(HoneyHiveLocal), Effect.provideService(References.MinimumLogLevel, "None"))
  )
})

it("an evaluation beside a hive is a run there, with its sessions and their scores", async () => {
  const program = Effect.gen(function* () {
    const { recorded, report } = yield* evaluate({
      name: "nightly",
      dataset: Dataset.make([
        { inputs: 1, ground_truth: 1 },
        { inputs: 2, ground_truth: 3 }
      ]),
      run: (n) => Effect.succeed(n),
      evaluators: [Evaluators.exactMatch({ name: "accuracy" })]
    })
    const { url } = yield* Hive
    const read = (path: string) =>
      Effect.promise(() => fetch(url + path, { headers: { authorization: "Bearer any" } }).then((it) => it.json()))
    const { evaluation } = yield* read(`/v1/runs/${report.run_id}`)
    const result = yield* read(`/v1/runs/${report.run_id}/summary`)
    return { recorded, evaluation, result, sessions: report.items.map(({ session_id }) => session_id) }
  })
  const { evaluation, recorded, result, sessions } = await Effect.runPromise(
    program.pipe(Effect.provide(HoneyHiveLocal))
  )
  expect(recorded).toBe(true)
  expect(evaluation).toMatchObject({ name: "nightly", status: "completed" })
  expect(new Set(evaluation.event_ids)).toEqual(new Set(sessions))
  expect([result.success, result.passed.length, result.failed.length]).toEqual([false, 1, 1])
})

it("a run is read back from its hive as the report that it was, by whatever it is called", async () => {
  const program = Effect.gen(function* () {
    const once = (shift: number) =>
      evaluate({
        name: "sums",
        dataset: Dataset.make<{ readonly a: number }, unknown>([
          { inputs: { a: 1 }, ground_truth: 1, history: [{ role: "user", content: "before" }] },
          { inputs: { a: 2 }, ground_truth: [3] },
          { inputs: { a: 3 }, ground_truth: null }
        ]),
        repetitions: 2,
        run: ({ a }, { history }): Effect.Effect<unknown, string> =>
          a === 2 ? Effect.fail("broken") : Effect.succeed(history.length > 0 ? { a } : a + shift),
        evaluators: [
          Evaluator.make("size", () => ({ value: shift, reason: "counted" }), { weight: 3, threshold: { max: 0 } }),
          Evaluator.make("kind", () => "odd"),
          Evaluator.make("broken", () => Effect.fail("no judge"))
        ],
        metadata: { commit: "abc" }
      })
    const [before, after] = [yield* once(0), yield* once(1)]
    const runs = yield* Runs.Runs
    const listed = yield* runs.list()
    expect(listed.map(({ run_id, status }) => [run_id, status])).toEqual([
      [after.runId, "completed"],
      [before.runId, "completed"]
    ])
    const { metadata, started_at: _, ...read } = yield* runs.report(before.runId)
    const { metadata: own, started_at: __, ...report } = before.report
    expect(read).toEqual({ ...report, duration: expect.closeTo(report.duration, -2) })
    expect(metadata).toMatchObject(own)
    const ids = yield* Effect.forEach(["sums", "last", after.runId.slice(0, 8)], (name) =>
      Effect.map(runs.find(name), ({ run_id }) => run_id)
    )
    expect(new Set(ids)).toEqual(new Set([after.runId]))
    return yield* Effect.flip(runs.find("other"))
  })
  const { message } = await Effect.runPromise(
    program.pipe(Effect.provide(Layer.provideMerge(Runs.layerTracer, HoneyHiveLocal)))
  )
  expect(message).toContain('has no run "other": an id, the beginning of one, a name, or last')
})
