import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Filter } from "@honeyhive/contract/Api"
import type { Event } from "@honeyhive/contract/Event"
import { Backend, PAGE } from "./backend.ts"
import { noHive } from "./problem.ts"

const holds = (event: Event, { field, operator, value }: Filter): boolean => {
  const path: ReadonlyArray<string> = field.split(".")
  // The filters of these tests name fields of events
  const found = path.reduce<unknown>((at, key) => (at as Record<string, unknown> | null)?.[key], event)
  return operator === "exists" ? found !== null && found !== undefined : found === value
}

/** A backend over a list, as HoneyHive searches: newest first, in pages. */
export const over = (events: () => ReadonlyArray<Event>, asked: { events: number } = { events: 0 }) =>
  Backend.of({
    url: "http://test",
    label: "test",
    search: ({ dateRange, filters = [], limit = PAGE, page = 1 }) =>
      Effect.sync(() => {
        const from = Date.parse(dateRange?.start_time ?? "1970-01-01")
        const to = Date.parse(dateRange?.end_time ?? "2200-01-01")
        const found = events()
          .filter((event) => event.start_time >= from && event.start_time <= to)
          .filter((event) => filters.every((filter) => holds(event, filter)))
          .toSorted((a, b) => b.start_time - a.start_time || (a.event_id < b.event_id ? -1 : 1))
        const shown = found.slice(limit * (page - 1), limit * page)
        asked.events += shown.length
        return { events: shown, count: found.length }
      }),
    event: (id) => Effect.succeed(Option.fromUndefinedOr(events().find(({ event_id }) => event_id === id))),
    questions: { hits: () => Effect.fail(noHive("http://test")), aggregate: () => Effect.fail(noHive("http://test")) },
    live: () => Stream.fail(noHive("http://test")),
    ingest: () => Effect.succeed({ rejected: 0, message: "" })
  })
