/**
 * The columns of the list of sessions.
 */
import type { ReactNode } from "react"
import * as Format from "../design/format.ts"
import { PlainText } from "../design/PlainText.tsx"
import { StatusMark } from "../design/StatusMark.tsx"
import type { SessionRow } from "../hive/types.ts"
import type { Order } from "../addresses.ts"
import styles from "./SessionTable.module.css"

export interface Column {
  readonly id: string
  readonly title: string
  /** A width as CSS grid takes it. */
  readonly width: string
  readonly number?: boolean
  /** The order that a click on its title asks for. */
  readonly order?: Order
  /** May be left out. */
  readonly optional?: boolean
  /** Left out where there is little room. */
  readonly wide?: boolean
  readonly cell: (row: SessionRow, now: number) => ReactNode
}

export const columns: ReadonlyArray<Column> = [
  {
    id: "name",
    title: "Session",
    width: "minmax(150px, 1.2fr)",
    cell: (row) => (
      <span className={styles["name"]}>
        <StatusMark status={row.status} />
        <span className={styles["cut"]}>
          <PlainText text={row.name} />
        </span>
        {row.orphan && (
          <span className={styles["tag"]} title="Nobody started this session: its spans arrived without it">
            orphan
          </span>
        )}
        {row.run_id !== null && (
          <span className={styles["tag"]} title="An item of an experiment">
            run
          </span>
        )}
      </span>
    )
  },
  {
    id: "input",
    title: "First input",
    width: "minmax(120px, 2.4fr)",
    optional: true,
    wide: true,
    cell: (row) => (
      <span className={styles["cut"]}>
        <PlainText text={row.first_input ?? "–"} />
      </span>
    )
  },
  {
    id: "output",
    title: "Last output",
    width: "minmax(120px, 2fr)",
    optional: true,
    wide: true,
    cell: (row) => (
      <span className={styles["cut"]}>
        <PlainText text={row.last_output ?? "–"} />
      </span>
    )
  },
  {
    id: "user",
    title: "User",
    width: "minmax(56px, 0.6fr)",
    optional: true,
    wide: true,
    cell: (row) => (
      <span className={styles["cut"]}>
        <PlainText text={row.user ?? "–"} />
      </span>
    )
  },
  {
    id: "models",
    title: "Models",
    width: "minmax(90px, 0.8fr)",
    optional: true,
    wide: true,
    cell: (row) => (
      <span className={styles["cut"]}>
        <PlainText text={row.models.join(", ") || "–"} />
      </span>
    )
  },
  {
    id: "events",
    title: "Events",
    width: "64px",
    number: true,
    optional: true,
    wide: true,
    cell: (row) => Format.count(row.events)
  },
  {
    id: "errors",
    title: "Errors",
    width: "64px",
    number: true,
    order: "errors",
    optional: true,
    cell: (row) => <span className={row.errors > 0 ? styles["bad"] : styles["none"]}>{Format.count(row.errors)}</span>
  },
  {
    id: "tokens",
    title: "Tokens",
    width: "76px",
    number: true,
    order: "tokens",
    optional: true,
    wide: true,
    cell: (row) => Format.count(row.tokens)
  },
  {
    id: "cost",
    title: "Cost",
    width: "84px",
    number: true,
    order: "cost",
    optional: true,
    wide: true,
    cell: (row) => (
      <span
        title={row.unpriced > 0 ? `${Format.plural(row.unpriced, "call")} of models without a known price` : undefined}
      >
        {Format.cost(row.cost)}
        {row.cost !== null && row.unpriced > 0 && "+"}
      </span>
    )
  },
  {
    id: "duration",
    title: "Duration",
    width: "84px",
    number: true,
    order: "duration",
    cell: (row, now) => Format.duration(row.status === "running" ? Math.max(0, now - row.start_time) : row.duration)
  },
  {
    id: "start",
    title: "Started",
    width: "92px",
    number: true,
    order: "newest",
    cell: (row, now) => <span title={Format.fullMoment(row.start_time)}>{Format.ago(row.start_time, now)}</span>
  }
]
