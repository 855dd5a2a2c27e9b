/**
 * A service that a Python program calls: its spans join the caller's trace and session, which HoneyHive's Python SDK sends
 * in the headers `traceparent` and `baggage`.
 */
import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { HoneyHive } from "@honeyhive/tracing"

const rank = Effect.fn("rank")(function* (words: ReadonlyArray<string>) {
  yield* HoneyHive.enrichSpan({ type: "tool", inputs: { words } })
  return words.toSorted((a, b) => a.length - b.length)
})

/** `POST /rank`, a word in each line. Nothing here knows that somebody calls: see `main.ts`. */
export const routes = HttpRouter.use((router) =>
  router.add("POST", "/rank", (request) =>
    Effect.gen(function* () {
      const words = (yield* request.text).split("\n")
      return HttpServerResponse.text((yield* rank(words)).join("\n"))
    })
  )
)
