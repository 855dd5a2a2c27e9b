/**
 * Who calls whom: a session's events put together by type and name, along their parents.
 */
import type { EventType, SpanRow } from "../hive/types.ts"
import { type Layout, rowAt } from "../trace/Layout.ts"

export interface GraphNode {
  readonly id: string
  readonly type: EventType
  /** The model of model calls that name one; the event's name otherwise. */
  readonly name: string
  /** Positions of its events, in order. */
  readonly places: ReadonlyArray<number>
  /** Milliseconds of all of them, and those in which nothing below was at work. */
  readonly total: number
  readonly self: number
  readonly errors: number
  readonly running: number
  readonly tokens: number
  readonly cost: number
  /** How many kinds are merged into it; 1 for a kind of its own. */
  readonly kinds: number
}

export interface GraphEdge {
  readonly from: string
  readonly to: string
  readonly count: number
  readonly errors: number
}

export interface Graph {
  readonly nodes: ReadonlyArray<GraphNode>
  /** Those that call themselves among them. */
  readonly edges: ReadonlyArray<GraphEdge>
  /** How many kinds there are. */
  readonly kinds: number
}

interface Group {
  readonly type: EventType
  readonly name: string
  readonly places: Array<number>
  total: number
  self: number
  errors: number
  running: number
  tokens: number
  cost: number
  kinds: number
}

const nameOf = (row: SpanRow): string => (row[2] === "model" ? (row[9] ?? row[3]) : row[3])

const empty = (type: EventType, name: string): Group => ({
  type,
  name,
  places: [],
  total: 0,
  self: 0,
  errors: 0,
  running: 0,
  tokens: 0,
  cost: 0,
  kinds: 1
})

const put = (into: Group, from: Group): void => {
  for (const place of from.places) into.places.push(place)
  into.total += from.total
  into.self += from.self
  into.errors += from.errors
  into.running += from.running
  into.tokens += from.tokens
  into.cost += from.cost
}

/** At most about `most` nodes: kinds that took little time are merged with the others of their type. */
export const graphOf = (layout: Layout, rows: ReadonlyArray<SpanRow>, most: number): Graph => {
  const groups: Array<Group> = []
  const known = new Map<EventType, Map<string, number>>()
  const groupAt = new Int32Array(layout.rows.length)
  for (let place = 0; place < layout.rows.length; place++) {
    const row = rowAt(layout, rows, place)
    if (row === undefined) continue
    const name = nameOf(row)
    let names = known.get(row[2])
    if (names === undefined) known.set(row[2], (names = new Map()))
    let at = names.get(name)
    if (at === undefined) {
      at = groups.length
      names.set(name, at)
      groups.push(empty(row[2], name))
    }
    groupAt[place] = at
    const group = groups[at]
    if (group === undefined) continue
    group.places.push(place)
    group.total += row[5] ?? 0
    group.self += layout.self[place] ?? 0
    if (row[6] === "error" && row[2] !== "session") group.errors++
    if (row[6] === "running") group.running++
    // The layout says which model calls count; of one around another, what is its own
    const up = layout.parent[place] ?? -1
    const around = up === -1 || rowAt(layout, rows, up)?.[2] !== "model" ? undefined : groups[groupAt[up] ?? 0]
    if (row[2] === "model") {
      group.tokens += layout.tokens[place] ?? 0
      group.cost += layout.cost[place] ?? 0
    }
    if (around !== undefined) {
      around.tokens -= layout.tokens[place] ?? 0
      around.cost = Math.max(0, around.cost - (layout.cost[place] ?? 0))
    }
  }

  const kept = new Set(
    groups
      .map((group, at) => ({ at, group }))
      .toSorted((a, b) => rank(b.group) - rank(a.group))
      .slice(0, groups.length > most ? most - known.size : most)
      .map(({ at }) => at)
  )
  const nodes: Array<Group & { readonly id: string }> = []
  const others = new Map<EventType, number>()
  const nodeAt = new Int32Array(groups.length)
  for (const [at, group] of groups.entries()) {
    let node = kept.has(at) ? undefined : others.get(group.type)
    if (node === undefined) {
      node = nodes.length
      const isOther = !kept.has(at)
      const name = isOther ? "others" : group.name
      if (isOther) others.set(group.type, node)
      nodes.push({ ...empty(group.type, name), id: String(node), kinds: 0 })
    }
    nodeAt[at] = node
    const into = nodes[node]
    if (into === undefined) continue
    put(into, group)
    into.kinds++
  }
  for (const node of nodes) if (node.kinds > 1) node.places.sort((a, b) => a - b)

  const edges = new Map<number, { count: number; errors: number }>()
  for (let place = 0; place < layout.rows.length; place++) {
    const up = layout.parent[place] ?? -1
    if (up === -1) continue
    const from = nodeAt[groupAt[up] ?? 0] ?? 0
    const to = nodeAt[groupAt[place] ?? 0] ?? 0
    const key = from * nodes.length + to
    const failed = rowAt(layout, rows, place)?.[6] === "error" ? 1 : 0
    const edge = edges.get(key)
    if (edge === undefined) edges.set(key, { count: 1, errors: failed })
    else {
      edge.count++
      edge.errors += failed
    }
  }
  return {
    nodes,
    edges: [...edges].map(([key, { count, errors }]) => ({
      from: String(Math.floor(key / nodes.length)),
      to: String(key % nodes.length),
      count,
      errors
    })),
    kinds: groups.length
  }
}

/** Sessions and failures first, then what takes time. */
const rank = ({ errors, total, type }: Group): number =>
  type === "session" ? Infinity : errors > 0 ? 1e12 + total : total
