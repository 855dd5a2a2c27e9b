import { getRouteApi } from "@tanstack/react-router"
import { useCallback, useDeferredValue, useEffect, useRef, useState } from "react"
import { Button } from "../design/Button.tsx"
import { Empty, Loading, Problem } from "../design/Notice.tsx"
import * as Format from "../design/format.ts"
import { HiveProblem } from "../hive/api.ts"
import { Setup } from "../setup/Setup.tsx"
import { ColumnChooser, useColumns } from "./ColumnChooser.tsx"
import { Facets } from "./Facets.tsx"
import { QueryInput } from "./QueryInput.tsx"
import { SavedViews } from "./SavedViews.tsx"
import { SessionTable } from "./SessionTable.tsx"
import { useSessions } from "./useSessions.ts"
import styles from "./SessionsPage.module.css"

const route = getRouteApi("/")

/** How long a reader who touched the list is taken to be reading it, in milliseconds. */
const READING = 2_000

/** The sessions that the hive keeps: searched, filtered, in order, and live. */
export const SessionsPage = () => {
  const { order = "newest", q = "" } = route.useSearch()
  const navigate = route.useNavigate()
  const asked = useDeferredValue(q)
  const scroller = useRef<HTMLDivElement>(null)
  const touched = useRef(0)
  const touch = () => {
    touched.current = Date.now()
  }
  const mayMove = useCallback(
    () =>
      order === "newest" &&
      (scroller.current?.scrollTop ?? 0) === 0 &&
      Date.now() - touched.current > READING &&
      scroller.current?.contains(document.activeElement) !== true,
    [order]
  )
  const sessions = useSessions(asked, order, mayMove)
  const columns = useColumns()
  const refused = sessions.error instanceof HiveProblem && sessions.error.status === 400 ? sessions.error : undefined
  const [said, say] = useState(0)
  useEffect(() => {
    document.title = q === "" ? "Sessions · HoneyHive" : `${q} · HoneyHive`
  }, [q])
  // What the next click most likely needs is there before it
  useEffect(() => {
    const idle = globalThis.requestIdleCallback ?? ((run: () => void) => setTimeout(run, 1_000))
    idle(() => void import("../session/SessionPage.tsx"))
  }, [])
  useEffect(() => say(sessions.rows.length), [sessions.rows.length])

  const ask = (query: string) =>
    void navigate({ search: (before) => ({ ...before, q: query === "" ? undefined : query }), replace: true })

  return (
    <div className={styles["page"]}>
      <header className={styles["header"]}>
        <h1 className="visually-hidden">Sessions</h1>
        <QueryInput query={q} ask={ask} problem={refused} />
        <SavedViews
          q={q}
          order={order}
          show={(q, order) =>
            void navigate({ search: { ...(q !== "" && { q }), ...(order !== "newest" && { order }) } })
          }
        />
        <ColumnChooser {...columns} />
      </header>
      <div className={styles["body"]}>
        <Facets q={asked} ask={ask} />
        <div className={styles["list"]}>
          {sessions.waiting > 0 && (
            <Button
              look="solid"
              className={styles["waiting"]}
              onClick={() => {
                sessions.showWaiting()
                scroller.current?.scrollTo({ top: 0 })
              }}
            >
              {Format.plural(sessions.waiting, "new session")}
            </Button>
          )}
          <div ref={scroller} className={styles["scroller"]} onPointerMove={touch} onWheel={touch} onKeyDown={touch}>
            {refused !== undefined ? (
              <Empty title="The query is not finished." />
            ) : sessions.error !== null && sessions.rows.length === 0 ? (
              <Problem error={sessions.error} retry={sessions.retry} />
            ) : sessions.isReading ? (
              <Loading what="sessions" />
            ) : sessions.rows.length === 0 ? (
              q === "" ? (
                <Setup />
              ) : (
                <Empty title="Nothing was found.">
                  <Button onClick={() => ask("")}>Show all sessions</Button>
                </Empty>
              )
            ) : (
              <SessionTable
                sessions={sessions}
                columns={columns.shown}
                order={order}
                sort={(order) =>
                  void navigate({ search: (before) => ({ ...before, order: order === "newest" ? undefined : order }) })
                }
                scroller={scroller}
              />
            )}
          </div>
        </div>
      </div>
      <p className="visually-hidden" role="status">
        {Format.plural(said, "session")} shown
      </p>
    </div>
  )
}
