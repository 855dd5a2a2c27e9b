import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import { AiError, QuotaExhaustedError, RateLimitError } from "effect/ai/AiError"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import { rateLimitOf } from "./rateLimit.ts"

const now = Date.parse("2026-11-21T10:00:00Z")

const ai = (reason: RateLimitError | QuotaExhaustedError) => AiError.make({ module: "m", method: "m", reason })

const http = (status: number, headers: Record<string, string>) => {
  const request = HttpClientRequest.get("http://localhost")
  const response = HttpClientResponse.fromWeb(request, new Response(null, { status, headers }))
  return new HttpClientError.HttpClientError({
    reason: new HttpClientError.StatusCodeError({ request, response })
  })
}

const hostile = {
  get status(): number {
    throw new Error("mine")
  }
}

const circular: { cause?: unknown } = {}
circular.cause = circular

describe("rateLimitOf", () => {
  it.each([
    ["effect/ai", ai(new RateLimitError({ retryAfter: Duration.seconds(7) })), 7000],
    ["effect/ai, without a time", ai(new RateLimitError({})), undefined],
    ["effect/http", http(429, { "retry-after": "3" }), 3000],
    ["effect/http, a date", http(429, { "retry-after": "Sat, 21 Nov 2026 10:00:20 GMT" }), 20_000],
    ["a service that is away for a time", http(503, { "retry-after": "1" }), 1000],
    ["OpenAI's client", { status: 429, headers: new Headers({ "retry-after-ms": "250" }) }, 250],
    ["Anthropic's, overloaded", { status: 529 }, undefined],
    ["axios", { response: { status: 429, headers: { "retry-after": "2" } } }, 2000],
    [
      "Vercel's, after its own tries",
      { lastError: { statusCode: 429, responseHeaders: { "retry-after": "1.5" } } },
      1500
    ],
    ["the cause of another", new Error("no", { cause: { status: 429 } }), undefined]
  ] as const)("knows %s", (_, error, retryAfter) => {
    assert.deepStrictEqual(rateLimitOf(Cause.fail(error), now), { retryAfter })
    assert.deepStrictEqual(rateLimitOf(Cause.die(error), now), { retryAfter })
  })

  it.each([
    ["no money left", ai(new QuotaExhaustedError({}))],
    ["no money left at OpenAI", { status: 429, code: "insufficient_quota" }],
    ["no money left, further in", { status: 429, error: { code: "insufficient_quota" } }],
    ["another status", http(500, { "retry-after": "1" })],
    ["a service that is away", http(503, {})],
    ["a text", "429"],
    ["null", null],
    ["a circle", circular],
    ["a field that throws", hostile]
  ])("does not wait for %s", (_, error) => {
    assert.isUndefined(rateLimitOf(Cause.fail(error), now))
  })
})
