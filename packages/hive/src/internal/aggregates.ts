/**
 * Aggregates: one pass over the numbers of what a query finds. SQLite would sort a million rows to group them, which takes
 * longer than to read them.
 */
import type { DatabaseSync, SQLInputValue } from "node:sqlite"
import type { Aggregate, Grouping, Order } from "../TraceQueries.ts"
import { wordColumns } from "./facts.ts"
import type { Condition } from "./search.ts"

const columns = [
  "error",
  "start_time",
  "end_time",
  "duration",
  "ttft",
  "tokens",
  "input",
  "cache_read",
  "cache_write",
  "reasoning",
  "output",
  "cost"
] as const

// What another event says too counts once
const valueOf = (column: (typeof columns)[number]): string =>
  column === "tokens" ? "CASE f.repeats WHEN 0 THEN f.tokens END AS tokens" : `f.${column} AS ${column}`

type Writable<A> = { -readonly [key in keyof A]: A[key] }

type Totals = Omit<Aggregate, "key" | "keys" | "label" | "error_rate" | "duration" | "time_to_first_token">

interface Group {
  readonly keys: readonly [unknown, unknown]
  readonly durations: Array<number>
  readonly firsts: Array<number>
  readonly totals: Writable<Omit<Totals, "usage">> & { readonly usage: Writable<Totals["usage"]> }
}

const empty = (keys: Group["keys"]): Group => ({
  keys,
  durations: [],
  firsts: [],
  totals: {
    events: 0,
    errors: 0,
    first_start: Infinity,
    last_end: null,
    usage: { input: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, output: 0 },
    tokens: 0,
    cost: 0,
    unpriced: 0
  }
})

const add = (group: Group, row: ReadonlyArray<unknown>): void => {
  const [, , error, start, end, duration, ttft, tokens, input, cacheRead, cacheWrite, reasoning, output, cost] = row
  const { durations, firsts, totals } = group
  totals.events++
  if (error !== null) totals.errors++
  if (typeof start === "number" && start < totals.first_start) totals.first_start = start
  if (typeof end === "number" && (totals.last_end === null || end > totals.last_end)) totals.last_end = end
  if (typeof duration === "number") durations.push(duration)
  if (typeof ttft === "number") firsts.push(ttft)
  if (typeof tokens !== "number") return
  totals.tokens += tokens
  totals.usage.input += Number(input)
  totals.usage.cacheRead += Number(cacheRead)
  totals.usage.cacheWrite += Number(cacheWrite)
  totals.usage.reasoning += Number(reasoning)
  totals.usage.output += Number(output)
  if (typeof cost === "number") totals.cost += cost
  else totals.unpriced++
}

/** Nearest rank: each percentile is a value that was measured. */
export const percentiles = (values: ReadonlyArray<number>): Aggregate["duration"] => {
  if (values.length === 0) return null
  const sorted = Float64Array.from(values).toSorted()
  const at = (percent: number) => sorted[Math.ceil((sorted.length * percent) / 100) - 1] ?? 0
  return { p50: at(50), p95: at(95), p99: at(99) }
}

const periods = { day: [86_400_000, 10], hour: [3_600_000, 13] } as const

const keyOf = (by: Grouping): string =>
  by === "all" ? "0" : by === "day" || by === "hour" ? `floor(f.start_time / ${periods[by][0]})` : `f."${by}"`

const compare: { readonly [order in Order]: (a: Totals, b: Totals) => number } = {
  events: (a, b) => b.events - a.events,
  errors: (a, b) => b.errors - a.errors || b.events - a.events,
  tokens: (a, b) => b.tokens - a.tokens || b.events - a.events,
  cost: (a, b) => b.cost - a.cost || b.events - a.events,
  newest: (a, b) => b.first_start - a.first_start
}

const wordOf = "SELECT value FROM index_words WHERE id = ?"

const sessionName = `SELECT n.value AS value FROM index_facts s JOIN index_words n ON n.id = s.name WHERE s.session = ?
  AND s.type = (SELECT id FROM index_words WHERE kind = ${wordColumns.indexOf("type")} AND value = 'session')`

/** The groups' values for people: words of the dictionary; days and hours as ISO 8601 has them. */
const keyTexts = (database: DatabaseSync, by: Grouping): ((key: unknown) => string | null) => {
  if (by === "all") return () => null
  if (by === "day" || by === "hour") {
    const [millis, digits] = periods[by]
    return (key) => {
      const time = new Date(Number(key) * millis)
      return Number.isNaN(time.getTime()) ? null : time.toISOString().slice(0, digits)
    }
  }
  const statement = database.prepare(wordOf)
  return (key) => (typeof key === "number" ? String(statement.get(key)?.["value"]) : null)
}

/** The rows of a statement as lists of values. */
export function* lists(database: DatabaseSync, { sql, values }: Condition): Generator<ReadonlyArray<unknown>> {
  const statement = database.prepare(sql)
  // Half the time; a Node that cannot do so yet gives objects with their values in the same order
  if ("setReturnArrays" in statement) statement.setReturnArrays(true)
  const given: ReadonlyArray<SQLInputValue> = values
  for (const row of statement.iterate(...given)) yield Array.isArray(row) ? row : Object.values(row)
}

export const aggregates = (
  database: DatabaseSync,
  source: Condition,
  by: Grouping | readonly [Grouping, Grouping],
  order: Order,
  limit: number
): ReadonlyArray<Aggregate> => {
  const [first, second] = typeof by === "string" ? ([by, undefined] as const) : by
  const all: Array<Group> = []
  const groups = new Map<unknown, Map<unknown, Group>>()
  const select = `SELECT ${keyOf(first)} AS key, ${keyOf(second ?? "all")} AS other, ${columns.map(valueOf).join(", ")}`
  for (const numbers of lists(database, { sql: `${select} FROM ${source.sql}`, values: source.values })) {
    const [key, other] = numbers
    let within = groups.get(key)
    if (within === undefined) groups.set(key, (within = new Map()))
    let group = within.get(other)
    if (group === undefined) {
      group = empty([key, other])
      within.set(other, group)
      all.push(group)
    }
    add(group, numbers)
  }
  const text = keyTexts(database, first)
  const otherText = second === undefined ? undefined : keyTexts(database, second)
  const name = database.prepare(sessionName)
  return all
    .toSorted((a, b) => compare[order](a.totals, b.totals))
    .slice(0, limit)
    .map(({ durations, firsts, keys, totals }): Aggregate => {
      const label = first === "session" && typeof keys[0] === "number" ? name.get(keys[0])?.["value"] : undefined
      const key = text(keys[0])
      return {
        ...totals,
        key,
        keys: otherText === undefined ? [key] : [key, otherText(keys[1])],
        label: typeof label === "string" ? label : null,
        error_rate: totals.errors / totals.events,
        duration: percentiles(durations),
        time_to_first_token: percentiles(firsts)
      }
    })
}
