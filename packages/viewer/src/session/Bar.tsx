import { clsx } from "clsx"
import type { SpanRow } from "../hive/types.ts"
import styles from "./Bar.module.css"

interface BarProps {
  readonly row: SpanRow
  /** Parts of what it stands in; they may reach beyond it. */
  readonly from: number
  readonly to: number
  readonly critical: boolean
  readonly dim?: boolean | undefined
}

const percent = (share: number): string => `${(share * 100).toFixed(3)}%`

/** When an event happened, on the axis of what it stands in. Its first part, lighter, is the wait for the first token. */
export const Bar = ({ critical, dim = false, from, row, to }: BarProps) => {
  const [, , type, , , duration, status] = row
  const ttft = row[10]
  const left = Math.max(0, from)
  const width = Math.min(1, to) - left
  if (to < 0 || from > 1) return null
  const waited = ttft === null || duration === null || duration <= 0 ? 0 : (to - from) * Math.min(1, ttft / duration)
  const place = { left: percent(left), width: percent(Math.max(0, width)) }
  return (
    <>
      <span
        className={clsx(styles["bar"], dim && styles["dim"])}
        data-bar
        data-type={type}
        data-status={status}
        style={place}
        aria-hidden
      >
        {waited > 0 && from + waited > left && width > 0 && (
          <span className={styles["waiting"]} style={{ width: percent((from + waited - left) / width) }} />
        )}
      </span>
      {critical && <span className={styles["critical"]} style={place} aria-hidden />}
    </>
  )
}
