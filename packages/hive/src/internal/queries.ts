/**
 * The questions in SQL, on one handle. Search first, then join: candidates come as ids out of the narrowest index, and only what
 * is shown is looked up.
 */
import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import type { Aggregates, Facet, Facets, Grouping, Histogram, Hit, Hits, Measure, Order } from "../TraceQueries.ts"
import { complete, type Completion, type TraceQuery, valueAt } from "../TraceQuery.ts"
import { aggregates } from "./aggregates.ts"
import { type WordColumn, wordColumns } from "./facts.ts"
import { histogram } from "./histograms.ts"
import { plan, type Plan } from "./queryCompiler.ts"
import type { Condition } from "./search.ts"

type Record = { readonly [column: string]: unknown }

/** Candidates are counted up to here: beyond, they are many. */
const MANY = 20_000

/** Rough prices in microseconds: to read on by one event, and to ask the full-text index about one. */
const READ = 2
const ASK = 18

const facetColumns: ReadonlyArray<Facet> = ["type", "name", "model", "provider", "error", "source", "user", "tool"]

const word = (column: WordColumn): string => `(SELECT value FROM index_words WHERE id = f."${column}")`

const hitColumns = `f.event_id, ${word("session")} AS session_id, ${word("type")} AS event_type,
  ${word("name")} AS event_name, ${word("source")} AS source, f.start_time, f.duration, ${word("error")} AS error,
  ${word("model")} AS model, ${word("provider")} AS provider, ${word("tool")} AS tool, ${word("user")} AS user,
  f.ttft AS time_to_first_token, f.tokens, f.cost`

// The statement selects exactly these columns
const toHit = ({ id: _id, ...hit }: Record): Hit => hit as unknown as Hit

export const clamp = (limit: number | undefined, usual: number, most: number): number =>
  Math.max(1, Math.min(most, Math.trunc(limit ?? usual) || usual))

export const make = (database: DatabaseSync, now: () => number, alive: () => void) => {
  const all = (sql: string, values: ReadonlyArray<SQLInputValue>): ReadonlyArray<Record> =>
    database.prepare(sql).all(...values)

  /** How many rows, as far as it matters. */
  const counted = ({ sql, values }: Condition, most: number): number =>
    Number(all(`SELECT COUNT(*) AS count FROM (SELECT 1 FROM (${sql}) LIMIT ${most + 1})`, values)[0]?.["count"])

  const fullText = (match: string): Condition => ({
    sql: "SELECT rowid AS id FROM index_text WHERE index_text MATCH ?",
    values: [match]
  })

  const events = (() => {
    let known = 0
    let until = 0
    return (): number => {
      if (performance.now() >= until) {
        known = Number(all("SELECT COUNT(*) AS count FROM index_facts", [])[0]?.["count"])
        // It only weighs ways against each other
        until = performance.now() + 60_000
      }
      return Math.max(1, known)
    }
  })()

  /** The way through a column's index, where it is cheaper than to read on from the newest until there are enough. */
  const columnWay = ({ drivers, match, where }: Plan, enough: number): Condition | undefined => {
    const ways = drivers.map((way) => ({ way, count: counted(way, MANY) })).toSorted((a, b) => a.count - b.count)
    const [best] = ways
    if (best === undefined || best.count > MANY) return undefined
    if (match === undefined || where === undefined || best.count === 0) return best.way
    const share = (count: number) => (count > MANY ? 0.25 : Math.min(1, count / events()))
    const others = ways.slice(1).reduce((all, { count }) => all * share(count), 1)
    const texts = counted(fullText(match), MANY)
    const textShare = texts > MANY ? 0.1 : share(texts)
    const asked = best.count * READ + Math.min(best.count * others, enough / textShare) * ASK
    const found = texts > MANY ? textShare * events() : texts
    const read = Math.min(found, enough / (others * share(best.count) || 1)) * READ
    return asked < read ? best.way : undefined
  }

  /** Candidates as the source of a statement over `f`, with what must hold for them. */
  const through = (way: Condition, { match, where }: Plan, asked: boolean): Condition => {
    const conditions = [
      ...(where === undefined ? [] : [where]),
      ...(match === undefined || !asked
        ? []
        : [{ sql: "EXISTS (SELECT 1 FROM index_text WHERE index_text MATCH ? AND rowid = f.id)", values: [match] }])
    ]
    return {
      sql: `(${way.sql}) way CROSS JOIN index_facts f ON f.id = way.id
        WHERE ${conditions.length === 0 ? "1" : conditions.map(({ sql }) => sql).join(" AND ")}`,
      values: [...way.values, ...conditions.flatMap(({ values }) => values)]
    }
  }

  /** Everything that the query finds, as the source of a statement over `f`; it can be stopped on its way. */
  const source = (query: TraceQuery): Condition => {
    const { sql, values } = found(query)
    return { sql: `${sql} AND (f.id & 4095 <> 0 OR hive_alive())`, values }
  }

  const found = (query: TraceQuery): Condition => {
    const planned = plan(query, now())
    const way = columnWay(planned, Infinity)
    if (way !== undefined) return through(way, planned, true)
    if (planned.match !== undefined) return through(fullText(planned.match), planned, false)
    return { sql: `index_facts f NOT INDEXED WHERE ${planned.where?.sql ?? "1"}`, values: planned.where?.values ?? [] }
  }

  /** The newest that the query finds: candidates come in order, and reading stops as soon as there are enough. */
  const newest = (query: TraceQuery, before: number | undefined, size: number): ReadonlyArray<Record> => {
    const planned = plan(query, now())
    const { match, where } = planned
    const page = before === undefined ? [] : [before]
    const select = ({ sql, values }: Condition): ReadonlyArray<Record> =>
      all(`SELECT f.id AS id, ${hitColumns} FROM ${sql} LIMIT ?`, [...values, size])
    const way = columnWay(planned, size)
    if (way !== undefined) {
      const ordered = {
        // The plus keeps SQLite from reading all events in order instead of sorting these few
        sql: `SELECT id FROM (${way.sql}) ${before === undefined ? "" : "WHERE +id < ?"} ORDER BY +id DESC LIMIT -1`,
        values: [...way.values, ...page]
      }
      return select(through(ordered, planned, true))
    }
    if (match === undefined) {
      return select({
        sql: `index_facts f NOT INDEXED WHERE ${where?.sql ?? "1"} ${before === undefined ? "" : "AND f.id < ?"} ORDER BY f.id DESC`,
        values: [...(where?.values ?? []), ...page]
      })
    }
    const found = {
      sql: `SELECT rowid AS id FROM index_text WHERE index_text MATCH ? ${before === undefined ? "" : "AND rowid < ?"}
        ORDER BY rowid DESC LIMIT ${where === undefined ? size : -1}`,
      values: [match, ...page]
    }
    return select(through(found, planned, false))
  }

  const search = (query: TraceQuery, limit: number | undefined, before: number | undefined): Omit<Hits, "behind"> => {
    const size = clamp(limit, 50, 1000)
    const rows = newest(query, before, size + 1)
    return {
      hits: rows.slice(0, size).map(toHit),
      next: rows.length > size ? Number(rows[size - 1]?.["id"]) : null
    }
  }

  const isAll = (query: TraceQuery): boolean => query._tag === "All"

  const facets = (query: TraceQuery, limit: number | undefined): Omit<Facets, "behind"> => {
    const size = clamp(limit, 20, 1000)
    const counts = (from: string, column: Facet) => {
      alive()
      return all(
        `SELECT value, count FROM (SELECT "${column}" AS word, COUNT(*) AS count FROM ${from}
           WHERE "${column}" IS NOT NULL GROUP BY "${column}" ORDER BY count DESC LIMIT ?)
         JOIN index_words ON id = word ORDER BY count DESC, value`,
        [size]
      ).map((row) => ({ value: String(row["value"]), count: Number(row["count"]) }))
    }
    const answer = (from: string): Omit<Facets, "behind"> => ({
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
      }
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

  const aggregate = (
    query: TraceQuery,
    by: Grouping | readonly [Grouping, Grouping],
    order: Order,
    limit: number | undefined
  ): Omit<Aggregates, "behind"> => {
    return { groups: aggregates(database, source(query), by, order, clamp(limit, 100, 10_000)) }
  }

  return {
    histogram: (query: TraceQuery, of: Measure, size: number | undefined): Omit<Histogram, "behind"> =>
      histogram(database, source(query), of, clamp(size, 40, 200)),
    search,
    facets,
    aggregate,
    complete: completing(all),
    /** What a query finds, for other statements; `undefined` for everything. */
    sourceOf: (query: TraceQuery): Condition | undefined => (isAll(query) ? undefined : source(query))
  }
}

type All = (sql: string, values: ReadonlyArray<SQLInputValue>) => ReadonlyArray<Record>

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
