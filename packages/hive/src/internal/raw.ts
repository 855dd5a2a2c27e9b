/**
 * Spans that are kept as the bytes that they came in: the row of such an event has all but its buckets, and says which span
 * of which request has them. They are projected when somebody reads them, and for good when the index comes to them.
 *
 * Free of packages: the writer's thread imports it, and is handed what projects when that is loaded.
 */
import type { DatabaseSync } from "node:sqlite"
import type { Event } from "@honeyhive/contract/Event"

/** Takes a request apart; what it answers makes an event of the span at a place. */
export type OpenRequest = (body: Uint8Array) => (ordinal: number) => Event

/** More spans than this are never in one request. */
export const MAX_ORDINAL = 2 ** 20

/** What a row says of its span: its request and its place in it. */
export const rawOf = (request: number, ordinal: number): number => request * MAX_ORDINAL + ordinal

export const requestOf = (raw: number): number => Math.floor(raw / MAX_ORDINAL)

/** What projects is not loaded yet: try again when it is. */
export class NotLoaded extends Error {
  override readonly name = "NotLoaded"
}

export const notLoaded: OpenRequest = () => {
  throw new NotLoaded("raw spans cannot be read here yet")
}

/** Bodies of requests that are kept open, in bytes; the one that is being read always is. */
const MAX_OPEN = 8 * 2 ** 20

export interface RawReader {
  /** The event, as it was when its span came. */
  readonly event: (raw: number) => Event
  /** Requests that a transaction made which was undone are not there any more. */
  readonly forget: () => void
}

/** Reads raw spans, and registers the SQL function that does. */
export const makeRawReader = (database: DatabaseSync, open: OpenRequest): RawReader => {
  const bodyOf = database.prepare("SELECT body FROM raw_requests WHERE id = ?")
  const requests = new Map<number, { readonly bytes: number; readonly event: (ordinal: number) => Event }>()
  let bytes = 0

  const opened = (id: number): ((ordinal: number) => Event) => {
    const known = requests.get(id)
    if (known !== undefined) return known.event
    const body = bodyOf.get(id)?.["body"]
    if (!(body instanceof Uint8Array)) throw new Error(`the request ${id} is missing`)
    const event = open(body)
    requests.set(id, { bytes: body.length, event })
    bytes += body.length
    for (const [other, request] of requests) {
      if (bytes <= MAX_OPEN || other === id) break
      requests.delete(other)
      bytes -= request.bytes
    }
    return event
  }

  const event = (raw: number): Event => opened(requestOf(raw))(raw % MAX_ORDINAL)

  database.function("hive_raw", { deterministic: true }, (raw, bucket) => {
    const buckets: { readonly [name: string]: unknown } = { ...event(Number(raw)) }
    return JSON.stringify(buckets[String(bucket)])
  })
  return {
    event,
    forget: () => {
      requests.clear()
      bytes = 0
    }
  }
}
