import type { Status } from "../hive/types.ts"
import styles from "./StatusMark.module.css"

const words: Record<Status, string> = {
  ok: "ended",
  error: "failed",
  running: "running",
  lost: "lost: its process went away before it ended"
}

/** A dot that says how something stands; what runs has a pulse. */
export const StatusMark = ({ status }: { readonly status: Status }) => (
  <span className={styles["status"]} data-status={status} title={words[status]}>
    <span className="visually-hidden">{words[status]}</span>
  </span>
)
