/**
 * `TraceQueries` on ClickHouse.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { PriceTable } from "@honeyhive/contract/Prices"
import { type Facet, Hit, TraceQueries } from "../../TraceQueries.ts"
import { complete, type TraceQuery, valueAt } from "../../TraceQuery.ts"
import { aggregates, histogram } from "./aggregates.ts"
import { type Binding, binding } from "./binding.ts"
import { condition, wordColumn } from "./compiler.ts"
import type { Database } from "./database.ts"
import { makeEventDetail } from "./eventDetails.ts"
import type { makeReader } from "./reader.ts"
import { makeSessionRows } from "./sessionRows.ts"
import { makeSpanRows } from "./spanRows.ts"

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

export const makeQuestions = (
  database: Database,
  reader: ReturnType<typeof makeReader>,
  prices: PriceTable
): Effect.Effect<TraceQueries["Service"]> =>
  Effect.map(Clock.Clock, (clock) => {
    const conditionOf = (bound: Binding, query: TraceQuery): string =>
      condition(bound, query, clock.currentTimeMillisUnsafe())

    const sessions = makeSessionRows(database)
    const spans = makeSpanRows(database, sessions.standing)

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
          const found = aggregates(database, bound, where, by, order, clamp(limit, 100, 10_000))
          return Effect.map(found, (groups) => ({ groups, behind: 0 }))
        }),

      histogram: (query, { buckets, of = "duration" } = {}) =>
        Effect.suspend(() => {
          const bound = binding()
          const where = conditionOf(bound, query)
          const found = histogram(database, bound, where, of, clamp(buckets, 40, 200))
          return Effect.map(found, (counted) => ({ ...counted, behind: 0 }))
        }),

      sessionRows: (query, { before, limit, order = "newest" } = {}) =>
        Effect.suspend(() => {
          const bound = binding()
          const where = query._tag === "All" ? undefined : conditionOf(bound, query)
          const found = sessions.page(bound, where, order, clamp(limit, 50, 1000), before)
          return Effect.map(found, (page) => ({ ...page, behind: 0 }))
        }),

      // What was written is what is asked
      sessionRow: sessions.row,
      behind: Effect.succeed(0),
      spanRows: spans.rows,
      spanRowsOf: spans.some,
      eventDetail: makeEventDetail(database, reader, prices),

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
