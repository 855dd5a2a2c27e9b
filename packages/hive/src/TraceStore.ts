/**
 * Where the hive keeps sessions and events, whatever the database is.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { SearchEvents } from "@honeyhive/contract/Api"
import { type Event, Millis, type PostEvent, type StartSession, type UpdateEvent } from "@honeyhive/contract/Event"
import type { SpanRecord } from "@honeyhive/contract/Otlp"

/**
 * The store cannot be opened, read or written. `busy`: only for the moment, because more waits to be written than it takes at
 * a time, or because its server is away; try again.
 *
 * @category errors
 * @since 0.1.0
 */
export class TraceStoreError extends Schema.TaggedError<TraceStoreError>()("TraceStoreError", {
  message: Schema.String,
  busy: Schema.optionalKey(Schema.Boolean),
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/**
 * A search that asks for something impossible; `message` says what.
 *
 * @category errors
 * @since 0.1.0
 */
export class SearchError extends Schema.TaggedError<SearchError>()("SearchError", { message: Schema.String }) {}

/**
 * A session as a list shows it.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SessionSummary = Schema.Struct({
  session_id: Schema.String,
  name: Schema.String,
  source: Schema.String,
  /** Nobody started or auto-created it: its spans were accepted, its session is unknown. */
  orphan: Schema.Boolean,
  start_time: Millis,
  end_time: Schema.NullOr(Millis),
  /** Events in it, without the session itself. */
  events: Schema.Int,
  errors: Schema.Int,
  /** Sum of its model events' `metadata.total_tokens`. */
  tokens: Schema.Finite
})

/**
 * @category models
 * @since 0.1.0
 */
export type SessionSummary = typeof SessionSummary.Type

/**
 * What a span says beside its event: who made it, what it links to, what happened during it. Attributes are JSON.
 *
 * @category models
 * @since 0.1.0
 */
export interface SpanSource {
  readonly resource: { readonly [key: string]: unknown }
  readonly scope: { readonly name: string; readonly version: string }
  /** OTLP's number: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  readonly links: ReadonlyArray<{
    readonly traceId: string
    readonly spanId: string
    readonly attributes: { readonly [key: string]: unknown }
  }>
  readonly events: ReadonlyArray<{
    readonly name: string
    /** Milliseconds since 1970. */
    readonly time: number
    readonly attributes: { readonly [key: string]: unknown }
  }>
}

/**
 * An event with all that the store knows of it; what is moved from one store to another.
 *
 * @category models
 * @since 0.1.0
 */
export interface StoredEvent {
  /** As it was said: its parent is the one it named, its children those it named. */
  readonly event: Event
  /** The span that it came from. */
  readonly span:
    | { readonly traceId: string; readonly spanId: string; readonly parentSpanId: string | undefined }
    | undefined
  /** What that span said beside its event, where the store keeps it. */
  readonly source?: SpanSource | undefined
}

/**
 * Something that the store did by itself: a span that is lost now, a session that retention made smaller or deleted.
 *
 * @category models
 * @since 0.1.0
 */
export interface StoreChange {
  /** The session's own id where it is about a session. */
  readonly event_id: string
  readonly session_id: string
  /** Nothing of the session is left. */
  readonly deleted?: true | undefined
}

/**
 * Which events: those that a search finds, on all its pages.
 *
 * @category models
 * @since 0.1.0
 */
export type Selection = Pick<SearchEvents, "filters" | "dateRange" | "evaluation_id">

/**
 * The store.
 *
 * Session rules: a span that may auto-create makes its session, any number of times; a span of an unknown session without
 * that flag is kept as an orphan; a session that is started later adopts it.
 *
 * @category services
 * @since 0.1.0
 */
export class TraceStore extends Context.Service<
  TraceStore,
  {
    /** Keeps spans as events, in one transaction. The same span again replaces what it said before. */
    readonly ingest: (spans: ReadonlyArray<SpanRecord>) => Effect.Effect<void, TraceStoreError>
    /** Starts a session, or merges into the one with this id. */
    readonly startSession: (session: StartSession) => Effect.Effect<Event, TraceStoreError>
    /** Creates events, in one transaction; those without a session go into `sessionId`, else into one new session. */
    readonly createEvents: (
      events: ReadonlyArray<PostEvent>,
      sessionId?: string
    ) => Effect.Effect<ReadonlyArray<string>, TraceStoreError>
    /** Merges buckets, replaces outputs; false when there is no such event. */
    readonly updateEvent: (id: string, update: UpdateEvent) => Effect.Effect<boolean, TraceStoreError>
    /**
     * Deletes a session, known or orphaned, with all its events; answers how many there were, the session itself among them: 0
     * when there is none. A span that arrives later makes it anew.
     */
    readonly deleteSession: (id: string) => Effect.Effect<number, TraceStoreError>
    readonly event: (id: string) => Effect.Effect<Option.Option<Event>, TraceStoreError>
    /** Newest first; `count` is the number of all that match. */
    readonly search: (
      query: SearchEvents
    ) => Effect.Effect<{ readonly events: ReadonlyArray<Event>; readonly count: number }, TraceStoreError | SearchError>
    /** Newest first, orphans among them. */
    readonly sessions: (page: {
      readonly limit: number
      readonly offset: number
    }) => Effect.Effect<ReadonlyArray<SessionSummary>, TraceStoreError>
    /** The session itself, when it is known, and its events by start time. */
    readonly sessionEvents: (sessionId: string) => Effect.Effect<ReadonlyArray<Event>, TraceStoreError>
    /** The selected events and the sessions they are in, by start time; read page by page while it is consumed. */
    readonly records: (selection: Selection) => Stream.Stream<StoredEvent, TraceStoreError | SearchError>
    /**
     * Keeps events of another store, in one transaction. Those that are here already take what is said now, and keep what
     * was added to them here. What was running elsewhere is lost here: nothing will be heard of its process.
     */
    readonly restore: (records: ReadonlyArray<StoredEvent>) => Effect.Effect<void, TraceStoreError>
    /** What the store does by itself, from now on. */
    readonly changes: Stream.Stream<StoreChange>
  }
>()("@honeyhive/hive/TraceStore") {}
