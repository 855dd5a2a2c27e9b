/**
 * The road of a fleet, with a real OpenTelemetry Collector: programs, Collector, hive. Each of the two is killed on the way.
 */
import { spawn } from "node:child_process"
import { createServer, type AddressInfo } from "node:net"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { afterEach, expect, it } from "vitest"
import { start } from "./cli.ts"
import { path } from "./collector.ts"
import { environment } from "./environment.ts"

const collectorProgram = process.env["HIVE_TEST_COLLECTOR"] ?? ""
const KEY = "fleet-key"
const BATCH = 100

const undo: Array<() => Promise<unknown>> = []
afterEach(async () => {
  for (const end of undo.splice(0).toReversed()) await end()
})

/** A port that is free, for a program that must come back to the same one. */
const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo // it listens on TCP
      server.close(() => resolve(port))
    })
  })

const folder = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), "honeyhive-fleet-"))
  undo.push(() => rm(path, { recursive: true, force: true }))
  return path
}

const clickhouse = process.env["HIVE_TEST_CLICKHOUSE"]
const store =
  clickhouse === undefined ? {} : { HIVE_STORE: `${clickhouse}/fleet_${crypto.randomUUID().replaceAll("-", "_")}` }

const startHive = async (data: string, port: number) => {
  const env = { HIVE_KEY: KEY, ...store }
  const { child, ended, says } = start(["up", "--port", String(port)], { data, env })
  undo.push(() => (child.kill("SIGKILL"), ended))
  const url = await says(/hive at (http:\/\/\S+)/)
  return { url, kill: () => (child.kill("SIGKILL"), ended) }
}

const startCollector = async (hive: string, queue: string, port: number) => {
  const child = spawn(collectorProgram, ["--config", path], {
    env: {
      ...environment(),
      HIVE_URL: hive,
      HIVE_KEY: KEY,
      HIVE_QUEUE_FOLDER: queue,
      OTLP_HTTP_ENDPOINT: `127.0.0.1:${port}`,
      OTLP_GRPC_ENDPOINT: "127.0.0.1:0",
      OTELCOL_METRICS_PORT: "0"
    },
    stdio: ["ignore", "ignore", "pipe"]
  })
  const ended = new Promise((resolve) => child.once("exit", resolve))
  undo.push(() => (child.kill("SIGKILL"), ended))
  let log = ""
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text
      if (log.includes("Everything is ready")) resolve()
    })
    void ended.then(() => reject(new Error(`the Collector ended: ${log}`)))
  })
  return { url: `http://127.0.0.1:${port}`, kill: () => (child.kill("SIGKILL"), ended), log: () => log }
}

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, "0")

/** Sends spans until they are acknowledged, as an exporter does. */
const send = async (collector: string, batch: number): Promise<void> => {
  const spans = Array.from({ length: BATCH }, (_, index) => ({
    traceId: hex(batch + 1, 32),
    spanId: hex(batch * BATCH + index + 1, 16),
    name: `span ${batch * BATCH + index}`,
    kind: 1,
    startTimeUnixNano: String(1_790_000_000_000_000_000n + BigInt(batch * BATCH + index) * 1_000_000n),
    endTimeUnixNano: String(1_790_000_000_005_000_000n + BigInt(batch * BATCH + index) * 1_000_000n),
    attributes: [{ key: "honeyhive_inputs.text", value: { stringValue: "x".repeat(500) } }]
  }))
  const response = await fetch(`${collector}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ scope: { name: "fleet" }, spans }] }] })
  })
  expect(response.status).toBe(200)
}

/** The names of all spans in a hive. */
const names = async (hive: string): Promise<ReadonlyArray<string>> => {
  const found: Array<string> = []
  for (let page = 1; ; page++) {
    const response = await fetch(`${hive}/v1/events/export`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
      body: JSON.stringify({
        filters: [{ field: "event_name", operator: "contains", value: "span " }],
        limit: 1000,
        page
      })
    })
    expect(response.status).toBe(200)
    const { events } = (await response.json()) as { readonly events: ReadonlyArray<{ readonly event_name: string }> } // REST
    found.push(...events.map(({ event_name }) => event_name))
    if (events.length < 1000) return found
  }
}

/** All there is, when so many are there: pages that are read while spans arrive may show one twice. */
const arrived = async (hive: string, count: number): Promise<ReadonlyArray<string>> => {
  const deadline = Date.now() + 60_000
  while (new Set(await names(hive)).size < count && Date.now() < deadline) await wait(100)
  return names(hive)
}

const expected = (count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, index) => `span ${index}`).toSorted()

it("nothing that was acknowledged is lost when the hive is killed and comes back, nor when the Collector is", async () => {
  const data = await folder()
  const queue = await folder()
  const hivePort = await freePort()
  const collectorPort = await freePort()
  const first = await startHive(data, hivePort)
  const collector = await startCollector(first.url, queue, collectorPort)
  const batches = 60
  // In the middle of what is sent: some of it is on its way to the hive, some of it is being written
  for (let batch = 0; batch < 20; batch++) await send(collector.url, batch)
  await first.kill()
  for (let batch = 20; batch < 40; batch++) await send(collector.url, batch)
  await collector.kill()
  const again = await startCollector(first.url, queue, collectorPort)
  for (let batch = 40; batch < batches; batch++) await send(again.url, batch)
  const second = await startHive(data, hivePort)
  const found = await arrived(second.url, batches * BATCH)
  expect(found.toSorted()).toEqual(expected(batches * BATCH))
})

it("a key that the hive does not take is said in the Collector's log", async () => {
  const hive = start(["up"], { data: await folder(), env: { HIVE_KEY: "another" } })
  undo.push(() => (hive.child.kill("SIGKILL"), hive.ended))
  const url = await hive.says(/hive at (http:\/\/\S+)/)
  const collector = await startCollector(url, await folder(), await freePort())
  await send(collector.url, 0)
  await expect.poll(collector.log, { timeout: 20_000 }).toContain("401")
})
