/**
 * Zooming and moving along an axis of time by wheel, fingers, dragging and keys.
 */
import { type PointerEvent, type RefObject, useEffect, useRef, useState } from "react"
import { useShortcuts } from "../keyboard/Shortcuts.tsx"
import { clamp, moved, type Span, zoomed } from "./span.ts"

/** How far a pointer goes before it is more than a click, in pixels. */
const CLICK = 4

interface Selecting {
  readonly from: number
  readonly to: number
}

export const useSpan = (
  length: number,
  /** What listens. */
  surface: RefObject<HTMLElement | null>,
  /** From where to where the axis goes on the screen. */
  axis: RefObject<HTMLElement | null>
) => {
  const [chosen, setChosen] = useState<Span>()
  const [selecting, setSelecting] = useState<Selecting>()
  const span: Span = (chosen === undefined ? undefined : clamp(chosen, length)) ?? { from: 0, to: length }
  const newest = useRef({ span, length })
  newest.current = { span, length }
  // Of two fingers that moved, or of two turns of a wheel, the second one goes on from the first, drawn or not
  const choose = (next: Span | undefined) => {
    const { length } = newest.current
    newest.current = { span: next ?? { from: 0, to: length }, length }
    setChosen(next)
  }

  const show = (next: Span | undefined) => choose(next === undefined ? undefined : clamp(next, length))
  const placeAt = (x: number): number => {
    const { span } = newest.current
    const box = axis.current?.getBoundingClientRect()
    if (box === undefined || box.width === 0) return span.from
    return span.from + Math.min(1, Math.max(0, (x - box.left) / box.width)) * (span.to - span.from)
  }

  useEffect(() => {
    const element = surface.current
    if (element === null) return
    const wheel = (event: WheelEvent) => {
      const { length, span } = newest.current
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault()
        choose(zoomed(span, length, placeAt(event.clientX), Math.exp(event.deltaY * 0.004)))
      } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault()
        const width = axis.current?.clientWidth ?? 1
        choose(moved(span, length, (event.deltaX || event.deltaY) / width))
      }
    }
    // React's own listeners cannot keep the page from zooming
    element.addEventListener("wheel", wheel, { passive: false })
    return () => element.removeEventListener("wheel", wheel)
    // oxlint-disable-next-line react/exhaustive-deps -- what it reads is in refs
  }, [])

  const fingers = useRef(new Map<number, number>())
  const begun = useRef<{ readonly x: number; readonly place: number }>(undefined)
  const dragged = useRef(false)
  const handlers = {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      dragged.current = false
      const box = axis.current?.getBoundingClientRect()
      if (event.button !== 0 || box === undefined || event.clientX < box.left || event.clientX > box.right) return
      if (event.pointerType === "touch") fingers.current.set(event.pointerId, event.clientX)
      else begun.current = { x: event.clientX, place: placeAt(event.clientX) }
    },
    onPointerMove: (event: PointerEvent<HTMLElement>) => {
      if (fingers.current.has(event.pointerId)) {
        const before = [...fingers.current.values()]
        fingers.current.set(event.pointerId, event.clientX)
        const [one = 0, other = 0] = fingers.current.values()
        if (before.length === 2) {
          const wide = Math.max(10, Math.abs((before[0] ?? 0) - (before[1] ?? 0)))
          choose(
            zoomed(newest.current.span, length, placeAt((one + other) / 2), wide / Math.max(10, Math.abs(one - other)))
          )
        } else {
          const width = axis.current?.clientWidth ?? 1
          choose(moved(newest.current.span, length, ((before[0] ?? 0) - one) / width))
        }
        return
      }
      if (begun.current === undefined) return
      if (!dragged.current && Math.abs(event.clientX - begun.current.x) < CLICK) return
      if (!dragged.current) event.currentTarget.setPointerCapture(event.pointerId)
      dragged.current = true
      const here = placeAt(event.clientX)
      setSelecting({ from: Math.min(begun.current.place, here), to: Math.max(begun.current.place, here) })
    },
    onPointerUp: (event: PointerEvent<HTMLElement>) => {
      fingers.current.delete(event.pointerId)
      begun.current = undefined
      if (selecting !== undefined) choose(clamp(selecting, length))
      setSelecting(undefined)
    },
    onPointerCancel: (event: PointerEvent<HTMLElement>) => {
      fingers.current.delete(event.pointerId)
      begun.current = undefined
      setSelecting(undefined)
    },
    // The end of a drag is no click on what lies under it
    onClickCapture: (event: { readonly stopPropagation: () => void }) => {
      if (dragged.current) event.stopPropagation()
      dragged.current = false
    }
  }

  const middle = (span.from + span.to) / 2
  const nearer = () => choose(zoomed(span, length, middle, 1 / 1.6))
  const farther = () => choose(zoomed(span, length, middle, 1.6))
  useShortcuts("Time", {
    "+": ["zoom in", nearer],
    "=": ["zoom in", nearer],
    "-": ["zoom out", farther],
    "0": ["show everything", () => choose(undefined)],
    "[": ["earlier", () => choose(moved(span, length, -0.25))],
    "]": ["later", () => choose(moved(span, length, 0.25))]
  })

  return { span, chosen: span.to - span.from < length, show, nearer, farther, selecting, handlers }
}
