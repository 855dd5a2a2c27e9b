/**
 * `pnpm bench:hive`: how fast a hive takes spans in (OTLP protobuf over HTTP, spans of 1 KB), how fast it answers meanwhile,
 * how fast a large trace opens, and how that compares with what SQLite inserts on this machine when nothing is in the way:
 * the same bytes as blobs under an id. `--spans` (default 1,000,000), `--trace` (spans of the large trace, default
 * 100,000), `--json`. Progress on standard error. Everything is asked through HTTP, as the page asks it.
 *
 * The hive is a process of its own over a file; this process sends requests that were encoded before, with new ids in
 * place. Both are on the same machine, so the sender's work is part of what the cores do: processor time is told apart.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { randomFillSync } from "node:crypto"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs"
import * as Http from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { parseArgs } from "node:util"
import { ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer"
import { resourceFromAttributes } from "@opentelemetry/resources"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import { print, type Row } from "./table.ts"

const { values } = parseArgs({
  options: {
    json: { type: "boolean" },
    spans: { type: "string", default: "1000000" },
    trace: { type: "string", default: "100000" },
    help: { type: "boolean" }
  }
})

const PER_REQUEST = 500
const PER_TRACE = 100
/** As many as an OpenTelemetry Collector or a handful of programs have: with fewer, both ends wait for each other. */
const CONNECTIONS = 8

const serve = `
  import { Effect } from "effect"
  import { Hive } from "@honeyhive/hive"
  const main = Effect.gen(function*() {
    const { url } = yield* Hive
    process.send({ url })
    return yield* Effect.never
  })
  await Effect.runPromise(main.pipe(Effect.provide(Hive.layer({ path: process.env.HIVE_BENCH_PATH }))))`

const start = async (
  path: string
): Promise<{ readonly child: ChildProcess; readonly pid: number; readonly url: string }> => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", serve], {
    env: { ...process.env, HIVE_BENCH_PATH: path },
    stdio: ["ignore", "inherit", "inherit", "ipc"]
  })
  const { url } = await new Promise<{ readonly url: string }>((resolve) => child.once("message", resolve))
  return { child, url, pid: child.pid ?? 0 }
}

const id = (bytes: number, fill: number) => Buffer.alloc(bytes, fill).toString("hex")
const uuid = (fill: number) => id(16, fill).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")

// Words of a vocabulary in no order: text that can be compressed about as far as what people and models write
let seed = 1
const words = (count: number): string =>
  Array.from({ length: count }, () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
    return (100_000 + ((seed >>> 8) % 4000) ** 2).toString(36)
  }).join(" ")

/** A request whose ids are then overwritten in place: making spans must not be what is measured. */
const template = () => {
  const resource = resourceFromAttributes({
    "service.name": "agent",
    "service.instance.id": "bench",
    "host.name": "here"
  })
  const spans = Array.from({ length: PER_REQUEST }, (_, index): unknown => {
    const trace = 1 + Math.floor(index / PER_TRACE)
    const parent = index % PER_TRACE === 0 ? undefined : { traceId: id(16, trace), spanId: id(8, 200), traceFlags: 1 }
    return {
      name: "chat gpt-4o",
      kind: 2,
      spanContext: () => ({ traceId: id(16, trace), spanId: id(8, 201), traceFlags: 1 }),
      parentSpanContext: parent,
      startTime: [1_790_000_000 + index, 5_000],
      endTime: [1_790_000_001 + index, 7_000],
      status: { code: 0 },
      links: [],
      events: [],
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
      resource,
      instrumentationScope: { name: "bench", version: "1" },
      attributes: {
        "honeyhive.session_id": uuid(trace),
        "honeyhive.session_auto_create": true,
        "honeyhive.session_name": "bench",
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 120,
        "gen_ai.usage.output_tokens": 34,
        "gen_ai.input.messages": JSON.stringify([
          { role: "user", parts: [{ type: "text", content: `${words(51)}${index}` }] }
        ]),
        "gen_ai.output.messages": JSON.stringify([
          { role: "assistant", parts: [{ type: "text", content: `${words(28)}${index}` }] }
        ])
      }
    }
  })
  const bytes = Buffer.from(ProtobufTraceSerializer.serializeRequest(spans as Array<ReadableSpan>) ?? []) // what it reads of a span
  const places = (text: Buffer): ReadonlyArray<number> => {
    const found: Array<number> = []
    for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + text.length)) found.push(at)
    return found
  }
  const traces = Array.from({ length: PER_REQUEST / PER_TRACE }, (_, index) => ({
    ids: places(Buffer.alloc(16, index + 1)),
    sessions: places(Buffer.from(uuid(index + 1)))
  }))
  const times = Array.from({ length: PER_REQUEST }, (_, index) =>
    [
      BigInt(1_790_000_000 + index) * 1_000_000_000n + 5_000n,
      BigInt(1_790_000_001 + index) * 1_000_000_000n + 7_000n
    ].map((time) => {
      const text = Buffer.alloc(8)
      text.writeBigUInt64LE(time)
      return bytes.indexOf(text)
    })
  )
  return { bytes, times, traces, spans: places(Buffer.alloc(8, 201)), parents: places(Buffer.alloc(8, 200)) }
}

const base = template()

const BYTES = Math.round(base.bytes.length / PER_REQUEST)

let now = 1_790_000_000_000_000_000n
let serial = 0

/** Numbers in place of random bytes: they only must not come twice. */
const count = (bytes: Buffer, at: number): void => {
  serial++
  // Where random ids differ too, so that an index meets them in no order
  bytes.writeUInt32LE(Math.imul(serial, 0x9e3779b1) >>> 0, at)
}

/** The next request, over one that has been answered. */
const fill = (bytes: Buffer): Buffer => {
  for (const [start = 0, end = 0] of base.times) {
    now += 20_000n
    bytes.writeBigUInt64LE(now, start)
    bytes.writeBigUInt64LE(now + 1_000_000n, end)
  }
  for (const { ids, sessions } of base.traces) {
    const trace = randomFillSync(Buffer.alloc(16))
    const session = crypto.randomUUID()
    for (const at of ids) trace.copy(bytes, at)
    for (const at of sessions) bytes.write(session, at, "latin1")
  }
  for (const at of base.spans) count(bytes, at)
  base.spans.forEach((at, index) => {
    const parent = base.parents[index - Math.floor(index / PER_TRACE) - 1]
    // An agent's tree: every tenth span is a step of the first one, what follows it happens in that step
    const above = index % 10 === 0 ? index - (index % PER_TRACE) : index - (index % 10)
    if (index % PER_TRACE !== 0 && parent !== undefined)
      bytes.copy(bytes, parent, base.spans[above], (base.spans[above] ?? 0) + 8)
    else if (at === -1) throw new Error("no span")
  })
  return bytes
}

const agent = new Http.Agent({ keepAlive: true, maxSockets: CONNECTIONS + 2 })

interface Answer {
  readonly status: number
  readonly retryAfter: number
  /** Milliseconds until the first part of the body was there. */
  readonly first: number
  readonly body: Buffer
}

const ask = (url: string, method: string, type = "application/json", content: Buffer | string = "") =>
  new Promise<Answer>((resolve, reject) => {
    const begun = performance.now()
    const headers = {
      "content-type": type,
      authorization: "Bearer bench",
      "content-length": Buffer.byteLength(content)
    }
    const request = Http.request(url, { method, agent, headers }, (response) => {
      const parts: Array<Buffer> = []
      let first = Number.NaN
      response.on("data", (part: Buffer) => {
        if (parts.push(part) === 1) first = performance.now() - begun
      })
      response.on("end", () => {
        const retryAfter = Number(response.headers["retry-after"] ?? 1)
        resolve({ status: response.statusCode ?? 0, retryAfter, first, body: Buffer.concat(parts) })
      })
    })
    request.on("error", reject).end(content)
  })

const quantile = (sorted: ReadonlyArray<number>, q: number) => sorted[Math.floor((sorted.length - 1) * q)] ?? Number.NaN

interface Processor {
  readonly main: number
  readonly writer: number
  /** The threads that answer questions. */
  readonly readers: number
  /** Collecting garbage, compiling, files: V8's and libuv's own threads. */
  readonly others: number
}

/** Seconds of processor that the hive's threads have used, where the system tells (Linux, 100 ticks a second). */
const processor = (pid: number): Processor => {
  const used = { main: 0, writer: 0, readers: 0, others: 0 }
  const folder = `/proc/${pid}/task`
  if (!existsSync(folder)) return { main: Number.NaN, writer: Number.NaN, readers: Number.NaN, others: Number.NaN }
  for (const task of readdirSync(folder)) {
    const [name = "", rest = ""] = readFileSync(join(folder, task, "stat"), "utf8").split(") ")
    const fields = rest.split(" ")
    const seconds = (Number(fields[11]) + Number(fields[12])) / 100
    const isOurs = name.includes("honeyhive")
    const kind = name.includes("honeyhive-write") ? "writer" : isOurs ? "readers" : "others"
    used[task === String(pid) ? "main" : kind] += seconds
  }
  return used
}

const LINE_EVERY = 5000
let said = -Infinity

const progress = (text: string): void => {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\x1b[K${text}`)
  } else if (text !== "" && performance.now() - said > LINE_EVERY) {
    said = performance.now()
    process.stderr.write(`${text}\n`)
  }
}

const post = async (url: string, bytes: Buffer): Promise<void> => {
  for (;;) {
    const { retryAfter, status } = await ask(`${url}/v1/traces`, "POST", "application/x-protobuf", bytes)
    if (status === 200) return
    if (status !== 503 && status !== 429) throw new Error(`the hive answers ${status}`)
    await new Promise((resolve) => setTimeout(resolve, retryAfter * 1000))
  }
}

const timed = async (work: () => Promise<{ readonly status: number }>): Promise<number> => {
  const start = performance.now()
  const { status } = await work()
  if (status !== 200) throw new Error(`the hive answers ${status}`)
  return performance.now() - start
}

const ingest = async (url: string, pid: number, total: number) => {
  let left = Math.ceil(total / PER_REQUEST)
  const requests = left
  const spans = requests * PER_REQUEST
  let done = false
  const latencies = { sessions: Array<number>(), events: Array<number>() }
  const read = async () => {
    const newest = JSON.stringify({ filters: [], limit: 50 })
    while (!done) {
      latencies.sessions.push(await timed(() => ask(`${url}/api/sessions?limit=50`, "GET")))
      latencies.events.push(await timed(() => ask(`${url}/v1/events/search`, "POST", "application/json", newest)))
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  const before = processor(pid)
  const mine = process.cpuUsage()
  const start = performance.now()
  const reading = read()
  const send = async () => {
    const bytes = Buffer.from(base.bytes)
    while (left-- > 0) {
      await post(url, fill(bytes))
      const seconds = (performance.now() - start) / 1000
      const sent = requests - Math.max(left, 0)
      if (sent % 20 === 0)
        progress(`${sent * PER_REQUEST} of ${spans} spans, ${Math.round((sent * PER_REQUEST) / seconds)} a second`)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, send))
  const seconds = (performance.now() - start) / 1000
  const after = processor(pid)
  const { system, user } = process.cpuUsage(mine)
  done = true
  await reading
  const perSpan = (seconds: number) => (seconds / spans) * 1e6
  return {
    rate: spans / seconds,
    sender: (system + user) / spans,
    main: perSpan(after.main - before.main),
    writer: perSpan(after.writer - before.writer),
    readers: perSpan(after.readers - before.readers),
    others: perSpan(after.others - before.others),
    sessions: latencies.sessions.toSorted((a, b) => a - b),
    events: latencies.events.toSorted((a, b) => a - b)
  }
}

/** The same bytes as blobs under an id, prepared, in large transactions: what SQLite does when nothing else is done. */
const raw = (path: string, count: number): number => {
  const database = new DatabaseSync(path)
  database.exec(
    "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB)"
  )
  const insert = database.prepare("INSERT INTO t VALUES (?, ?)")
  const body = Buffer.alloc(BYTES, 120)
  const start = performance.now()
  for (let written = 0; written < count; written += 10_000) {
    database.exec("BEGIN")
    for (let row = 0; row < 10_000; row++) insert.run(written + row, body)
    database.exec("COMMIT")
    progress(`SQLite alone: ${written} of ${count}`)
  }
  const rate = count / ((performance.now() - start) / 1000)
  database.close()
  return rate
}

/** One trace of many spans, in one session. */
const sendTrace = async (url: string, spans: number): Promise<string> => {
  const session = crypto.randomUUID()
  const trace = randomFillSync(Buffer.alloc(16))
  const bytes = Buffer.from(base.bytes)
  for (let sent = 0; sent < spans; sent += PER_REQUEST) {
    fill(bytes)
    for (const { ids, sessions } of base.traces) {
      for (const at of ids) trace.copy(bytes, at)
      for (const at of sessions) bytes.write(session, at, "latin1")
    }
    await post(url, bytes)
    progress(`a trace of ${spans} spans: ${sent}`)
  }
  return session
}

/** Opens the trace as the page does: light rows, one a line, as they are read. */
const openTrace = async (url: string, session: string) => {
  const begun = performance.now()
  const { body, first, status } = await ask(`${url}/api/sessions/${session}/spans`, "GET")
  if (status !== 200) throw new Error(`the hive answers ${status}`)
  const last = performance.now() - begun
  const lines: ReadonlyArray<{ readonly rows?: ReadonlyArray<unknown> }> = JSON.parse(
    `[${body.toString().trim().split("\n").join(",")}]`
  )
  return { first, last, rows: lines.reduce((sum, { rows = [] }) => sum + rows.length, 0) }
}

const queries = [
  "",
  "type:model",
  "model:gpt* duration>0s",
  "1a2b*",
  "zzzzz",
  "type:model model:gpt-4o tokens>10",
  "error:true",
  `"chat"`,
  "name:chat* since:1d"
]

/** The page's searches, one after the other. */
const search = async (url: string): Promise<ReadonlyArray<number>> => {
  const latencies: Array<number> = []
  for (let round = 0; round < 20; round++) {
    const texts = [...queries, words(1), words(1), `${words(1)} type:model`]
    for (const text of texts) {
      latencies.push(await timed(() => ask(`${url}/api/search?limit=50&q=${encodeURIComponent(text)}`, "GET")))
    }
    progress(`searching: ${latencies.length} answers`)
  }
  return latencies.toSorted((a, b) => a - b)
}

/** Waits until everything is indexed; how many waited, and how many were indexed in a second. */
const indexed = async (url: string): Promise<{ readonly behind: number; readonly rate: number }> => {
  const begun = performance.now()
  let before: number | undefined
  for (;;) {
    const { body } = await ask(`${url}/api/search?limit=1`, "GET")
    const { behind }: { readonly behind: number } = JSON.parse(body.toString())
    before ??= behind
    if (behind === 0) return { behind: before, rate: before / ((performance.now() - begun) / 1000) }
    progress(`indexing: ${behind} left`)
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

const thousands = (value: number) => `${(value / 1000).toFixed(1)} k/s`
const micros = (value: number) => `${value.toFixed(1)} us`
const millis = (what: string, value: number, limit: number): Row => ({
  what,
  value: `${value.toFixed(value < 10 ? 1 : 0)} ms`,
  ratio: value / limit,
  against: `${limit} ms`
})

const main = async (folder: string): Promise<ReadonlyArray<Row>> => {
  const count = Number(values.spans)
  const insert = raw(join(folder, "raw.db"), Math.min(count, 200_000))
  rmSync(join(folder, "raw.db"))
  const path = join(folder, "hive.db")
  const { child, pid, url } = await start(path)
  try {
    const { events, main, others, rate, readers, sender, sessions, writer } = await ingest(url, pid, count)
    const bytes = (statSync(path).size + statSync(`${path}-wal`).size) / count
    // On a machine with other work the clock says little; processor time says what two cores of its own would do
    const possible = 2e6 / (main + writer + readers + others + sender)
    const size = Number(values.trace)
    const session = await sendTrace(url, size)
    const opened = await openTrace(url, session)
    const { behind, rate: indexing } = await indexed(url)
    const again = await openTrace(url, session)
    if (opened.rows < size || again.rows < size)
      throw new Error(`${opened.rows} and ${again.rows} rows of ${size} spans`)
    const found = await search(url)
    return [
      { what: "raw SQLite inserts of the same bytes", value: thousands(insert) },
      { what: "ingest, OTLP protobuf over HTTP", value: thousands(rate), ratio: rate / insert, against: "raw inserts" },
      { what: "  against the promise", value: thousands(rate), ratio: rate / 50_000, against: "50 k/s" },
      { what: "processor time per span: the hive's main thread", value: micros(main) },
      { what: "  its writer thread", value: micros(writer) },
      { what: "  its threads for questions", value: micros(readers) },
      { what: "  its other threads (garbage, compiler)", value: micros(others) },
      { what: "  the sender", value: micros(sender) },
      {
        what: "spans that two free cores have time for",
        value: thousands(possible),
        ratio: possible / 50_000,
        against: "50 k/s"
      },
      {
        what: "  with a sender elsewhere",
        value: thousands(2e6 / (main + writer + readers + others)),
        ratio: 2e6 / (main + writer + readers + others) / 50_000,
        against: "50 k/s"
      },
      millis("list of 50 sessions meanwhile, p95", quantile(sessions, 0.95), 100),
      millis("newest 50 events meanwhile (REST), p95", quantile(events, 0.95), 100),
      millis(`a trace of ${size} spans before the index, first rows`, opened.first, 500),
      millis("  to the last", opened.last, 2000),
      { what: `indexing, ${behind} left after ingest`, value: thousands(indexing) },
      millis(`a trace of ${size} spans, first rows`, again.first, 500),
      millis("  to the last", again.last, 2000),
      millis("search, p95", quantile(found, 0.95), 50),
      millis("  median", quantile(found, 0.5), 50),
      { what: "file and log per span", value: `${bytes.toFixed(0)} B`, ratio: bytes / BYTES, against: "bytes sent" }
    ]
  } finally {
    progress("")
    child.kill("SIGKILL")
    agent.destroy()
  }
}

if (values.help) {
  console.log("pnpm bench:hive [--spans 1000000] [--trace 100000] [--json]")
} else {
  const folder = mkdtempSync(join(tmpdir(), "hive-bench-"))
  try {
    const rows = await main(folder)
    if (values.json) console.log(JSON.stringify(rows, null, 2))
    else print(rows)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
