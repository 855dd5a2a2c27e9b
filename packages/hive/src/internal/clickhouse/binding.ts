/**
 * Statements whose values are parameters: nothing that somebody says is ever part of the SQL.
 */
import type { Params } from "./database.ts"

type Type = "String" | "Float64" | "Int64" | "UInt32" | "Array(String)" | "Array(Float64)" | "Date"

export interface Binding {
  /** The place of a value in the statement. */
  readonly bind: (type: Type, value: string | number | ReadonlyArray<string> | ReadonlyArray<number>) => string
  readonly params: Params
}

export const binding = (): Binding => {
  const params: { [name: string]: unknown } = {}
  let count = 0
  return {
    params,
    bind: (type, value) => {
      const name = `p${count++}`
      params[name] = typeof value === "string" ? value.toWellFormed() : value
      return `{${name}:${type}}`
    }
  }
}

/** Ids that one statement can be about: a server takes 256 KiB of them. */
const IDS = 5000

/** Ids in lists that are short enough. */
export const inParts = (ids: Iterable<string>, size = IDS): ReadonlyArray<ReadonlyArray<string>> => {
  const all = [...ids]
  return Array.from({ length: Math.ceil(all.length / size) }, (_, part) => all.slice(part * size, (part + 1) * size))
}

/** What stands at a path of a JSON column, as JSON: a dotted path is one key with dots in it, or nested keys. */
export const rawAt = ({ bind }: Binding, column: string, path: string): string => {
  const at = (...keys: ReadonlyArray<string>) =>
    `nullIf(nullIf(JSONExtractRaw(${column}, ${keys.map((key) => bind("String", key)).join(", ")}), ''), 'null')`
  const nested = path.split(".")
  return nested.length === 1 ? at(path) : `coalesce(${at(path)}, ${at(...nested)})`
}

/** A JSON value as a text: that of a string without its quotes. */
export const textOf = (raw: string): string =>
  `if(startsWith(ifNull(${raw}, ''), '"'), JSONExtractString(ifNull(${raw}, '')), ${raw})`
