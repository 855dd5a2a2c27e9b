/**
 * Questions to the hive: search, facets, aggregates, completion.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import { EventType, Millis } from "@honeyhive/contract/Event"
import { Usage } from "@honeyhive/contract/Usage"
import type { EventDetail } from "./EventDetail.ts"
import type { SessionOrder, SessionRow, SessionRows } from "./SessionRow.ts"
import type { SpanRow } from "./SpanRow.ts"
import type { Completion, TraceQuery } from "./TraceQuery.ts"
import type { SearchError, TraceStoreError } from "./TraceStore.ts"

/**
 * An event as a list of results shows it; its payloads are one `TraceStore.event` away.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Hit = Schema.Struct({
  event_id: Schema.String,
  session_id: Schema.String,
  event_type: EventType,
  event_name: Schema.String,
  source: Schema.NullOr(Schema.String),
  start_time: Millis,
  duration: Schema.NullOr(Millis),
  /** The first line of the error. */
  error: Schema.NullOr(Schema.String),
  model: Schema.NullOr(Schema.String),
  provider: Schema.NullOr(Schema.String),
  tool: Schema.NullOr(Schema.String),
  user: Schema.NullOr(Schema.String),
  /** Milliseconds. */
  time_to_first_token: Schema.NullOr(Millis),
  tokens: Schema.NullOr(Schema.Finite),
  /** US dollars; null where nothing was counted or the model's price is not known. */
  cost: Schema.NullOr(Schema.Finite)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Hit = typeof Hit.Type

/**
 * A page of results, newest first.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Hits = Schema.Struct({
  hits: Schema.Array(Hit),
  /** Where the next page begins; null on the last one. */
  next: Schema.NullOr(Schema.Int),
  /** Events that were kept but not indexed yet when this was answered. */
  behind: Schema.Int
})

/**
 * @category models
 * @since 0.1.0
 */
export type Hits = typeof Hits.Type

/**
 * The columns with few enough different values to choose from.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Facet = Schema.Literals(["type", "name", "model", "provider", "error", "source", "user", "tool"])

/**
 * @category models
 * @since 0.1.0
 */
export type Facet = typeof Facet.Type

/**
 * How many events a query finds, and how many of each value: the most frequent first.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Facets = Schema.Struct({
  count: Schema.Int,
  facets: Schema.Record(Facet, Schema.Array(Schema.Struct({ value: Schema.String, count: Schema.Int }))),
  behind: Schema.Int
})

/**
 * @category models
 * @since 0.1.0
 */
export type Facets = typeof Facets.Type

/**
 * By what aggregates are grouped: a column, the UTC day, or nothing.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Grouping = Schema.Literals(["all", ...Facet.literals, "session", "day", "hour"])

/**
 * @category models
 * @since 0.1.0
 */
export type Grouping = typeof Grouping.Type

/**
 * Percentiles of milliseconds, each a value that was measured (nearest rank).
 *
 * @category schemas
 * @since 0.1.0
 */
export const Percentiles = Schema.Struct({ p50: Millis, p95: Millis, p99: Millis })

/**
 * What the events of one group add up to.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Aggregate = Schema.Struct({
  /** The group's value; null for the events that have none. */
  key: Schema.NullOr(Schema.String),
  /** The values of all groupings, the first one's being `key`. */
  keys: Schema.Array(Schema.NullOr(Schema.String)),
  /** A session's name, where the groups are sessions. */
  label: Schema.NullOr(Schema.String),
  events: Schema.Int,
  errors: Schema.Int,
  /** From 0 to 1. */
  error_rate: Schema.Finite,
  first_start: Millis,
  last_end: Schema.NullOr(Millis),
  duration: Schema.NullOr(Percentiles),
  time_to_first_token: Schema.NullOr(Percentiles),
  /** Of the model calls alone: the spans around them often repeat their counts. */
  usage: Usage,
  tokens: Schema.Finite,
  /** US dollars, of the calls whose price is known. */
  cost: Schema.Finite,
  /** Model calls with tokens but without a known price: their cost is missing above. */
  unpriced: Schema.Int
})

/**
 * @category models
 * @since 0.1.0
 */
export type Aggregate = typeof Aggregate.Type

/**
 * @category schemas
 * @since 0.1.0
 */
export const Aggregates = Schema.Struct({ groups: Schema.Array(Aggregate), behind: Schema.Int })

/**
 * @category models
 * @since 0.1.0
 */
export type Aggregates = typeof Aggregates.Type

/**
 * The numbers of an event that a histogram can be of: milliseconds, tokens, US dollars.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Measure = Schema.Literals(["duration", "ttft", "tokens", "cost"])

/**
 * @category models
 * @since 0.1.0
 */
export type Measure = typeof Measure.Type

/**
 * How often a number is how large, in buckets of the same width on a logarithmic scale; each holds its lower bound and not its
 * upper one, but for the last, which holds both. What is smaller than all bounds, 0 for example, is in the
 * first one.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Histogram = Schema.Struct({
  /** Events that have the number. */
  count: Schema.Int,
  min: Schema.NullOr(Schema.Finite),
  max: Schema.NullOr(Schema.Finite),
  percentiles: Schema.NullOr(Schema.Struct({ p50: Schema.Finite, p95: Schema.Finite, p99: Schema.Finite })),
  buckets: Schema.Array(Schema.Struct({ from: Schema.Finite, to: Schema.Finite, count: Schema.Int })),
  behind: Schema.Int
})

/**
 * @category models
 * @since 0.1.0
 */
export type Histogram = typeof Histogram.Type

/**
 * In which order groups come: the largest first.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Order = Schema.Literals(["events", "errors", "tokens", "cost", "newest"])

/**
 * @category models
 * @since 0.1.0
 */
export type Order = typeof Order.Type

/**
 * The questions. What was kept before a question is in its answer, unless so much came at once that `behind` says how much
 * is missing.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { SqliteTraceStore, TraceQueries, TraceStore } from "@honeyhive/hive"
 *
 * const program = Effect.gen(function* () {
 *   const store = yield* TraceStore
 *   const queries = yield* TraceQueries
 *   yield* store.createEvents([{ event_type: "tool", event_name: "search", inputs: { q: "refund" } }])
 *   const { hits } = yield* queries.search({ _tag: "Text", text: "refund", prefix: false })
 *   return hits.map((hit) => hit.event_name)
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(SqliteTraceStore.layer({ path: ":memory:" })))) // => ["search"]
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class TraceQueries extends Context.Service<
  TraceQueries,
  {
    /** Newest first, 50 at a time by default; `before` is the last page's `next`. */
    readonly search: (
      query: TraceQuery,
      page?: { readonly limit?: number | undefined; readonly before?: number | undefined }
    ) => Effect.Effect<Hits, TraceStoreError>
    /** Exact counts; the 20 most frequent values of each facet by default. */
    readonly facets: (
      query: TraceQuery,
      options?: { readonly limit?: number | undefined }
    ) => Effect.Effect<Facets, TraceStoreError>
    /** Aggregates of the events that a query finds; 100 groups by default, those with the most events. */
    readonly aggregate: (
      query: TraceQuery,
      options: {
        /** One grouping, or two: each value of the first with each of the second. */
        readonly by: Grouping | readonly [Grouping, Grouping]
        readonly order?: Order | undefined
        readonly limit?: number | undefined
      }
    ) => Effect.Effect<Aggregates, TraceStoreError>
    /** How often events that a query finds have which duration, or another number; 40 buckets by default. */
    readonly histogram: (
      query: TraceQuery,
      options?: { readonly of?: Measure | undefined; readonly buckets?: number | undefined }
    ) => Effect.Effect<Histogram, TraceStoreError>
    /** What may stand at a cursor in the text of a query, with the values that the store has. */
    readonly complete: (text: string, cursor: number) => Effect.Effect<Completion, TraceStoreError>
    /**
     * Sessions with an event that a query finds (themselves among them), 50 at a time by default; `before` is the last page's
     * `next`, anything else a `SearchError`.
     */
    readonly sessionRows: (
      query: TraceQuery,
      page?: {
        readonly order?: SessionOrder | undefined
        readonly limit?: number | undefined
        readonly before?: string | undefined
      }
    ) => Effect.Effect<SessionRows, TraceStoreError | SearchError>
    /** One session; with `wait: false` its sums may be those of a moment ago. */
    readonly sessionRow: (
      sessionId: string,
      options?: { readonly wait?: boolean | undefined }
    ) => Effect.Effect<Option.Option<SessionRow>, TraceStoreError>
    /** How many events were kept and are in no sums, facets and searches yet. */
    readonly behind: Effect.Effect<number, TraceStoreError>
    /**
     * The events of a session without their payloads, in order of their start, the session itself first; 200 at once, then up to
     * 2,000 at a time, read while it is consumed. Nothing waits for the index.
     */
    readonly spanRows: (sessionId: string) => Stream.Stream<ReadonlyArray<SpanRow>, TraceStoreError>
    /** Some events as {@link spanRows} has them, each with the session that it is in; those that do not exist are left out. */
    readonly spanRowsOf: (
      eventIds: ReadonlyArray<string>
    ) => Effect.Effect<ReadonlyArray<{ readonly session_id: string; readonly row: SpanRow }>, TraceStoreError>
    /** An event with all that is known of it. */
    readonly eventDetail: (eventId: string) => Effect.Effect<Option.Option<EventDetail>, TraceStoreError>
  }
>()("@honeyhive/hive/TraceQueries") {}
