/**
 * `node scripts/bench/search.ts [--events 1000000] [--file path] [--searches] [--json]`: how long the hive's questions take in a large store.
 *
 * The store is made once and kept beside the system's temporary files; another run with the same number asks it again. Its
 * events are of about 1 KB, with words as frequent as in prose.
 */
import { existsSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { parseArgs } from "node:util"
import { Effect, Result } from "effect"
import type { PostEvent } from "@honeyhive/contract/Event"
import { SqliteTraceStore, TraceQueries, TraceQuery, TraceStore } from "@honeyhive/hive"

const { values: options } = parseArgs({
  options: {
    events: { type: "string", default: "1000000" },
    file: { type: "string" },
    searches: { type: "boolean", default: false },
    json: { type: "boolean", default: false }
  }
})
const EVENTS = Number(options.events)
const path = options.file ?? join(tmpdir(), `hive-bench-search-${EVENTS}.db`)

// A generator of its own: every run makes the same store
let state = 42
const random = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state / 2 ** 32
}
const pick = <A>(list: ReadonlyArray<A>, skew = 1): A => list[Math.floor(list.length * random() ** skew)] as A // in range

const vocabulary = Array.from({ length: 30_000 }, (_, index) => {
  const syllables = ["re", "fund", "po", "li", "cy", "mo", "del", "ta", "sk", "in", "or", "un", "ka", "ze", "vu", "mi"]
  return [index & 15, (index >> 4) & 15, (index >> 8) & 15, index >> 12].map((part) => syllables[part % 16]).join("")
})
const prose = (words: number): string => Array.from({ length: words }, () => pick(vocabulary, 4)).join(" ")
const START = Date.UTC(2026, 9, 1)
const names = Array.from({ length: 40 }, (_, index) => `step_${index}`)
const models = ["gpt-4o", "gpt-4o-mini", "gpt-5", "claude-sonnet-4-5", "claude-haiku-4-5", "gemini-2.5-pro"]

const event = (index: number): PostEvent => {
  const type = pick(["model", "tool", "tool", "chain"] as const)
  const start = START + index * 2 - Math.floor(random() * 500)
  return {
    event_type: type,
    event_name: pick(names, 2),
    source: pick(["dev", "prod", "prod", "staging"]),
    session_id: `00000000-0000-4000-8000-${String(Math.floor(index / 40)).padStart(12, "0")}`,
    start_time: start,
    duration: Math.floor(10 / (random() + 0.0005)),
    inputs: { query: prose(60) },
    outputs: { text: prose(50) },
    ...(random() < 0.02
      ? { error: `${pick(["timeout", "overloaded", "refused", "rate limit"], 2)}: ${prose(6)}` }
      : {}),
    config: type === "model" ? { model: pick(models, 2), provider: "openai" } : {},
    metadata: {
      user_id: `user-${Math.floor(5000 * random() ** 2)}`,
      region: pick(["eu", "us", "ap"]),
      ...(type === "model"
        ? { prompt_tokens: Math.floor(random() * 4000), completion_tokens: Math.floor(random() * 800) }
        : {}),
      ...(random() < 0.0005 ? { flagged: true } : {})
    }
  }
}

const fill = Effect.gen(function* () {
  const store = yield* TraceStore
  const queries = yield* TraceQueries
  const begun = performance.now()
  for (let index = 0; index < EVENTS; index += 5000) {
    yield* store.createEvents(
      Array.from({ length: Math.min(5000, EVENTS - index) }, (_, offset) => event(index + offset))
    )
    // The index keeps pace: a question brings it up to date
    while ((yield* queries.search({ _tag: "All" }, { limit: 1 })).behind > 0);
    if (process.stderr.isTTY) process.stderr.write(`\r${index} events`)
  }
  return performance.now() - begun
})

const texts: ReadonlyArray<readonly [kind: string, text: () => string]> = [
  ["one word", () => pick(vocabulary, 4)],
  ["a rare word", () => pick(vocabulary)],
  ["the most common word", () => vocabulary[0] ?? ""],
  ["two words", () => `${pick(vocabulary, 3)} ${pick(vocabulary, 3)}`],
  ["a phrase", () => `"${pick(vocabulary, 6)} ${pick(vocabulary, 6)}"`],
  ["a prefix", () => `${pick(vocabulary, 2).slice(0, 6)}*`],
  ["word and type", () => `type:model ${pick(vocabulary, 3)}`],
  ["word without another", () => `${pick(vocabulary, 3)} -${pick(vocabulary, 3)}`],
  ["the issue's", () => `type:model model:gpt* duration>2s error:true "${pick(vocabulary, 6)}"`],
  ["user", () => `user:user-${Math.floor(random() * 5000)}`],
  ["user and word", () => `user:user-${Math.floor(random() * 5000)} ${pick(vocabulary, 5)}`],
  ["slow ones", () => `duration>${Math.floor(1 + random() * 19)}s`],
  ["errors of a model", () => `error:true model:${pick(models)}`],
  ["error word", () => `error:${pick(["timeout", "refused"])} type:tool`],
  ["metadata", () => "metadata.flagged:true"],
  ["common metadata", () => `metadata.region:${pick(["eu", "us"])} type:tool`],
  ["expensive", () => `cost>${(random() * 0.02).toFixed(4)}`],
  [
    "session",
    () => `session:00000000-0000-4000-8000-${String(Math.floor((random() * EVENTS) / 40)).padStart(12, "0")}`
  ],
  ["either", () => `(${pick(vocabulary, 3)} OR ${pick(vocabulary, 3)}) source:prod`],
  ["old and common", () => `${pick(vocabulary, 6)} until:2026-10-02`],
  ["everything", () => ""]
]

interface Row {
  readonly what: string
  readonly p50: number
  readonly p95: number
  readonly max: number
  /** Of processor time: what the other programs of a busy machine do not change. */
  readonly p95cpu: number
}

interface Time {
  readonly wall: number
  readonly cpu: number
}

const timer = () => {
  const wall = performance.now()
  const cpu = process.cpuUsage()
  return (): Time => {
    const { system, user } = process.cpuUsage(cpu)
    return { wall: performance.now() - wall, cpu: (system + user) / 1000 }
  }
}

const measured = (what: string, times: ReadonlyArray<Time>): Row => {
  const at = (part: number, which: keyof Time) => {
    const sorted = times.map((time) => time[which]).toSorted((a, b) => a - b)
    return Math.round((sorted[Math.ceil(sorted.length * part) - 1] ?? NaN) * 100) / 100
  }
  return { what, p50: at(0.5, "wall"), p95: at(0.95, "wall"), max: at(1, "wall"), p95cpu: at(0.95, "cpu") }
}

const ask = Effect.gen(function* () {
  const queries = yield* TraceQueries
  const rows: Array<Row> = []
  const all: Array<Time> = []
  for (const [kind, text] of texts) {
    const times: Array<Time> = []
    for (let round = 0; round < 40; round++) {
      const query = Result.getOrThrow(TraceQuery.parse(text()))
      const stop = timer()
      yield* queries.search(query)
      times.push(stop())
    }
    rows.push(measured(kind, times))
    all.push(...times)
  }
  rows.push(measured("ALL SEARCHES", all))
  if (options.searches) return rows
  const timed = Effect.fnUntraced(function* <A, E>(what: string, work: Effect.Effect<A, E>) {
    const times: Array<Time> = []
    for (let round = 0; round < 3; round++) {
      const stop = timer()
      yield* work
      times.push(stop())
    }
    rows.push(measured(what, times))
  })
  const parse = (text: string) => Result.getOrThrow(TraceQuery.parse(text))
  yield* timed("facets of everything", queries.facets(parse("")))
  yield* timed("facets of error:true", queries.facets(parse("error:true")))
  yield* timed("facets of type:model", queries.facets(parse("type:model")))
  yield* timed("aggregate errors by model", queries.aggregate(parse("error:true"), { by: "model" }))
  yield* timed("aggregate type:model by model", queries.aggregate(parse("type:model"), { by: "model" }))
  yield* timed("aggregate everything by name", queries.aggregate(parse(""), { by: "name" }))
  yield* timed("aggregate everything by day", queries.aggregate(parse(""), { by: "day" }))
  yield* timed("aggregate everything by session", queries.aggregate(parse(""), { by: "session" }))
  return rows
})

const made = existsSync(path)
const program = Effect.gen(function* () {
  if (!made) {
    const millis = yield* fill
    console.error(`filled: ${Math.round(EVENTS / (millis / 1000))} events/s, REST events with their index`)
  }
  const rows = yield* ask
  if (options.json) console.log(JSON.stringify(rows, null, 2))
  else console.table(rows)
})

await Effect.runPromise(program.pipe(Effect.provide(SqliteTraceStore.layer({ path }))))
const database = new DatabaseSync(path, { readOnly: true })
const sizes = database
  .prepare("SELECT SUM(CASE WHEN name LIKE 'index%' THEN pgsize ELSE 0 END) AS idx, SUM(pgsize) AS total FROM dbstat")
  .get()
console.error(
  `${path}: ${Math.round(statSync(path).size / 2 ** 20)} MiB, of which the index ${Math.round(Number(sizes?.["idx"]) / 2 ** 20)} MiB`
)
database.close()
