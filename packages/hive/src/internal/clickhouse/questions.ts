/**
 * `TraceQueries` on ClickHouse.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Usage } from "@honeyhive/contract/Usage"
import { type Aggregate, type Facet, type Grouping, Hit, type Order, TraceQueries } from "../../TraceQueries.ts"
import { complete, type TraceQuery, valueAt } from "../../TraceQuery.ts"
import { type Binding, binding } from "./binding.ts"
import { condition, wordColumn } from "./compiler.ts"
import type { Database } from "./database.ts"

const clamp = (limit: number | undefined, usual: number, most: number): number =>
  Math.max(1, Math.min(most, Math.trunc(limit ?? usual) || usual))

const hitColumns = `place, event_id, session_id, event_type, ifNull(fact_name, '') AS event_name, fact_source AS source,
  start_time, duration, fact_error AS error, model, provider, tool, user, ttft AS time_to_first_token, tokens, cost`

const Found = Schema.Struct({ ...Hit.fields, place: Schema.Int })

/**
 * One page of what was found: events that share a place stay together, because the next page begins at a place. Only a page
 * that would be empty otherwise is longer than it was asked to be.
 */
const pageOf = (rows: ReadonlyArray<typeof Found.Type>, size: number) => {
  const last = rows.at(-1)
  if (last === undefined || rows.length <= size) return { rows, next: null }
  const cut = rows.findIndex(({ place }) => place === last.place)
  const kept = cut === 0 ? rows : rows.slice(0, cut)
  return { rows: kept, next: kept.at(-1)?.place ?? null }
}

const facetNames: ReadonlyArray<Facet> = ["type", "name", "model", "provider", "error", "source", "user", "tool"]

const FacetRow = Schema.Struct({ facet: Schema.String, value: Schema.String, count: Schema.Int })

const Count = Schema.Struct({ count: Schema.Int })

const Numbers = Schema.Tuple([Schema.Finite, Schema.Finite, Schema.Finite])

const Group = Schema.Struct({
  key: Schema.NullOr(Schema.String),
  label: Schema.NullOr(Schema.String),
  events: Schema.Int,
  errors: Schema.Int,
  first_start: Schema.Finite,
  last_end: Schema.NullOr(Schema.Finite),
  durations: Schema.Int,
  duration: Numbers,
  firsts: Schema.Int,
  first: Numbers,
  ...Usage.fields,
  tokens: Schema.Finite,
  cost: Schema.Finite,
  unpriced: Schema.Int
})

const percentiles = (count: number, [p50, p95, p99]: typeof Numbers.Type): Aggregate["duration"] =>
  count === 0 ? null : { p50, p95, p99 }

const aggregateOf = (group: typeof Group.Type): Aggregate => {
  const { cacheRead, cacheWrite, duration, durations, first, firsts, input, output, reasoning, ...rest } = group
  return {
    ...rest,
    error_rate: group.errors / group.events,
    duration: percentiles(durations, duration),
    time_to_first_token: percentiles(firsts, first),
    usage: { input, cacheRead, cacheWrite, reasoning, output }
  }
}

const periods = { day: "toStartOfDay", hour: "toStartOfHour" } as const

const keyOf = (by: Grouping): string => {
  if (by === "all") return "CAST(NULL, 'Nullable(String)')"
  if (by === "session") return "e.session_id"
  if (by !== "day" && by !== "hour") return `CAST(e.${wordColumn[by]}, 'Nullable(String)')`
  const time =
    "fromUnixTimestamp64Milli(toInt64(least(greatest(e.start_time, -2208988800000.), 10413791999000.)), 'UTC')"
  return `formatDateTime(${periods[by]}(${time}), '${by === "day" ? "%Y-%m-%d" : "%Y-%m-%dT%H"}', 'UTC')`
}

const orders: { readonly [order in Order]: string } = {
  events: "events DESC",
  errors: "errors DESC, events DESC",
  tokens: "tokens DESC, events DESC",
  cost: "cost DESC, events DESC",
  newest: "first_start DESC"
}

/** Nearest rank: each percentile is a value that was measured. */
const ranks = (column: string) =>
  `quantilesExactWeightedIf(0.5, 0.95, 0.99)(ifNull(${column}, 0), 1, ${column} IS NOT NULL)`

const sum = (column: string) => `ifNull(sumIf(${column}, e.tokens IS NOT NULL), 0)`

const aggregates = (by: Grouping, where: string, order: Order, limit: string): string =>
  `SELECT g.*, ${by === "session" ? "s.name" : "CAST(NULL, 'Nullable(String)')"} AS label FROM (
    SELECT ${keyOf(by)} AS key, count() AS events, countIf(e.fact_error IS NOT NULL) AS errors,
      min(e.start_time) AS first_start, max(e.end_time) AS last_end,
      count(e.duration) AS durations, ${ranks("e.duration")} AS duration, count(e.ttft) AS firsts, ${ranks("e.ttft")} AS first,
      ${sum("e.input")} AS input, ${sum("e.cache_read")} AS cacheRead, ${sum("e.cache_write")} AS cacheWrite,
      ${sum("e.reasoning")} AS reasoning, ${sum("e.output")} AS output,
      ifNull(sum(e.tokens), 0) AS tokens, ifNull(sum(e.cost), 0) AS cost,
      countIf(e.tokens IS NOT NULL AND e.cost IS NULL) AS unpriced
    FROM (SELECT * FROM events FINAL WHERE ${where}) AS e GROUP BY key ORDER BY ${orders[order]}, key LIMIT ${limit}
  ) AS g ${
    by === "session" ? "LEFT JOIN (SELECT session_id, name FROM sessions FINAL) AS s ON s.session_id = g.key" : ""
  } ORDER BY ${orders[order]}, key`

export const makeQuestions = (database: Database): Effect.Effect<TraceQueries["Service"]> =>
  Effect.map(Clock.Clock, (clock) => {
    const conditionOf = (bound: Binding, query: TraceQuery): string =>
      condition(bound, query, clock.currentTimeMillisUnsafe())

    return TraceQueries.of({
      search: (query, { before, limit } = {}) =>
        Effect.suspend(() => {
          const bound = binding()
          const size = clamp(limit, 50, 1000)
          const page = before === undefined ? "" : ` AND place < ${bound.bind("Int64", before)}`
          const found = database.rows("searching", Found, {
            sql: `SELECT ${hitColumns} FROM events AS e FINAL WHERE ${conditionOf(bound, query)}${page}
              ORDER BY place DESC LIMIT ${bound.bind("UInt32", size + 1)} WITH TIES`,
            params: bound.params
          })
          return Effect.map(found, (all) => {
            const { next, rows } = pageOf(all, size)
            return { hits: rows.map(({ place: _place, ...hit }) => hit), next, behind: 0 }
          })
        }),

      facets: (query, { limit } = {}) =>
        Effect.suspend(() => {
          const bound = binding()
          const where = conditionOf(bound, query)
          const counting = database.rows("counting facets", Count, {
            sql: `SELECT count() AS count FROM events FINAL WHERE ${where}`,
            params: { ...bound.params }
          })
          const pairs = facetNames.map((facet) => `('${facet}', CAST(${wordColumn[facet]}, 'Nullable(String)'))`)
          const found = database.rows("counting facets", FacetRow, {
            sql: `SELECT pair.1 AS facet, pair.2 AS value, count() AS count FROM events FINAL
              ARRAY JOIN [${pairs.join(", ")}] AS pair WHERE (${where}) AND pair.2 IS NOT NULL
              GROUP BY facet, value ORDER BY facet, count DESC, value LIMIT ${bound.bind("UInt32", clamp(limit, 20, 1000))} BY facet`,
            params: bound.params
          })
          return Effect.map(Effect.all([counting, found], { concurrency: 2 }), ([[all], rows]) => {
            const of = (facet: Facet) =>
              rows.filter((row) => row.facet === facet).map(({ count, value }) => ({ value, count }))
            return {
              count: all?.count ?? 0,
              facets: {
                type: of("type"),
                name: of("name"),
                model: of("model"),
                provider: of("provider"),
                error: of("error"),
                source: of("source"),
                user: of("user"),
                tool: of("tool")
              },
              behind: 0
            }
          })
        }),

      aggregate: (query, { by, limit, order = "events" }) =>
        Effect.suspend(() => {
          const bound = binding()
          const where = conditionOf(bound, query)
          const size = bound.bind("UInt32", clamp(limit, 100, 10_000))
          const found = database.rows("aggregating", Group, {
            sql: aggregates(by, where, order, size),
            params: bound.params
          })
          return Effect.map(found, (groups) => ({ groups: groups.map(aggregateOf), behind: 0 }))
        }),

      complete: (text, cursor) =>
        Effect.suspend(() => {
          const place = valueAt(text, cursor)
          const field = place?.field
          if (place === undefined || field === undefined || field === "error" || !Object.hasOwn(wordColumn, field)) {
            return Effect.succeed(complete(text, cursor))
          }
          // Just found to be one of its keys
          const column = wordColumn[field as keyof typeof wordColumn]
          const known = database.rows("completing", Schema.Struct({ value: Schema.String }), {
            sql: `SELECT DISTINCT toString(${column}) AS value FROM events FINAL
              WHERE ${column} IS NOT NULL AND ${column} ILIKE {typed:String} ORDER BY value LIMIT 50`,
            params: { typed: `${place.typed.replace(/[\\%_]/g, "\\$&").toWellFormed()}%` }
          })
          return Effect.map(known, (rows) =>
            complete(
              text,
              cursor,
              rows.map(({ value }) => value)
            )
          )
        })
    })
  })
