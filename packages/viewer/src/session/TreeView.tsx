import { clsx } from "clsx"
import { ChevronRight, ChevronsDownUp, ChevronsUpDown, CircleAlert } from "lucide-react"
import { memo, useState } from "react"
import { Button, IconButton } from "../design/Button.tsx"
import { StatusMark } from "../design/StatusMark.tsx"
import { TypeMark } from "../design/TypeMark.tsx"
import * as Format from "../design/format.ts"
import { PlainText } from "../design/PlainText.tsx"
import type { SpanRow } from "../hive/types.ts"
import { rowAt } from "../trace/Layout.ts"
import { Bar } from "./Bar.tsx"
import { endOf, linear } from "./scale.ts"
import { ticks } from "./ticks.ts"
import { useNow } from "./useNow.ts"
import { SLOTS, useRows } from "./useRows.ts"
import type { ViewProps } from "./view.ts"
import { FindBox, Space, ViewBar } from "./ViewBar.tsx"
import styles from "./TreeView.module.css"

const ROW = 30
const INDENT = 16

/** Deeper than this, rows are no longer indented further: the depth is said instead. */
const DEEPEST = 24

/** How many moments the axis names. */
const TICKS = 4

interface EventNameProps {
  readonly row: SpanRow
  readonly depth: number
  /** Whether there is something in it. */
  readonly isParent: boolean
  readonly isOpen: boolean
  /** Failures below. */
  readonly errors: number
  readonly isFound: boolean
  readonly toggle: (eventId: string, open: boolean) => void
  /** How far a level is indented, in pixels. */
  readonly indent?: number
}

/** What an event is called and how it went, at the depth where it stands. */
export const EventName = memo(
  ({ depth, errors, indent = INDENT, isFound, isOpen, isParent, row, toggle }: EventNameProps) => {
    const [id, , type, name, , , status, , , model, , , error] = row
    return (
      <span className={styles["event"]} style={{ paddingLeft: Math.min(depth, DEEPEST) * indent }}>
        {depth > DEEPEST && <span className={styles["deep"]}>{depth}</span>}
        {isParent ? (
          <span
            className={styles["twist"]}
            data-open={isOpen}
            aria-hidden
            onClick={(event) => {
              event.stopPropagation()
              toggle(id, !isOpen)
            }}
          >
            <ChevronRight size={14} />
          </span>
        ) : (
          <span className={styles["twist"]} />
        )}
        <TypeMark type={type} />
        <span className={clsx(styles["name"], isFound && styles["found"])}>
          <PlainText text={name} />
        </span>
        {status !== "ok" && <StatusMark status={status} />}
        {row[16] && (
          <span className={styles["tag"]} title="Its parent never arrived">
            orphan
          </span>
        )}
        {model !== null && model !== name && <span className={styles["model"]}>{model}</span>}
        {error !== null ? (
          <span className={styles["error"]} title={error}>
            <PlainText text={error} />
          </span>
        ) : !isOpen && errors > 0 ? (
          <span className={styles["error"]}>{Format.plural(errors, "error")} inside</span>
        ) : null}
      </span>
    )
  }
)

/** Every event under its parent, with its own time and what is summed up below it. */
export const TreeView = (props: ViewProps) => {
  const { find, folds, layout, rows, select, selected, session } = props
  const [onlyErrors, setOnlyErrors] = useState(false)
  const { items, places, total, tree } = useRows(props, { group: "Tree", height: ROW, onlyErrors })
  const now = useNow(session.status === "running")
  const end = session.status === "running" ? Math.max(layout.end, now) : layout.end
  const scale = linear(layout.start, end)
  return (
    <div className={styles["view"]}>
      <ViewBar label="Tree">
        <FindBox find={find} />
        <Space />
        {(onlyErrors || session.errors > 0) && (
          <Button look="outline" aria-pressed={onlyErrors} onClick={() => setOnlyErrors(!onlyErrors)}>
            <CircleAlert size={14} aria-hidden />
            Errors only
          </Button>
        )}
        <IconButton label="Close everything (f)" onClick={() => folds.closeAll(layout, rows)}>
          <ChevronsDownUp size={15} aria-hidden />
        </IconButton>
        <IconButton label="Open everything (F)" onClick={folds.openAll}>
          <ChevronsUpDown size={15} aria-hidden />
        </IconButton>
      </ViewBar>
      <div className={styles["titles"]} aria-hidden>
        <span className={styles["who"]}>Event</span>
        <span className={styles["lane"]}>
          {ticks(scale, 0, scale.length * 0.9, TICKS).map(({ label, place }) => (
            <span key={place} className={styles["tick"]} style={{ left: `${(place / scale.length) * 100}%` }}>
              {label}
            </span>
          ))}
        </span>
        <span className={styles["figures"]}>
          <span className={styles["tokens"]}>Tokens</span>
          <span className={styles["cost"]}>Cost</span>
          <span className={styles["self"]}>Self</span>
          <span className={styles["total"]}>Total</span>
        </span>
      </div>
      <div className={styles["scroller"]} aria-label="Events" {...tree}>
        <div role="presentation" className={styles["canvas"]} style={{ height: total }}>
          {items.map(({ index, start }) => {
            const place = places[index] ?? 0
            const row = rowAt(layout, rows, place)
            if (row === undefined) return null
            const [id, , , , begin, duration, status, , , , ttft] = row
            const depth = layout.depth[place] ?? 0
            const isParent = (layout.size[place] ?? 1) > 1
            const isOpen = !folds.closed.has(id)
            const isCritical = layout.critical[place] === 1
            return (
              <div
                key={index % SLOTS}
                id={`event-${id}`}
                role="treeitem"
                aria-level={depth + 1}
                aria-selected={id === selected}
                aria-expanded={isParent ? isOpen : undefined}
                data-event={id}
                className={clsx(styles["row"], id === selected && styles["selected"])}
                style={{ transform: `translateY(${start}px)`, height: ROW }}
                onClick={() => select(id)}
              >
                <span className={styles["who"]}>
                  <EventName
                    row={row}
                    depth={depth}
                    isParent={isParent}
                    isOpen={isOpen}
                    errors={layout.errors[place] ?? 0}
                    isFound={find.has(place)}
                    toggle={folds.toggle}
                  />
                </span>
                <span
                  className={styles["lane"]}
                  title={isCritical ? "On the critical path: the end waited for it" : undefined}
                >
                  <Bar
                    row={row}
                    from={(begin - layout.start) / scale.length}
                    to={(endOf(row, now) - layout.start) / scale.length}
                    critical={isCritical}
                  />
                </span>
                <span className={styles["figures"]}>
                  <span className={styles["tokens"]}>
                    {(layout.tokens[place] ?? 0) > 0 && Format.count(layout.tokens[place])}
                  </span>
                  <span className={styles["cost"]}>
                    {(layout.cost[place] ?? 0) > 0 && Format.cost(layout.cost[place])}
                  </span>
                  <span className={styles["self"]}>
                    {isParent && duration !== null && Format.duration(layout.self[place])}
                  </span>
                  <span
                    className={clsx(styles["total"], status === "running" && styles["going"])}
                    title={ttft === null ? undefined : `first token after ${Format.duration(ttft)}`}
                  >
                    {status === "running" ? Format.duration(Math.max(0, now - begin)) : Format.duration(duration)}
                  </span>
                </span>
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}
