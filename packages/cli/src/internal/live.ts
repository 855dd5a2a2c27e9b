/**
 * A hive's live stream (`GET /api/live`), as Server-Sent Events.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Sse from "effect/encoding/Sse"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { Event } from "@honeyhive/contract/Event"
import { noHive, Problem } from "./problem.ts"

/**
 * The connection is open, and misses nothing from here on; an event as it is now; some were missed. `id` is the place to go
 * on from.
 */
export type News =
  | { readonly _tag: "Open" }
  | { readonly _tag: "Event"; readonly id: string | undefined; readonly event: Event }
  | { readonly _tag: "Gap"; readonly id: string | undefined }

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Event))

const toNews = (message: Sse.AnyEvent): ReadonlyArray<News> => {
  if (message._tag !== "Event") return []
  const { data, event, id } = message
  if (event === "gap") return [{ _tag: "Gap", id }]
  return Option.match(decode(data), { onNone: () => [], onSome: (event) => [{ _tag: "Event", id, event }] })
}

/** The messages of a text that comes in pieces. */
const parsing = (): ((text: string) => ReadonlyArray<News>) => {
  let found: Array<News> = []
  const parser = Sse.makeParser((message) => found.push(...toNews(message)))
  return (text) => {
    found = []
    parser.feed(text)
    return found
  }
}

/** Ends when the connection does. */
export const listen = (
  http: HttpClient.HttpClient,
  url: string,
  key: Redacted.Redacted,
  lastId: string | undefined
): Stream.Stream<News, unknown> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const request = HttpClientRequest.get(`${url}/api/live`).pipe(
        HttpClientRequest.bearerToken(key),
        HttpClientRequest.accept("text/event-stream"),
        lastId === undefined ? (same) => same : HttpClientRequest.setHeader("last-event-id", lastId)
      )
      const answer = yield* http.execute(request)
      if (answer.status === 404) return yield* noHive(url)
      if (answer.status !== 200) {
        // As the client of the API says it
        return yield* Effect.fail({ statusCode: answer.status, message: (yield* answer.text).slice(0, 300) })
      }
      if (answer.headers["content-type"]?.startsWith("text/event-stream") !== true) {
        return yield* new Problem({ message: `${url} answers something else than a hive does: is the address right?` })
      }
      const open: News = { _tag: "Open" }
      const news = answer.stream.pipe(Stream.decodeText, Stream.map(parsing()), Stream.flattenIterable)
      return Stream.concat(Stream.make(open), news)
    })
  )
