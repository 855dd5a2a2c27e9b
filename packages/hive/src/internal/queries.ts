/**
 * The questions in SQL, on one handle. Search first, then join: candidates come as ids out of the narrowest index, and only what
 * is shown is looked up.
 */
import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import type { Aggregate, Aggregates, Facet, Facets, Grouping, Hit, Hits, Order } from "../TraceQueries.ts"
import { complete, type Completion, type TraceQuery, valueAt } from "../TraceQuery.ts"
import { type WordColumn, wordColumns } from "./facts.ts"
import { plan, type Plan } from "./queryCompiler.ts"
import type { Condition } from "./search.ts"

type Record = { readonly [column: string]: unknown }

/** As many candidates are looked up one by one; where there are more, reading from the newest on finds a page sooner. */
const FEW = 4000

const facetColumns: ReadonlyArray<Facet> = ["type", "name", "model", "provider", "error", "source", "user", "tool"]

const word = (column: WordColumn): string => `(SELECT value FROM index_words WHERE id = f."${column}")`

const hitColumns = `f.event_id, ${word("session")} AS session_id, ${word("type")} AS event_type,
  ${word("name")} AS event_name, ${word("source")} AS source, f.start_time, f.duration, ${word("error")} AS error,
  ${word("model")} AS model, ${word("provider")} AS provider, ${word("tool")} AS tool, ${word("user")} AS user,
  f.ttft AS time_to_first_token, f.tokens, f.cost`

// The statement selects exactly these columns
const toHit = ({ id: _id, ...hit }: Record): Hit => hit as unknown as Hit

const clamp = (limit: number | undefined, usual: number, most: number): number =>
  Math.max(1, Math.min(most, Math.trunc(limit ?? usual) || usual))

export const make = (database: DatabaseSync, catchUp: () => number, now: () => number) => {
  const all = (sql: string, values: ReadonlyArray<SQLInputValue>): ReadonlyArray<Record> =>
    database.prepare(sql).all(...values)

  /** How many rows, as far as it matters. */
  const few = ({ sql, values }: Condition): number =>
    Number(all(`SELECT COUNT(*) AS count FROM (${sql} LIMIT ${FEW + 1})`, values)[0]?.["count"])

  const fullText = (match: string): Condition => ({
    sql: "SELECT rowid AS id FROM index_text WHERE index_text MATCH ?",
    values: [match]
  })

  /** The way to the fewest candidates, when there are few at all. */
  const narrowest = ({ drivers, match }: Plan): Condition | undefined => {
    const ways = match === undefined ? drivers : [...drivers, fullText(match)]
    const counted = ways.map((way) => ({ way, count: few(way) })).toSorted((a, b) => a.count - b.count)
    const [best] = counted
    return best !== undefined && best.count <= FEW ? best.way : undefined
  }

  /** Everything that the query finds, as the source of a statement over `f`. */
  const source = (query: TraceQuery, before?: number): Condition => {
    const planned = plan(query, now())
    const { match, where } = planned
    const page = before === undefined ? "" : "AND f.id < ?"
    const pageValues = before === undefined ? [] : [before]
    const way = narrowest(planned)
    if (way !== undefined) {
      const text = match === undefined ? undefined : fullText(match)
      // Where the candidates come from elsewhere, the texts are asked about these alone
      const inText = text === undefined || way.sql === text.sql ? undefined : text
      return {
        sql: `(${way.sql}) way CROSS JOIN index_facts f ON f.id = way.id
          WHERE ${where.sql} ${inText === undefined ? "" : `AND f.id IN (${inText.sql} AND rowid IN (${way.sql}))`} ${page}`,
        values: [
          ...way.values,
          ...where.values,
          ...(inText === undefined ? [] : [...inText.values, ...way.values]),
          ...pageValues
        ]
      }
    }
    return match === undefined
      ? { sql: `index_facts f NOT INDEXED WHERE ${where.sql} ${page}`, values: [...where.values, ...pageValues] }
      : {
          sql: `index_text t CROSS JOIN index_facts f ON f.id = t.rowid
            WHERE t.index_text MATCH ? AND ${where.sql} ${before === undefined ? "" : "AND t.rowid < ?"}`,
          values: [match, ...where.values, ...pageValues]
        }
  }

  const streams = ({ sql }: Condition): boolean => sql.startsWith("index_text")

  const search = (query: TraceQuery, limit: number | undefined, before: number | undefined): Hits => {
    const behind = catchUp()
    const size = clamp(limit, 50, 1000)
    const from = source(query, before)
    const order = streams(from) ? "t.rowid" : "f.id"
    const rows = all(`SELECT f.id AS id, ${hitColumns} FROM ${from.sql} ORDER BY ${order} DESC LIMIT ?`, [
      ...from.values,
      size + 1
    ])
    const hits = rows.slice(0, size).map(toHit)
    return { hits, next: rows.length > size ? Number(rows[size - 1]?.["id"]) : null, behind }
  }

  const isAll = (query: TraceQuery): boolean => query._tag === "All"

  const facets = (query: TraceQuery, limit: number | undefined): Facets => {
    const behind = catchUp()
    const size = clamp(limit, 20, 1000)
    const counts = (from: string, column: Facet) =>
      all(
        `SELECT value, count FROM (SELECT "${column}" AS word, COUNT(*) AS count FROM ${from}
           WHERE "${column}" IS NOT NULL GROUP BY "${column}" ORDER BY count DESC LIMIT ?)
         JOIN index_words ON id = word ORDER BY count DESC, value`,
        [size]
      ).map((row) => ({ value: String(row["value"]), count: Number(row["count"]) }))
    const answer = (from: string): Facets => ({
      count: Number(all(`SELECT COUNT(*) AS count FROM ${from}`, [])[0]?.["count"]),
      facets: {
        type: counts(from, "type"),
        name: counts(from, "name"),
        model: counts(from, "model"),
        provider: counts(from, "provider"),
        error: counts(from, "error"),
        source: counts(from, "source"),
        user: counts(from, "user"),
        tool: counts(from, "tool")
      },
      behind
    })
    // Each column's own index counts without reading the events
    if (isAll(query)) return answer("index_facts")
    const { sql, values } = source(query)
    const columns = facetColumns.map((column) => `f."${column}" AS "${column}"`).join(", ")
    database.exec("DROP TABLE IF EXISTS temp.found")
    database.prepare(`CREATE TEMP TABLE found AS SELECT ${columns} FROM ${sql}`).run(...values)
    try {
      return answer("temp.found")
    } finally {
      database.exec("DROP TABLE temp.found")
    }
  }

  return { search, facets, aggregate: aggregates(all, source, catchUp), complete: completing(all) }
}

const orders: { readonly [order in Order]: string } = {
  events: "events DESC",
  errors: "errors DESC, events DESC",
  tokens: "tokens DESC, events DESC",
  cost: "cost DESC, events DESC",
  newest: "first_start DESC"
}

const keyOf = (by: Grouping): string =>
  by === "all"
    ? "0"
    : by === "day"
      ? "CAST(floor(f.start_time / 86400000) AS INTEGER)"
      : by === "hour"
        ? "CAST(floor(f.start_time / 3600000) AS INTEGER)"
        : `f."${by}"`

const periods = { day: [86_400_000, 10], hour: [3_600_000, 13] } as const

/** The group's value for people: a word of the dictionary, or the day or hour as ISO 8601 has it. */
const keyText = (by: Grouping, row: Record): string | null => {
  if (by === "all") return null
  if (by !== "day" && by !== "hour") return row["value"] === null ? null : String(row["value"])
  const [millis, digits] = periods[by]
  const time = new Date(Number(row["key"]) * millis)
  return Number.isNaN(time.getTime()) ? null : time.toISOString().slice(0, digits)
}

type All = (sql: string, values: ReadonlyArray<SQLInputValue>) => ReadonlyArray<Record>

/** Nearest-rank percentiles of one column, for each of the groups. */
const percentiles = (all: All, column: "duration" | "ttft"): ReadonlyMap<unknown, Aggregate["duration"]> => {
  const at = (percent: number) => `MAX(CASE WHEN place = (total * ${percent} + 99) / 100 THEN value END) AS p${percent}`
  const rows = all(
    `SELECT key, ${[50, 95, 99].map(at).join(", ")} FROM (
       SELECT m.key AS key, m.${column} AS value, COUNT(*) OVER (PARTITION BY m.key) AS total,
         ROW_NUMBER() OVER (PARTITION BY m.key ORDER BY m.${column}) AS place
       FROM temp.measured m JOIN temp.grouped g ON g.key IS m.key WHERE m.${column} IS NOT NULL
     ) GROUP BY key`,
    []
  )
  return new Map(
    rows.map((row) => [row["key"], { p50: Number(row["p50"]), p95: Number(row["p95"]), p99: Number(row["p99"]) }])
  )
}

const aggregates =
  (all: All, source: (query: TraceQuery) => Condition, catchUp: () => number) =>
  (query: TraceQuery, by: Grouping, order: Order, limit: number | undefined): Aggregates => {
    const behind = catchUp()
    const { sql, values } = source(query)
    const drop = () => {
      all("DROP TABLE IF EXISTS temp.grouped", [])
      all("DROP TABLE IF EXISTS temp.measured", [])
    }
    const isWord = by !== "all" && by !== "day" && by !== "hour"
    const sum = (column: string) => `COALESCE(SUM(${column}), 0) AS ${column}`
    drop()
    all(
      `CREATE TEMP TABLE measured AS SELECT ${keyOf(by)} AS key, f.start_time, f.end_time, f.duration, f.ttft, f.error,
         f.tokens, f.input, f.cache_read, f.cache_write, f.reasoning, f.output, f.cost, f.session FROM ${sql}`,
      values
    )
    try {
      all(
        `CREATE TEMP TABLE grouped AS SELECT key, COUNT(*) AS events, COUNT(error) AS errors, MIN(start_time) AS first_start,
           MAX(end_time) AS last_end, ${["tokens", "input", "cache_read", "cache_write", "reasoning", "output", "cost"]
             .map(sum)
             .join(", ")},
           COUNT(tokens) - COUNT(cost) AS unpriced
         FROM temp.measured GROUP BY key ORDER BY ${orders[order]} LIMIT ?`,
        [clamp(limit, 100, 10_000)]
      )
      const durations = percentiles(all, "duration")
      const firsts = percentiles(all, "ttft")
      const label = `(SELECT n.value FROM index_facts s JOIN index_words n ON n.id = s.name WHERE s.session = g.key
        AND s.type = (SELECT id FROM index_words WHERE kind = ${wordColumns.indexOf("type")} AND value = 'session'))`
      const rows = all(
        `SELECT g.*, ${isWord ? "(SELECT value FROM index_words WHERE id = g.key)" : "NULL"} AS value,
           ${by === "session" ? label : "NULL"} AS label FROM temp.grouped g ORDER BY ${orders[order]}`,
        []
      )
      const groups = rows.map((row): Aggregate => {
        const number = (column: string) => Number(row[column])
        return {
          key: keyText(by, row),
          label: typeof row["label"] === "string" ? row["label"] : null,
          events: number("events"),
          errors: number("errors"),
          error_rate: number("errors") / number("events"),
          first_start: number("first_start"),
          last_end: row["last_end"] === null ? null : number("last_end"),
          duration: durations.get(row["key"]) ?? null,
          time_to_first_token: firsts.get(row["key"]) ?? null,
          usage: {
            input: number("input"),
            cacheRead: number("cache_read"),
            cacheWrite: number("cache_write"),
            reasoning: number("reasoning"),
            output: number("output")
          },
          tokens: number("tokens"),
          cost: number("cost"),
          unpriced: number("unpriced")
        }
      })
      return { groups, behind }
    } finally {
      drop()
    }
  }

const completing =
  (all: All) =>
  (text: string, cursor: number): Completion => {
    const place = valueAt(text, cursor)
    const kind = wordColumns.findIndex((column) => column === place?.field && column !== "error")
    if (place === undefined || kind === -1) return complete(text, cursor)
    const typed = place.typed.replace(/[\\%_]/g, "\\$&")
    const known = all(
      "SELECT value FROM index_words WHERE kind = ? AND value LIKE ? ESCAPE '\\' ORDER BY value LIMIT 50",
      [kind, `${typed}%`]
    )
    return complete(
      text,
      cursor,
      known.map((row) => String(row["value"]))
    )
  }
