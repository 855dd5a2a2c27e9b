import { useQuery } from "@tanstack/react-query"
import { clsx } from "clsx"
import { diffLines } from "diff"
import { useMemo } from "react"
import { Loading, Problem } from "../design/Notice.tsx"
import { read } from "../hive/api.ts"
import type { EventDetail } from "../hive/types.ts"
import styles from "./ComparePage.module.css"

/** Longer texts are cut: comparing lines costs more than their number. */
const LONGEST = 200_000

const content = (detail: EventDetail | undefined): string => {
  if (detail === undefined) return ""
  const { config, error, inputs, metrics, outputs } = detail.event
  const text = JSON.stringify({ inputs, outputs, error, config, metrics }, null, 2)
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}\n… cut` : text
}

const useDetail = (id: string | undefined) =>
  useQuery({
    queryKey: ["event", id],
    enabled: id !== undefined,
    queryFn: ({ signal }) => read<EventDetail>(`/api/events/${id}`, {}, signal)
  })

/** What two events took in and gave out, line by line. */
export const Payloads = ({ a, b }: { readonly a: string | undefined; readonly b: string | undefined }) => {
  const left = useDetail(a)
  const right = useDetail(b)
  const lines = useMemo(
    () =>
      diffLines(content(left.data), content(right.data)).flatMap(({ added, removed, value }) =>
        value
          .replace(/\n$/, "")
          .split("\n")
          .map((line) => ({ line, sign: added === true ? "+" : removed === true ? "-" : " " }))
      ),
    [left.data, right.data]
  )
  const error = left.error ?? right.error
  if (error !== null) return <Problem error={error} />
  if ((a !== undefined && left.data === undefined) || (b !== undefined && right.data === undefined)) {
    return <Loading what="the payloads" />
  }
  return (
    <pre className={styles["lines"]} tabIndex={0} aria-label="Differences">
      {lines.map(({ line, sign }, at) => (
        // Lines have no identity but their place
        // oxlint-disable-next-line react/no-array-index-key
        <span key={at} className={clsx(sign === "+" && styles["added"], sign === "-" && styles["removed"])}>
          {`${sign} ${line}\n`}
        </span>
      ))}
    </pre>
  )
}
