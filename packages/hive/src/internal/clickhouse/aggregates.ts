/**
 * Sums and histograms on ClickHouse.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Usage } from "@honeyhive/contract/Usage"
import type { Aggregate, Grouping, Histogram, Measure, Order } from "../../TraceQueries.ts"
import type { TraceStoreError } from "../../TraceStore.ts"
import { scaleOf } from "../histograms.ts"
import type { Binding } from "./binding.ts"
import { wordColumn } from "./compiler.ts"
import type { Database } from "./database.ts"
import { isRepeat } from "./repeats.ts"

const Numbers = Schema.Tuple([Schema.Finite, Schema.Finite, Schema.Finite])

const Group = Schema.Struct({
  key: Schema.NullOr(Schema.String),
  other: Schema.NullOr(Schema.String),
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

const aggregateOf = (group: typeof Group.Type, isPair: boolean): Aggregate => {
  const { cacheRead, cacheWrite, duration, durations, first, firsts, input, other, output, reasoning, ...rest } = group
  return {
    ...rest,
    keys: isPair ? [group.key, other] : [group.key],
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

/** What another event says too counts once. */
const once = (column: string) => `if(${isRepeat()}, NULL, ${column})`

const sum = (column: string) => `ifNull(sumIf(${column}, e.counted IS NOT NULL), 0)`

const statement = (by: Grouping, other: Grouping, where: string, order: Order, limit: string): string =>
  `SELECT g.*, ${by === "session" ? "s.name" : "CAST(NULL, 'Nullable(String)')"} AS label FROM (
    SELECT ${keyOf(by)} AS key, ${keyOf(other)} AS other, count() AS events, countIf(e.fact_error IS NOT NULL) AS errors,
      min(e.start_time) AS first_start, max(e.end_time) AS last_end,
      count(e.duration) AS durations, ${ranks("e.duration")} AS duration, count(e.ttft) AS firsts, ${ranks("e.ttft")} AS first,
      ${sum("e.input")} AS input, ${sum("e.cache_read")} AS cacheRead, ${sum("e.cache_write")} AS cacheWrite,
      ${sum("e.reasoning")} AS reasoning, ${sum("e.output")} AS output,
      ifNull(sum(e.counted), 0) AS tokens, ${sum("e.cost")} AS cost,
      countIf(e.counted IS NOT NULL AND e.cost IS NULL) AS unpriced
    FROM (SELECT *, ${once("tokens")} AS counted FROM events FINAL WHERE ${where}) AS e
    GROUP BY key, other ORDER BY ${orders[order]}, key, other LIMIT ${limit}
  ) AS g ${
    by === "session" ? "LEFT JOIN (SELECT session_id, name FROM sessions FINAL) AS s ON s.session_id = g.key" : ""
  } ORDER BY ${orders[order]}, key, other`

export const aggregates = (
  database: Database,
  { bind, params }: Binding,
  where: string,
  by: Grouping | readonly [Grouping, Grouping],
  order: Order,
  limit: number
): Effect.Effect<ReadonlyArray<Aggregate>, TraceStoreError> => {
  const [first, second] = typeof by === "string" ? ([by, undefined] as const) : by
  const sql = statement(first, second ?? "all", where, order, bind("UInt32", limit))
  return Effect.map(database.rows("aggregating", Group, { sql, params }), (groups) =>
    groups.map((group) => aggregateOf(group, second !== undefined))
  )
}

const measures: { readonly [of in Measure]: string } = {
  duration: "duration",
  ttft: "ttft",
  tokens: once("tokens"),
  cost: once("cost")
}

const Scale = Schema.Struct({
  count: Schema.Int,
  min: Schema.Finite,
  max: Schema.Finite,
  smallest: Schema.Finite,
  ranks: Numbers
})

const Bucket = Schema.Struct({ place: Schema.Int, count: Schema.Int })

/** First how far the numbers reach, then how many are in which bucket: only sums leave the server. */
export const histogram = (
  database: Database,
  { bind, params }: Binding,
  where: string,
  of: Measure,
  size: number
): Effect.Effect<Omit<Histogram, "behind">, TraceStoreError> =>
  Effect.gen(function* () {
    const what = "counting a histogram"
    const values = `(SELECT assumeNotNull(number) AS value FROM (SELECT ${measures[of]} AS number FROM events FINAL WHERE ${where})
      WHERE number IS NOT NULL)`
    const [scale] = yield* database.rows(what, Scale, {
      sql: `SELECT count() AS count, min(value) AS min, max(value) AS max, minIf(value, value > 0) AS smallest,
        ${ranks("value")} AS ranks FROM ${values}`,
      params: { ...params }
    })
    if (scale === undefined || scale.count === 0) {
      return { count: 0, min: null, max: null, percentiles: null, buckets: [] }
    }
    const bounds = scaleOf(scale.min, scale.max, scale.smallest, size)
    const inner = bounds.slice(1, -1)
    const above = inner.length === 0 ? "0" : `arrayCount(bound -> bound <= value, ${bind("Array(Float64)", inner)})`
    const counted = yield* database.rows(what, Bucket, {
      sql: `SELECT toUInt32(${above}) AS place, count() AS count FROM ${values} GROUP BY place`,
      params
    })
    const counts = new Map(counted.map(({ count, place }) => [place, count]))
    return {
      // What was written in between is in the buckets
      count: counted.reduce((sum, { count }) => sum + count, 0),
      min: scale.min,
      max: scale.max,
      percentiles: percentiles(scale.count, scale.ranks),
      buckets: bounds.slice(1).map((to, index) => ({ from: bounds[index] ?? 0, to, count: counts.get(index) ?? 0 }))
    }
  })
