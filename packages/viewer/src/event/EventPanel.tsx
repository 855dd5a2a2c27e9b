import { useQuery } from "@tanstack/react-query"
import { X } from "lucide-react"
import { IconButton } from "../design/Button.tsx"
import { Loading, Problem } from "../design/Notice.tsx"
import { StatusMark } from "../design/StatusMark.tsx"
import { TypeMark } from "../design/TypeMark.tsx"
import * as Format from "../design/format.ts"
import { read } from "../hive/api.ts"
import type { EventDetail, SpanRow } from "../hive/types.ts"
import styles from "./EventPanel.module.css"

interface EventPanelProps {
  readonly eventId: string
  readonly rows: ReadonlyArray<SpanRow>
  readonly close: () => void
}

/** Everything about one event. */
export const EventPanel = ({ close, eventId, rows }: EventPanelProps) => {
  const row = rows.find(([id]) => id === eventId)
  const status = row?.[6] ?? "ok"
  const { data, error, refetch } = useQuery({
    // A change of its row says that there is more to read
    queryKey: ["event", eventId, status, row?.[5]],
    queryFn: ({ signal }) => read<EventDetail>(`/api/events/${encodeURIComponent(eventId)}`, {}, signal)
  })
  if (error !== null && data === undefined) return <Problem error={error} retry={() => void refetch()} />
  if (data === undefined) return <Loading what="the event" />
  const { event } = data
  return (
    <section className={styles["panel"]} aria-label={`Event ${event.event_name}`}>
      <header className={styles["head"]}>
        <TypeMark type={event.event_type} word />
        <h2>{event.event_name}</h2>
        <StatusMark status={status} />
        <span className={styles["duration"]}>{Format.duration(event.duration)}</span>
        <IconButton label="Close the details (Esc)" onClick={close}>
          <X size={16} aria-hidden />
        </IconButton>
      </header>
      <pre className={styles["json"]}>{JSON.stringify({ inputs: event.inputs, outputs: event.outputs }, null, 2)}</pre>
    </section>
  )
}
