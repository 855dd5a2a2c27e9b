/**
 * The sessions of a run, as a backend has them.
 */
import * as Effect from "effect/Effect"
import type { Filter, SearchEvents } from "@honeyhive/contract/Api"
import type { Event } from "@honeyhive/contract/Event"
import type { Settings } from "@honeyhive/tracing/TracerConfig"
import { connect, keyOf, quietly } from "./client.ts"

/** As many as the backend gives at a time. */
const PAGE = 1000

const isSession: Filter = { field: "event_type", operator: "is", value: "session", type: "string" }

type Search<E, R> = (request: {
  readonly payload: SearchEvents
}) => Effect.Effect<{ readonly events: ReadonlyArray<Event> }, E, R>

/** All of them, in no order. */
export const ofRun = Effect.fnUntraced(function* <E, R>(search: Search<E, R>, runId: string) {
  const filters = [isSession, { field: "metadata.run_id", operator: "is", value: runId, type: "string" }] as const
  // By id: sessions that arrive meanwhile move others to the next page
  const sessions = new Map<string, Event>()
  for (let page = 1; ; page++) {
    const { events } = yield* search({ payload: { filters, limit: PAGE, page } })
    for (const event of events) sessions.set(event.event_id, event)
    if (events.length < PAGE) return [...sessions.values()]
  }
})

/** The ids of those that the tracer's backend has with their results; undefined where it does not say, or there is none. */
export const recorded = (settings: Settings, runId: string): Effect.Effect<ReadonlySet<string> | undefined> => {
  const key = keyOf(settings)
  if (key === undefined) return Effect.succeed(undefined)
  return connect(settings.url, key).pipe(
    Effect.flatMap(({ events }) => ofRun(events.search, runId)),
    quietly(settings),
    Effect.map(
      (found) =>
        new Set(found.flatMap(({ event_id, metadata }) => (metadata["evaluation"] === undefined ? [] : [event_id])))
    ),
    Effect.catchCause(() => Effect.succeed(undefined))
  )
}
