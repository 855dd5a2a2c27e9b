/**
 * A query as text.
 */
import type { Moment, Path, TraceQuery } from "../TraceQuery.ts"
import { units } from "./queryFields.ts"

const keywords = new Set(["OR", "AND", "NOT"])

const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`

const word = (text: string): string => (/^[\p{L}\p{N}_]+$/u.test(text) && !keywords.has(text) ? text : quoted(text))

const part = (text: string): string => (text === "" || /^[\p{L}\p{N}_.:/@+-]+$/u.test(text) ? text : quoted(text))

const pattern = (parts: ReadonlyArray<string>): string =>
  parts.length === 1 && parts[0] === "" ? `""` : parts.map(part).join("*")

const key = (key: string): string => (/^[\p{L}\p{N}_]+([.-][\p{L}\p{N}_]+)*$/u.test(key) ? key : quoted(key))

const field = (field: string | Path): string =>
  typeof field === "string" ? field : `${field.bucket}.${key(field.key)}`

/** In the largest unit that comes back as the same number. */
const time = (millis: number): string => {
  for (const [unit, size] of [...units].toReversed()) {
    const text = String(millis / size)
    if (/^\d{1,15}$/.test(text) && Number(text) * size === millis) return text + unit
  }
  return `${millis}ms`
}

const moment = (moment: Moment): string =>
  moment._tag === "Ago" ? time(moment.millis) : new Date(moment.millis).toISOString()

export const printQuery = (query: TraceQuery): string => {
  switch (query._tag) {
    case "All":
      return ""
    case "Text": {
      const text = query.prefix ? `${word(query.text)}*` : word(query.text)
      // `error:true` asks whether there is one
      return query.column === undefined
        ? text
        : `${query.column}:${query.column === "error" && !query.prefix ? quoted(query.text) : text}`
    }
    case "Is":
      return `${field(query.field)}:${pattern(query.parts)}`
    case "Compare": {
      const value = query.field === "duration" || query.field === "ttft" ? time(query.value) : String(query.value)
      return `${field(query.field)}${query.operator}${value}`
    }
    case "Failed":
      return `error:${query.failed}`
    case "Since":
    case "Until":
      return `${query._tag.toLowerCase()}:${moment(query.moment)}`
    case "Not":
      return `-${inside(query.term)}`
    case "And":
      return query.terms.map((term) => (term._tag === "Or" ? inside(term) : printQuery(term))).join(" ")
    case "Or":
      return query.terms.map((term) => (term._tag === "All" ? inside(term) : printQuery(term))).join(" OR ")
  }
}

const inside = (query: TraceQuery): string =>
  query._tag === "And" || query._tag === "Or" || query._tag === "All" ? `(${printQuery(query)})` : printQuery(query)
