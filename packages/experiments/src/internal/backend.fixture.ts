/**
 * A HoneyHive on loopback that answers as a test tells it and remembers what it was told.
 */
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ExportTraceServiceRequest, spans as spansOf } from "@honeyhive/contract/Otlp"

export interface Request {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly body: string
}

type Answer = (request: Request) => { readonly status: number; readonly body: unknown } | undefined

const decode = Schema.decodeUnknownSync(Schema.fromJsonString(ExportTraceServiceRequest))

/** What the script does not answer is accepted. */
export const honeyhive = (answer: Answer = () => undefined) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly server: Http.Server; readonly requests: Array<Request> }>(
      (resume) => {
        const requests: Array<Request> = []
        const server = Http.createServer((incoming, response) => {
          const chunks: Array<Buffer> = []
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
          incoming.on("end", () => {
            const request = {
              method: incoming.method ?? "",
              path: decodeURIComponent(incoming.url ?? ""),
              authorization: incoming.headers.authorization,
              body: Buffer.concat(chunks).toString()
            }
            requests.push(request)
            const { body, status } = answer(request) ?? { status: 200, body: {} }
            response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
          })
        })
        server.listen(0, "127.0.0.1", () => {
          const { port } = server.address() as AddressInfo // a TCP server's address
          resume(Effect.succeed({ server, requests, url: `http://127.0.0.1:${port}` }))
        })
      }
    ),
    ({ server }) =>
      Effect.callback<void>((resume) => {
        server.closeAllConnections()
        server.close(() => resume(Effect.void))
      })
  ).pipe(
    Effect.map(({ requests, url }) => {
      const bodies = (method: string, path: string) =>
        requests
          .filter((request) => request.method === method && request.path.startsWith(path))
          .map((request) => ({ path: request.path, body: JSON.parse(request.body) }))
      return {
        url,
        requests,
        runs: () => bodies("POST", "/v1/runs").map(({ body }) => body),
        runUpdates: () => bodies("PUT", "/v1/runs/"),
        sessions: () => bodies("POST", "/v1/sessions").map(({ body }) => body),
        updates: () => bodies("PUT", "/v1/events/"),
        spans: () =>
          requests
            .filter(({ path }) => path.startsWith("/opentelemetry"))
            .flatMap(({ body }) => spansOf(decode(body)).accepted)
      }
    })
  )
