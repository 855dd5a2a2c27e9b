/**
 * An OTLP endpoint that takes everything and keeps nothing, in a thread of its own so that it costs the bench nothing.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { isMainThread, parentPort, Worker } from "node:worker_threads"

/** Starts the sink and returns its traces URL; `close` ends its thread. */
export const sink = (): Promise<{ readonly url: string; readonly close: () => Promise<number> }> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url))
    worker.once("error", reject)
    worker.once("message", (port: number) =>
      resolve({ url: `http://127.0.0.1:${port}/v1/traces`, close: () => worker.terminate() })
    )
  })

if (!isMainThread) {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end("{}"))
  })
  server.listen(0, "127.0.0.1", () => {
    parentPort?.postMessage((server.address() as AddressInfo).port) // a TCP server's address
  })
}
