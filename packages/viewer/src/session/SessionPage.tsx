/**
 * One session: its head, the five ways to look at it, and the details of one event beside them.
 */
import { getRouteApi, Link } from "@tanstack/react-router"
import { ArrowLeft, ChevronDown, ChevronUp } from "lucide-react"
import { type ComponentType, lazy, Suspense, useCallback, useEffect, useMemo } from "react"
import { Group, Panel, Separator } from "react-resizable-panels"
import { CopyButton } from "../design/CopyButton.tsx"
import { IconButton } from "../design/Button.tsx"
import { Empty, Loading, Problem } from "../design/Notice.tsx"
import { PlainText } from "../design/PlainText.tsx"
import { StatusMark } from "../design/StatusMark.tsx"
import * as Format from "../design/format.ts"
import { useNarrow } from "../design/useNarrow.ts"
import type { SessionRow } from "../hive/types.ts"
import { useShortcuts } from "../keyboard/Shortcuts.tsx"
import { type View, VIEWS } from "../addresses.ts"
import { failures, rowAt } from "../trace/Layout.ts"
import { useTrace } from "../trace/useTrace.ts"
import { TreeView } from "./TreeView.tsx"
import { nextOf, useFind } from "./useFind.ts"
import { useFolds } from "./useFolds.ts"
import { useNow } from "./useNow.ts"
import type { ViewProps } from "./view.ts"
import styles from "./SessionPage.module.css"

const route = getRouteApi("/sessions/$sessionId")

const views: Record<View, ComponentType<ViewProps>> = {
  tree: TreeView,
  timeline: lazy(() => import("./TimelineView.tsx").then(({ TimelineView }) => ({ default: TimelineView }))),
  graph: lazy(() => import("./GraphView.tsx").then(({ GraphView }) => ({ default: GraphView }))),
  trajectory: lazy(() => import("./TrajectoryView.tsx").then(({ TrajectoryView }) => ({ default: TrajectoryView }))),
  thread: lazy(() => import("./ThreadView.tsx").then(({ ThreadView }) => ({ default: ThreadView })))
}

// The first rows do not wait for what shows one event
const EventPanel = lazy(() => import("../event/EventPanel.tsx").then(({ EventPanel }) => ({ default: EventPanel })))

const titles: Record<View, string> = {
  tree: "Tree",
  timeline: "Timeline",
  graph: "Graph",
  trajectory: "Trajectory",
  thread: "Thread"
}

const Fact = ({ name, value, title }: { readonly name: string; readonly value: string; readonly title?: string }) => (
  <div title={title}>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
)

const Head = ({ session }: { readonly session: SessionRow }) => {
  const running = session.status === "running"
  const now = useNow(running, 1000)
  return (
    <div className={styles["head"]}>
      <Link to="/" aria-label="All sessions" className={styles["back"]}>
        <ArrowLeft size={16} aria-hidden />
      </Link>
      <StatusMark status={session.status} />
      <h1>
        <PlainText text={session.name} />
      </h1>
      {session.orphan && <span className={styles["tag"]}>orphan</span>}
      <CopyButton text={() => location.href} what="link" />
      <dl className={styles["facts"]}>
        <Fact name="Started" value={Format.moment(session.start_time)} title={Format.fullMoment(session.start_time)} />
        <Fact
          name="Duration"
          value={Format.duration(running ? Math.max(0, now - session.start_time) : session.duration)}
        />
        <Fact name="Events" value={Format.count(session.events)} />
        <Fact name="Tokens" value={Format.count(session.tokens)} />
        <Fact
          name="Cost"
          value={`${Format.cost(session.cost)}${session.cost !== null && session.unpriced > 0 ? "+" : ""}`}
          {...(session.unpriced > 0 && { title: "Some calls are of models without a known price" })}
        />
        {session.user !== null && <Fact name="User" value={session.user} />}
      </dl>
    </div>
  )
}

export const SessionPage = () => {
  const { sessionId } = route.useParams()
  const { event: selected, view = "tree" } = route.useSearch()
  const navigate = route.useNavigate()
  const trace = useTrace(sessionId)
  const narrow = useNarrow()
  const { layout, rows, session } = trace
  const View = views[view]

  useEffect(() => {
    document.title = session === undefined ? "Session · HoneyHive" : `${session.name} · HoneyHive`
  }, [session])

  const select = (event: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, event }), replace: true, resetScroll: false })
  const show = (view: View) =>
    void navigate({ search: (before) => ({ ...before, view: view === "tree" ? undefined : view }), resetScroll: false })

  const failed = useMemo(() => (layout === undefined ? [] : failures(layout, rows)), [layout, rows])
  const { indexOf } = trace
  const placeOf = useCallback((eventId: string) => layout?.position[indexOf(eventId)] ?? -1, [layout, indexOf])
  const place = selected === undefined ? -1 : placeOf(selected)
  const selectPlace = (place: number | undefined) => {
    const row = layout === undefined || place === undefined ? undefined : rowAt(layout, rows, place)
    if (row !== undefined) select(row[0])
  }
  const jump = (by: 1 | -1) => selectPlace(nextOf(failed, place, by))
  const find = useFind(layout, rows, place, selectPlace)
  const folds = useFolds()

  useShortcuts("One session", {
    ...Object.fromEntries(VIEWS.map((view, at) => [String(at + 1), [titles[view], () => show(view)]] as const)),
    e: ["next error", () => jump(1)],
    E: ["previous error", () => jump(-1)],
    Escape: ["close the details, then the session", () => (selected === undefined ? history.back() : select(undefined))]
  })

  if (trace.error !== undefined && layout === undefined) {
    return trace.error.status === 404 ? (
      <Empty title="There is no such session.">
        <p>It was deleted, or it never reached this hive.</p>
        <Link to="/">All sessions</Link>
      </Empty>
    ) : (
      <Problem error={trace.error} retry={trace.reload} />
    )
  }
  if (session === undefined || layout === undefined) return <Loading what="the session" />

  const details = selected !== undefined && (
    <Suspense fallback={<Loading what="the event" />}>
      <EventPanel key={selected} eventId={selected} close={() => select(undefined)} rows={rows} />
    </Suspense>
  )
  return (
    <div className={styles["page"]}>
      <Head session={session} />
      {trace.deleted && (
        <p className={styles["deleted"]} role="status">
          This session was deleted. What is shown is what was read before.
        </p>
      )}
      <div className={styles["bar"]}>
        <nav className={styles["tabs"]} aria-label="Views">
          {VIEWS.map((one) => (
            <Link
              key={one}
              from="/sessions/$sessionId"
              search={(before) => ({ ...before, view: one === "tree" ? undefined : one })}
              activeOptions={{ exact: true, includeSearch: true }}
              className={styles["tab"]}
              resetScroll={false}
            >
              {titles[one]}
            </Link>
          ))}
        </nav>
        {failed.length > 0 && (
          <div className={styles["errors"]}>
            <span>{Format.plural(failed.length, "error")}</span>
            <IconButton label="Next error (e)" onClick={() => jump(1)}>
              <ChevronDown size={15} aria-hidden />
            </IconButton>
            <IconButton label="Previous error (E)" onClick={() => jump(-1)}>
              <ChevronUp size={15} aria-hidden />
            </IconButton>
          </div>
        )}
      </div>
      <div className={styles["body"]}>
        {narrow && selected !== undefined ? (
          details
        ) : (
          <Group className={styles["group"]}>
            <Panel minSize="30%">
              <Suspense fallback={<Loading what="the view" />}>
                <View
                  session={session}
                  rows={rows}
                  layout={layout}
                  selected={selected}
                  select={select}
                  placeOf={placeOf}
                  find={find}
                  folds={folds}
                />
              </Suspense>
            </Panel>
            {selected !== undefined && (
              <>
                <Separator className={styles["separator"]} aria-label="Width of the details" />
                <Panel minSize="25%" defaultSize="45%">
                  {details}
                </Panel>
              </>
            )}
          </Group>
        )}
      </div>
    </div>
  )
}
