/**
 * What has become of a run's items, kept outside the process: an item that is in the journal is not evaluated again.
 *
 * `evaluate` looks for a journal and writes none by default; `@honeyhive/experiments/Resume` provides some.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Struct from "effect/Struct"
import { ReportItem } from "./Report.ts"

/**
 * What is kept of an item: all but what the dataset has.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Entry = Schema.Struct({
  item: ReportItem.mapFields(Struct.omit(["index", "inputs", "ground_truth"])),
  /** The outputs as their schema writes them; absent where the run gives none, or the item has none. */
  encoded: Schema.optionalKey(Schema.Json)
})

/**
 * @category models
 * @since 0.1.0
 */
export type Entry = typeof Entry.Type

/**
 * A failure that was read from a journal: what was thrown is not kept, only its message.
 *
 * @category errors
 * @since 0.1.0
 */
export class RecordedFailure extends Schema.TaggedError<RecordedFailure>()("RecordedFailure", {
  message: Schema.String
}) {}

/**
 * A run that wants to be kept.
 *
 * @category models
 * @since 0.1.0
 */
export interface Run {
  readonly runId: string
  /** Items in work at a time in this process. */
  readonly concurrency: number
  /** Evaluates the item of a key; none where this process has no such item. */
  readonly evaluate: (key: string) => Option.Option<Effect.Effect<Entry>>
}

/**
 * A run that is kept.
 *
 * @category models
 * @since 0.1.0
 */
export interface Kept {
  /** The item's entry, evaluated first where there is none. The same key has the same entry, in every process. */
  readonly entry: (key: string) => Effect.Effect<Entry>
  /** How many entries to ask for at a time. */
  readonly ahead: number
  /** Others have the run in work, too, and tell the backend of their items themselves. */
  readonly shared: boolean
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Service {
  /** The id of the run of this name, for runs that bring none. */
  readonly runId: (name: string) => Effect.Effect<string>
  /** Open until the scope closes; what is in work then is given up, and begun again by the next who opens the run. */
  readonly open: (run: Run) => Effect.Effect<Kept, never, Scope.Scope>
}

/**
 * The journal of the runs below. Default: none.
 *
 * @example
 * ```ts
 * import { Effect, Option } from "effect"
 * import { Journal } from "@honeyhive/experiments"
 *
 * Option.isNone(Effect.runSync(Journal.Journal)) // => true
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const Journal = Context.Reference<Option.Option<Service>>("@honeyhive/experiments/Journal", {
  defaultValue: Option.none
})
