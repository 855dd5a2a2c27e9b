/**
 * Everything about one event: its head, and what is shown of it under tabs.
 */
import { getRouteApi } from "@tanstack/react-router"
import { Link2, X } from "lucide-react"
import { lazy, Suspense, useId } from "react"
import { type Tab, TABS } from "../addresses.ts"
import { CopyButton } from "../design/CopyButton.tsx"
import { IconButton } from "../design/Button.tsx"
import { Loading, Problem } from "../design/Notice.tsx"
import { PlainText } from "../design/PlainText.tsx"
import { StatusMark } from "../design/StatusMark.tsx"
import { TypeMark } from "../design/TypeMark.tsx"
import { beginning } from "../design/unseen.ts"
import type { EventDetail, SpanRow, Status } from "../hive/types.ts"
import { useShortcuts } from "../keyboard/Shortcuts.tsx"
import { EventFacts } from "./EventFacts.tsx"
import PayloadTab from "./PayloadTab.tsx"
import { readError } from "./readError.ts"
import { useEvent } from "./useEvent.ts"
import styles from "./EventPanel.module.css"

const route = getRouteApi("/sessions/$sessionId")

const tabs = {
  payload: PayloadTab,
  details: lazy(() => import("./DetailsTab.tsx")),
  span: lazy(() => import("./SpanTab.tsx")),
  otlp: lazy(() => import("./OtlpTab.tsx")),
  annotate: lazy(() => import("../annotate/AnnotateTab.tsx"))
}

const titles: Record<Tab, string> = {
  payload: "Input & output",
  details: "Details",
  span: "Span",
  otlp: "OTLP",
  annotate: "Annotate"
}

interface EventPanelProps {
  readonly eventId: string
  readonly rows: ReadonlyArray<SpanRow>
  readonly close: () => void
}

/** Everything about one event. */
export const EventPanel = ({ close, eventId, rows }: EventPanelProps) => {
  const row = rows.find(([id]) => id === eventId)
  const { data, error, refetch } = useEvent(eventId, row)
  if (error !== null && data === undefined) {
    return (
      <section aria-label="Event">
        <Problem error={error} retry={() => void refetch()} />
      </section>
    )
  }
  if (data === undefined) return <Loading what="the event" />
  return <Open detail={data} row={row} close={close} />
}

interface OpenProps {
  readonly detail: EventDetail
  readonly row: SpanRow | undefined
  readonly close: () => void
}

/** As the hive tells it in a row, for an event that has none yet. */
const statusOf = ({ event }: EventDetail): Status => {
  const state = event.metadata["span_state"]
  if (event.end_time === null && (state === "running" || state === "lost")) return state
  return event.error === null ? "ok" : "error"
}

const Open = ({ close, detail, row }: OpenProps) => {
  const { event } = detail
  const status = row?.[6] ?? statusOf(detail)
  const { tab = "payload" } = route.useSearch()
  const navigate = route.useNavigate()
  const id = useId()
  const show = (tab: Tab) =>
    void navigate({
      search: (before) => ({ ...before, tab: tab === "payload" ? undefined : tab }),
      replace: true,
      resetScroll: false
    })
  const step = (by: number) => show(TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length] ?? "payload")
  useShortcuts("One event", {
    "]": ["next tab of the details", () => step(1)],
    "[": ["previous tab of the details", () => step(-1)],
    a: ["annotate", () => show("annotate")]
  })
  const Content = tabs[tab]
  const interrupted = readError(detail)?.kind === "interruption"
  return (
    <section className={styles["panel"]} aria-label={`Event ${beginning(event.event_name, 200)}`}>
      <header className={styles["head"]}>
        <TypeMark type={event.event_type} word />
        <h2 title={beginning(event.event_name, 1_000)}>
          <PlainText text={beginning(event.event_name, 1_000)} />
        </h2>
        {interrupted ? <span className={styles["tag"]}>interrupted</span> : <StatusMark status={status} />}
        <CopyButton text={() => location.href} what="link to this event" picture={<Link2 size={14} aria-hidden />} />
        <IconButton label="Close the details (Esc)" onClick={close}>
          <X size={16} aria-hidden />
        </IconButton>
      </header>
      <EventFacts detail={detail} status={status} />
      <div className={styles["tabs"]} role="tablist" aria-label="Details">
        {TABS.map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            id={`${id}-${one}`}
            aria-selected={one === tab}
            aria-controls={`${id}-panel`}
            tabIndex={one === tab ? 0 : -1}
            className={styles["tab"]}
            onClick={() => show(one)}
            onKeyDown={(press) => {
              const { currentTarget, key } = press
              if (key !== "ArrowRight" && key !== "ArrowLeft") return
              press.preventDefault()
              const next =
                key === "ArrowRight" ? currentTarget.nextElementSibling : currentTarget.previousElementSibling
              if (next instanceof HTMLElement) next.focus()
              step(key === "ArrowRight" ? 1 : -1)
            }}
          >
            {titles[one]}
          </button>
        ))}
      </div>
      <div
        className={styles["content"]}
        role="tabpanel"
        id={`${id}-panel`}
        aria-labelledby={`${id}-${tab}`}
        tabIndex={0}
      >
        <Suspense fallback={<Loading what={titles[tab]} />}>
          <Content key={event.event_id} detail={detail} status={status} />
        </Suspense>
      </div>
    </section>
  )
}
