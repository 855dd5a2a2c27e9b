import { clsx } from "clsx"
import { type CSSProperties, memo } from "react"
import * as Format from "../design/format.ts"
import type { SpanRow } from "../hive/types.ts"
import { Bar } from "./Bar.tsx"
import { EventName } from "./EventName.tsx"
import { isSameRow } from "./rowProps.ts"
import styles from "./TimelineView.module.css"

/** Of a row, in pixels. */
export const HEIGHT = 26

const INDENT = 12

interface TimelineRowProps {
  readonly row: SpanRow
  /** Where it stands, in pixels. */
  readonly top: number
  readonly depth: number
  readonly isParent: boolean
  readonly isOpen: boolean
  readonly isSelected: boolean
  readonly isFound: boolean
  /** Whether the end waited for it; undefined where nobody asks. */
  readonly isCritical: boolean | undefined
  /** Failures below. */
  readonly errors: number
  /** Parts of the axis; they may reach beyond it. */
  readonly from: number
  readonly to: number
  /** How long it runs; of what has ended, nothing. */
  readonly runs: number | undefined
  readonly select: (eventId: string) => void
  readonly toggle: (eventId: string, open: boolean) => void
}

/** How long it took beside the bar, or where it is when it is not in sight. */
const Length = ({ from, row, runs, to }: Pick<TimelineRowProps, "from" | "row" | "runs" | "to">) => {
  if (to < 0) {
    return (
      <span className={clsx(styles["off"], styles["before"])} title="Earlier" aria-hidden>
        ‹
      </span>
    )
  }
  if (from > 1) {
    return (
      <span className={clsx(styles["off"], styles["after"])} title="Later" aria-hidden>
        ›
      </span>
    )
  }
  // React's types know no custom properties
  const ends = { "--from": Math.max(0, from), "--to": Math.min(1, to) } as CSSProperties
  return (
    <span
      className={clsx(styles["length"], to > 0.88 ? (from > 0.12 ? styles["left"] : styles["in"]) : "")}
      style={ends}
    >
      {runs === undefined ? Format.duration(row[5]) : `${Format.duration(runs)} …`}
    </span>
  )
}

/** One event where it stands in time. Drawn anew only if something about it is new. */
export const TimelineRow = memo((props: TimelineRowProps) => {
  const { depth, from, isCritical, isOpen, isParent, isSelected, row, runs, select, to, top } = props
  const id = row[0]
  return (
    <div
      id={`event-${id}`}
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={isSelected}
      aria-expanded={isParent ? isOpen : undefined}
      data-event={id}
      className={clsx(styles["row"], isSelected && styles["selected"])}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => select(id)}
    >
      <EventName
        className={styles["who"]}
        row={row}
        depth={depth}
        indent={INDENT}
        isParent={isParent}
        isOpen={isOpen}
        errors={props.errors}
        isFound={props.isFound}
        toggle={props.toggle}
      />
      <span className={styles["lane"]}>
        <Bar row={row} from={from} to={to} critical={isCritical === true} dim={isCritical === false} />
        <Length row={row} from={from} to={to} runs={runs} />
      </span>
    </div>
  )
}, isSameRow)
