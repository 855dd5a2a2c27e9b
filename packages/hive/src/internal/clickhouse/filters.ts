/**
 * HoneyHive's search filters as SQL over the events on ClickHouse.
 */
import type { Filter, SearchEvents } from "@honeyhive/contract/Api"
import { moment, numeric, placeOf, typed } from "../search.ts"
import { type Binding, rawAt, textOf } from "./binding.ts"
import { started } from "./compiler.ts"

/** A field as what may be compared: each is null where the event has no such value. */
interface Expressions {
  readonly value: string
  /** As people read it. */
  readonly text: string
  readonly number: string
  /** Equality with a text, with a number; both know which of them it is. */
  readonly isText: (value: string) => string
  readonly isNumber: (value: string) => string
  /** Milliseconds since 1970. */
  readonly time: string
}

const numbers = new Set(["start_time", "end_time", "duration"])

const expressions = (binding: Binding, field: string): Expressions => {
  const { column, path } = placeOf(field)
  if (path === undefined && numbers.has(column)) {
    return {
      value: column,
      text: `toString(${column})`,
      number: column,
      isText: () => "0",
      isNumber: (value) => `${column} = ${value}`,
      time: column
    }
  }
  if (path === undefined) {
    return {
      value: column,
      text: column,
      number: `toFloat64OrNull(ifNull(${column}, ''))`,
      isText: (value) => `${column} = ${value}`,
      isNumber: () => "0",
      time: `toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull(ifNull(${column}, ''), 3, 'UTC'))`
    }
  }
  const raw = path === null ? `nullIf(${column}, '{}')` : rawAt(binding, column, path)
  const text = textOf(raw)
  // True and false count as 1 and 0
  const number = `multiIf(${raw} = 'true', 1., ${raw} = 'false', 0., toFloat64OrNull(ifNull(${raw}, '')))`
  return {
    value: raw,
    text,
    number: `coalesce(${number}, toFloat64OrNull(ifNull(${text}, '')))`,
    isText: (value) => `(startsWith(ifNull(${raw}, ''), '"') AND ${text} = ${value})`,
    isNumber: (value) => `${number} = ${value}`,
    time: `if(startsWith(ifNull(${raw}, ''), '"'),
      toFloat64(toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull(ifNull(${text}, ''), 3, 'UTC'))), ${number})`
  }
}

const condition = (binding: Binding, filter: Filter): string => {
  const { bind } = binding
  const on = expressions(binding, filter.field)
  const isTime = filter.field === "start_time" || filter.field === "end_time"
  const ordered = (operator: string, value: number): string => `${on.number} ${operator} ${bind("Float64", value)}`
  const equal = (): string => {
    if (isTime) return `${on.number} = ${bind("Float64", moment(filter.value, filter.field))}`
    const value = typed(filter)
    return value === null
      ? `${on.value} IS NULL`
      : typeof value === "number"
        ? on.isNumber(bind("Float64", value))
        : on.isText(bind("String", value))
  }
  const contains = (): string =>
    `ifNull(positionCaseInsensitiveUTF8(${on.text}, ${bind("String", String(filter.value ?? ""))}) > 0, 0)`
  const dated = (operator: string): string =>
    `${on.time} ${operator} ${bind("Float64", moment(filter.value, `${filter.field} ${filter.operator}`))}`
  switch (filter.operator) {
    case "exists":
      return `${on.value} IS NOT NULL`
    case "not exists":
      return `${on.value} IS NULL`
    case "is":
      return equal()
    case "is not":
      return `NOT ifNull(${equal()}, 0)`
    case "contains":
      return contains()
    case "not contains":
      return `NOT ${contains()}`
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

/** All filters of a search; throws `SearchError`. */
export const where = (binding: Binding, query: SearchEvents): string => {
  const conditions = (query.filters ?? []).map((filter) => condition(binding, filter))
  if (query.dateRange !== undefined) {
    const { end_time, start_time } = query.dateRange
    conditions.push(
      started(binding, ">=", moment(start_time, "dateRange.start_time")),
      started(binding, "<=", moment(end_time, "dateRange.end_time"))
    )
  }
  if (query.evaluation_id !== undefined) {
    conditions.push(`JSONExtractString(metadata, 'run_id') = ${binding.bind("String", query.evaluation_id)}`)
  }
  return conditions.length === 0 ? "1" : conditions.map((sql) => `(${sql})`).join(" AND ")
}
