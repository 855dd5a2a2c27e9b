import { clsx } from "clsx"
import { Maximize2, ZoomIn, ZoomOut } from "lucide-react"
import { type PointerEvent, useEffect, useMemo, useRef, useState } from "react"
import { IconButton } from "../design/Button.tsx"
import { Loading } from "../design/Notice.tsx"
import { TypeMark } from "../design/TypeMark.tsx"
import * as Format from "../design/format.ts"
import { PlainText } from "../design/PlainText.tsx"
import { useShortcuts } from "../keyboard/Shortcuts.tsx"
import { rowAt } from "../trace/Layout.ts"
import { type GraphEdge, type GraphNode, graphOf } from "./graph.ts"
import type { Placed, ToPlace } from "./graph.worker.ts"
import type { ViewProps } from "./view.ts"
import { Note, Space, ViewBar } from "./ViewBar.tsx"
import styles from "./GraphView.module.css"

/** More nodes than this nobody can read. */
const MOST = 150

const WIDTH = 216
const HEIGHT = 58

interface Sight {
  readonly x: number
  readonly y: number
  readonly scale: number
}

/** Where a worker puts what it is given; the last answer while a new one is on its way. */
const usePlaced = (wanted: ToPlace): Placed | undefined => {
  const [placed, place] = useState<{ readonly of: string; readonly placed: Placed }>()
  const worker = useRef<Worker>(undefined)
  // Counts change while a session runs; the picture moves only when there is something new in it
  const shape = JSON.stringify(wanted)
  useEffect(() => {
    const made = new Worker(new URL("./graph.worker.ts", import.meta.url), { type: "module" })
    worker.current = made
    made.addEventListener("message", ({ data }: MessageEvent<Placed>) => place({ of: shape, placed: data }))
    made.postMessage(JSON.parse(shape))
    return () => made.terminate()
  }, [shape])
  return placed?.of === shape ? placed.placed : undefined
}

const curve = (points: Placed["edges"][number]): string => {
  const [first, ...rest] = points
  if (first === undefined) return ""
  // Through the middles between bends, so that it has no corners
  return rest.reduce((path, point, at) => {
    const next = rest[at + 1]
    if (next === undefined) return `${path}L${point.x} ${point.y}`
    return `${path}Q${point.x} ${point.y} ${(point.x + next.x) / 2} ${(point.y + next.y) / 2}`
  }, `M${first.x} ${first.y}`)
}

const describe = (node: GraphNode): string =>
  [
    node.places.length === 1 ? "once" : `${Format.count(node.places.length)} times`,
    Format.duration(node.total),
    ...(node.tokens > 0 ? [`${Format.count(node.tokens)} tokens`] : []),
    ...(node.cost > 0 ? [Format.cost(node.cost)] : [])
  ].join(" · ")

const Edge = ({
  edge,
  points,
  strong
}: {
  readonly edge: GraphEdge
  readonly points: Placed["edges"][number]
  readonly strong: boolean
}) => {
  const middle = points[Math.floor(points.length / 2)]
  return (
    <g className={clsx(styles["edge"], strong && styles["strong"])} data-failed={edge.errors > 0}>
      <path d={curve(points)} strokeWidth={Math.min(4, 1 + Math.log10(edge.count))} markerEnd="url(#arrow)" />
      {middle !== undefined && edge.count > 1 && (
        <text x={middle.x} y={middle.y - 5} textAnchor="middle">
          {Format.count(edge.count)}
        </text>
      )}
    </g>
  )
}

/** Agents, tools and models, and who calls whom. */
export const GraphView = ({ layout, placeOf, rows, select, selected }: ViewProps) => {
  const graph = useMemo(() => graphOf(layout, rows, MOST), [layout, rows])
  const calls = useMemo(() => graph.edges.filter(({ from, to }) => from !== to), [graph])
  const placed = usePlaced(
    useMemo(
      () => ({
        nodes: graph.nodes.map(({ id }) => id),
        edges: calls.map(({ from, to }) => [from, to] as const),
        width: WIDTH,
        height: HEIGHT
      }),
      [graph, calls]
    )
  )
  const loops = new Map(graph.edges.flatMap(({ count, from, to }) => (from === to ? [[from, count] as const] : [])))

  const surface = useRef<HTMLDivElement>(null)
  const [sight, look] = useState<Sight>()
  const fit = () => {
    const box = surface.current?.getBoundingClientRect()
    if (box === undefined || placed === undefined) return undefined
    const scale = Math.min(1, box.width / placed.width, box.height / placed.height)
    // Smaller than this nothing can be read: then it begins at the beginning
    const shown = Math.max(0.45, scale)
    return {
      scale: shown,
      x: Math.max(0, (box.width - placed.width * shown) / 2),
      y: (box.height - placed.height * shown) / 2
    }
  }
  const fitted = useRef(false)
  useEffect(() => {
    if (placed === undefined || fitted.current) return
    fitted.current = true
    look(fit())
  })
  const zoom = (factor: number, at?: { readonly x: number; readonly y: number }) =>
    look((before) => {
      const box = surface.current?.getBoundingClientRect()
      if (before === undefined || box === undefined) return before
      const { x, y } = at ?? { x: box.width / 2, y: box.height / 2 }
      const scale = Math.min(2.5, Math.max(0.1, before.scale * factor))
      const by = scale / before.scale
      return { scale, x: x - (x - before.x) * by, y: y - (y - before.y) * by }
    })
  const pan = (x: number, y: number) => look((before) => before && { ...before, x: before.x + x, y: before.y + y })
  useEffect(() => {
    const element = surface.current
    if (element === null) return
    const wheel = (event: WheelEvent) => {
      event.preventDefault()
      const { left, top } = element.getBoundingClientRect()
      if (event.ctrlKey || event.metaKey) {
        zoom(Math.exp(-event.deltaY * 0.004), { x: event.clientX - left, y: event.clientY - top })
      } else pan(-event.deltaX, -event.deltaY)
    }
    element.addEventListener("wheel", wheel, { passive: false })
    return () => element.removeEventListener("wheel", wheel)
    // oxlint-disable-next-line react/exhaustive-deps -- both say how the sight changes, not what it is
  }, [])

  const place = selected === undefined ? -1 : placeOf(selected)
  const current = graph.nodes.find(({ places }) => places.includes(place))
  const step = (node: GraphNode, by: 1 | -1) => {
    const at = node.places.indexOf(place)
    const next = at === -1 ? 0 : (at + by + node.places.length) % node.places.length
    const row = rowAt(layout, rows, node.places[next] ?? -1)
    if (row !== undefined) select(row[0])
  }
  useShortcuts("Graph", {
    "+": ["zoom in", () => zoom(1.3)],
    "=": ["zoom in", () => zoom(1.3)],
    "-": ["zoom out", () => zoom(1 / 1.3)],
    "0": ["show everything", () => look(fit())],
    j: ["next event of the kind", () => current !== undefined && step(current, 1)],
    k: ["previous event of the kind", () => current !== undefined && step(current, -1)],
    ArrowLeft: ["look further left", () => pan(80, 0)],
    ArrowRight: ["look further right", () => pan(-80, 0)],
    ArrowUp: ["look further up", () => pan(0, 80)],
    ArrowDown: ["look further down", () => pan(0, -80)]
  })

  const held = useRef<{ readonly x: number; readonly y: number }>(undefined)
  const hold = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0 || (event.target instanceof Element && event.target.closest("button") !== null)) return
    held.current = { x: event.clientX, y: event.clientY }
    event.currentTarget.setPointerCapture(event.pointerId)
  }
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (held.current === undefined) return
    pan(event.clientX - held.current.x, event.clientY - held.current.y)
    held.current = { x: event.clientX, y: event.clientY }
  }
  const release = () => {
    held.current = undefined
  }

  const merged = graph.kinds - graph.nodes.length
  return (
    <div className={styles["view"]}>
      <ViewBar label="Graph">
        <Note>
          {Format.plural(graph.kinds, "kind")} of events
          {merged > 0 &&
            `; ${Format.count(merged + graph.nodes.filter(({ kinds }) => kinds > 1).length)} that took little time are merged as “others”`}
        </Note>
        <Space />
        {current !== undefined && (
          <Note>
            {current.name}: {Format.count(current.places.indexOf(place) + 1)} of {Format.count(current.places.length)}
          </Note>
        )}
        <IconButton label="Zoom out (-)" onClick={() => zoom(1 / 1.3)}>
          <ZoomOut size={15} aria-hidden />
        </IconButton>
        <IconButton label="Zoom in (+)" onClick={() => zoom(1.3)}>
          <ZoomIn size={15} aria-hidden />
        </IconButton>
        <IconButton label="Show everything (0)" onClick={() => look(fit())}>
          <Maximize2 size={14} aria-hidden />
        </IconButton>
      </ViewBar>
      <div
        ref={surface}
        className={styles["surface"]}
        onPointerDown={hold}
        onPointerMove={drag}
        onPointerUp={release}
        onPointerCancel={release}
      >
        {placed === undefined ? (
          <Loading what="the graph" />
        ) : (
          <div
            className={styles["plane"]}
            style={{
              width: placed.width,
              height: placed.height,
              ...(sight === undefined
                ? { visibility: "hidden" as const }
                : { transform: `translate(${sight.x}px, ${sight.y}px) scale(${sight.scale})` })
            }}
          >
            <svg className={styles["edges"]} width={placed.width} height={placed.height} aria-hidden>
              <defs>
                <marker
                  id="arrow"
                  viewBox="0 0 8 8"
                  refX="7"
                  refY="4"
                  markerWidth="7"
                  markerHeight="7"
                  markerUnits="userSpaceOnUse"
                  orient="auto"
                >
                  <path d="M0 0.5 8 4 0 7.5z" className={styles["head"]} />
                </marker>
              </defs>
              {calls.map((edge, at) => (
                <Edge
                  key={`${edge.from} ${edge.to}`}
                  edge={edge}
                  points={placed.edges[at] ?? []}
                  strong={current !== undefined && (edge.from === current.id || edge.to === current.id)}
                />
              ))}
            </svg>
            <ul aria-label="Kinds of events">
              {graph.nodes.map((node) => {
                const at = placed.nodes.get(node.id)
                const loop = loops.get(node.id)
                return (
                  <li key={node.id}>
                    <button
                      type="button"
                      data-node={node.name}
                      data-type={node.type}
                      data-running={node.running > 0}
                      aria-pressed={node === current}
                      className={styles["node"]}
                      style={{
                        left: (at?.x ?? 0) - WIDTH / 2,
                        top: (at?.y ?? 0) - HEIGHT / 2,
                        width: WIDTH,
                        height: HEIGHT
                      }}
                      title={`${node.name}\n${describe(node)}`}
                      onClick={() => step(node, 1)}
                    >
                      <span className={styles["title"]}>
                        <TypeMark type={node.type} />
                        <span className={styles["name"]}>
                          {node.kinds > 1 ? `${Format.count(node.kinds)} others` : <PlainText text={node.name} />}
                        </span>
                        {loop !== undefined && (
                          <span className={styles["loop"]} title="It calls itself">
                            ↻ {Format.count(loop)}
                          </span>
                        )}
                        {node.errors > 0 && (
                          <span className={styles["failed"]}>{Format.plural(node.errors, "error")}</span>
                        )}
                      </span>
                      <span className={styles["figures"]}>{describe(node)}</span>
                    </button>
                  </li>
                )
              })}
            </ul>
          </div>
        )}
      </div>
    </div>
  )
}
