import { ChevronsDownUp, ChevronsUpDown, CircleAlert } from "lucide-react"
import { useState } from "react"
import { Button, IconButton } from "../design/Button.tsx"
import { rowAt } from "../trace/Layout.ts"
import { endOf, linear } from "./scale.ts"
import { ticks } from "./ticks.ts"
import { HEIGHT, TreeRow } from "./TreeRow.tsx"
import { useNow } from "./useNow.ts"
import { useRows } from "./useRows.ts"
import { useWidth } from "./useWidth.ts"
import type { ViewProps } from "./view.ts"
import { FindBox, Space, ViewBar } from "./ViewBar.tsx"
import styles from "./TreeView.module.css"

/** How many moments the axis names. */
const TICKS = 4

/** From which width on, in pixels, there is room for more. */
const WIDTHS = [460, 640, 820]

/** Every event under its parent, with its own time and what is summed up below it. */
export const TreeView = (props: ViewProps) => {
  const { find, folds, layout, rows, select, selected, session } = props
  const [onlyErrors, setOnlyErrors] = useState(false)
  const { items, places, total, tree } = useRows(props, { group: "Tree", height: HEIGHT, onlyErrors })
  const view = useWidth(WIDTHS)
  const now = useNow(session.status === "running")
  const end = session.status === "running" ? Math.max(layout.end, now) : layout.end
  const scale = linear(layout.start, end)
  return (
    <div ref={view} className={styles["view"]}>
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
        <span className={styles["tokens"]}>Tokens</span>
        <span className={styles["cost"]}>Cost</span>
        <span className={styles["self"]}>Self</span>
        <span className={styles["total"]}>Total</span>
      </div>
      <div className={styles["scroller"]} aria-label="Events" {...tree}>
        <div role="presentation" className={styles["canvas"]} style={{ height: total }}>
          {items.map(({ index, slot }) => {
            const place = places[index] ?? 0
            const row = rowAt(layout, rows, place)
            if (row === undefined) return null
            const [id, , , , begin, , status] = row
            return (
              <TreeRow
                key={slot}
                row={row}
                top={index * HEIGHT}
                depth={layout.depth[place] ?? 0}
                isParent={(layout.size[place] ?? 1) > 1}
                isOpen={!folds.closed.has(id)}
                isSelected={id === selected}
                isFound={find.has(place)}
                isCritical={layout.critical[place] === 1}
                errors={layout.errors[place] ?? 0}
                tokens={layout.tokens[place] ?? 0}
                cost={layout.cost[place] ?? 0}
                self={layout.self[place] ?? 0}
                from={(begin - layout.start) / scale.length}
                to={(endOf(row, now) - layout.start) / scale.length}
                runs={status === "running" ? Math.max(0, now - begin) : undefined}
                select={select}
                toggle={folds.toggle}
              />
            )
          })}
        </div>
      </div>
    </div>
  )
}
