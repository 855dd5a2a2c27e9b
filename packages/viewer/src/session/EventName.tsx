import { clsx } from "clsx"
import * as Format from "../design/format.ts"
import { PlainText } from "../design/PlainText.tsx"
import { StatusMark } from "../design/StatusMark.tsx"
import { TypeMark } from "../design/TypeMark.tsx"
import type { SpanRow } from "../hive/types.ts"
import styles from "./EventName.module.css"

/** Deeper than this, rows are no longer indented further: the depth is said instead. */
const DEEPEST = 24

export interface EventNameProps {
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
  readonly indent: number
  readonly className: string | undefined
}

/** What an event is called and how it went, at the depth where it stands. */
export const EventName = (props: EventNameProps) => {
  const { className, depth, errors, indent, isFound, isOpen, isParent, row, toggle } = props
  const [id, , type, name, , , status, , , model, , , error] = row
  return (
    <span className={clsx(styles["event"], className)} style={{ paddingLeft: Math.min(depth, DEEPEST) * indent }}>
      {depth > DEEPEST && <span className={styles["deep"]}>{depth}</span>}
      {/* The same elements in every row, whatever it is: rows take over each other's while one scrolls */}
      <svg
        className={styles["twist"]}
        viewBox="-3 -3 30 30"
        data-parent={isParent || undefined}
        data-open={isOpen}
        aria-hidden
        onClick={
          isParent
            ? (event) => {
                event.stopPropagation()
                toggle(id, !isOpen)
              }
            : undefined
        }
      >
        <path d={isParent ? "m9 18 6-6-6-6" : undefined} />
      </svg>
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
