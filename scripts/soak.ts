/**
 * `pnpm soak`: 20,000 spans at 1,000 a second while the backend answers 503 for 15 seconds in the middle; says what was
 * lost, what memory and event loop had to bear. Takes about 40 seconds. Exit code 1 when a span was lost.
 */
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { monitorEventLoopDelay } from "node:perf_hooks"
import { setTimeout } from "node:timers/promises"
import { parseArgs } from "node:util"
import { isMainThread, parentPort, Worker } from "node:worker_threads"
import { start, traced } from "@honeyhive/tracing"

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    rate: { type: "string", default: "1000" },
    outage: { type: "string", default: "15" },
    help: { type: "boolean", short: "h" }
  }
})

const payload = "lorem ipsum dolor sit amet ".repeat(40)

/** The delay that the event loop has anyway, doing the same work untraced, and with what is measured. */
const paced = async (seconds: number, perSecond: number, work: (index: number) => void): Promise<number> => {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const began = performance.now()
  let made = 0
  for (let turn = 1; turn <= seconds * 100; turn++) {
    for (; made < Math.round((turn * perSecond) / 100); made++) work(made)
    await setTimeout(Math.max(0, began + turn * 10 - performance.now()))
  }
  delay.disable()
  return delay.percentile(99) / 1e6
}

const heap = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1024 / 1024
}

/** The backend, in a thread of its own: what it keeps and decodes is not the program's. */
const serve = (): void => {
  let down = false
  let refused = 0
  const received = new Set<bigint>()
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      if (down) {
        refused++
        return void response.writeHead(503).end()
      }
      const body = Buffer.concat(chunks).toString()
      for (const [, id] of body.matchAll(/"spanId":"([0-9a-f]{16})"/g)) received.add(BigInt(`0x${id}`))
      response.end("{}")
    })
  })
  server.listen(0, "127.0.0.1", () => {
    parentPort?.postMessage((server.address() as AddressInfo).port) // of a TCP server
  })
  parentPort?.on("message", (word: "down" | "up" | "forget" | "count") => {
    if (word === "count") parentPort?.postMessage({ received: received.size, refused })
    else if (word === "forget") received.clear()
    else down = word === "down"
  })
}

const soak = async (seconds: number, rate: number, outage: number): Promise<boolean> => {
  const backend = new Worker(new URL(import.meta.url))
  const [port] = (await once(backend, "message")) as [number] // its first word

  const bare = await paced(2, rate, () => void payload.length)
  const hive = await start({
    otlpEndpoint: `http://127.0.0.1:${port}/v1/traces`,
    otlpCompression: "none",
    batchInterval: "1 second",
    flushTimeout: "1 minute",
    shutdownTimeout: "1 minute"
  })
  const step = traced({ name: "step" }, (index: number) => ({ index, payload }))
  for (let index = 0; index < 500; index++) step(index)
  await hive.flush()
  backend.postMessage("forget")
  const before = heap()

  const from = ((seconds - outage) / 2) * 1000
  const clock = Promise.all([
    setTimeout(from).then(() => backend.postMessage("down")),
    setTimeout(from + outage * 1000).then(() => backend.postMessage("up"))
  ])
  const p99 = await paced(seconds, rate, step)
  await clock
  const receipt = await hive.flush()
  const after = heap()
  await hive.close()
  backend.postMessage("count")
  const [{ received, refused }] = (await once(backend, "message")) as [{ received: number; refused: number }] // as sent
  await backend.terminate()

  const made = seconds * rate
  const lost = made - received
  console.log(`spans made                  ${made}`)
  console.log(`lost                        ${lost}`)
  console.log(`answers 503                 ${refused}`)
  console.log(`last receipt                ${JSON.stringify(receipt)}`)
  console.log(`heap before and after       ${before.toFixed(1)} MB, ${after.toFixed(1)} MB`)
  console.log(`event-loop delay, p99       ${p99.toFixed(1)} ms, untraced ${bare.toFixed(1)} ms`)
  return lost === 0
}

if (!isMainThread) serve()
else if (values.help) {
  console.log(
    "pnpm soak [--seconds 20] [--rate 1000] [--outage 15]\n\nSpans through an outage: what is lost, memory, delay."
  )
} else {
  const isWhole = await soak(Number(values.seconds), Number(values.rate), Number(values.outage))
  process.exitCode = isWhole ? 0 : 1
}
