/**
 * A real HTTP server on loopback that answers as a test tells it and remembers what it was asked.
 */
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"

export interface Request {
  readonly method: string
  readonly path: string
  readonly headers: Http.IncomingHttpHeaders
  readonly body: Buffer
}

/** `undefined` never answers. */
export type Answer = (
  request: Request
) => { readonly status: number; readonly body: string; readonly type?: string } | undefined

export const backend = (answer: Answer) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly server: Http.Server; readonly requests: ReadonlyArray<Request>; readonly url: string }>(
      (resume) => {
        const requests: Array<Request> = []
        const server = Http.createServer((incoming, response) => {
          const chunks: Array<Buffer> = []
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
          incoming.on("end", () => {
            const request = {
              method: incoming.method ?? "",
              path: incoming.url ?? "",
              headers: incoming.headers,
              body: Buffer.concat(chunks)
            }
            requests.push(request)
            const answered = answer(request)
            if (answered === undefined) return
            response.writeHead(answered.status, { "content-type": answered.type ?? "application/json" })
            response.end(answered.body, "latin1")
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
  )
