/**
 * What the writer is told to do. Commands travel between threads: plain data only.
 */
import type { Event, StartSession, UpdateEvent } from "@honeyhive/contract/Event"
import type { Row } from "./row.ts"

/** A span as the row of its event, and the session that it may create. */
export interface Span {
  readonly row: Row
  readonly tokens: number
  readonly session: { readonly name: string; readonly source: string } | undefined
}

export type Command =
  | { readonly op: "ingest"; readonly spans: ReadonlyArray<Span> }
  | { readonly op: "startSession"; readonly id: string; readonly start: StartSession; readonly now: number }
  | { readonly op: "createEvents"; readonly events: ReadonlyArray<Event> }
  | { readonly op: "updateEvent"; readonly id: string; readonly update: UpdateEvent }

/** What a command answers. */
export interface Answers {
  readonly ingest: void
  readonly startSession: Event
  readonly createEvents: void
  /** False when there is no such event. */
  readonly updateEvent: boolean
}

export type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string }
