/**
 * What the hive answers, as far as the page reads it.
 */
import type { Event } from "@honeyhive/contract/Event"
import type { EventType } from "../design/TypeMark.tsx"
import type { Status } from "../design/StatusMark.tsx"

export interface SessionRow {
  readonly session_id: string
  readonly name: string
  readonly source: string
  readonly user: string | null
  readonly status: Status
  readonly orphan: boolean
  readonly start_time: number
  readonly end_time: number | null
  readonly duration: number | null
  readonly events: number
  readonly errors: number
  readonly running: number
  readonly tokens: number
  readonly cost: number | null
  readonly unpriced: number
  readonly models: ReadonlyArray<string>
  readonly first_input: string | null
  readonly last_output: string | null
  readonly run_id: string | null
}

export interface SessionPage {
  readonly sessions: ReadonlyArray<SessionRow>
  readonly next: string | null
  readonly behind: number
}

/** One event of a session without its payloads. */
export type SpanRow = readonly [
  event_id: string,
  parent: string | null,
  type: EventType,
  name: string,
  start_time: number,
  duration: number | null,
  status: Status,
  tokens: number | null,
  cost: number | null,
  model: string | null,
  ttft: number | null,
  trace_id: string | null,
  error: string | null,
  input_tokens: number | null,
  output_tokens: number | null,
  links: number,
  missing_parent: boolean
]

export interface Facets {
  readonly count: number
  readonly facets: Record<string, ReadonlyArray<{ readonly value: string; readonly count: number }>>
  readonly behind: number
}

export interface EventDetail {
  readonly event: Event
}
