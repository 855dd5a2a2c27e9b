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

/** Of a span that says nothing. */
export const NO_SOURCE: SourceTexts = ['[{},"","",0]', null]

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

/** What one span says beside its event. */
export const sourceTextsOf = (span: SpanRecord): SourceTexts => textsOf(sourceOf(span))

/** What many spans say beside their events: what they have in common travels once. */
export interface Sources {
  readonly origins: ReadonlyArray<string>
  /** The origin of each span. */
  readonly places: ReadonlyArray<number>
  /** Its links and events. */
  readonly extras: ReadonlyArray<string | null>
}

export const sourcesOf = (spans: ReadonlyArray<SpanRecord>): Sources => {
  const origins: Array<string> = []
  // Spans of one request share their resource and scope as objects
  const known = new Map<object, Map<object, Map<number, number>>>()
  const placeOf = ({ kind, resource, scope }: SpanRecord): number => {
    let scopes = known.get(resource)
    if (scopes === undefined) known.set(resource, (scopes = new Map()))
    let kinds = scopes.get(scope)
    if (kinds === undefined) scopes.set(scope, (kinds = new Map()))
    let place = kinds.get(kind)
    if (place === undefined) {
      place = origins.push(JSON.stringify([resource, scope.name, scope.version, kind])) - 1
      kinds.set(kind, place)
    }
    return place
  }
  return {
    origins,
    places: spans.map(placeOf),
    extras: spans.map((span) => (span.links.length === 0 && span.events.length === 0 ? null : sourceTextsOf(span)[1]))
  }
}

/** The texts of one of the spans. */
export const textsAt = ({ extras, origins, places }: Sources, span: number): SourceTexts | undefined => {
  const origin = origins[places[span] ?? -1]
  return origin === undefined ? undefined : [origin, extras[span] ?? null]
}

/** Reads what `textsOf` wrote. */
export const fromTexts = (origin: string | null, extras: string | null): SpanSource | undefined => {
  if (origin === null && extras === null) return undefined
  // Both were written by `textsOf`
  const [resource, name, version, kind] = JSON.parse(origin ?? NO_SOURCE[0]) as [
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
