import { Maximize2, Route, UnfoldHorizontal, ZoomIn, ZoomOut } from "lucide-react"
import { useMemo, useRef, useState } from "react"
import { Button, IconButton } from "../design/Button.tsx"
import * as Format from "../design/format.ts"
import { useShortcuts } from "../keyboard/Shortcuts.tsx"
import { rowAt } from "../trace/Layout.ts"
import { COLUMNS, LANES, Minimap } from "./Minimap.tsx"
import { minimap } from "./strokes.ts"
import { busy, endOf, linear, withoutIdle } from "./scale.ts"
import { ticks } from "./ticks.ts"
import { HEIGHT, TimelineRow } from "./TimelineRow.tsx"
import { useNow } from "./useNow.ts"
import { useRows } from "./useRows.ts"
import { useSpan } from "./useSpan.ts"
import { useWidth } from "./useWidth.ts"
import type { ViewProps } from "./view.ts"
import { FindBox, Note, Space, ViewBar } from "./ViewBar.tsx"
import styles from "./TimelineView.module.css"

/** A moment is named about every so many pixels. */
const TICK = 110

/** Every event where it stands in time: a waterfall. */
export const TimelineView = (props: ViewProps) => {
  const { find, folds, layout, placeOf, rows, select, selected, session } = props
  const [showsPath, showPath] = useState(false)
  const [hidesIdle, hideIdle] = useState(false)
  const view = useWidth([])
  const running = session.status === "running"
  const now = useNow(running, 100)
  // The picture of everything need not be new ten times a second
  const coarse = running ? Math.floor(now / 1000) * 1000 : now
  const end = running ? Math.max(layout.end, now) : layout.end
  const work = useMemo(() => busy(layout, rows, coarse), [layout, rows, coarse])
  const short = useMemo(() => withoutIdle(layout.start, end, work), [layout, end, work])
  const scale = useMemo(
    () => (hidesIdle ? short : undefined) ?? linear(layout.start, end),
    [hidesIdle, short, layout, end]
  )
  const strokes = useMemo(
    () => minimap(layout, rows, scale, coarse, COLUMNS, LANES),
    // oxlint-disable-next-line react/exhaustive-deps -- of the scale, what has moved since a moment is not seen here
    [layout, rows, hidesIdle, coarse]
  )

  const { items, places, total, tree } = useRows(props, { group: "Timeline", height: HEIGHT, onlyErrors: false })
  const surface = useRef<HTMLDivElement>(null)
  const axis = useRef<HTMLDivElement>(null)
  const { chosen, farther, handlers, nearer, selecting, show, span } = useSpan(scale.length, surface, axis)
  const width = span.to - span.from
  const shareOf = (place: number): number => (place - span.from) / width

  const selectedRow = selected === undefined ? undefined : rowAt(layout, rows, placeOf(selected))
  const zoomTo = () => {
    if (selectedRow === undefined) return
    const [from, to] = [scale.toPlace(selectedRow[4]), scale.toPlace(endOf(selectedRow, now))]
    const margin = Math.max(0.01, (to - from) * 0.1)
    show({ from: from - margin, to: to + margin })
  }
  useShortcuts("Timeline", {
    z: ["zoom to the event", zoomTo],
    c: ["show the critical path", () => showPath(!showsPath)],
    ...(short !== undefined && { i: ["hide idle time", () => hideIdle(!hidesIdle)] as const })
  })

  const found = ticks(scale, span.from, span.to, Math.max(2, (axis.current?.clientWidth ?? 900) / TICK))
  const named = found.filter(({ place }) => shareOf(place) < 0.95)
  const cuts = scale.breaks.filter(({ at, width }) => at < span.to && at + width > span.from)
  return (
    <div ref={view} className={styles["view"]}>
      <ViewBar label="Timeline">
        <FindBox find={find} />
        <Space />
        <Note>{Format.duration(width)} shown</Note>
        <Button aria-pressed={showsPath} onClick={() => showPath(!showsPath)} title="What the end waited for (c)">
          <Route size={14} aria-hidden />
          Critical path
        </Button>
        {short !== undefined && (
          <Button aria-pressed={hidesIdle} onClick={() => hideIdle(!hidesIdle)} title="Cut out idle stretches (i)">
            <UnfoldHorizontal size={14} aria-hidden />
            Hide idle time
          </Button>
        )}
        <IconButton label="Zoom out (-)" onClick={farther}>
          <ZoomOut size={15} aria-hidden />
        </IconButton>
        <IconButton label="Zoom in (+)" onClick={nearer}>
          <ZoomIn size={15} aria-hidden />
        </IconButton>
        <IconButton label="Show everything (0)" onClick={() => show(undefined)} disabled={!chosen}>
          <Maximize2 size={14} aria-hidden />
        </IconButton>
      </ViewBar>
      <Minimap strokes={strokes} length={scale.length} span={chosen ? span : undefined} show={show} />
      <div ref={surface} className={styles["surface"]} {...handlers}>
        <div className={styles["titles"]} aria-hidden>
          <span className={styles["who"]}>Event</span>
          <div ref={axis} data-axis className={styles["axis"]}>
            {named.map(({ label, place }) => (
              <span key={label} className={styles["tick"]} style={{ left: `${shareOf(place) * 100}%` }}>
                {label}
              </span>
            ))}
            {cuts.map(({ at, idle, width: wide }) => (
              <span
                key={at}
                className={styles["idle"]}
                style={{ left: `${shareOf(at + wide / 2) * 100}%` }}
                title={`Nothing happened for ${Format.duration(idle)}`}
              >
                {Format.duration(idle)} idle
              </span>
            ))}
          </div>
        </div>
        <div className={styles["scroller"]} aria-label="Events in time" {...tree}>
          <div className={styles["behind"]} aria-hidden role="presentation">
            <div className={styles["grid"]}>
              {found.map(({ label, place }) => (
                <span key={label} className={styles["line"]} style={{ left: `${shareOf(place) * 100}%` }} />
              ))}
              {cuts.map(({ at, width: wide }) => (
                <span
                  key={at}
                  className={styles["cut"]}
                  style={{ left: `${shareOf(at) * 100}%`, width: `${(wide / width) * 100}%` }}
                />
              ))}
              {selecting !== undefined && (
                <span
                  className={styles["selecting"]}
                  style={{
                    left: `${shareOf(selecting.from) * 100}%`,
                    width: `${((selecting.to - selecting.from) / width) * 100}%`
                  }}
                >
                  <span>{Format.duration(scale.toTime(selecting.to) - scale.toTime(selecting.from))}</span>
                </span>
              )}
            </div>
          </div>
          <div role="presentation" className={styles["canvas"]} style={{ height: total }}>
            {items.map(({ index, slot }) => {
              const place = places[index] ?? 0
              const row = rowAt(layout, rows, place)
              if (row === undefined) return null
              const [id, , , , begin, , status] = row
              return (
                <TimelineRow
                  key={slot}
                  row={row}
                  top={index * HEIGHT}
                  depth={layout.depth[place] ?? 0}
                  isParent={(layout.size[place] ?? 1) > 1}
                  isOpen={!folds.closed.has(id)}
                  isSelected={id === selected}
                  isFound={find.has(place)}
                  isCritical={showsPath ? layout.critical[place] === 1 : undefined}
                  errors={layout.errors[place] ?? 0}
                  from={shareOf(scale.toPlace(begin))}
                  to={shareOf(scale.toPlace(endOf(row, now)))}
                  runs={status === "running" ? Math.max(0, now - begin) : undefined}
                  select={select}
                  toggle={folds.toggle}
                />
              )
            })}
          </div>
        </div>
      </div>
    </div>
  )
}
