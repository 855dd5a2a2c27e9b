import { queryOptions, useQuery } from "@tanstack/react-query"
import { read } from "../hive/api.ts"
import type { EventDetail, SpanRow } from "../hive/types.ts"

/** An event with its payloads; a change of its row says that there is more to read. */
export const eventQuery = (row: SpanRow) =>
  queryOptions({
    queryKey: ["event", row[0], row[6], row[5]],
    queryFn: ({ signal }) => read<EventDetail>(`/api/events/${encodeURIComponent(row[0])}`, {}, signal),
    staleTime: Infinity
  })

export const useEvent = (row: SpanRow, enabled: boolean): EventDetail | undefined =>
  useQuery({ ...eventQuery(row), enabled }).data
