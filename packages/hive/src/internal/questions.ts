/**
 * Every question that can be asked of a store, on one handle: plain data in, plain data out, so that a thread can answer them.
 */
import type { DatabaseSync } from "node:sqlite"
import type { PriceTable } from "@honeyhive/contract/Prices"
import { makeEventDetails } from "./eventDetails.ts"
import { makeUnpacker } from "./payload.ts"
import { make } from "./queries.ts"
import { makeRawReader } from "./raw.ts"
import { openRequest } from "./rawEvents.ts"
import { makeReader } from "./reader.ts"
import { makeWaiting } from "./searchIndex.ts"
import { isWide, makeSelections } from "./selections.ts"
import { makeSessionRows } from "./sessionRows.ts"
import { makeSpanRows } from "./spanRows.ts"

export interface Asking {
  readonly now: () => number
  /** Throws when nobody waits for the answer any more; called now and then during long work. */
  readonly alive: () => void
}

export const makeQuestions = (database: DatabaseSync, prices: PriceTable, { alive, now }: Asking) => {
  const unpack = makeUnpacker(database)
  const raw = makeRawReader(database, openRequest)
  database.function("hive_alive", () => {
    alive()
    return 1
  })
  const { aggregate, complete, facets, histogram, search, sourceOf } = make(database, now, alive)
  const sessions = makeSessionRows(database, unpack, raw, sourceOf)
  const spans = makeSpanRows(database, unpack, raw, prices, sessions.standing)
  const reader = makeReader(database, raw)
  const details = makeEventDetails(database, reader, prices)
  return {
    ...makeSelections(database, reader),
    event: reader.event,
    sessionEvents: reader.sessionEvents,
    sessionSummaries: reader.sessions,
    search,
    facets,
    aggregate,
    histogram,
    complete,
    behind: makeWaiting(database),
    sessionPage: sessions.page,
    sessionRow: sessions.row,
    spanPage: spans.page,
    spanRowsOf: (ids: ReadonlyArray<string>) => ids.flatMap((id) => spans.one(id.toLowerCase()) ?? []),
    eventDetail: details
  }
}

export type Questions = ReturnType<typeof makeQuestions>

export type Question = keyof Questions

/** Those that may look at all events, which others must not wait for. */
export const isHeavy = (question: Question, args: ReadonlyArray<unknown>): boolean => {
  switch (question) {
    case "facets":
    case "aggregate":
    case "histogram":
    case "sessionEvents":
      return true
    case "sessionPage": {
      const [query] = args as Parameters<Questions["sessionPage"]> // they are this question's
      return query._tag !== "All"
    }
    case "eventPage":
    case "eventCount":
    case "recordPage": {
      const [query] = args as Parameters<Questions["eventPage"]> // or a selection, which is a part of a search
      return isWide(query)
    }
    default:
      return false
  }
}

/** Those whose answers are whole events: they may be large, and take a while in a small store too. */
export const isOfEvents = (question: Question): boolean =>
  question === "eventPage" || question === "recordPage" || question === "sessionEvents"

/** Those that try filters on what events say, which takes a while in a small store too. */
export const looksIntoEvents = (question: Question): boolean => isOfEvents(question) || question === "eventCount"
