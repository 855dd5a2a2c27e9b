/**
 * `pnpm bench:hive`: how fast a hive takes spans in (OTLP protobuf over HTTP, spans of 1 KB), how fast it answers meanwhile,
 * and how that compares with what SQLite inserts on this machine when nothing is in the way. `--spans` (default 1,000,000),
 * `--json`.
 *
 * The hive is a process of its own over a file; this process sends. Both are on the same machine, so the sender's work is
 * part of what the cores do.
 */
import { spawn } from "node:child_process"
import { randomFillSync } from "node:crypto"
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
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
  options: { json: { type: "boolean" }, spans: { type: "string", default: "1000000" }, help: { type: "boolean" } }
})

const PER_REQUEST = 500
const PER_TRACE = 100
const CONNECTIONS = 4

const serve = `
  import { Effect } from "effect"
  import { Hive } from "@honeyhive/hive"
  const main = Effect.gen(function*() {
    const { url } = yield* Hive
    process.stdout.write(url)
    return yield* Effect.never
  })
  await Effect.runPromise(main.pipe(Effect.provide(Hive.layer({ path: process.env.HIVE_BENCH_PATH }))))`

const id = (bytes: number, fill: number) => Buffer.alloc(bytes, fill).toString("hex")
const uuid = (fill: number) => id(16, fill).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")

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
          { role: "user", parts: [{ type: "text", content: `${"word ".repeat(60)}${index}` }] }
        ]),
        "gen_ai.output.messages": JSON.stringify([
          { role: "assistant", parts: [{ type: "text", content: `${"ok ".repeat(55)}${index}` }] }
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

let now = 1_790_000_000_000_000_000n

const body = (): Buffer => {
  const bytes = Buffer.from(base.bytes)
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
  for (const at of base.spans) randomFillSync(bytes, at, 8)
  base.spans.forEach((at, index) => {
    const parent = base.parents[index - Math.floor(index / PER_TRACE) - 1]
    if (index % PER_TRACE !== 0 && parent !== undefined)
      bytes.copy(bytes, parent, base.spans[index - 1], (base.spans[index - 1] ?? 0) + 8)
    else if (at === -1) throw new Error("no span")
  })
  return bytes
}

const agent = new Http.Agent({ keepAlive: true, maxSockets: CONNECTIONS + 2 })

const ask = (url: string, method: string, type: string, content: Buffer | string) =>
  new Promise<{ readonly status: number; readonly retryAfter: number }>((resolve, reject) => {
    const headers = {
      "content-type": type,
      authorization: "Bearer bench",
      "content-length": Buffer.byteLength(content)
    }
    const request = Http.request(url, { method, agent, headers }, (response) => {
      response.resume().on("end", () => {
        resolve({ status: response.statusCode ?? 0, retryAfter: Number(response.headers["retry-after"] ?? 1) })
      })
    })
    request.on("error", reject).end(content)
  })

const quantile = (sorted: ReadonlyArray<number>, q: number) => sorted[Math.floor((sorted.length - 1) * q)] ?? Number.NaN

/** Seconds of processor that a process has used, where the system tells (Linux, 100 ticks a second). */
const processor = (pid: number | undefined): number => {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return Number.NaN
  const fields = readFileSync(file, "utf8").split(") ")[1]?.split(" ") ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

const ingest = async (path: string, count: number) => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", serve], {
    env: { ...process.env, HIVE_BENCH_PATH: path },
    stdio: ["ignore", "pipe", "inherit"]
  })
  try {
    const url = await new Promise<string>((resolve) => child.stdout.once("data", (data) => resolve(String(data))))
    let left = Math.ceil(count / PER_REQUEST)
    const requests = left
    let done = false
    const send = async () => {
      while (left-- > 0) {
        const bytes = body()
        for (;;) {
          const { retryAfter, status } = await ask(`${url}/v1/traces`, "POST", "application/x-protobuf", bytes)
          if (status === 200) break
          if (status !== 503) throw new Error(`the hive answers ${status}`)
          await new Promise((resolve) => setTimeout(resolve, retryAfter * 1000))
        }
      }
    }
    const latencies: Array<number> = []
    const read = async () => {
      const newest = JSON.stringify({ filters: [], limit: 50 })
      while (!done) {
        const start = performance.now()
        const { status } = await ask(`${url}/v1/events/search`, "POST", "application/json", newest)
        if (status !== 200) throw new Error(`a search answers ${status}`)
        latencies.push(performance.now() - start)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
    const before = processor(child.pid)
    const start = performance.now()
    const reading = read()
    await Promise.all(Array.from({ length: CONNECTIONS }, send))
    const seconds = (performance.now() - start) / 1000
    done = true
    await reading
    const sorted = latencies.toSorted((a, b) => a - b)
    return {
      rate: (requests * PER_REQUEST) / seconds,
      p50: quantile(sorted, 0.5),
      p95: quantile(sorted, 0.95),
      processor: ((processor(child.pid) - before) / (requests * PER_REQUEST)) * 1e6,
      bytes: statSync(path).size / (requests * PER_REQUEST)
    }
  } finally {
    child.kill("SIGKILL")
    agent.destroy()
  }
}

/** Rows of the same size and one index of ids, prepared, in large transactions: what SQLite does when nothing else is done. */
const raw = (path: string, count: number): number => {
  const database = new DatabaseSync(path)
  database.exec(
    "PRAGMA page_size = 16384; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; CREATE TABLE t (id TEXT PRIMARY KEY, body TEXT)"
  )
  const insert = database.prepare("INSERT INTO t VALUES (?, ?)")
  const text = "x".repeat(base.bytes.length / PER_REQUEST)
  const start = performance.now()
  for (let written = 0; written < count; written += 10_000) {
    database.exec("BEGIN")
    for (let row = 0; row < 10_000; row++) insert.run(crypto.randomUUID(), text)
    database.exec("COMMIT")
  }
  const rate = count / ((performance.now() - start) / 1000)
  database.close()
  return rate
}

if (values.help) {
  console.log("pnpm bench:hive [--spans 1000000] [--json]")
} else {
  const count = Number(values.spans)
  const folder = mkdtempSync(join(tmpdir(), "hive-bench-"))
  try {
    const insert = raw(join(folder, "raw.db"), Math.min(count, 200_000))
    rmSync(join(folder, "raw.db"))
    const { bytes, p50, p95, processor, rate } = await ingest(join(folder, "hive.db"), count)
    const thousands = (value: number) => `${(value / 1000).toFixed(1)} k/s`
    const rows: ReadonlyArray<Row> = [
      { what: "raw SQLite inserts of 1 KB, one index", value: thousands(insert) },
      { what: "ingest, OTLP protobuf over HTTP", value: thousands(rate), ratio: rate / insert, against: "raw inserts" },
      { what: "processor time of the hive per span, both threads", value: `${processor.toFixed(1)} us` },
      { what: "newest 50 events meanwhile, p50", value: `${p50.toFixed(0)} ms` },
      { what: "newest 50 events meanwhile, p95", value: `${p95.toFixed(0)} ms`, ratio: p95 / 100, against: "100 ms" },
      {
        what: "file per span",
        value: `${bytes.toFixed(0)} B`,
        ratio: bytes / (base.bytes.length / PER_REQUEST),
        against: "bytes sent"
      }
    ]
    if (values.json) console.log(JSON.stringify(rows, null, 2))
    else print(rows)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
