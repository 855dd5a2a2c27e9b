import { useMutation, useQueryClient } from "@tanstack/react-query"
import { eventKey } from "../event/useEvent.ts"
import { send } from "../hive/api.ts"
import type { EventDetail } from "../hive/types.ts"

type Bucket = EventDetail["event"]["feedback"]

interface Change {
  readonly feedback?: Bucket
  readonly metrics?: Bucket
}

const changed = (detail: EventDetail, { feedback, metrics }: Change): EventDetail => ({
  ...detail,
  event: {
    ...detail.event,
    feedback: { ...detail.event.feedback, ...feedback },
    metrics: { ...detail.event.metrics, ...metrics }
  }
})

/** Adds to an event's feedback and metrics: shown at once, taken back when the hive refuses. */
export const useAnnotation = (eventId: string) => {
  const queries = useQueryClient()
  const queryKey = eventKey(eventId)
  return useMutation({
    // One after the other: what is taken back is what was before
    scope: { id: eventId },
    mutationFn: (change: Change) => send("PUT", `/v1/events/${encodeURIComponent(eventId)}`, change),
    onMutate: async (change) => {
      await queries.cancelQueries({ queryKey, exact: true })
      const before = queries.getQueryData<EventDetail>(queryKey)
      if (before !== undefined) queries.setQueryData(queryKey, changed(before, change))
      return before
    },
    onError: (_error, _change, before) => queries.setQueryData(queryKey, before),
    onSettled: () => queries.invalidateQueries({ queryKey })
  })
}
