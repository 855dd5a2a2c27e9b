/**
 * What evaluating costs beside the application: `evaluate` against `Effect.forEach` over the same work, 64 items at a time,
 * everything delivered to a local sink; and a large run with trouble, with what it leaves in memory.
 */
import { Effect, References } from "effect"
import { Dataset, evaluate, Evaluators } from "@honeyhive/experiments"
import { HoneyHive, type Options } from "@honeyhive/tracing"
import { sink } from "./sink.ts"
import { median, type Row } from "./table.ts"

const ROUNDS = 3
const WARM_UP = 2
const ITEMS = 2_000
const CONCURRENCY = 64
/** Less than any model's answer takes. */
const WORK = "10 millis"

const numbers = Array.from({ length: ITEMS }, (_, n) => n)
const work = (n: number) => Effect.as(Effect.sleep(WORK), `answer ${n}`)

const datapoints = (count: number) =>
  Dataset.make(Array.from({ length: count }, (_, n) => ({ inputs: { n }, ground_truth: `answer ${n}`, id: `n${n}` })))

interface Spent {
  readonly wall: number
  readonly cpu: number
}

const spent = async (run: () => Promise<unknown>): Promise<Spent> => {
  globalThis.gc?.()
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  await run()
  const { system, user } = process.cpuUsage(cpu)
  return { wall: performance.now() - start, cpu: (system + user) / 1000 }
}

const silent = Effect.provideService(References.MinimumLogLevel, "None")

/** 10,000 items, of which some fail and some hang, and a backend that is gone from the middle on. */
const trouble = async (url: string, close: () => Promise<number>): Promise<ReadonlyArray<Row>> => {
  const COUNT = 10_000
  const heap = (): number => {
    globalThis.gc?.()
    return process.memoryUsage().heapUsed / 2 ** 20
  }
  const before = heap()
  const marks: Array<number> = []
  const program = evaluate({
    name: "trouble",
    dataset: datapoints(COUNT),
    concurrency: CONCURRENCY,
    timeout: "100 millis",
    run: ({ n }): Effect.Effect<string, string> => {
      if (n % (COUNT / 10) === COUNT / 10 - 1) marks.push(heap())
      const answer =
        n % 100 === 7 ? Effect.never : n % 100 === 8 ? Effect.fail("broken") : Effect.succeed(`answer ${n}`)
      return n === COUNT / 2 ? Effect.andThen(Effect.promise(close), answer) : answer
    },
    evaluators: [Evaluators.exactMatch({ name: "accuracy" })]
  }).pipe(
    Effect.provide(HoneyHive.layer({ url, apiKey: "hh_bench", flushTimeout: "1 second", shutdownTimeout: "1 second" })),
    silent
  )
  let counts = ""
  const { wall } = await spent(async () => {
    const { report } = await Effect.runPromise(program)
    const { completed, failed, items, timed_out } = report.summary
    counts = `${completed} + ${failed} failed + ${timed_out} timed out of ${items}`
  })
  const after = heap()
  return [
    { what: "10,000 items with trouble", value: `${(wall / 1000).toFixed(1)} s, ${counts}` },
    {
      what: "heap: before, every tenth, after",
      value:
        globalThis.gc === undefined
          ? "needs node --expose-gc"
          : [before, ...marks, after].map(Math.round).join(" ") + " MB"
    }
  ]
}

export const experiments = async (progress: (text: string) => void): Promise<ReadonlyArray<Row>> => {
  const { close, url } = await sink()
  const origin = new URL(url).origin
  const evaluated = (options: Options) => () =>
    Effect.runPromise(
      evaluate({
        name: "bench",
        dataset: datapoints(ITEMS),
        concurrency: CONCURRENCY,
        run: ({ n }) => work(n),
        evaluators: [Evaluators.exactMatch({ name: "accuracy" })]
      }).pipe(Effect.provide(HoneyHive.layer(options)), silent)
    )
  const contestants: ReadonlyArray<readonly [string, () => Promise<unknown>]> = [
    ["Effect.forEach", () => Effect.runPromise(Effect.forEach(numbers, work, { concurrency: CONCURRENCY }))],
    ["evaluate, one evaluator", evaluated({ testMode: true })],
    ["evaluate, one evaluator, delivered", evaluated({ url: origin, apiKey: "hh_bench" })]
  ]
  const all = new Map<string, Array<Spent>>(contestants.map(([name]) => [name, []]))
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [name, run] of contestants) {
      progress(`${name} ${round}`)
      const cost = await spent(run)
      if (round >= 0) all.get(name)?.push(cost)
    }
  }
  const of = (name: string, what: keyof Spent): number =>
    median((all.get(name) ?? []).map((cost) => cost[what])) / ITEMS
  const [baseline = "", ...others] = contestants.map(([name]) => name)
  const rows: Array<Row> = contestants.map(([name]) => ({
    what: `${name}, ${WORK} each`,
    value: `${of(name, "wall").toFixed(3)} ms (CPU ${of(name, "cpu").toFixed(3)} ms)`,
    ...(name === baseline ? {} : { ratio: of(name, "wall") / of(baseline, "wall"), against: baseline })
  }))
  for (const name of others) {
    const more = (what: keyof Spent): string => (of(name, what) - of(baseline, what)).toFixed(3)
    rows.push({ what: `${name}: overhead per item`, value: `${more("wall")} ms (CPU ${more("cpu")} ms)` })
  }
  progress("10,000 items with trouble")
  return [...rows, ...(await trouble(origin, close))]
}
