/**
 * What an imported file may hold: OTLP JSON, as one document or one per line (the Collector's file exporter, `hive
 * export`), or HoneyHive's events (a list, an answer to a search, or one per line). Either may be compressed with gzip.
 */
import * as Fs from "node:fs"
import { pipeline, Readable } from "node:stream"
import { createGunzip } from "node:zlib"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Event } from "@honeyhive/contract/Event"
import { ExportTraceServiceRequest } from "@honeyhive/contract/Otlp"
import { toRequest } from "./otlp.ts"

const decodeOtlp = Schema.decodeUnknownOption(ExportTraceServiceRequest)
const decodeEvent = Schema.decodeUnknownOption(Event)
const decodeEvents = Schema.decodeUnknownOption(
  Schema.Union([Schema.Array(Event), Schema.Struct({ events: Schema.Array(Event) })])
)

type Document =
  | { readonly _tag: "Request"; readonly request: ExportTraceServiceRequest }
  | { readonly _tag: "Events"; readonly events: ReadonlyArray<Event> }

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null

/** What a JSON value is, when it is one of these. */
const recognize = (value: unknown): Document | undefined => {
  if (isObject(value) && "resourceSpans" in value) {
    const request = Option.getOrUndefined(decodeOtlp(value))
    return request === undefined ? undefined : { _tag: "Request", request }
  }
  const events = Option.getOrUndefined(decodeEvents(value))
  if (events !== undefined) return { _tag: "Events", events: "events" in events ? events.events : events }
  const event = Option.getOrUndefined(decodeEvent(value))
  return event === undefined ? undefined : { _tag: "Events", events: [event] }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Events of a file, by session: they need each other to become spans. */
const SESSION_BATCH = 5000

const requestsOf = (events: ReadonlyArray<Event>): ReadonlyArray<ExportTraceServiceRequest> =>
  Array.from(
    Map.groupBy(events, ({ session_id }) => session_id),
    ([, inside]) => toRequest(inside)
  )

/** A line that is neither; `line` counts from 1. */
export class Unreadable extends Error {
  readonly line: number
  constructor(line: number) {
    super(
      `line ${line} is neither OTLP JSON nor an event of HoneyHive's: expected {"resourceSpans":[…]} or {"event_id":…}`
    )
    this.line = line
  }
}

/** The bytes, without the compression that their beginning tells of. */
async function* inflated(input: Readable): AsyncGenerator<Buffer> {
  const chunks: AsyncIterator<Buffer> = input[Symbol.asyncIterator]()
  const first = await chunks.next()
  if (first.done === true) return
  async function* all(): AsyncGenerator<Buffer> {
    yield first.value
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value
  }
  if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) return yield* all()
  // What goes wrong in either stream is thrown where the second is read
  yield* pipeline(Readable.from(all()), createGunzip(), () => {})
}

/** Whole lines; one may be as long as its file. */
async function* split(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let open: Array<string> = []
  for await (const chunk of chunks) {
    const parts = decoder.decode(chunk, { stream: true }).split("\n")
    const rest = parts.pop() ?? ""
    for (const part of parts) {
      yield open.join("") + part
      open = []
    }
    open.push(rest)
  }
  yield open.join("") + decoder.decode()
}

/** The lines of a file, or the whole of it where it is one document on several lines. */
async function* linesOf(path: string): AsyncGenerator<{ readonly number: number; readonly text: string }> {
  const input = path === "-" ? process.stdin : Fs.createReadStream(path)
  let number = 0
  let whole: Array<string> | undefined
  for await (const text of split(inflated(input))) {
    number++
    if (whole !== undefined) whole.push(text)
    else if (text.trim() === "") continue
    // Pretty-printed JSON: its first line says nothing alone
    else if (number === 1 && parse(text) === undefined) whole = [text]
    else yield { number, text }
  }
  if (whole !== undefined) yield { number: 1, text: whole.join("\n") }
}

/** The requests that a file comes to, in its order. Throws `Unreadable`, or what the file system says. */
export async function* requests(path: string): AsyncGenerator<ExportTraceServiceRequest> {
  let waiting: Array<Event> = []
  for await (const { number, text } of linesOf(path)) {
    const document = recognize(parse(text))
    if (document === undefined) throw new Unreadable(number)
    if (document._tag === "Request") yield document.request
    else {
      const last = waiting.at(-1)?.session_id
      // Events of a session stand together in what is exported; a long file must not stay in memory
      if (waiting.length >= SESSION_BATCH && document.events[0]?.session_id !== last) {
        yield* requestsOf(waiting)
        waiting = []
      }
      for (const event of document.events) waiting.push(event)
    }
  }
  yield* requestsOf(waiting)
}
