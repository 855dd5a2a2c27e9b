/**
 * Spans that are kept as the bytes that they came in: the row of such an event has all but its buckets, and says which span
 * of which request has them. They are projected when somebody reads them, and for good when the index comes to them.
 *
 * Free of packages: the writer's thread imports it, and is handed what projects when that is loaded.
 */
import type { DatabaseSync } from "node:sqlite"
import type { Event } from "@honeyhive/contract/Event"
import { makeBodyReader } from "./bodies.ts"
import { emptySession } from "./merge.ts"
import { NO_SOURCE, type SourceTexts } from "./origins.ts"

/** A span of a request, projected as far as somebody asks. */
interface RawSpan {
  readonly event: Event
  /** The event without what was said and answered, for half the cost: enough for what the index counts. */
  readonly light: Event
  /** What it says beside its event. */
  readonly source: SourceTexts
  /** How many links it has. */
  readonly links: number
}

/** Takes a request apart; what it answers reads the span at a place. */
export type OpenRequest = (body: Uint8Array) => (offset: number) => RawSpan

/** Requests of more bytes than this are not kept raw. */
export const MAX_BODY = 2 ** 26

/** What a row says of its span: its request and where it is in there. */
export const rawOf = (request: number, offset: number): number => request * MAX_BODY + offset

export const requestOf = (raw: number): number => Math.floor(raw / MAX_BODY)

/** What projects is not loaded yet: try again when it is. */
export class NotLoaded extends Error {
  override readonly name = "NotLoaded"
}

export const notLoaded: OpenRequest = () => {
  throw new NotLoaded("raw spans cannot be read here yet")
}

/** Whether what could not be read may be there all the same: too many open files, a disk that does not answer, a locked store. */
const mayPass = (error: unknown): boolean =>
  error instanceof Error &&
  "code" in error &&
  (("syscall" in error && error.code !== "ENOENT") || error.code === "ERR_SQLITE_ERROR")

/** Bodies of requests that are kept open, in bytes; the one that is being read always is. */
const MAX_OPEN = 8 * 2 ** 20

export interface RawReader {
  readonly span: (raw: number) => RawSpan
  /** The event, as it was when its span came. */
  readonly event: (raw: number) => Event
  /** Requests that a transaction made which was undone are not there any more. */
  readonly forget: () => void
}

/** Reads raw spans, and registers the SQL function that does. */
export const makeRawReader = (database: DatabaseSync, open: OpenRequest): RawReader => {
  const bodyOf = makeBodyReader(database)
  const lineOf = database.prepare(
    `SELECT event_id, session_id, parent_id, event_type, event_name, source, start_time, end_time, duration, error
       FROM events WHERE raw = ?`
  )
  const requests = new Map<number, { readonly bytes: number; readonly spanAt: (offset: number) => RawSpan }>()
  let bytes = 0

  const opened = (id: number): ((offset: number) => RawSpan) => {
    const known = requests.get(id)
    if (known !== undefined) return known.spanAt
    const body = bodyOf(id)
    const spanAt = open(body)
    requests.set(id, { bytes: body.length, spanAt })
    bytes += body.length
    for (const [other, request] of requests) {
      if (bytes <= MAX_OPEN || other === id) break
      requests.delete(other)
      bytes -= request.bytes
    }
    return spanAt
  }

  /** What the row says of an event whose request cannot be read: after a power cut its last bytes may be missing. */
  const lost = (raw: number, error: unknown): RawSpan => {
    const line = lineOf.get(raw)
    if (line === undefined) throw error
    const metadata = { unreadable: error instanceof Error ? error.message : String(error) }
    // The columns are of the fields' types
    const event = { ...emptySession("", "", "", 0), ...(line as unknown as Partial<Event>), metadata }
    return { event, light: event, source: NO_SOURCE, links: 0 }
  }

  const span = (raw: number): RawSpan => {
    let found: RawSpan | undefined
    const said = <A>(of: (span: RawSpan) => A): A => {
      try {
        return of((found ??= opened(requestOf(raw))(raw % MAX_BODY)))
      } catch (error) {
        if (error instanceof NotLoaded || mayPass(error)) throw error
        return of((found = lost(raw, error)))
      }
    }
    return {
      get event() {
        return said(({ event }) => event)
      },
      get light() {
        return said(({ light }) => light)
      },
      get source() {
        return said(({ source }) => source)
      },
      get links() {
        return said(({ links }) => links)
      }
    }
  }
  const event = (raw: number): Event => span(raw).event

  database.function("hive_raw", { deterministic: true }, (raw, bucket) => {
    const buckets: { readonly [name: string]: unknown } = { ...event(Number(raw)) }
    return JSON.stringify(buckets[String(bucket)])
  })
  return {
    span,
    event,
    forget: () => {
      requests.clear()
      bytes = 0
    }
  }
}
