/**
 * Whatever goes wrong with a request, in HoneyHive's error shape.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as HttpServerError from "effect/http/HttpServerError"
import * as HttpServerRespondable from "effect/http/HttpServerRespondable"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { TraceStoreError } from "./TraceStore.ts"

/**
 * A request that is refused; `message` says why.
 *
 * @category errors
 * @since 0.1.0
 */
export class HttpProblem extends Schema.TaggedError<HttpProblem>()("HttpProblem", {
  statusCode: Schema.Int,
  errorCode: Schema.String,
  message: Schema.String
}) {
  [HttpServerRespondable.symbol]() {
    const { errorCode, message, statusCode } = this
    return Effect.succeed(
      HttpServerResponse.jsonUnsafe(
        { statusCode, message, success: false, errorCode },
        { status: statusCode, ...(statusCode === 503 ? { headers: { "retry-after": "1" } } : {}) }
      )
    )
  }
}

const fromError = (error: unknown): HttpProblem => {
  if (error instanceof HttpProblem) return error
  if (HttpServerError.isHttpServerError(error)) {
    const { reason } = error
    switch (reason._tag) {
      case "RouteNotFound":
        return new HttpProblem({
          statusCode: 404,
          errorCode: "not_found",
          message: `no route ${reason.request.method} ${reason.request.url.split("?")[0]}`
        })
      case "RequestParseError":
        return reason.reason === "BodyTooLarge"
          ? new HttpProblem({ statusCode: 413, errorCode: "payload_too_large", message: "the body is too large" })
          : new HttpProblem({
              statusCode: 400,
              errorCode: "bad_request",
              message: `the body cannot be read: ${reason.description || describe(reason.cause)}`
            })
    }
  }
  if (error instanceof TraceStoreError && error.busy === true) {
    return new HttpProblem({ statusCode: 503, errorCode: "busy", message: error.message })
  }
  return new HttpProblem({ statusCode: 500, errorCode: "internal_error", message: "the hive failed; see its log" })
}

const describe = (cause: unknown): string =>
  cause instanceof Error && cause.message !== "" ? cause.message : "it is truncated or malformed"

/** Answers that Effect's own middleware gives without a body. */
const withBody = (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse =>
  response.status < 400 || response.body._tag !== "Empty"
    ? response
    : HttpServerResponse.jsonUnsafe(
        {
          statusCode: response.status,
          message:
            response.status === 415 ? "content encoding must be gzip, deflate or identity" : "the request is refused",
          success: false,
          errorCode: response.status === 415 ? "unsupported_encoding" : "refused"
        },
        { status: response.status, headers: response.headers }
      )

/**
 * Answers every failure of the routes inside it. What is our own fault is logged, without the request's content.
 *
 * @category middleware
 * @since 0.1.0
 */
export const answering = <E, R>(
  routes: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> =>
  Effect.catchCause(Effect.map(routes, withBody), (cause) => {
    if (Cause.hasInterruptsOnly(cause)) return Effect.interrupt
    const problem = fromError(Cause.squash(cause))
    const answer = Effect.orDie(HttpServerRespondable.toResponse(problem))
    return problem.statusCode !== 500
      ? answer
      : Effect.andThen(Effect.logError("hive: a request failed", cause), answer)
  })
