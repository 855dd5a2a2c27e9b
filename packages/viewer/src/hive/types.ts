/**
 * What the hive answers: its own types, under the names that the page uses.
 */
export type { EventDetail } from "@honeyhive/hive/EventDetail"
export type { SessionRow, SessionRows as SessionPage, Status } from "@honeyhive/hive/SessionRow"
export type { SpanRow } from "@honeyhive/hive/SpanRow"
export type { Aggregate, Aggregates, Facets, Histogram } from "@honeyhive/hive/TraceQueries"
export type { EventType } from "@honeyhive/contract/Event"
export type { Run, RunSummary } from "@honeyhive/contract/Experiment"
export type { RunPage } from "@honeyhive/contract/RunsApi"
