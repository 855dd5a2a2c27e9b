/**
 * What a span says beside its event: who made it (resource, scope, kind), and its links and events. Free of packages: the
 * writer's thread imports it.
 *
 * Who made it is the same for thousands of spans and kept once; links and events are rare and have rows of their own.
 */
import type { DatabaseSync } from "node:sqlite"
import type { SpanRecord } from "@honeyhive/contract/Otlp"
import type { SpanSource } from "../TraceStore.ts"

/** Two JSON texts: who made it; links and events, `null` where there are none. */
export type SourceTexts = readonly [origin: string, extras: string | null]

const micros = (nanos: bigint): number => Number(nanos / 1000n) / 1000

const sourceOf = ({ events, kind, links, resource, scope }: SpanRecord): SpanSource => ({
  resource,
  scope: { name: scope.name, version: scope.version },
  kind,
  links: links.map(({ attributes, spanId, traceId }) => ({ traceId, spanId, attributes })),
  events: events.map(({ attributes, name, timeUnixNano }) => ({ name, time: micros(timeUnixNano), attributes }))
})

export const textsOf = (source: SpanSource): SourceTexts => {
  const { events, kind, links, resource, scope } = source
  return [
    JSON.stringify([resource, scope.name, scope.version, kind]),
    links.length === 0 && events.length === 0 ? null : JSON.stringify([links, events])
  ]
}

/** The texts of many spans: what they have in common is written down once. */
export const textsOfAll = (spans: ReadonlyArray<SpanRecord>): ReadonlyArray<SourceTexts> => {
  // Spans of one request share their resource and scope as objects
  const known = new Map<object, Map<object, Map<number, string>>>()
  return spans.map((span) => {
    const { events, kind, links, resource, scope } = span
    let scopes = known.get(resource)
    if (scopes === undefined) known.set(resource, (scopes = new Map()))
    let kinds = scopes.get(scope)
    if (kinds === undefined) scopes.set(scope, (kinds = new Map()))
    let origin = kinds.get(kind)
    if (origin === undefined) {
      origin = JSON.stringify([resource, scope.name, scope.version, kind])
      kinds.set(kind, origin)
    }
    return [origin, links.length === 0 && events.length === 0 ? null : textsOf(sourceOf(span))[1]]
  })
}

/** Reads what `textsOf` wrote. */
export const fromTexts = (origin: string | null, extras: string | null): SpanSource | undefined => {
  if (origin === null && extras === null) return undefined
  // Both were written by `textsOf`
  const [resource, name, version, kind] = JSON.parse(origin ?? '[{},"","",0]') as [
    SpanSource["resource"],
    string,
    string,
    number
  ]
  const [links, events] = JSON.parse(extras ?? "[[],[]]") as [SpanSource["links"], SpanSource["events"]]
  return { resource, scope: { name, version }, kind, links, events }
}

const MAX_KNOWN = 10_000

export const makeOrigins = (database: DatabaseSync) => {
  const find = database.prepare("SELECT id FROM origins WHERE body = ?")
  const add = database.prepare("INSERT INTO origins (body) VALUES (?)")
  const keep = database.prepare("INSERT OR REPLACE INTO span_extras (event_id, body, links) VALUES (?, ?, ?)")
  const known = new Map<string, number>()

  return {
    /** The number of an origin, for the column of the event. */
    idOf: (body: string): number => {
      const cached = known.get(body)
      if (cached !== undefined) return cached
      const id = Number(find.get(body)?.["id"] ?? add.run(body).lastInsertRowid)
      if (known.size >= MAX_KNOWN) known.clear()
      known.set(body, id)
      return id
    },
    keep: (eventId: string, extras: string): void => {
      const [links]: [ReadonlyArray<unknown>] = JSON.parse(extras)
      keep.run(eventId, extras, links.length)
    },
    forget: (): void => known.clear()
  }
}
