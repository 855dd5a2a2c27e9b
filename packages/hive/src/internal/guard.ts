/**
 * Who may speak to the hive at all, before anything of a request is read: names that it answers to, pages that may call it.
 */
import { isIP } from "node:net"
import * as Effect from "effect/Effect"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import type * as HttpServerResponse from "effect/http/HttpServerResponse"
import { HttpProblem } from "../HttpProblem.ts"

export interface GuardOptions {
  /** What the hive is bound to. */
  readonly host: string
  readonly allowedHosts: ReadonlyArray<string>
  readonly allowedOrigins: ReadonlyArray<string>
}

/** Whether only this machine can reach an address. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."))

/** The name in a Host header, without port and brackets. */
const nameOf = (host: string): string => {
  const [, bracketed, name = ""] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(host) ?? []
  return (bracketed ?? name).toLowerCase().replace(/\.$/, "")
}

/**
 * Names that resolve to this machine for everybody, and addresses: no foreign page can have one as its name, which is what
 * DNS rebinding needs.
 */
const isSafe = (name: string): boolean => name === "localhost" || name.endsWith(".localhost") || isIP(name) !== 0

/** Refuses requests that came for another host, and those of pages that nobody let in. */
export const guard = ({ allowedHosts, allowedOrigins, host }: GuardOptions) => {
  const hosts = new Set([host, ...allowedHosts].map((name) => name.toLowerCase()))
  const origins = new Set(allowedOrigins)
  // Without a list, Effect's own middleware lets everybody in
  const cors =
    allowedOrigins.length === 0
      ? <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) => app
      : HttpMiddleware.cors({ allowedOrigins, maxAge: 600 })

  const refusal = (headers: HttpServerRequest.HttpServerRequest["headers"]): HttpProblem | undefined => {
    const said = headers["host"] ?? ""
    const name = nameOf(said)
    if (!isSafe(name) && !hosts.has(name)) {
      return new HttpProblem({
        statusCode: 421,
        errorCode: "misdirected_request",
        message: "this hive does not answer to that host name: add it to allowedHosts"
      })
    }
    const origin = headers["origin"]
    if (origin === undefined || origins.has(origin)) return undefined
    // A page that the hive itself served
    if (origin.toLowerCase() === `http://${said.toLowerCase()}`) return undefined
    return new HttpProblem({
      statusCode: 403,
      errorCode: "forbidden",
      message: "pages of that origin may not call this hive: add it to allowedOrigins"
    })
  }

  return <E, R>(app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>) => {
    const within = cors(app)
    return Effect.flatMap(
      HttpServerRequest.HttpServerRequest,
      ({
        headers
      }): Effect.Effect<
        HttpServerResponse.HttpServerResponse,
        E | HttpProblem,
        R | HttpServerRequest.HttpServerRequest
      > => {
        const problem = refusal(headers)
        return problem === undefined ? within : Effect.fail(problem)
      }
    )
  }
}
