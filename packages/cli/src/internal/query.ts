/**
 * The words of a search: `type:model model:gpt* duration>2s error:true "refund"`. All of them must be true of an event.
 *
 * A query becomes filters for the backend, which may let too much through, and a test that does not.
 */
import * as Result from "effect/Result"
import type { Filter } from "@honeyhive/contract/Api"
import { Bucket } from "@honeyhive/contract/Bucket"
import { type Event, EventType } from "@honeyhive/contract/Event"

export interface QueryError {
  readonly message: string
  /** Where in the query, as `[from, to)`. */
  readonly at: readonly [from: number, to: number]
}

export interface Query {
  /** What the backend is asked for. */
  readonly filters: ReadonlyArray<Filter>
  /** A text that stands in the name, the inputs, the outputs or the error, where the query asks for one. */
  readonly text: string | undefined
  readonly test: (event: Event) => boolean
}

interface Term {
  readonly filters: ReadonlyArray<Filter>
  readonly text?: string
  readonly test: (event: Event) => boolean
}

type Operator = ":" | ">" | "<" | ">=" | "<="

const pattern = (glob: string): RegExp =>
  new RegExp(`^${glob.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^]*")}$`, "i")

const textOf = (value: unknown): string | undefined =>
  value === undefined || value === null ? undefined : typeof value === "object" ? JSON.stringify(value) : String(value)

/** A text with `*` for anything, whatever the case. */
const like = (field: string, value: string, read: (event: Event) => unknown): Term => {
  const matches = pattern(value)
  const longest = value.split("*").reduce((a, b) => (b.length > a.length ? b : a))
  return {
    filters: longest === "" ? [{ field, operator: "exists" }] : [{ field, operator: "contains", value: longest }],
    test: (event) => {
      const text = textOf(read(event))
      return text !== undefined && matches.test(text)
    }
  }
}

const units: { readonly [unit: string]: number } = { "": 1, ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 }

const durationOf = (text: string): number | undefined => {
  const found = /^(\d+(?:\.\d+)?)(ms|s|min|m|h)?$/i.exec(text)
  return found === null ? undefined : Number(found[1]) * (units[(found[2] ?? "").toLowerCase()] ?? 1)
}

const numberOf = (text: string): number | undefined =>
  text.trim() === "" || Number.isNaN(Number(text)) ? undefined : Number(text)

const compare = (operator: Operator, a: number, b: number): boolean => {
  switch (operator) {
    case ":":
      return a === b
    case ">":
      return a > b
    case "<":
      return a < b
    case ">=":
      return a >= b
    case "<=":
      return a <= b
  }
}

const ordered = (field: string, operator: Operator, wanted: number, read: (event: Event) => unknown): Term => ({
  filters:
    operator === ">" || operator === "<"
      ? [{ field, operator: operator === ">" ? "greater than" : "less than", value: wanted }]
      : [{ field, operator: "exists" }],
  test: (event) => {
    const value = read(event)
    return typeof value === "number" && compare(operator, value, wanted)
  }
})

const tokens: { readonly [name: string]: string } = {
  tokens: "total_tokens",
  input_tokens: "prompt_tokens",
  output_tokens: "completion_tokens"
}

const paths: { readonly [name: string]: readonly [field: string, read: (event: Event) => unknown] } = {
  name: ["event_name", (event) => event.event_name],
  source: ["source", (event) => event.source],
  model: ["config.model", (event) => event.config["model"]],
  provider: ["config.provider", (event) => event.config["provider"]],
  session: ["session_id", (event) => event.session_id],
  id: ["event_id", (event) => event.event_id],
  parent: ["parent_id", (event) => event.parent_id],
  trace: ["metadata.trace_id", (event) => event.metadata["trace_id"]]
}

/** The names that a query knows. */
export const names: ReadonlyArray<string> = [
  "type",
  "error",
  "duration",
  ...Object.keys(paths),
  ...Object.keys(tokens),
  ...Bucket.literals.map((bucket) => `${bucket}.<key>`)
]

const bucketPath = (name: string): readonly [bucket: Bucket, path: string] | undefined => {
  const dot = name.indexOf(".")
  const bucket = Bucket.literals.find((literal) => literal === name.slice(0, dot))
  return bucket === undefined || dot === name.length - 1 ? undefined : [bucket, name.slice(dot + 1)]
}

const readPath = (content: unknown, path: string): unknown => {
  const has = (value: unknown, key: string): value is { readonly [key: string]: unknown } =>
    typeof value === "object" && value !== null && Object.hasOwn(value, key)
  if (has(content, path)) return content[path]
  let value = content
  for (const key of path.split(".")) {
    if (!has(value, key)) return undefined
    value = value[key]
  }
  return value
}

const flags: { readonly [said: string]: boolean } = { true: true, yes: true, false: false, no: false }

/** A term by name, or what it should be. */
const named = (name: string, operator: Operator, value: string): Term | string => {
  if (name === "type") {
    const type = EventType.literals.find((literal) => literal === value.toLowerCase())
    return type === undefined || operator !== ":"
      ? `type is one of ${EventType.literals.join(", ")}: type:model`
      : { filters: [{ field: "event_type", operator: "is", value: type }], test: (event) => event.event_type === type }
  }
  if (name === "error") {
    if (operator !== ":") return "error is true, false or a text: error:true"
    const flag = flags[value.toLowerCase()]
    if (flag === undefined) return like("error", value.includes("*") ? value : `*${value}*`, (event) => event.error)
    return {
      filters: [{ field: "error", operator: flag ? "exists" : "not exists" }],
      test: (event) => (event.error !== null) === flag
    }
  }
  if (name === "duration") {
    const duration = durationOf(value)
    return duration === undefined
      ? "a duration is a number with ms, s, m or h: duration>2s"
      : ordered("duration", operator, duration, (event) => event.duration)
  }
  if (Object.hasOwn(tokens, name)) {
    const key = tokens[name] ?? name
    const count = numberOf(value)
    return count === undefined
      ? `${name} is a number: ${name}>1000`
      : ordered(`metadata.${key}`, operator, count, (event) => event.metadata[key])
  }
  if (Object.hasOwn(paths, name)) {
    const [field, read] = paths[name] ?? ["", () => undefined]
    return operator === ":" ? like(field, value, read) : `${name} is a text: ${name}:${value}`
  }
  const path = bucketPath(name)
  if (path === undefined) return `there is no ${name}: use one of ${names.join(", ")}`
  const read = (event: Event) => readPath(event[path[0]], path[1])
  if (operator === ":") return like(name, value, read)
  const count = numberOf(value)
  return count === undefined ? `${name}${operator} needs a number` : ordered(name, operator, count, read)
}

const contains = (text: string): Term => {
  const wanted = text.toLowerCase()
  return {
    filters: [],
    text,
    test: ({ error, event_name, inputs, outputs }) =>
      [event_name, error ?? "", JSON.stringify(inputs), JSON.stringify(outputs ?? {})].some((part) =>
        part.toLowerCase().includes(wanted)
      )
  }
}

const word = /\s*(-)?(?:([a-z_]+(?:\.[^\s:<>="]+)?)(:|>=|<=|>|<))?(?:"((?:[^"\\]|\\.)*)("?)|([^\s"]*))/iy

const fail = (message: string, from: number, to: number): Result.Result<never, QueryError> =>
  Result.fail({ message, at: [from, to] })

/** Total: every text is a query or has an error that says where. */
export const parse = (query: string): Result.Result<Query, QueryError> => {
  const terms: Array<Term> = []
  let at = 0
  while (query.slice(at).trim() !== "") {
    word.lastIndex = at
    const found = word.exec(query)
    const from = at + (/^\s*/.exec(query.slice(at))?.[0].length ?? 0)
    if (found === null || found[0] === "") return fail("this cannot be read", from, query.length)
    at = word.lastIndex
    const [, minus, name, operator, quoted, closing, bare] = found
    if (quoted !== undefined && closing === "") return fail('a quotation mark is missing: "refund"', from, query.length)
    const value = quoted === undefined ? (bare ?? "") : quoted.replaceAll(/\\(.)/g, "$1")
    if (name !== undefined && value === "") return fail(`${name}${operator} needs a value`, from, at)
    if (name === undefined && value === "") {
      if (minus === undefined && quoted === undefined) return fail("this cannot be read", from, query.length)
      return fail("there is nothing to look for", from, at)
    }
    // The pattern has no other operators
    const term = name === undefined ? contains(value) : named(name.toLowerCase(), (operator ?? ":") as Operator, value)
    if (typeof term === "string") return fail(term, from, at)
    terms.push(minus === undefined ? term : { filters: [], test: (event) => !term.test(event) })
  }
  return Result.succeed({
    filters: terms.flatMap(({ filters }) => filters),
    text: terms.find(({ text }) => text !== undefined)?.text,
    test: (event) => terms.every(({ test }) => test(event))
  })
}

/** The query with its error under it. */
export const underline = (query: string, { at: [from, to], message }: QueryError): string =>
  `${message}\n  ${query}\n  ${" ".repeat(from)}${"^".repeat(Math.max(1, to - from))}`
