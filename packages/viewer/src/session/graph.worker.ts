/**
 * Puts a graph onto a plane, away from the page's own thread.
 */
import { graphlib, layout } from "@dagrejs/dagre"

/** What the page says: how large a node is, in pixels, and what leads where. */
export interface ToPlace {
  readonly nodes: ReadonlyArray<string>
  readonly edges: ReadonlyArray<readonly [from: string, to: string]>
  readonly width: number
  readonly height: number
}

interface Point {
  readonly x: number
  readonly y: number
}

/** What the worker says: the middles of nodes, the bends of edges in the order in which they came. */
export interface Placed {
  readonly width: number
  readonly height: number
  readonly nodes: ReadonlyMap<string, Point>
  readonly edges: ReadonlyArray<ReadonlyArray<Point>>
}

addEventListener("message", ({ data }: MessageEvent<ToPlace>) => {
  const graph = new graphlib.Graph()
  graph.setGraph({ rankdir: "LR", nodesep: 18, ranksep: 90, marginx: 24, marginy: 24 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const id of data.nodes) graph.setNode(id, { width: data.width, height: data.height })
  for (const [from, to] of data.edges) graph.setEdge(from, to, {})
  layout(graph)
  const { height = 0, width = 0 } = graph.graph()
  const nodes = new Map(
    data.nodes.map((id) => {
      const { x = 0, y = 0 } = graph.node(id)
      return [id, { x, y }] as const
    })
  )
  const edges = data.edges.map(([from, to]) => graph.edge(from, to)?.points ?? [])
  const placed: Placed = { width, height, nodes, edges }
  postMessage(placed)
})
