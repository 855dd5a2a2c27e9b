/**
 * Requests to one backend over a pool of connections that never keep the process alive.
 *
 * Node's own `http` and its `Agent`: for the same body `fetch` takes several times their processor time, and its pool
 * cannot be told to let the process end.
 */
import type * as Http from "node:http"
import * as OtelApi from "@opentelemetry/api"
import { suppressTracing } from "@opentelemetry/core"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

export interface Target {
  readonly url: string
  readonly headers: { readonly [name: string]: string }
  /** From the first byte sent to the last one received. */
  readonly timeout: Duration.Duration
  readonly pool: Pool
}

/** How connections are made and kept. */
export interface Pool {
  readonly maxConnections: number
  readonly maxKeepaliveConnections: number
  readonly keepaliveExpiry: Duration.Duration
  readonly verifySsl: boolean
  readonly followRedirects: boolean
  /** Variables of a proxy by their usual names; none: connections are direct. */
  readonly proxy: { readonly [name: string]: string } | undefined
}

export interface Answer {
  readonly status: number
  readonly location: string | undefined
  readonly contentType: string | undefined
  readonly retryAfter: Duration.Duration | undefined
  readonly body: Buffer
}

/** The request got no whole answer. */
export class Unanswered extends Schema.TaggedError<Unanswered>()("Unanswered", { message: Schema.String }) {}

// A backend has nothing long to say
const MAX_ANSWER = 64 * 1024

/** Seconds or an HTTP date, as RFC 9110 has it. */
export const retryAfterOf = (header: string | undefined, now: number): Duration.Duration | undefined => {
  const written = header?.trim() ?? ""
  if (/^\d{1,9}$/.test(written)) return Duration.seconds(Number(written))
  const date = Date.parse(written)
  return Number.isNaN(date) || !/[a-z]/i.test(written) ? undefined : Duration.millis(Math.max(0, date - now))
}

/** In pieces, which are sent as they are. */
export type Body = ReadonlyArray<Buffer>

export const lengthOf = (body: Body): number => body.reduce((bytes, part) => bytes + part.length, 0)

const MAX_REDIRECTS = 3

/** Those redirects after which a POST is still a POST. */
const keepsMethod = ({ status }: Answer): boolean => status === 307 || status === 308

const load = (url: string) => (url.startsWith("https:") ? import("node:https") : import("node:http"))

type Method = "POST" | "PUT"

interface Connections {
  /** To an address of the same backend. */
  readonly request: (
    method: Method,
    url: string,
    body: Body,
    headers: { readonly [name: string]: string }
  ) => Effect.Effect<Answer, Unanswered>
  /** To the target's own address. */
  readonly post: (body: Body, headers: { readonly [name: string]: string }) => Effect.Effect<Answer, Unanswered>
  /** Ends every connection, whatever hangs on it; nothing is sent any more. */
  readonly close: () => void
}

export const connect = Effect.fnUntraced(function* (target: Target) {
  const http = yield* Effect.promise(() => load(target.url))
  const { keepaliveExpiry, maxConnections, maxKeepaliveConnections, proxy, verifySsl } = target.pool
  const agent = new http.Agent({
    keepAlive: maxKeepaliveConnections > 0,
    maxSockets: maxConnections,
    maxFreeSockets: Math.max(1, maxKeepaliveConnections),
    // Of sockets that nobody uses; a request has a timeout of its own
    timeout: Duration.toMillis(keepaliveExpiry),
    ...(proxy === undefined ? {} : { proxyEnv: proxy }),
    ...(verifySsl ? {} : { rejectUnauthorized: false })
  })
  const open = new Set<Http.ClientRequest>()
  let closed = false

  const once = (method: Method, url: URL, body: Body, headers: { readonly [name: string]: string }) =>
    Effect.callback<Answer, Unanswered>((resume, signal) => {
      let isDone = false
      const fail = (message: string): void => {
        // An error takes its stack, and every request that was answered closes, too
        if (isDone) return
        isDone = true
        resume(Effect.fail(new Unanswered({ message })))
      }
      if (closed) return fail("the exporter is closed")
      const request = OtelApi.context.with(suppressTracing(OtelApi.context.active()), () =>
        http.request(url, { agent, method, headers: { ...headers, "content-length": lengthOf(body) } })
      )
      open.add(request)
      request.on("close", () => {
        open.delete(request)
        // A request that ended without a word would be waited for until its timeout
        fail("the connection closed before the answer was complete")
      })
      request.on("socket", (socket) => void socket.unref())
      request.on("error", (error) => fail(error.message === "" ? error.name : error.message))
      request.on("response", (response) => {
        const chunks: Array<Buffer> = []
        let size = 0
        const done = (): void => {
          if (isDone) return
          isDone = true
          resume(
            Effect.succeed({
              status: response.statusCode ?? 0,
              location: response.headers.location,
              contentType: response.headers["content-type"],
              retryAfter: retryAfterOf(response.headers["retry-after"], Date.now()),
              body: Buffer.concat(chunks)
            })
          )
        }
        response.on("data", (chunk: Buffer) => {
          chunks.push(chunk)
          size += chunk.length
          if (size <= MAX_ANSWER) return
          done()
          request.destroy()
        })
        response.on("end", done)
        response.on("error", (error) => fail(error.message))
      })
      signal.addEventListener("abort", () => void request.destroy())
      // One call to the system for all of them
      request.cork()
      for (const part of body) request.write(part)
      request.end()
    })

  const follow = Effect.fnUntraced(function* (
    method: Method,
    first: URL,
    body: Body,
    headers: { readonly [name: string]: string }
  ) {
    let url = first
    let answer = yield* once(method, url, body, headers)
    for (let hops = 0; hops < MAX_REDIRECTS && keepsMethod(answer); hops++) {
      const next = URL.parse(answer.location ?? "", url)
      // To another origin, the key would go with it
      if (next === null || next.origin !== url.origin) break
      url = next
      answer = yield* once(method, url, body, headers)
    }
    return answer
  })

  const request: Connections["request"] = (method, url, body, headers) => {
    const all = { ...target.headers, ...headers }
    return (target.pool.followRedirects ? follow : once)(method, new URL(url), body, all).pipe(
      Effect.timeoutOrElse({
        duration: target.timeout,
        orElse: () => Effect.fail(new Unanswered({ message: `no answer within ${Duration.format(target.timeout)}` }))
      })
    )
  }

  const post: Connections["post"] = (body, headers) => request("POST", target.url, body, headers)

  const close = (): void => {
    closed = true
    for (const request of open) request.destroy()
    agent.destroy()
  }
  return { request, post, close } satisfies Connections
})
