/**
 * What the writer is told to do. Commands travel between threads: plain data only.
 */
import type { Event, StartSession, UpdateEvent } from "@honeyhive/contract/Event"
import type { StoredEvent } from "../TraceStore.ts"
import type { Lines } from "./lines.ts"
import type { Sources } from "./origins.ts"
import type { Limits } from "./retention.ts"

/**
 * Spans as rows, one after the other in one list: all columns, then the tokens, name and source of the session that the
 * span may create (null where it may not), and the process that it is from. A list of plain values crosses between threads at half of what objects cost.
 */
export type SpanValues = ReadonlyArray<string | number | null>

export type Command =
  | {
      readonly op: "ingest"
      readonly count: number
      readonly values: SpanValues
      readonly now: number
      /** What each span says beside its event. */
      readonly sources?: Sources | undefined
    }
  /** Spans of one request, and the request as it came. */
  | ({ readonly op: "ingestRaw"; readonly body: Uint8Array; readonly now: number } & Lines)
  | { readonly op: "startSession"; readonly id: string; readonly start: StartSession; readonly now: number }
  | { readonly op: "createEvents"; readonly events: ReadonlyArray<Event>; readonly now: number }
  | { readonly op: "updateEvent"; readonly id: string; readonly update: UpdateEvent; readonly now: number }
  /** Marks running spans as lost whose process was not heard of since a moment; the hive itself listens since `opened`. */
  | { readonly op: "markLost"; readonly silentSince: number; readonly opened: number }
  | { readonly op: "restore"; readonly records: ReadonlyArray<StoredEvent> }
  /** One step of deleting a session. */
  | { readonly op: "deleteSession"; readonly id: string }
  /** One step of deleting what is past the limits. */
  | { readonly op: "retain"; readonly limits: Limits }
  /** Deletes shared content that nothing needs any more. */
  | { readonly op: "collect" }
  /** One step of giving free pages back. */
  | { readonly op: "vacuum" }
  /** The last one, in a transaction of its own. */
  | { readonly op: "close" }
  /** One small step of indexing what waits; where nothing does, of tidying the index. */
  | { readonly op: "index" }
  /** Indexes what waits, at least one step of it, until a moment at which nobody waits for it any more. */
  | { readonly op: "catchUp"; readonly until: number }

/** What a command answers. */
export interface Answers {
  readonly ingest: void
  readonly ingestRaw: void
  readonly startSession: Event
  readonly createEvents: void
  /** False when there is no such event. */
  readonly updateEvent: boolean
  readonly restore: void
  /** Those that were marked. */
  readonly markLost: ReadonlyArray<{ readonly event_id: string; readonly session_id: string }>
  /** How many events were deleted, of which sessions, and whether anything of them is left. */
  readonly retain: {
    readonly gone: number
    readonly sessions: ReadonlyArray<{ readonly session_id: string; readonly deleted: boolean }>
  }
  /** How many events were deleted; none when all are. */
  readonly deleteSession: number
  readonly collect: void
  /** How many free pages are left. */
  readonly vacuum: number
  readonly close: void
  /** About how many events still wait, and whether the index can be tidied further. */
  readonly index: { readonly waiting: number; readonly untidy: boolean }
  /** About how many events still wait. */
  readonly catchUp: number
}

export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  /** `early`: the command needs what is not loaded yet, and has done nothing. */
  | { readonly ok: false; readonly message: string; readonly early?: true }

/** Whether a command is for the index, which nobody's write should wait for. */
export const isForIndex = ({ op }: Command): boolean => op === "index" || op === "catchUp"

/** How much work a command is, in spans. */
export const spansOf = (command: Command): number =>
  command.op === "ingest" || command.op === "ingestRaw"
    ? command.count
    : command.op === "createEvents"
      ? command.events.length
      : command.op === "restore"
        ? command.records.length
        : 1
