import { useVirtualizer } from "@tanstack/react-virtual"
import { Link, useNavigate } from "@tanstack/react-router"
import { clsx } from "clsx"
import { type CSSProperties, type RefObject, useEffect, useState } from "react"
import * as Format from "../design/format.ts"
import { useShortcuts } from "../keyboard/Shortcuts.tsx"
import type { Order } from "../addresses.ts"
import type { Column } from "./sessionColumns.tsx"
import type { Sessions } from "./useSessions.ts"
import styles from "./SessionTable.module.css"

const ROW = 34

interface SessionTableProps {
  readonly sessions: Sessions
  readonly columns: ReadonlyArray<Column>
  readonly order: Order
  readonly sort: (order: Order) => void
  readonly scroller: RefObject<HTMLDivElement | null>
}

/** Ages and running durations move on by themselves. */
const useNow = (): number => {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return now
}

export const SessionTable = ({ columns, order, scroller, sessions, sort }: SessionTableProps) => {
  const { more, rows } = sessions
  const now = useNow()
  const navigate = useNavigate()
  const [selected, select] = useState<string>()
  const at = rows.findIndex(({ session_id }) => session_id === selected)
  const virtual = useVirtualizer({
    count: rows.length,
    estimateSize: () => ROW,
    getScrollElement: () => scroller.current,
    getItemKey: (index) => rows[index]?.session_id ?? index,
    overscan: 12
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (last >= rows.length - 10) more?.()
  }, [last, rows.length, more])

  // Two that are marked are compared
  const [marked, mark] = useState<ReadonlyArray<string>>([])
  const toggle = (id: string) => {
    const next = marked.includes(id) ? marked.filter((one) => one !== id) : [...marked, id]
    const [a, b] = next
    if (a !== undefined && b !== undefined) void navigate({ to: "/compare", search: { a, b } })
    else mark(next)
  }
  const move = (by: number) => {
    const next = Math.min(rows.length - 1, Math.max(0, at + by))
    select(rows[next]?.session_id)
    virtual.scrollToIndex(next)
  }
  const open = () => {
    if (selected !== undefined) void navigate({ to: "/sessions/$sessionId", params: { sessionId: selected } })
  }
  useShortcuts("Sessions", {
    j: ["next session", () => move(1)],
    k: ["previous session", () => move(-1)],
    ArrowDown: ["next session", () => move(1)],
    ArrowUp: ["previous session", () => move(-1)],
    Enter: ["open the session", open],
    x: ["mark to compare; the second one opens the comparison", () => selected !== undefined && toggle(selected)]
  })

  // React's types know no custom properties
  const widths = {
    "--columns": columns.map(({ width }) => width).join(" "),
    "--narrow": columns.flatMap(({ wide, width }) => (wide === true ? [] : [width])).join(" ")
  } as CSSProperties
  return (
    <div
      role="table"
      aria-label="Sessions"
      aria-rowcount={more === undefined ? rows.length + 1 : -1}
      className={styles["table"]}
      style={widths}
    >
      <div role="rowgroup" className={styles["head"]}>
        <div role="row" className={styles["row"]}>
          {columns.map((column) => (
            <div
              key={column.id}
              role="columnheader"
              aria-sort={column.order === order ? "descending" : undefined}
              className={clsx(styles["cell"], column.number && styles["number"], column.wide && styles["wide"])}
            >
              {column.order === undefined ? (
                column.title
              ) : (
                <button type="button" className={styles["sort"]} onClick={() => sort(column.order ?? "newest")}>
                  {column.title}
                  <span aria-hidden>{column.order === order ? " ↓" : ""}</span>
                </button>
              )}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" className={styles["body"]} style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, key, start }) => {
          const row = rows[index]
          if (row === undefined) return null
          return (
            <div
              key={key}
              role="row"
              aria-rowindex={index + 2}
              data-session={row.session_id}
              className={clsx(styles["row"], styles["item"], index === at && styles["selected"])}
              style={{ transform: `translateY(${start}px)`, height: ROW }}
            >
              {columns.map((column, position) => (
                <div
                  key={column.id}
                  role="cell"
                  className={clsx(
                    styles["cell"],
                    position === 0 && styles["first"],
                    column.number && styles["number"],
                    column.wide && styles["wide"]
                  )}
                >
                  {position === 0 && (
                    <input
                      type="checkbox"
                      className={styles["mark"]}
                      aria-label={`Compare ${row.name} of ${Format.fullMoment(row.start_time)}`}
                      title="Mark two to compare them (x)"
                      checked={marked.includes(row.session_id)}
                      onChange={() => toggle(row.session_id)}
                    />
                  )}
                  {position === 0 ? (
                    <Link
                      to="/sessions/$sessionId"
                      params={{ sessionId: row.session_id }}
                      className={styles["link"]}
                      onFocus={() => select(row.session_id)}
                    >
                      {column.cell(row, now)}
                    </Link>
                  ) : (
                    column.cell(row, now)
                  )}
                </div>
              ))}
            </div>
          )
        })}
      </div>
    </div>
  )
}
