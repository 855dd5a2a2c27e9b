/**
 * The rows of a session's tree as a list that is only drawn where it is seen: for the views that have a row for each event.
 */
import { useVirtualizer } from "@tanstack/react-virtual"
import { useEffect, useLayoutEffect, useMemo, useRef } from "react"
import { useShortcuts } from "../keyboard/Shortcuts.tsx"
import { rowAt } from "../trace/Layout.ts"
import type { ViewProps } from "./view.ts"
import { atSpeed, type Drawn } from "./drawn.ts"
import { ancestors, indexIn, nearest, visible } from "./visible.ts"

/** Rows above and below those in sight: where a wheel comes to before the next frame. */
const OVERSCAN = 8

interface RowsOptions {
  /** Of the shortcuts. */
  readonly group: string
  /** Of a row, in pixels. */
  readonly height: number
  readonly onlyErrors: boolean
}

export const useRows = (
  { folds, layout, placeOf, rows, select, selected }: ViewProps,
  { group, height, onlyErrors }: RowsOptions
) => {
  const { closed } = folds
  const scroller = useRef<HTMLDivElement>(null)
  const idAt = (place: number | undefined): string | undefined =>
    place === undefined ? undefined : rowAt(layout, rows, place)?.[0]
  const places = useMemo(
    () =>
      visible(
        layout,
        closed.size === 0 ? () => false : (place) => closed.has(rowAt(layout, rows, place)?.[0] ?? ""),
        onlyErrors ? (place) => (layout.errors[place] ?? 0) > 0 : undefined
      ),
    [layout, rows, closed, onlyErrors]
  )
  const drawn = useRef<Drawn>({ indexes: [], start: 0, slots: 0 })
  /** The most rows that were drawn. */
  const slots = useRef(1)
  const virtual = useVirtualizer({
    count: places.length,
    estimateSize: () => height,
    getScrollElement: () => scroller.current,
    overscan: OVERSCAN,
    // As many at all times: a row that comes into view takes over the element of one that went, which is far cheaper than
    // a new one
    rangeExtractor: ({ count, endIndex, startIndex }) => {
      slots.current = Math.max(slots.current, endIndex - startIndex + 2 + 2 * OVERSCAN)
      const first = Math.max(0, Math.min(startIndex - OVERSCAN, count - slots.current))
      return Array.from({ length: Math.min(slots.current, count - first) }, (_, at) => first + at)
    }
  })

  // What the reader looks at stays where it is when rows come in above it
  const anchor = useRef<{ readonly id: string; readonly offset: number }>(undefined)
  useLayoutEffect(() => {
    const element = scroller.current
    if (element === null || anchor.current === undefined || element.scrollTop === 0) return
    const place = placeOf(anchor.current.id)
    if (place !== -1) element.scrollTop = nearest(places, place) * height + anchor.current.offset
  }, [places, placeOf, height])
  const noteScroll = () => {
    const top = scroller.current?.scrollTop ?? 0
    const at = Math.floor(top / height)
    const id = idAt(places[at])
    anchor.current = id === undefined ? undefined : { id, offset: top - at * height }
  }

  const place = selected === undefined ? -1 : placeOf(selected)
  const at = indexIn(places, place)
  // An event that is chosen elsewhere (an address, the next error) is brought into view
  const brought = useRef<string>(undefined)
  useEffect(() => {
    if (selected === undefined || brought.current === selected || place === -1) return
    const above = closed.size === 0 ? [] : ancestors(layout, place).flatMap((up) => idAt(up) ?? [])
    if (above.some((id) => closed.has(id))) folds.open(above)
    else {
      brought.current = selected
      if (at !== -1) virtual.scrollToIndex(at, { align: "auto" })
    }
  })

  const choose = (next: number) => {
    const id = idAt(places[Math.min(places.length - 1, Math.max(0, next))])
    if (id !== undefined) select(id)
  }
  const hasChildren = (layout.size[place] ?? 1) > 1
  useShortcuts(group, {
    j: ["next event", () => choose(at + 1)],
    k: ["previous event", () => choose(at - 1)],
    ArrowDown: ["next event", () => choose(at + 1)],
    ArrowUp: ["previous event", () => choose(at - 1)],
    ArrowRight: [
      "open, or go to the first event in it",
      () => {
        if (selected === undefined || !hasChildren) return
        if (closed.has(selected)) folds.toggle(selected, true)
        else choose(at + 1)
      }
    ],
    ArrowLeft: [
      "close, or go to the event it is in",
      () => {
        if (selected === undefined) return
        if (hasChildren && !closed.has(selected)) folds.toggle(selected, false)
        else {
          const id = idAt(layout.parent[place])
          if (id !== undefined) select(id)
        }
      }
    ],
    f: ["close everything", () => folds.closeAll(layout, rows)],
    F: ["open everything", folds.openAll],
    Home: ["first event", () => choose(0)],
    End: ["last event", () => choose(places.length - 1)]
  })

  const shown = atSpeed(drawn.current, virtual.getVirtualIndexes(), virtual.isScrolling ? virtual.range : null, {
    slots: slots.current,
    count: places.length
  })
  drawn.current = shown
  const items = shown.indexes.map((index) => ({ index, slot: index % slots.current }))
  // An element that is moved among its siblings is laid out like a new one. The order that a screen reader goes by is of use
  // when the list stands still.
  if (virtual.isScrolling) items.sort((a, b) => a.slot - b.slot)
  return {
    places,
    items,
    total: virtual.getTotalSize(),
    /** Where the selected event stands; -1 where it is not shown. */
    at,
    /** Of the element with the role of a tree. */
    tree: {
      ref: scroller,
      onScroll: noteScroll,
      role: "tree",
      tabIndex: 0,
      "aria-activedescendant": at >= 0 && items.some(({ index }) => index === at) ? `event-${selected}` : undefined
    }
  } as const
}
