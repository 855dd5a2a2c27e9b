/**
 * From the bytes of a request to its events.
 */
import { toEvent } from "@honeyhive/contract/Projection"
import type { OpenRequest } from "./raw.ts"
import { withState } from "./running.ts"
import { readLazySpans } from "./spanReader.ts"

export const openRequest: OpenRequest = (body) => {
  const { accepted } = readLazySpans(body)
  return (ordinal) => {
    const span = accepted[ordinal]
    if (span === undefined) throw new Error(`a request has no span ${ordinal}`)
    const { event } = toEvent(span)
    return event.end_time === null ? withState(event, "running") : event
  }
}
