/**
 * What of a session is closed; the same in every view.
 */
import { useMemo, useState } from "react"
import type { SpanRow } from "../hive/types.ts"
import { type Layout, rowAt } from "../trace/Layout.ts"

export interface Folds {
  /** Ids of events whose inside is not shown. */
  readonly closed: ReadonlySet<string>
  readonly toggle: (eventId: string, open: boolean) => void
  readonly open: (eventIds: ReadonlyArray<string>) => void
  /** All but the outermost. */
  readonly closeAll: (layout: Layout, rows: ReadonlyArray<SpanRow>) => void
  readonly openAll: () => void
}

const none: ReadonlySet<string> = new Set()

export const useFolds = (): Folds => {
  const [closed, close] = useState(none)
  return useMemo(
    () => ({
      closed,
      toggle: (eventId, open) =>
        close((before) => {
          const after = new Set(before)
          if (open) after.delete(eventId)
          else after.add(eventId)
          return after
        }),
      open: (eventIds) => close((before) => new Set([...before].filter((id) => !eventIds.includes(id)))),
      closeAll: (layout, rows) => {
        const all = new Set<string>()
        for (let place = 0; place < layout.rows.length; place++) {
          const row = rowAt(layout, rows, place)
          // A session that is closed shows nothing
          if (row !== undefined && (layout.size[place] ?? 1) > 1 && row[2] !== "session") all.add(row[0])
        }
        close(all)
      },
      openAll: () => close(none)
    }),
    [closed]
  )
}
