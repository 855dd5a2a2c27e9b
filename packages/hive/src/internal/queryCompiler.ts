/**
 * From query to SQL over the index. Whatever the query says is a bound parameter.
 */
import type { Moment, Path, TraceQuery } from "../TraceQuery.ts"
import { overflow, segmented, tag, untagged, wordColumns } from "./facts.ts"
import { unpackedColumn } from "./payload.ts"
import type { Condition } from "./search.ts"

type Value = string | number | null

const sql = (text: string, ...values: ReadonlyArray<Value>): Condition => ({ sql: text, values })

const joined = (conditions: ReadonlyArray<Condition>, operator: "AND" | "OR"): Condition => ({
  sql: `(${conditions.map(({ sql }) => sql).join(` ${operator} `)})`,
  values: conditions.flatMap(({ values }) => values)
})

/** A moment, in milliseconds since 1970. */
export const millisOf = (moment: Moment, now: number): number =>
  moment._tag === "At" ? moment.millis : now - moment.millis

const like = (parts: ReadonlyArray<string>): string => parts.map((part) => part.replace(/[\\%_]/g, "\\$&")).join("%")

const matches = (expression: string, parts: ReadonlyArray<string>): Condition =>
  parts.length === 1
    ? sql(`${expression} = ? COLLATE NOCASE`, parts[0] ?? "")
    : sql(`${expression} LIKE ? ESCAPE '\\'`, like(parts))

/** A text as one phrase of FTS5's own language, in which nothing inside quotes has a meaning. */
const phrase = (text: string): string => `"${segmented(text).replaceAll("\0", " ").replaceAll('"', '""')}"`

const everywhere = "{name inputs outputs error}"

/** The query as FTS5's own expression, when it is about texts alone. */
const ftsOf = (query: TraceQuery): string | undefined => {
  switch (query._tag) {
    case "Text":
      return `${query.column ?? everywhere} : ${phrase(query.text)}${query.prefix ? " *" : ""}`
    case "And":
    case "Or": {
      const terms = query.terms.map(ftsOf)
      return terms.some((term) => term === undefined) ? undefined : `(${terms.join(` ${query._tag.toUpperCase()} `)})`
    }
    default:
      return undefined
  }
}

const quoteKey = (key: string): string => `"${key.replaceAll('"', '\\"')}"`

/** A dotted key may be nested keys or one key with dots in it. */
const atPath = ({ bucket, key }: Path, make: (column: string) => string): Condition => {
  const paths = [`$.${quoteKey(key)}`, `$.${key.split(".").map(quoteKey).join(".")}`]
  const column = unpackedColumn(`e.${bucket}`)
  return {
    sql: `(SELECT COALESCE(${make(column)}, ${make(column)}) FROM events e WHERE e.event_id = f.event_id)`,
    values: paths.flatMap((path) => [path, path])
  }
}

const asText = (path: Path): Condition =>
  atPath(
    path,
    (column) => `CASE json_type(${column}, ?) WHEN 'true' THEN 'true' WHEN 'false' THEN 'false'
    WHEN 'null' THEN 'null' ELSE CAST(json_extract(${column}, ?) AS TEXT) END`
  )

const asNumber = (path: Path): Condition =>
  atPath(
    path,
    (column) => `CASE WHEN json_type(${column}, ?) IN ('integer', 'real') THEN json_extract(${column}, ?) END`
  )

/** The words of a column that fit, as a list of their numbers. */
const wordsLike = (column: (typeof wordColumns)[number], parts: ReadonlyArray<string>): Condition => {
  const { sql, values } = matches("value", parts)
  return {
    sql: `(SELECT id FROM index_words WHERE kind = ? AND ${sql})`,
    values: [wordColumns.indexOf(column), ...values]
  }
}

const isWord = (field: string, parts: readonly [string, ...ReadonlyArray<string>]): Condition => {
  if (field === "id") return matches("f.event_id", parts)
  if (field === "trace") {
    const { sql, values } =
      parts.length === 1 ? { sql: "trace_id = ?", values: [parts[0].toLowerCase()] } : matches("trace_id", parts)
    return { sql: `f.event_id IN (SELECT event_id FROM events WHERE ${sql})`, values }
  }
  // Every other field is a column of words
  const { sql, values } = wordsLike(field as (typeof wordColumns)[number], parts)
  return { sql: `f."${field}" IN ${sql}`, values }
}

const conditionOf = (query: TraceQuery, now: number): Condition => {
  const fts = ftsOf(query)
  if (fts !== undefined) return sql("f.id IN (SELECT rowid FROM index_text WHERE index_text MATCH ?)", fts)
  switch (query._tag) {
    case "All":
    case "Text":
      return sql("1")
    case "Is": {
      if (typeof query.field === "string") return isWord(query.field, query.parts)
      const value = asText(query.field)
      const match = matches(value.sql, query.parts)
      return { sql: match.sql, values: [...value.values, ...match.values] }
    }
    case "Compare": {
      if (typeof query.field === "string") return sql(`f.${query.field} ${query.operator} ?`, query.value)
      const value = asNumber(query.field)
      return { sql: `${value.sql} ${query.operator} ?`, values: [...value.values, query.value] }
    }
    case "Failed":
      return sql(`f.error IS ${query.failed ? "NOT NULL" : "NULL"}`)
    case "Since": {
      const millis = millisOf(query.moment, now)
      // Ids are starts in microseconds, or more: the first condition is where to begin reading
      return sql("(f.id >= ? AND f.start_time >= ?)", Math.floor(millis * 1000) - 1, millis)
    }
    case "Until":
      return sql("f.start_time <= ?", millisOf(query.moment, now))
    case "Not": {
      const { sql, values } = conditionOf(query.term, now)
      // What has no such value is not it
      return { sql: `NOT COALESCE(${sql}, 0)`, values }
    }
    case "And":
    case "Or":
      return joined(
        query.terms.map((term) => conditionOf(term, now)),
        query._tag === "And" ? "AND" : "OR"
      )
  }
}

const indexed = new Set(["session", "name", "model", "user", "tool", "error", "duration", "ttft", "tokens", "cost"])

/** The ids that a term allows, where an index of the columns has them; else `undefined`. */
const driverOf = (term: TraceQuery): Condition | undefined => {
  switch (term._tag) {
    case "Is": {
      const { field, parts } = term
      if (typeof field !== "string" || !(indexed.has(field) || field === "id" || field === "trace")) return undefined
      const { sql: where, values } = isWord(field, parts)
      return { sql: `SELECT f.id FROM index_facts f WHERE ${where}`, values }
    }
    case "Compare":
      return typeof term.field === "string"
        ? sql(`SELECT f.id FROM index_facts f WHERE f.${term.field} ${term.operator} ?`, term.value)
        : undefined
    case "Failed":
      return term.failed ? sql("SELECT f.id FROM index_facts f WHERE f.error IS NOT NULL") : undefined
    default:
      return undefined
  }
}

/** The word that stands for a value in a bucket: an event that has the value has this word, or the one for too many. */
export const tagWord = (term: TraceQuery): string | undefined => {
  if ((term._tag !== "Is" && term._tag !== "Compare") || typeof term.field === "string") return undefined
  const { bucket, key } = term.field
  if (untagged.has(`${bucket}.${key}`)) return undefined
  const value = term._tag === "Is" && term.parts.length === 1 ? term.parts[0] : undefined
  return tag(bucket, key, value)
}

/** What the full-text index knows of a value in a bucket: which events may have it. */
const tagOf = (term: TraceQuery): string | undefined => {
  const word = tagWord(term)
  return word === undefined ? undefined : `tags : (${word} OR ${overflow})`
}

export interface Plan {
  /** What a full-text search finds, in FTS5's language. */
  readonly match: string | undefined
  /** Everything else that must hold for `f`; `undefined` when the full-text search says it all. */
  readonly where: Condition | undefined
  /** Ways to the candidates through indexes of columns; each holds for every result. */
  readonly drivers: ReadonlyArray<Condition>
}

/** A query as one full-text search and conditions on what it finds. */
export const plan = (query: TraceQuery, now: number): Plan => {
  const terms = query._tag === "And" ? query.terms : [query]
  const texts = terms.flatMap((term) => ftsOf(term) ?? [])
  const without = (term: TraceQuery) => (texts.length > 0 && term._tag === "Not" ? ftsOf(term.term) : undefined)
  const rest = terms.filter((term) => ftsOf(term) === undefined && without(term) === undefined)
  const unwanted = terms.flatMap((term) => without(term) ?? [])
  const wanted = [...texts, ...terms.flatMap((term) => tagOf(term) ?? [])]
  const found = wanted.length === 0 ? undefined : wanted.map((text) => `(${text})`).join(" AND ")
  const conditions = rest.filter(({ _tag }) => _tag !== "All").map((term) => conditionOf(term, now))
  return {
    match: found === undefined || unwanted.length === 0 ? found : `(${found}) NOT (${unwanted.join(" OR ")})`,
    where: conditions.length === 0 ? undefined : joined(conditions, "AND"),
    drivers: terms.flatMap((term) => driverOf(term) ?? [])
  }
}
