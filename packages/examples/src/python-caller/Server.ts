/**
 * A service that a Python program calls: its spans join the caller's trace and session, which HoneyHive's Python SDK sends
 * in the headers `traceparent` and `baggage`.
 */
import { Effect, Option } from "effect"
import { type Headers, HttpRouter, HttpServerResponse, HttpTraceContext } from "effect/http"
import { CurrentSession, HoneyHive, type SessionInfo } from "@honeyhive/tracing"

/** The value of a key in a `baggage` header. */
const inBaggage = (headers: Headers.Headers, ...keys: ReadonlyArray<string>): string | undefined => {
  const entries = (headers["baggage"] ?? "").split(",").map((member) => {
    const [key = "", value = ""] = (member.split(";", 1)[0] ?? "").split("=")
    return [key.trim(), decodeURIComponent(value.trim())] as const
  })
  const found = new Map(entries)
  return keys.map((key) => found.get(key)).find((value) => value !== undefined && value !== "")
}

const sessionOf = (headers: Headers.Headers): SessionInfo | undefined => {
  const id = inBaggage(headers, "honeyhive_session_id", "session_id")
  return id === undefined ? undefined : { id, name: "from Python", startTime: Date.now() }
}

/** Runs an effect where the caller is: below its span, in its session. Without headers it is a trace of its own. */
const continuing =
  (headers: Headers.Headers) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> => {
    const inSession = Effect.provideService(effect, CurrentSession, sessionOf(headers))
    return Option.match(HttpTraceContext.fromHeaders(headers), {
      onNone: () => inSession,
      onSome: (parent) => Effect.withParentSpan(inSession, parent)
    })
  }

const rank = Effect.fn("rank")(function* (words: ReadonlyArray<string>) {
  yield* HoneyHive.enrichSpan({ type: "tool", inputs: { words } })
  return words.toSorted((a, b) => a.length - b.length)
})

/** `POST /rank`, a word in each line. */
export const routes = HttpRouter.use((router) =>
  router.add("POST", "/rank", (request) =>
    Effect.gen(function* () {
      const words = (yield* request.text).split("\n")
      return HttpServerResponse.text((yield* rank(words).pipe(continuing(request.headers))).join("\n"))
    })
  )
)
