/**
 * The embedded HoneyHive backend.
 *
 * @since 0.1.0
 */
export { EventDetail, EventLink, SpanEvent } from "./EventDetail.ts"
export { Hive, HiveError, type HiveOptions } from "./Hive.ts"
export { HoneyHiveLocal, layer as layerLocal, type LocalOptions } from "./HoneyHiveLocal.ts"
export { HttpProblem } from "./HttpProblem.ts"
export { type Change, type Changes, LiveFeed } from "./LiveFeed.ts"
export * as OtlpProtobuf from "./OtlpProtobuf.ts"
export { Busy, QueryApi, QueryProblem } from "./QueryApi.ts"
export * as ClickHouseTraceStore from "./ClickHouseTraceStore.ts"
export * as RecordStore from "./RecordStore.ts"
export { SessionOrder, SessionRow, SessionRows, Status } from "./SessionRow.ts"
export { SpanLine, SpanRow } from "./SpanRow.ts"
export * as SqliteTraceStore from "./SqliteTraceStore.ts"
export {
  Aggregate,
  Aggregates,
  Facet,
  Facets,
  Grouping,
  Histogram,
  Hit,
  Hits,
  Measure,
  Order,
  Percentiles,
  TraceQueries
} from "./TraceQueries.ts"
export * as TraceQuery from "./TraceQuery.ts"
export {
  SearchError,
  type Selection,
  SessionSummary,
  type SpanSource,
  type StoreChange,
  type StoredEvent,
  TraceStore,
  TraceStoreError
} from "./TraceStore.ts"
export * as Transfer from "./Transfer.ts"
