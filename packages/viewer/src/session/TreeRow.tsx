import { clsx } from "clsx"
import { memo } from "react"
import * as Format from "../design/format.ts"
import type { SpanRow } from "../hive/types.ts"
import { Bar } from "./Bar.tsx"
import { EventName } from "./EventName.tsx"
import { isSameRow } from "./rowProps.ts"
import styles from "./TreeView.module.css"

/** Of a row, in pixels. */
export const HEIGHT = 30

const INDENT = 16

interface TreeRowProps {
  readonly row: SpanRow
  /** Where it stands, in pixels. */
  readonly top: number
  readonly depth: number
  readonly isParent: boolean
  readonly isOpen: boolean
  readonly isSelected: boolean
  readonly isFound: boolean
  readonly isCritical: boolean
  /** Failures below. */
  readonly errors: number
  readonly tokens: number
  readonly cost: number
  /** Milliseconds in which nothing in it was at work. */
  readonly self: number
  /** Parts of the axis. */
  readonly from: number
  readonly to: number
  /** How long it runs; of what has ended, nothing. */
  readonly runs: number | undefined
  readonly select: (eventId: string) => void
  readonly toggle: (eventId: string, open: boolean) => void
}

/** One event of a tree. Drawn anew only if something about it is new: most rows stay as they are while others come and go. */
export const TreeRow = memo((props: TreeRowProps) => {
  const { cost, depth, from, isCritical, isOpen, isParent, isSelected, row, runs, select, self, to, tokens, top } =
    props
  const [id, , , , , duration, , , , , ttft] = row
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
      <span className={styles["lane"]} title={isCritical ? "On the critical path: the end waited for it" : undefined}>
        <Bar row={row} from={from} to={to} critical={isCritical} />
      </span>
      <span className={styles["tokens"]}>{tokens > 0 && Format.count(tokens)}</span>
      <span className={styles["cost"]}>{cost > 0 && Format.cost(cost)}</span>
      <span className={styles["self"]}>{isParent && duration !== null && Format.duration(self)}</span>
      <span
        className={clsx(styles["total"], runs !== undefined && styles["going"])}
        title={ttft === null ? undefined : `first token after ${Format.duration(ttft)}`}
      >
        {Format.duration(runs ?? duration)}
      </span>
    </div>
  )
}, isSameRow)
