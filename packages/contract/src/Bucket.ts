/**
 * The seven buckets of an event, and how their content travels in span attributes.
 *
 * A bucket is a JSON object. On a span it is flattened: `{ user: { name: "Ada" } }` in `metadata` becomes
 * `honeyhive_metadata.user.name = "Ada"`. Lists of one primitive type stay OpenTelemetry arrays, other lists are numbered
 * (`messages.0.role`), as HoneyHive's Python SDK does. OpenTelemetry has no null and no empty object: both travel as
 * their JSON text.
 *
 * Flattened JSON comes back as it was, within the limits of the form: keys have no dots and are neither empty nor all
 * numbers, no text is `null` or `{}`, and nothing is deep or long enough to be cut.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import type { AttributeValue } from "./Attributes.ts"

/**
 * The names of the buckets, in the order in which HoneyHive shows them.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Bucket = Schema.Literals([
  "inputs",
  "outputs",
  "config",
  "metadata",
  "metrics",
  "feedback",
  "user_properties"
])

/**
 * @category models
 * @since 0.1.0
 */
export type Bucket = typeof Bucket.Type

/**
 * What a bucket holds: a JSON object.
 *
 * @category models
 * @since 0.1.0
 */
export type Content = { readonly [key: string]: Schema.Json }

/**
 * The prefix of a bucket's attributes.
 *
 * @category names
 * @since 0.1.0
 */
export const prefixOf = (bucket: Bucket): string => `honeyhive_${bucket}.`

const byPrefix: ReadonlyMap<string, Bucket> = new Map(Bucket.literals.map((bucket) => [prefixOf(bucket), bucket]))

/**
 * Splits an attribute name into its bucket and the path inside it; `undefined` when it belongs to no bucket.
 *
 * @example
 * ```ts
 * import { Bucket } from "@honeyhive/contract"
 *
 * Bucket.split("honeyhive_inputs.query") // => ["inputs", "query"]
 * Bucket.split("http.status_code") // => undefined
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export const split = (attribute: string): readonly [bucket: Bucket, path: string] | undefined => {
  const dot = attribute.indexOf(".")
  const bucket = dot === -1 ? undefined : byPrefix.get(attribute.slice(0, dot + 1))
  return bucket === undefined || dot === attribute.length - 1 ? undefined : [bucket, attribute.slice(dot + 1)]
}

const MAX_DEPTH = 16
const MAX_LEAVES = 1024
const MAX_ITEMS = 16_384
const MAX_PARTS = 64
const UNREADABLE = "[unreadable]"

const isPrimitive = (value: unknown): value is string | number | boolean =>
  typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)

const isHomogeneous = (values: ReadonlyArray<unknown>): values is ReadonlyArray<string | number | boolean> =>
  values.every((value) => isPrimitive(value) && typeof value === typeof values[0])

/** Each item is read once and into a list of our own: what the program does to its list later does not show. */
const itemsOf = (list: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  const items: Array<unknown> = []
  for (let index = 0; index < list.length && index < MAX_ITEMS; index++) {
    try {
      items.push(list[index] ?? null)
    } catch {
      items.push(UNREADABLE)
    }
  }
  return items
}

// What an error says is not enumerable; its stack is recorded elsewhere
const keysOf = (record: object): Iterable<string> =>
  record instanceof Error
    ? new Set([...["name", "message", "cause", "errors"].filter((key) => key in record), ...Object.keys(record)])
    : Object.keys(record)

/**
 * What an unusual value becomes before it is flattened: dates, maps, errors and the like as plain data.
 */
const plain = (value: object): unknown => {
  // Most objects are records and lists, and none of what follows
  const prototype: unknown = Object.getPrototypeOf(value)
  if ((prototype === Object.prototype || prototype === Array.prototype) && !("toJSON" in value)) return value
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString()
  if (value instanceof Error) return value
  if (value instanceof Map) {
    // Keys that are objects have no name of their own: such a map stays a list of pairs
    const entries = Array.from(value)
    const named = entries.every(([key]) => typeof key !== "object" || key === null)
    return named ? Object.fromEntries(entries.map(([key, entry]) => [String(key), entry])) : entries
  }
  if (value instanceof Set) return Array.from(value)
  if (value instanceof RegExp || value instanceof URL || value instanceof URLSearchParams) return String(value)
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return `${value.constructor.name}(${value.byteLength} bytes)`
  return "toJSON" in value && typeof value.toJSON === "function" ? value.toJSON() : value
}

/** What stands for an object that shows nothing: a promise, headers, an instance whose fields are private. */
const emptyOf = (record: object): string => {
  const { name } = record.constructor ?? Object
  return typeof name === "string" && name !== "" && name !== "Object" ? `[${name}]` : "{}"
}

/**
 * Flattens any value under a prefix (without its final dot) and hands each attribute to `set`.
 *
 * It is total: whatever a program passes (cycles, BigInts, throwing getters, revoked proxies) becomes an attribute that
 * says so, and nothing is thrown. Nesting deeper than 16, more than 1,024 leaves and lists of more than 16,384 items are
 * cut with a visible marker.
 *
 * @example
 * ```ts
 * import { Bucket } from "@honeyhive/contract"
 *
 * const attributes: Record<string, unknown> = {}
 * Bucket.flatten("honeyhive_inputs", { query: "refund", tags: ["a", "b"], page: { size: 3 } }, (name, value) => {
 *   attributes[name] = value
 * })
 *
 * attributes
 * // => { "honeyhive_inputs.query": "refund", "honeyhive_inputs.tags": ["a", "b"], "honeyhive_inputs.page.size": 3 }
 * ```
 *
 * @category encoding
 * @since 0.1.0
 */
export const flatten = (prefix: string, value: unknown, set: (name: string, value: AttributeValue) => void): void =>
  new Flattening(prefix, set).visit(nameOf(prefix), value)

/**
 * A name and those below it. A program flattens the same shapes again and again: a name that is remembered is not put
 * together again, and is found faster wherever it is a key.
 */
interface Name {
  readonly text: string
  readonly children: Map<string | number, Name>
}

// Pure: what is forgotten is made again, the same
const MAX_NAMES = 16_384
let known = new Map<string, Name>()
let names = 0

const makeName = (text: string): Name => {
  if (++names > MAX_NAMES) {
    known = new Map()
    names = 0
  }
  return { text, children: new Map() }
}

const nameOf = (prefix: string): Name => {
  let name = known.get(prefix)
  if (name === undefined) known.set(prefix, (name = makeName(prefix)))
  return name
}

const below = (parent: Name, key: string | number): Name => {
  let name = parent.children.get(key)
  if (name === undefined) parent.children.set(key, (name = makeName(`${parent.text}.${key}`)))
  return name
}

class Flattening {
  private leaves = 0
  private readonly ancestors: Array<unknown> = []
  private readonly prefix: string
  private readonly set: (name: string, value: AttributeValue) => void

  constructor(prefix: string, set: (name: string, value: AttributeValue) => void) {
    this.prefix = prefix
    this.set = set
  }

  private truncated(reason: string): void {
    this.set(`${this.prefix}._truncated`, reason)
  }

  private leaf({ text }: Name, value: AttributeValue): void {
    if (++this.leaves <= MAX_LEAVES) this.set(text, value)
    else if (this.leaves === MAX_LEAVES + 1) this.truncated(`more than ${MAX_LEAVES} values`)
  }

  private visitList(name: Name, list: ReadonlyArray<unknown>): void {
    const items = itemsOf(list)
    if (list.length > MAX_ITEMS) this.truncated(`more than ${MAX_ITEMS} items in a list`)
    if (isHomogeneous(items)) return this.leaf(name, items)
    for (let index = 0; index < items.length && this.leaves <= MAX_LEAVES; index++) {
      this.visit(below(name, index), items[index])
    }
  }

  private visitRecord(name: Name, record: object): void {
    const before = this.leaves
    for (const key of keysOf(record)) {
      if (this.leaves > MAX_LEAVES) break
      this.visitProperty(below(name, key), record, key)
    }
    if (this.leaves === before) this.leaf(name, emptyOf(record))
  }

  private visitProperty(name: Name, record: object, key: string): void {
    let value: unknown
    try {
      value = Reflect.get(record, key)
    } catch {
      return this.leaf(name, UNREADABLE)
    }
    this.visit(name, value)
  }

  private visitObject(name: Name, value: object): void {
    if (this.ancestors.includes(value)) return this.leaf(name, "[circular]")
    if (this.ancestors.length >= MAX_DEPTH) return this.leaf(name, "[nested too deep]")
    this.ancestors.push(value)
    try {
      const data = plain(value)
      if (data !== value) this.visit(name, data)
      else if (Array.isArray(value)) this.visitList(name, value)
      else this.visitRecord(name, value)
    } finally {
      this.ancestors.pop()
    }
  }

  visit(name: Name, value: unknown): void {
    switch (typeof value) {
      case "string":
      case "boolean":
        return this.leaf(name, value)
      case "number":
        return this.leaf(name, Number.isFinite(value) ? value : String(value))
      case "undefined":
        return
      default:
        try {
          this.visitUnusual(name, value)
        } catch {
          this.leaf(name, UNREADABLE)
        }
    }
  }

  private visitUnusual(name: Name, value: unknown): void {
    if (value === null) return this.leaf(name, "null")
    if (typeof value === "object") return this.visitObject(name, value)
    this.leaf(name, typeof value === "function" ? `[function ${value.name}]` : String(value))
  }
}

const leafFromAttribute = (value: unknown): unknown => (value === "null" ? null : value === "{}" ? {} : value)

/**
 * A nested object under construction; `Map` keeps keys such as `__proto__` harmless.
 */
type Node = Map<string, unknown>

const childOf = (node: Node, key: string): Node => {
  const known = node.get(key)
  if (known instanceof Map) return known
  const child: Node = new Map()
  node.set(key, child)
  return child
}

const toPlain = (node: unknown): unknown => {
  if (!(node instanceof Map)) return node
  const keys = Array.from(node.keys())
  if (keys.length > 0 && keys.every((key) => /^(0|[1-9]\d{0,5})$/.test(key) && Number(key) < keys.length)) {
    return keys.map((_, index) => toPlain(node.get(String(index))))
  }
  return Object.fromEntries(Array.from(node, ([key, entry]) => [key, toPlain(entry)]))
}

/**
 * Puts flattened attributes together again: dots nest, consecutive numbers from 0 make a list.
 *
 * Where a name is both a value and a prefix (`a` and `a.b`), in whatever order, the value is kept under `a` and the longer
 * name stays dotted. So does a name of more than 64 parts.
 *
 * @example
 * ```ts
 * import { Bucket } from "@honeyhive/contract"
 *
 * Bucket.nest([["page.size", 3], ["messages.0.role", "user"]])
 * // => { page: { size: 3 }, messages: [{ role: "user" }] }
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export const nest = (entries: Iterable<readonly [path: string, value: unknown]>): { [key: string]: unknown } => {
  const values = new Map(entries)
  const root: Node = new Map()
  for (const [path, value] of values) {
    const parts = path.split(".", MAX_PARTS + 1)
    const nests =
      parts.length <= MAX_PARTS && !parts.some((_, end) => end > 0 && values.has(parts.slice(0, end).join(".")))
    const key = nests ? (parts.pop() ?? path) : path
    const parent = nests ? parts.reduce(childOf, root) : root
    parent.set(key, leafFromAttribute(value))
  }
  return Object.fromEntries(Array.from(root, ([key, entry]) => [key, toPlain(entry)]))
}
