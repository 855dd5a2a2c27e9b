/**
 * What delivering ended spans costs: OpenTelemetry's BatchSpanProcessor with its OTLP exporter against `Delivery` with
 * ours, fed by the same spans, each in a process of its own.
 */
import { spawn } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { createInterface } from "node:readline"
import { median, type Row } from "./table.ts"

/** What one process measured. */
export interface Measured {
  /** Milliseconds of processor time, all threads, for all spans until they were accepted. */
  readonly cpu: number
  /** Bytes: the most that the process had in memory. */
  readonly peak: number
  /** Milliseconds: the longest that the event loop was held. */
  readonly stall: number
}

const spans = 100_000
const ROUNDS = 3

/** Takes everything, and counts the bytes. */
const counting = () =>
  new Promise<{ readonly url: string; readonly take: () => number; readonly close: () => void }>((resolve) => {
    let bytes = 0
    const server = createServer((request, response) => {
      request.on("data", (chunk: Buffer) => void (bytes += chunk.length))
      request.on("end", () => response.writeHead(200, { "content-type": request.headers["content-type"] ?? "" }).end())
    })
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo // of a TCP server
      const take = () => {
        const taken = bytes
        bytes = 0
        return taken
      }
      const close = () => {
        server.closeAllConnections()
        server.close()
      }
      resolve({ url: `http://127.0.0.1:${port}/v1/traces`, take, close })
    })
  })

const run = async (args: ReadonlyArray<string>): Promise<Measured> => {
  const path = new URL("./deliver.child.ts", import.meta.url).pathname
  const child = spawn(process.execPath, ["--expose-gc", path, ...args], { stdio: ["ignore", "pipe", "inherit"] })
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line) as Measured // its only line
  throw new Error(`${args.join(" ")} ended without a result`)
}

const formats = ["json", "protobuf"] as const

/** Runs both, format by format, and returns a row for each measure. */
export const deliver = async (progress: (text: string) => void): Promise<ReadonlyArray<Row>> => {
  const { close, take, url } = await counting()
  const rows: Array<Row> = []
  for (const format of formats) {
    const results = { theirs: [] as Array<Measured>, ours: [] as Array<Measured> }
    const bytes = { theirs: 0, ours: 0 }
    for (let round = 0; round < ROUNDS; round++) {
      for (const who of ["theirs", "ours"] as const) {
        progress(`delivery, ${format}: round ${round + 1} of ${ROUNDS}, ${who}`)
        results[who].push(await run([who, format, "none", url, String(spans)]))
        bytes[who] = take() / spans
      }
    }
    const compare = (what: string, unit: string, scale: number, value: (measured: Measured) => number): void => {
      const [theirs, ours] = [median(results.theirs.map(value)), median(results.ours.map(value))]
      rows.push({
        what: `delivery, ${format}: ${what}`,
        value: `${(ours / scale).toFixed(1)} ${unit}`,
        ratio: ours / theirs,
        against: `BatchSpanProcessor, ${(theirs / scale).toFixed(1)} ${unit}`
      })
    }
    const compareBytes = (what: string, ours: number, theirs: number): void =>
      void rows.push({
        what: `delivery, ${format}: ${what}`,
        value: `${ours.toFixed(0)} bytes`,
        ratio: ours / theirs,
        against: `BatchSpanProcessor, ${theirs.toFixed(0)} bytes`
      })
    compareBytes("a span on the wire", bytes.ours, bytes.theirs)
    progress(`delivery, ${format}: gzip`)
    await run(["theirs", format, "gzip", url, "10000"])
    const theirs = take() / 10_000
    await run(["ours", format, "gzip", url, "10000"])
    compareBytes("a span on the wire, gzip", take() / 10_000, theirs)
    compare("CPU of 100,000 spans", "s", 1000, ({ cpu }) => cpu)
    compare("peak memory", "MB", 1024 * 1024, ({ peak }) => peak)
    progress(`delivery, ${format}: paced`)
    const [pacedTheirs, pacedOurs] = [
      await run(["theirs", format, "none", url, "paced"]),
      await run(["ours", format, "none", url, "paced"])
    ]
    take()
    rows.push({
      what: `delivery, ${format}: longest stall at 5,000 spans/s`,
      value: `${pacedOurs.stall.toFixed(1)} ms`,
      ratio: pacedOurs.stall / pacedTheirs.stall,
      against: `BatchSpanProcessor, ${pacedTheirs.stall.toFixed(1)} ms`
    })
  }
  progress("delivery: durable spool")
  const [off, durable] = [
    await run(["ours", "json", "none", url, "20000"]),
    await run(["durable", "json", "none", url, "20000"])
  ]
  rows.push({
    what: "delivery: a span written ahead (spool durable)",
    value: `+${((durable.cpu - off.cpu) / 20).toFixed(1)} µs CPU`,
    ratio: durable.cpu / off.cpu,
    against: "spool off"
  })
  close()
  return rows
}
