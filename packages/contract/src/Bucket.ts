/**
 * The seven buckets of an event, and how their content travels in span attributes.
 *
 * A bucket is a JSON object. On a span it is flattened: `{ user: { name: "Ada" } }` in `metadata` becomes
 * `honeyhive_metadata.user.name = "Ada"`. Lists of one primitive type stay OpenTelemetry arrays, other lists are numbered
 * (`messages.0.role`), as HoneyHive's Python SDK does. OpenTelemetry has no null and no empty object: both travel as
 * their JSON text.
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

const primitiveType = (value: unknown): "string" | "number" | "boolean" | undefined =>
  typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
    ? // `typeof` of the three tested types is one of the three names
      (typeof value as "string" | "number" | "boolean")
    : undefined

const homogeneous = (values: ReadonlyArray<unknown>): boolean => {
  const type = primitiveType(values[0])
  return type !== undefined && values.every((value) => primitiveType(value) === type)
}

/**
 * What an unusual value becomes before it is flattened: dates, maps, errors and the like as plain data.
 */
const plain = (value: object): unknown => {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString()
  if (value instanceof Error) return { ...value, name: value.name, message: value.message }
  if (value instanceof Map) return Object.fromEntries(Array.from(value, ([key, entry]) => [String(key), entry]))
  if (value instanceof Set) return Array.from(value)
  if (value instanceof RegExp || value instanceof URL) return String(value)
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength} bytes)`
  return "toJSON" in value && typeof value.toJSON === "function" ? value.toJSON() : value
}

/**
 * Flattens any value under a prefix (without its final dot) and hands each attribute to `set`.
 *
 * It is total: whatever a program passes (cycles, BigInts, throwing getters, revoked proxies) becomes an attribute that
 * says so, and nothing is thrown. Nesting deeper than 16 and more than 1,024 leaves are cut with a visible marker.
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
export const flatten = (prefix: string, value: unknown, set: (name: string, value: AttributeValue) => void): void => {
  let leaves = 0
  const ancestors: Array<unknown> = []

  const leaf = (name: string, value: AttributeValue): void => {
    if (++leaves <= MAX_LEAVES) set(name, value)
    else if (leaves === MAX_LEAVES + 1) set(`${prefix}._truncated`, `more than ${MAX_LEAVES} values`)
  }

  const visitList = (name: string, list: ReadonlyArray<unknown>): void => {
    if (list.length === 0 || homogeneous(list)) return leaf(name, list as AttributeValue) // checked by `homogeneous`
    for (let index = 0; index < list.length && leaves <= MAX_LEAVES; index++) {
      visit(`${name}.${index}`, () => list[index] ?? null)
    }
  }

  const visitRecord = (name: string, record: object): void => {
    const before = leaves
    for (const key of Object.keys(record)) {
      if (leaves > MAX_LEAVES) break
      visit(`${name}.${key}`, () => Reflect.get(record, key))
    }
    if (leaves === before) leaf(name, "{}")
  }

  const visitObject = (name: string, value: object): void => {
    if (ancestors.includes(value)) return leaf(name, "[circular]")
    if (ancestors.length >= MAX_DEPTH) return leaf(name, "[nested too deep]")
    ancestors.push(value)
    try {
      const data = plain(value)
      if (data !== value) visit(name, () => data)
      else if (Array.isArray(value)) visitList(name, value)
      else visitRecord(name, value)
    } finally {
      ancestors.pop()
    }
  }

  const visit = (name: string, read: () => unknown): void => {
    try {
      const value = read()
      switch (typeof value) {
        case "string":
        case "boolean":
          return leaf(name, value)
        case "number":
          return leaf(name, Number.isFinite(value) ? value : String(value))
        case "undefined":
          return
        case "object":
          return value === null ? leaf(name, "null") : visitObject(name, value)
        case "function":
          return leaf(name, `[function ${value.name}]`)
        default:
          return leaf(name, String(value))
      }
    } catch {
      leaf(name, "[unreadable]")
    }
  }

  visit(prefix, () => value)
}

const leafFromAttribute = (value: unknown): unknown => (value === "null" ? null : value === "{}" ? {} : value)

/**
 * A nested object under construction; `Map` keeps keys such as `__proto__` harmless.
 */
type Node = Map<string, unknown>

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
 * Where a name is both a value and a prefix (`a` and `a.b`), the value is kept under `a` and the longer name stays dotted.
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
  const root: Node = new Map()
  for (const [path, value] of entries) {
    const parts = path.split(".")
    const last = parts.pop() ?? path
    let node: Node | undefined = root
    for (const part of parts) {
      const next: unknown = node.get(part)
      if (next === undefined) {
        const child: Node = new Map()
        node.set(part, child)
        node = child
      } else if (next instanceof Map) {
        node = next
      } else {
        node = undefined
        break
      }
    }
    if (node === undefined || node.get(last) instanceof Map) root.set(path, leafFromAttribute(value))
    else node.set(last, leafFromAttribute(value))
  }
  return Object.fromEntries(Array.from(root, ([key, entry]) => [key, toPlain(entry)]))
}
