/**
 * Whether a failure says "too many requests", and how long to wait.
 *
 * It is told by its shape, as every library has an error of its own: those of `effect/ai`, `effect/http` and
 * `effect/persistence`, of OpenAI's, Anthropic's and Vercel's clients, or anything with a status of 429.
 */
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"

export interface RateLimit {
  /** Milliseconds; absent where the failure does not say. */
  readonly retryAfter: number | undefined
}

type Fields = { readonly [name: string]: unknown }

const isFields = (value: unknown): value is Fields => Predicate.isObject(value)

const fieldsOf = (value: Fields, ...names: ReadonlyArray<string>): ReadonlyArray<Fields> =>
  names.map((name) => value[name]).filter(isFields)

const header = (headers: Fields, name: string): string | undefined => {
  const value = headers instanceof Headers ? headers.get(name) : headers[name]
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined
}

/** `Retry-After` in seconds or as a date, or OpenAI's in milliseconds. */
const fromHeaders = (headers: Fields, now: number): number | undefined => {
  const millis = Number(header(headers, "retry-after-ms") ?? Number.NaN)
  if (millis >= 0) return millis
  const text = header(headers, "retry-after")
  if (text === undefined) return undefined
  const wait = /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now
  return Number.isNaN(wait) ? undefined : Math.max(0, wait)
}

const tags = new Set(["RateLimitError", "RateLimitExceeded"])
/** Waiting does not help: there is no money left. */
const isExhausted = ({ _tag, code }: Fields): boolean => _tag === "QuotaExhaustedError" || code === "insufficient_quota"

const statusOf = (error: Fields, responses: ReadonlyArray<Fields>): unknown =>
  [error["status"], error["statusCode"], ...responses.map(({ status }) => status)].find(Predicate.isNumber)

/** Anthropic's answer while it is overloaded. */
const OVERLOADED = 529
const DEPTH = 6

const look = (error: unknown, now: number, depth: number): RateLimit | undefined => {
  if (depth > DEPTH || !isFields(error) || isExhausted(error)) return undefined
  const inner = fieldsOf(error, "reason", "cause", "lastError", "error")
  if (inner.some(isExhausted)) return undefined
  const responses = fieldsOf(error, "response")
  const waits = [
    ...(Duration.isDuration(error["retryAfter"]) ? [Duration.toMillis(error["retryAfter"])] : []),
    ...[error, ...responses]
      .flatMap((one) => fieldsOf(one, "headers", "responseHeaders"))
      .flatMap((headers) => fromHeaders(headers, now) ?? [])
  ]
  const [retryAfter] = waits
  const status = statusOf(error, responses)
  const isLimit =
    (typeof error["_tag"] === "string" && tags.has(error["_tag"])) ||
    status === 429 ||
    status === OVERLOADED ||
    (status === 503 && retryAfter !== undefined)
  if (isLimit) return { retryAfter }
  return inner.map((one) => look(one, now, depth + 1)).find((found) => found !== undefined)
}

/** `now` in Unix milliseconds, for dates. */
export const rateLimitOf = (cause: Cause.Cause<unknown>, now: number): RateLimit | undefined => {
  try {
    return cause.reasons
      .map((reason) =>
        Cause.isFailReason(reason)
          ? look(reason.error, now, 0)
          : Cause.isDieReason(reason)
            ? look(reason.defect, now, 0)
            : undefined
      )
      .find((found) => found !== undefined)
  } catch {
    // An error whose fields throw is no answer
    return undefined
  }
}
