/**
 * Which of a span's attributes become the fields that tokens are counted by: a matter of the attributes' names alone, so
 * it is found once for spans that name the same ones.
 */
import { type AttributeRecord, Attributes } from "../Attributes.ts"
import * as Bucket from "../Bucket.ts"
import { fieldsOf } from "../GenAi.ts"
import { isOnlyGenAi } from "./conventions.ts"

type Sources = ReadonlyArray<readonly [field: string, attribute: string]>

export interface Plan {
  readonly config: Sources
  readonly metadata: Sources
}

/** What `Usage.ofEvent` reads. */
const countingFields: ReadonlySet<string> = new Set([
  "provider",
  "system",
  "model",
  "model_name",
  "prompt_tokens",
  "input_tokens",
  "completion_tokens",
  "output_tokens",
  "cache_read_input_tokens",
  "cache_write_input_tokens",
  "cache_creation_input_tokens",
  "reasoning_tokens",
  "total_tokens"
])

/** Where values decide, or content: whoever wants to know has to project the span. */
const isValued = (name: string): boolean => {
  const bucket = Bucket.split(name)?.[0]
  return (
    bucket === "metadata" ||
    bucket === "config" ||
    name.startsWith(Attributes.ASSOCIATION_PREFIX) ||
    name === "langfuse.observation.type" ||
    name === "gen_ai.usage.cache_read.input_tokens" ||
    name === "gen_ai.usage.cache_creation.input_tokens" ||
    !isOnlyGenAi("", { [name]: true })
  )
}

/** Names that were said one after the other, of those that count; `plan` is what they lead to. */
interface Node {
  readonly names: ReadonlyArray<string>
  readonly children: Map<string, Node>
  plan: Plan | undefined
}

const VALUED: Node = { names: [], children: new Map(), plan: undefined }
const MAX_NODES = 4096
// Pure: what is forgotten is made again, the same
let nodes = 0
let root: Node = { names: [], children: new Map(), plan: undefined }

const below = (parent: Node, name: string): Node => {
  let node = parent
  if (isValued(name)) node = VALUED
  else if (countingFields.has(name) || fieldsOf(name)?.some(([, path]) => countingFields.has(path)) === true)
    node = { names: [...parent.names, name], children: new Map(), plan: undefined }
  parent.children.set(name, node)
  return node
}

/** Of several attributes for a field, the projection's rules: first fields by the alphabet, then those on the side. */
const planned = (names: ReadonlyArray<string>): Plan => {
  const first = { config: new Map<string, string>(), metadata: new Map<string, string>() }
  const side = { config: new Map<string, string>(), metadata: new Map<string, string>() }
  for (const name of names) {
    const [own = ["metadata", name] as const, ...others] = fieldsOf(name) ?? []
    for (const [index, [bucket, path]] of [own, ...others].entries()) {
      if (bucket !== "config" && bucket !== "metadata") continue
      const claims = (index === 0 ? first : side)[bucket]
      if (name <= (claims.get(path) ?? name)) claims.set(path, name)
    }
  }
  const sources = (bucket: "config" | "metadata"): Sources => [...new Map([...side[bucket], ...first[bucket]])]
  return { config: sources("config"), metadata: sources("metadata") }
}

/** The plan for a span's attributes; `undefined` where names alone do not decide. */
export const planOf = (scope: string, attributes: AttributeRecord): Plan | undefined => {
  if (!isOnlyGenAi(scope, {})) return undefined
  if (nodes > MAX_NODES) {
    nodes = 0
    root = { names: [], children: new Map(), plan: undefined }
  }
  let node = root
  for (const name in attributes) {
    let next = node.children.get(name)
    if (next === undefined) {
      nodes++
      next = below(node, name)
    }
    if (next === VALUED) return undefined
    node = next
  }
  return (node.plan ??= planned(node.names))
}
