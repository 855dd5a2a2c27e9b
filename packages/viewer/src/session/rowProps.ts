/**
 * Whether a row of a list must be drawn anew.
 */
import type { SpanRow } from "../hive/types.ts"

/** What an event's row is given: the event, and else only what can be compared by itself. */
interface RowProps {
  readonly row: SpanRow
}

const isSameEvent = (a: SpanRow, b: SpanRow): boolean => a === b || a.every((value, at) => Object.is(value, b[at]))

/** Whether an event and what is said about it are as they were; for `memo`. */
export const isSameRow = <A extends RowProps>(before: A, after: A): boolean => {
  // Its own keys are what it has
  for (const key of Object.keys(after) as Array<keyof A>) {
    if (key !== "row" && !Object.is(before[key], after[key])) return false
  }
  return isSameEvent(before.row, after.row)
}
