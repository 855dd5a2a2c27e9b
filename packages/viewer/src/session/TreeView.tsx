import { useVirtualizer } from "@tanstack/react-virtual"
import { clsx } from "clsx"
import { ChevronRight } from "lucide-react"
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react"
import { StatusMark } from "../design/StatusMark.tsx"
import { TypeMark } from "../design/TypeMark.tsx"
import * as Format from "../design/format.ts"
import { useShortcuts } from "../keyboard/Shortcuts.tsx"
import type { ViewProps } from "./view.ts"
import { ancestors, visible } from "./visible.ts"
import styles from "./TreeView.module.css"

const ROW = 30
const INDENT = 16

/** Deeper than this, rows are no longer indented further: the depth is said instead. */
const DEEPEST = 24

/** Every event under its parent, with its own time and what is summed up below it. */
export const TreeView = ({ layout, rows, select, selected }: ViewProps) => {
  const [closed, close] = useState<ReadonlySet<string>>(new Set())
  const scroller = useRef<HTMLDivElement>(null)
  const idAt = (place: number): string | undefined => rows[layout.rows[place] ?? -1]?.[0]
  const places = useMemo(
    () => visible(layout, (place) => closed.has(rows[layout.rows[place] ?? 0]?.[0] ?? "")),
    [layout, rows, closed]
  )
  const virtual = useVirtualizer({
    count: places.length,
    estimateSize: () => ROW,
    getScrollElement: () => scroller.current,
    overscan: 16
  })
  const items = virtual.getVirtualItems()

  // What the reader looks at stays where it is when rows come in above it
  const anchor = useRef<{ readonly id: string; readonly offset: number }>(undefined)
  const first = useMemo(() => {
    const found = new Map<string, number>()
    for (const [at, place] of places.entries()) found.set(rows[layout.rows[place] ?? 0]?.[0] ?? "", at)
    return found
  }, [places, layout, rows])
  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null || anchor.current === undefined || element.scrollTop === 0) return
    const at = first.get(anchor.current.id)
    if (at !== undefined) element.scrollTop = at * ROW + anchor.current.offset
  }, [first])
  const note = () => {
    const top = scroller.current?.scrollTop ?? 0
    const at = Math.floor(top / ROW)
    const id = idAt(places[at] ?? -1)
    anchor.current = id === undefined ? undefined : { id, offset: top - at * ROW }
  }

  const at = selected === undefined ? -1 : (first.get(selected) ?? -1)
  // An event that is chosen elsewhere (an address, the next error) is brought into view
  const brought = useRef<string>(undefined)
  useEffect(() => {
    if (selected === undefined || brought.current === selected) return
    const place = layout.rows.findIndex((row) => rows[row]?.[0] === selected)
    if (place === -1) return
    const above = ancestors(layout, place).flatMap((up) => idAt(up) ?? [])
    if (above.some((id) => closed.has(id))) close((before) => new Set([...before].filter((id) => !above.includes(id))))
    else {
      brought.current = selected
      virtual.scrollToIndex(at, { align: "auto" })
    }
  })

  const choose = (next: number) => {
    const id = idAt(places[Math.min(places.length - 1, Math.max(0, next))] ?? -1)
    if (id !== undefined) select(id)
  }
  const toggle = (id: string, open: boolean) =>
    close((before) => {
      const after = new Set(before)
      if (open) after.delete(id)
      else after.add(id)
      return after
    })
  const current = places[at] ?? -1
  const hasChildren = (layout.size[current] ?? 1) > 1
  useShortcuts("Tree", {
    j: ["next event", () => choose(at + 1)],
    k: ["previous event", () => choose(at - 1)],
    ArrowDown: ["next event", () => choose(at + 1)],
    ArrowUp: ["previous event", () => choose(at - 1)],
    ArrowRight: [
      "open, or go to the first event in it",
      () => {
        if (selected === undefined || !hasChildren) return
        if (closed.has(selected)) toggle(selected, true)
        else choose(at + 1)
      }
    ],
    ArrowLeft: [
      "close, or go to the event it is in",
      () => {
        if (selected === undefined) return
        if (hasChildren && !closed.has(selected)) toggle(selected, false)
        else {
          const id = idAt(layout.parent[current] ?? -1)
          if (id !== undefined) select(id)
        }
      }
    ],
    Home: ["first event", () => choose(0)],
    End: ["last event", () => choose(places.length - 1)]
  })

  const total = Math.max(1e-9, layout.end - layout.start)
  return (
    <div className={styles["view"]}>
      <div className={styles["titles"]} aria-hidden>
        <span>Event</span>
        <span className={styles["figures"]}>
          <span className={styles["tokens"]}>Tokens</span>
          <span className={styles["cost"]}>Cost</span>
          <span className={styles["self"]}>Self</span>
          <span className={styles["total"]}>Total</span>
        </span>
      </div>
      <div
        ref={scroller}
        className={styles["scroller"]}
        onScroll={note}
        role="tree"
        aria-label="Events"
        tabIndex={0}
        aria-activedescendant={at >= 0 && items.some(({ index }) => index === at) ? `event-${selected}` : undefined}
      >
        <div role="presentation" className={styles["canvas"]} style={{ height: virtual.getTotalSize() }}>
          {items.map(({ index, start }) => {
            const place = places[index] ?? 0
            const row = rows[layout.rows[place] ?? 0]
            if (row === undefined) return null
            const [id, , type, name, begin, duration, status, , , model, ttft, , error] = row
            const depth = layout.depth[place] ?? 0
            const children = (layout.size[place] ?? 1) - 1
            const isOpen = !closed.has(id)
            return (
              <div
                key={id}
                id={`event-${id}`}
                role="treeitem"
                aria-level={depth + 1}
                aria-selected={id === selected}
                aria-expanded={children > 0 ? isOpen : undefined}
                data-event={id}
                className={clsx(styles["row"], id === selected && styles["selected"])}
                style={{ transform: `translateY(${start}px)`, height: ROW }}
                onClick={() => select(id)}
              >
                <span className={styles["event"]} style={{ paddingLeft: Math.min(depth, DEEPEST) * INDENT }}>
                  {depth > DEEPEST && <span className={styles["deep"]}>{depth}</span>}
                  {children > 0 ? (
                    <span
                      className={styles["twist"]}
                      data-open={isOpen}
                      aria-hidden
                      onClick={(event) => {
                        event.stopPropagation()
                        toggle(id, !isOpen)
                      }}
                    >
                      <ChevronRight size={14} />
                    </span>
                  ) : (
                    <span className={styles["twist"]} />
                  )}
                  <TypeMark type={type} />
                  <span className={styles["name"]}>{name}</span>
                  {status !== "ok" && <StatusMark status={status} />}
                  {row[16] && (
                    <span className={styles["tag"]} title="Its parent never arrived">
                      orphan
                    </span>
                  )}
                  {model !== null && <span className={styles["model"]}>{model}</span>}
                  {error !== null ? (
                    <span className={styles["error"]}>{error}</span>
                  ) : !isOpen && (layout.errors[place] ?? 0) > 0 ? (
                    <span className={styles["error"]}>{Format.plural(layout.errors[place] ?? 0, "error")} inside</span>
                  ) : null}
                </span>
                <span
                  className={styles["stretch"]}
                  data-type={type}
                  style={{
                    left: `${((begin - layout.start) / total) * 100}%`,
                    width: `${Math.max(0.4, ((duration ?? layout.end - begin) / total) * 100)}%`
                  }}
                  aria-hidden
                />
                <span className={styles["figures"]}>
                  <span className={styles["tokens"]}>
                    {(layout.tokens[place] ?? 0) > 0 && Format.count(layout.tokens[place])}
                  </span>
                  <span className={styles["cost"]}>
                    {(layout.cost[place] ?? 0) > 0 && Format.cost(layout.cost[place])}
                  </span>
                  <span className={styles["self"]}>
                    {children > 0 && duration !== null && Format.duration(layout.self[place])}
                  </span>
                  <span
                    className={styles["total"]}
                    title={ttft === null ? undefined : `first token after ${Format.duration(ttft)}`}
                  >
                    {duration === null ? (status === "running" ? "running" : "–") : Format.duration(duration)}
                  </span>
                </span>
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}
