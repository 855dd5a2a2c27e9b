import { useQuery, useQueryClient } from "@tanstack/react-query"
import { useEffect, useRef } from "react"
import { read } from "../hive/api.ts"
import type { EventDetail, SpanRow } from "../hive/types.ts"

/** Under what an event's details are kept. */
export const eventKey = (eventId: string) => ["event", eventId] as const

/** Everything about one event; read again when its row says that there is more to read. */
export const useEvent = (eventId: string, row: SpanRow | undefined) => {
  const queries = useQueryClient()
  const known = useRef(row)
  useEffect(() => {
    if (known.current === row) return
    known.current = row
    void queries.invalidateQueries({ queryKey: eventKey(eventId) })
  }, [queries, eventId, row])
  return useQuery({
    queryKey: eventKey(eventId),
    queryFn: ({ signal }) => read<EventDetail>(`/api/events/${encodeURIComponent(eventId)}`, {}, signal)
  })
}
