/**
 * A backend that misbehaves as it is told, and remembers every span that it took.
 */
import * as Http from "node:http"
import * as Https from "node:https"
import type { AddressInfo, Socket } from "node:net"
import { Schema } from "effect"
import selfsigned from "selfsigned"
import { Otlp } from "@honeyhive/contract"

export const faults = [
  "503",
  "429 + Retry-After",
  "connection refused",
  "reset mid-body",
  "hang",
  "slow loris",
  "half-accepted",
  "413",
  "TLS failure"
] as const

export type Fault = (typeof faults)[number]

export interface Backend {
  readonly url: string
  /** Names by span id; a span that came twice is here once. */
  readonly received: ReadonlyMap<string, string>
  /** Misbehaves from now on, or no longer. */
  readonly set: (fault: Fault | undefined) => Promise<void>
  readonly close: () => void
}

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(Otlp.ExportTraceServiceRequest))

const MOST_SPANS = 5

/** A certificate for loopback, and its authority, which is itself. */
export const certificate = () =>
  selfsigned.generate([{ name: "commonName", value: "127.0.0.1" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }
    ]
  })

export type Certificate = Awaited<ReturnType<typeof certificate>>

const secure = ({ cert, private: key }: Certificate) => ({ cert, key })

export const backend = async (trusted: Certificate, stranger: Certificate, tls: boolean): Promise<Backend> => {
  let fault: Fault | undefined
  const received = new Map<string, string>()
  const sockets = new Set<Socket>()

  const take = (body: Buffer, share: number): void => {
    const { accepted } = Otlp.spans(decode(body.toString()))
    for (const { name, spanId } of accepted.slice(0, Math.ceil(accepted.length * share))) received.set(spanId, name)
  }

  const misbehave = (how: Fault, body: Buffer, response: Http.ServerResponse): void => {
    switch (how) {
      case "503":
        return void response.writeHead(503).end()
      case "429 + Retry-After":
        return void response.writeHead(429, { "retry-after": "1" }).end()
      case "half-accepted":
        take(body, 0.5)
        return void response.writeHead(503).end()
      case "slow loris": {
        response.writeHead(200, { "content-length": "1000" })
        const drip = setInterval(() => response.write(" "), 20)
        return void response.on("close", () => clearInterval(drip))
      }
      default:
      // A hang: no answer at all
    }
  }

  const handler: Http.RequestListener = (request, response) => {
    if (fault === "reset mid-body") return request.socket.destroy()
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const body = Buffer.concat(chunks)
      if (fault === "413") {
        const { length } = Otlp.spans(decode(body.toString())).accepted
        if (length > MOST_SPANS) return void response.writeHead(413).end()
      } else if (fault !== undefined) return misbehave(fault, body, response)
      take(body, 1)
      response.end("{}")
    })
  }

  const https = tls ? Https.createServer(secure(trusted), handler) : undefined
  const server: Http.Server | Https.Server = https ?? Http.createServer(handler)
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket))
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve))
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  await listen(0)
  const { port } = server.address() as AddressInfo // of a TCP server

  const set = async (next: Fault | undefined): Promise<void> => {
    if (fault === next) return
    const before = fault
    fault = next
    hangUp()
    https?.setSecureContext(secure(next === "TLS failure" ? stranger : trusted))
    if (next === "connection refused") await new Promise((resolve) => server.close(resolve))
    else if (before === "connection refused") await listen(port)
  }

  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}/v1/traces`,
    received,
    set,
    close: () => {
      hangUp()
      server.close()
    }
  }
}
