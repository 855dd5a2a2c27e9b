import type { SessionRow, SpanRow } from "../hive/types.ts"
import type { Layout } from "../trace/Layout.ts"
import type { Find } from "./useFind.ts"
import type { Folds } from "./useFolds.ts"

/** What every way of looking at a session is given. */
export interface ViewProps {
  readonly session: SessionRow
  readonly rows: ReadonlyArray<SpanRow>
  readonly layout: Layout
  /** The event whose details are open. */
  readonly selected: string | undefined
  readonly select: (eventId: string | undefined) => void
  /** Where an event stands in the layout; -1 where it does not. */
  readonly placeOf: (eventId: string) => number
  readonly find: Find
  readonly folds: Folds
}
