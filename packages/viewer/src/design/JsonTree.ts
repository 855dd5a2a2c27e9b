/**
 * JSON as rows that open and close. Nothing here recurses and nothing is walked before it is opened or searched, so that a
 * payload of megabytes, or one that is nested ten thousand deep, costs what is shown of it.
 */

export type Key = string | number

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null

/** A value and where it stands. */
export class JsonNode {
  readonly parent: JsonNode | undefined
  /** Undefined for the root. */
  readonly key: Key | undefined
  readonly value: unknown
  readonly depth: number
  #children: ReadonlyArray<JsonNode> | undefined

  constructor(value: unknown, parent?: JsonNode, key?: Key) {
    this.value = value
    this.parent = parent
    this.key = key
    this.depth = parent === undefined ? 0 : parent.depth + 1
  }

  get isContainer(): boolean {
    return isContainer(this.value)
  }

  /** Its items or fields; made when they are first asked for. */
  get children(): ReadonlyArray<JsonNode> {
    const { value } = this
    return (this.#children ??= Array.isArray(value)
      ? value.map((item: unknown, at) => new JsonNode(item, this, at))
      : isContainer(value)
        ? Object.entries(value).map(([key, item]) => new JsonNode(item, this, key))
        : [])
  }

  /** How many children it has, without making them. */
  get size(): number {
    const { value } = this
    return Array.isArray(value) ? value.length : isContainer(value) ? Object.keys(value).length : 0
  }

  /** As one writes it in JavaScript: `messages[0].content`, `metadata["a b"]`. */
  get path(): string {
    return pathOf(this)
  }
}

const pathOf = (of: JsonNode): string => {
  const parts: Array<string> = []
  for (let node: JsonNode | undefined = of; node?.key !== undefined; node = node.parent) {
    const { key } = node
    parts.push(
      typeof key === "number" ? `[${key}]` : /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
    )
  }
  return parts.toReversed().join("").replace(/^\./, "")
}

export interface Row {
  readonly node: JsonNode
  /** Set on the row that stands for the children that are not shown yet. */
  readonly more?: number
}

/** What the reader opened and closed; the rest is as `isOpenAtFirst` says. */
export interface Openness {
  readonly toggled: ReadonlyMap<JsonNode, boolean>
  /** Nodes of which more than the first children are shown, and how many. */
  readonly shown: ReadonlyMap<JsonNode, number>
}

export const untouched: Openness = { toggled: new Map(), shown: new Map() }

/** Children of one node that are shown at a time. */
export const STEP = 1_000

/** As many values are open at first. */
const OPEN_AT_FIRST = 150

/** The nodes that are open before anything was touched: level by level, as long as there are few of them. */
export const openAtFirst = (root: JsonNode): ReadonlySet<JsonNode> => {
  const open = new Set<JsonNode>([root])
  let count = root.size
  let level: ReadonlyArray<JsonNode> = root.size > STEP ? [] : root.children
  while (level.length > 0) {
    const containers = level.filter((node) => node.isContainer)
    const more = containers.reduce((sum, node) => sum + node.size, 0)
    if (count + more > OPEN_AT_FIRST) break
    count += more
    for (const node of containers) open.add(node)
    level = containers.flatMap((node) => node.children)
  }
  return open
}

/** The rows that are shown, in order; the root itself is one only where it is no container. */
export const rowsOf = (
  root: JsonNode,
  first: ReadonlySet<JsonNode>,
  { shown, toggled }: Openness
): ReadonlyArray<Row> => {
  if (!root.isContainer) return [{ node: root }]
  const rows: Array<Row> = []
  const stack: Array<Row> = []
  const push = (node: JsonNode) => {
    const limit = shown.get(node) ?? STEP
    const { children } = node
    if (children.length > limit) stack.push({ node, more: children.length - limit })
    for (let at = Math.min(children.length, limit) - 1; at >= 0; at--) {
      const child = children[at]
      if (child !== undefined) stack.push({ node: child })
    }
  }
  push(root)
  for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
    rows.push(row)
    const { more, node } = row
    if (more === undefined && node.isContainer && (toggled.get(node) ?? first.has(node))) push(node)
  }
  return rows
}

/** More are not counted. */
export const MOST_MATCHES = 10_000

/** The nodes whose key or value holds the text, whatever its case, in order. */
export const search = (root: JsonNode, text: string): ReadonlyArray<JsonNode> => {
  const wanted = text.toLowerCase()
  if (wanted === "") return []
  const found: Array<JsonNode> = []
  const stack: Array<JsonNode> = [root]
  const holds = (said: string) => said.toLowerCase().includes(wanted)
  for (let node = stack.pop(); node !== undefined && found.length < MOST_MATCHES; node = stack.pop()) {
    const { children, key, value } = node
    if ((typeof key === "string" && holds(key)) || (!node.isContainer && holds(String(value)))) found.push(node)
    for (let at = children.length - 1; at >= 0; at--) {
      const child = children[at]
      if (child !== undefined) stack.push(child)
    }
  }
  return found
}

/** What must be open, and how far, for a node to have a row. */
export const revealed = ({ shown, toggled }: Openness, node: JsonNode): Openness => {
  const open = new Map(toggled)
  const far = new Map(shown)
  for (let child = node, up = node.parent; up !== undefined; child = up, up = up.parent) {
    open.set(up, true)
    const at = typeof child.key === "number" ? child.key : up.size > STEP ? up.children.indexOf(child) : 0
    if (at >= (far.get(up) ?? STEP)) far.set(up, (Math.floor(at / STEP) + 1) * STEP)
  }
  return { toggled: open, shown: far }
}
