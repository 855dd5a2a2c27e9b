/**
 * From query to SQL over the events on ClickHouse.
 */
import type { TraceQuery } from "../../TraceQuery.ts"
import { overflow } from "../facts.ts"
import { millisOf, tagWord } from "../queryCompiler.ts"
import { type Binding, rawAt, textOf } from "./binding.ts"
import { dayOf } from "./rows.ts"
import { phraseOf, sections } from "./words.ts"

/** Columns of words by the fields that ask for them. */
export const wordColumn = {
  type: "event_type",
  name: "fact_name",
  model: "model",
  provider: "provider",
  tool: "tool",
  user: "user",
  source: "fact_source",
  error: "fact_error",
  session: "session_id"
} as const

const matches = ({ bind }: Binding, expression: string, parts: ReadonlyArray<string>): string =>
  parts.length === 1
    ? `lowerUTF8(${expression}) = lowerUTF8(${bind("String", parts[0] ?? "")})`
    : `${expression} ILIKE ${bind("String", parts.map((part) => part.replace(/[\\%_]/g, "\\$&")).join("%"))}`

const isWord = (
  binding: Binding,
  field: Extract<Extract<TraceQuery, { _tag: "Is" }>["field"], string>,
  parts: ReadonlyArray<string>
): string => {
  const [exact] = parts.length === 1 ? parts : []
  switch (field) {
    case "id":
      if (exact === undefined) return matches(binding, "event_id", parts)
      return `(day, session_id, start_time, event_id) IN (SELECT day, session_id, start_time, event_id FROM places FINAL
        WHERE id = lower(${binding.bind("String", exact)}))`
    case "trace":
      return exact === undefined
        ? matches(binding, "trace_id", parts)
        : `trace_id = lower(${binding.bind("String", exact)})`
    case "session":
      return exact === undefined
        ? matches(binding, "session_id", parts)
        : `session_id = lower(${binding.bind("String", exact)})`
    default:
      return matches(binding, wordColumn[field], parts)
  }
}

const isText = (binding: Binding, query: Extract<TraceQuery, { _tag: "Text" }>): string => {
  const { phrase, whole } = phraseOf(query.text, query.prefix)
  if (phrase.trim() === "") return "0"
  const where =
    query.column === undefined ? "words" : `splitByChar('\\n', words)[${sections.indexOf(query.column) + 1}]`
  // The words by themselves are in an index, which says where nothing needs to be read
  const indexed = [...new Set(whole)].map((word) => `hasToken(words, ${binding.bind("String", word)}) AND `)
  return `(${indexed.join("")}position(${where}, ${binding.bind("String", phrase)}) > 0)`
}

/** Which granules may hold a value of a bucket, and then the value itself. */
const tagged = ({ bind }: Binding, query: TraceQuery, condition: string): string => {
  const word = tagWord(query)
  return word === undefined
    ? condition
    : `((hasToken(tags, ${bind("String", word)}) OR hasToken(tags, '${overflow}')) AND ${condition})`
}

/** What must hold of an event; a value that it does not have makes it neither true nor false. */
export const condition = (binding: Binding, query: TraceQuery, now: number): string => {
  const { bind } = binding
  switch (query._tag) {
    case "All":
      return "1"
    case "Text":
      return isText(binding, query)
    case "Is": {
      const { field, parts } = query
      if (typeof field === "string") return isWord(binding, field, parts)
      return tagged(binding, query, matches(binding, textOf(rawAt(binding, field.bucket, field.key)), parts))
    }
    case "Compare": {
      const { field, operator } = query
      const value = bind("Float64", query.value)
      if (typeof field === "string") return `${field} ${operator} ${value}`
      return tagged(
        binding,
        query,
        `toFloat64OrNull(ifNull(${rawAt(binding, field.bucket, field.key)}, '')) ${operator} ${value}`
      )
    }
    case "Failed":
      return `fact_error IS ${query.failed ? "NOT NULL" : "NULL"}`
    case "Since":
      return started(binding, ">=", millisOf(query.moment, now))
    case "Until":
      return started(binding, "<=", millisOf(query.moment, now))
    case "Not":
      // What has no such value is not it
      return `NOT ifNull(${condition(binding, query.term, now)}, 0)`
    case "And":
    case "Or":
      return `(${query.terms.map((term) => condition(binding, term, now)).join(` ${query._tag.toUpperCase()} `)})`
  }
}

/** Began then; the day comes first in the order of events. */
export const started = ({ bind }: Binding, operator: ">=" | "<=", millis: number): string =>
  `(day ${operator} ${bind("Date", dayOf(millis))} AND start_time ${operator} ${bind("Float64", millis)})`
