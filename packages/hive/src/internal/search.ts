/**
 * HoneyHive's search filters as SQL.
 */
import type { Filter, SearchEvents } from "@honeyhive/contract/Api"
import { Bucket } from "@honeyhive/contract/Bucket"
import { SearchError } from "../TraceStore.ts"
import { unpackedColumn } from "./payload.ts"

type Value = string | number | null

export interface Condition {
  readonly sql: string
  readonly values: ReadonlyArray<Value>
}

const fields: ReadonlySet<string> = new Set([
  "event_id",
  "session_id",
  "parent_id",
  "event_type",
  "event_name",
  "source",
  "start_time",
  "end_time",
  "duration",
  "error"
])

const buckets: ReadonlySet<string> = new Set(Bucket.literals)

/** A field as a column, or as a bucket and a path in it; throws `SearchError`. */
export const placeOf = (
  field: string
):
  | { readonly column: string; readonly path?: undefined }
  | { readonly column: string; readonly path: string | null } => {
  if (fields.has(field)) return { column: field }
  const dot = field.indexOf(".")
  const bucket = dot === -1 ? field : field.slice(0, dot)
  if (buckets.has(bucket)) return { column: bucket, path: dot === -1 ? null : field.slice(dot + 1) }
  throw new SearchError({
    message: `unknown field ${JSON.stringify(field)}: use ${[...fields].join(", ")}, or <bucket>.<key> with one of ${[
      ...buckets
    ].join(", ")}`
  })
}

const quote = (key: string): string => `"${key.replaceAll('"', '\\"')}"`

/** A field as an expression; a dotted path may be nested keys or one key with dots in it. */
const expression = (field: string, table: string): Condition => {
  const { column: name, path } = placeOf(field)
  if (path === undefined) return { sql: `${table}.${name}`, values: [] }
  const column = unpackedColumn(`${table}.${name}`)
  if (path === null) return { sql: `NULLIF(${column}, '{}')`, values: [] }
  return {
    sql: `COALESCE(json_extract(${column}, ?), json_extract(${column}, ?))`,
    values: [`$.${quote(path)}`, `$.${path.split(".").map(quote).join(".")}`]
  }
}

/** A filter's value as a number; throws `SearchError`. */
export const numeric = (value: unknown, filter: Filter): number => {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value
  if (typeof number !== "number" || Number.isNaN(number)) {
    throw new SearchError({ message: `${filter.field} ${filter.operator}: expected a number` })
  }
  return number
}

/** Milliseconds since 1970, as a number or as ISO 8601; throws `SearchError`. */
export const moment = (value: unknown, what: string): number => {
  const time = typeof value === "number" ? value : Date.parse(String(value))
  if (Number.isNaN(time)) throw new SearchError({ message: `${what}: expected a date in ISO 8601 or milliseconds` })
  return time
}

const comparable = (value: Filter["value"]): Value =>
  value === undefined || value === null ? null : typeof value === "boolean" ? Number(value) : value

const condition = (filter: Filter, table: string): Condition => {
  const { sql, values } = expression(filter.field, table)
  const isTime = filter.field === "start_time" || filter.field === "end_time"
  const compare = (operator: string, value: Value): Condition => ({
    sql: `${sql} ${operator} ?`,
    values: [...values, value]
  })
  const ordered = (operator: string, value: number): Condition => ({
    sql: `CAST(${sql} AS REAL) ${operator} ?`,
    values: [...values, value]
  })
  const dated = (operator: string): Condition => {
    const time = moment(filter.value, `${filter.field} ${filter.operator}`)
    return isTime
      ? ordered(operator, time)
      : {
          // Dates inside buckets are text, or milliseconds
          sql: `CASE typeof(${sql}) WHEN 'text' THEN unixepoch(${sql}, 'subsec') * 1000 ELSE ${sql} END ${operator} ?`,
          values: [...values, ...values, ...values, time]
        }
  }
  const text = String(filter.value ?? "")
  // A whole number reads "5", not "5.0"
  const printed = `lower(CASE typeof(${sql}) WHEN 'real' THEN printf('%.15g', ${sql}) ELSE CAST(${sql} AS TEXT) END)`
  const printedValues = [...values, ...values, ...values]
  switch (filter.operator) {
    case "exists":
      return { sql: `${sql} IS NOT NULL`, values }
    case "not exists":
      return { sql: `${sql} IS NULL`, values }
    case "is":
      return isTime ? ordered("=", moment(filter.value, filter.field)) : compare("IS", typed(filter))
    case "is not":
      return isTime ? ordered("<>", moment(filter.value, filter.field)) : compare("IS NOT", typed(filter))
    case "contains":
      return { sql: `instr(${printed}, lower(?)) > 0`, values: [...printedValues, text] }
    case "not contains":
      return { sql: `COALESCE(instr(${printed}, lower(?)), 0) = 0`, values: [...printedValues, text] }
    case "greater than":
      return ordered(">", numeric(filter.value, filter))
    case "less than":
      return ordered("<", numeric(filter.value, filter))
    case "after":
      return dated(">")
    case "before":
      return dated("<")
  }
}

/** The value that a filter compares with: booleans are 0 and 1. */
export const typed = (filter: Filter): Value => {
  if (filter.type === "number") return numeric(filter.value, filter)
  if (filter.type === "boolean") return Number(filter.value === true || filter.value === "true")
  return comparable(filter.value)
}

/** Whether an index leads to the few events of a search: it names one event, or one session. */
export const isNarrow = ({ filters = [] }: SearchEvents): boolean =>
  filters.some(
    ({ field, operator, value }) =>
      (field === "session_id" || field === "event_id") && operator === "is" && typeof value === "string"
  )

/** All filters of a search, on the table `events` or on another name of it; throws `SearchError`. */
export const where = (query: SearchEvents, table = "events"): Condition => {
  const conditions = (query.filters ?? []).map((filter) => condition(filter, table))
  if (query.dateRange !== undefined) {
    conditions.push({
      sql: `${table}.start_time BETWEEN ? AND ?`,
      values: [
        moment(query.dateRange.start_time, "dateRange.start_time"),
        moment(query.dateRange.end_time, "dateRange.end_time")
      ]
    })
  }
  if (query.evaluation_id !== undefined) {
    conditions.push({
      sql: `json_extract(${unpackedColumn(`${table}.metadata`)}, '$.run_id') = ?`,
      values: [query.evaluation_id]
    })
  }
  return {
    sql: conditions.length === 0 ? "1" : conditions.map(({ sql }) => `(${sql})`).join(" AND "),
    values: conditions.flatMap(({ values }) => values)
  }
}
