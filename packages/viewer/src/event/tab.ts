import type { EventDetail, Status } from "../hive/types.ts"

/** What everything that is shown of an event is given. */
export interface TabProps {
  readonly detail: EventDetail
  readonly status: Status
}
