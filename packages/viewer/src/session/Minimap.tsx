import { memo, type PointerEvent, useRef } from "react"
import type { Ink } from "./strokes.ts"
import type { Span } from "./span.ts"
import styles from "./Minimap.module.css"

/** Points of the picture. */
export const COLUMNS = 600
export const LANES = 8

const Picture = memo(({ strokes }: { readonly strokes: ReadonlyMap<Ink, string> }) => (
  <svg viewBox={`0 0 ${COLUMNS} ${LANES}`} preserveAspectRatio="none" className={styles["picture"]}>
    {[...strokes].map(([ink, path]) => (
      <path key={ink} d={path} stroke={`var(--${ink})`} strokeWidth={0.7} />
    ))}
  </svg>
))

interface MinimapProps {
  readonly strokes: ReadonlyMap<Ink, string>
  readonly length: number
  /** Undefined for everything. */
  readonly span: Span | undefined
  readonly show: (span: Span | undefined) => void
}

/** Everything, and which part of it is shown: that is moved by dragging it, and chosen anew by dragging beside it. */
export const Minimap = ({ length, show, span, strokes }: MinimapProps) => {
  const drag = useRef<{ readonly at: number; readonly moves: Span | undefined }>(undefined)
  const placeOf = (event: PointerEvent<HTMLDivElement>): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    return ((event.clientX - left) / width) * length
  }
  const from = ((span?.from ?? 0) / length) * 100
  const to = ((span?.to ?? length) / length) * 100
  return (
    <div
      data-minimap
      className={styles["minimap"]}
      aria-hidden
      onPointerDown={(event) => {
        if (event.button !== 0) return
        const at = placeOf(event)
        drag.current = { at, moves: span !== undefined && at >= span.from && at <= span.to ? span : undefined }
        event.currentTarget.setPointerCapture(event.pointerId)
      }}
      onPointerMove={(event) => {
        if (drag.current === undefined) return
        const { at, moves } = drag.current
        const here = placeOf(event)
        if (moves !== undefined) show({ from: moves.from + here - at, to: moves.to + here - at })
        else if (Math.abs(here - at) > length / 200) show({ from: Math.min(at, here), to: Math.max(at, here) })
      }}
      onPointerUp={(event) => {
        const begun = drag.current
        drag.current = undefined
        // A click beside the window brings it there
        if (begun === undefined || begun.moves !== undefined || span === undefined) return
        if (Math.abs(placeOf(event) - begun.at) > length / 200) return
        const half = (span.to - span.from) / 2
        show({ from: begun.at - half, to: begun.at + half })
      }}
      onPointerCancel={() => {
        drag.current = undefined
      }}
      onDoubleClick={() => show(undefined)}
    >
      <Picture strokes={strokes} />
      {span !== undefined && (
        <>
          <span className={styles["outside"]} style={{ left: 0, width: `${from}%` }} />
          <span className={styles["outside"]} style={{ left: `${to}%`, right: 0 }} />
          <span data-window className={styles["window"]} style={{ left: `${from}%`, width: `${to - from}%` }} />
        </>
      )}
    </div>
  )
}
