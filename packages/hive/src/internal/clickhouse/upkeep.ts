/**
 * What is looked after while a store on ClickHouse is open: spans that are lost, sessions that are past what is kept, and
 * costs when prices are others.
 */
import { createHash } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Prices from "@honeyhive/contract/Prices"
import type { StoreChange, TraceStoreError } from "../../TraceStore.ts"
import { withState } from "../running.ts"
import { binding } from "./binding.ts"
import type { Database } from "./database.ts"
import { recountCosts } from "./summaries.ts"
import type { makeWriter } from "./writer.ts"

type Writer = Effect.Success<ReturnType<typeof makeWriter>>

const Running = Schema.Struct({ event_id: Schema.String, process: Schema.String })

/**
 * Marks running spans as lost whose process was not heard of since a moment; the hive itself listens since `opened`. Answers
 * which.
 */
export const markLost = (
  database: Database,
  writer: Writer,
  silentSince: number,
  opened: number
): Effect.Effect<ReadonlyArray<StoreChange>, TraceStoreError> =>
  writer.alone((write) =>
    Effect.gen(function* () {
      const processes = yield* writer.refresh
      const silent = new Set(
        processes.filter(({ seen }) => Math.max(seen, opened) < silentSince).map(({ process }) => process)
      )
      const changes: Array<StoreChange> = []
      if (silent.size === 0) return changes
      const lost = yield* database.rows("looking for lost spans", Running, {
        sql: "SELECT event_id, process FROM events FINAL WHERE process IN {processes:Array(String)}",
        params: { processes: [...silent] }
      })
      yield* write({
        what: "marking lost spans",
        ids: lost.map(({ event_id }) => event_id),
        heard: new Map(),
        weight: 0,
        apply: (draft) => {
          for (const { event_id } of lost) {
            const found = draft.find(event_id)
            if (found === undefined || !silent.has(found.process)) continue
            const { event, lineage } = found
            draft.write(event.end_time === null ? withState(event, "lost") : event, lineage)
            if (event.end_time === null) changes.push({ event_id, session_id: event.session_id })
          }
        }
      })
      return changes
    })
  )

export interface Limits {
  /** Sessions whose last event ended before this moment go; milliseconds since 1970. */
  readonly endedBefore: number | undefined
  readonly maxEvents: number | undefined
  readonly maxBytes: number | undefined
}

const Session = Schema.Struct({ session_id: Schema.String, known: Schema.Int })
const Size = Schema.Struct({ events: Schema.Int, bytes: Schema.Int })

/** Sessions that go at a time: their ids are part of the URL, which proxies want short. */
const STEP = 150

const remove = (database: Database, ids: ReadonlyArray<string>) =>
  Effect.forEach(
    ["events", "places", "repeats", "sessions"],
    (table) =>
      database.run("deleting sessions", {
        sql: `DELETE FROM ${table} WHERE session_id IN {ids:Array(String)}`,
        params: { ids }
      }),
    { discard: true }
  )

const Known = Schema.Struct({ known: Schema.Int })

/** Deletes a session, and answers how many events there were. */
export const deleteSession = (database: Database, writer: Writer, id: string): Effect.Effect<number, TraceStoreError> =>
  writer.alone(() =>
    Effect.gen(function* () {
      const [found] = yield* database.rows("looking for a session", Known, {
        sql: "SELECT count() AS known FROM events FINAL WHERE session_id = {id:String}",
        params: { id }
      })
      const known = found?.known ?? 0
      if (known > 0) yield* remove(database, [id])
      return known
    })
  )

/**
 * Deletes whole sessions, those that began first, until what is kept is within the limits, and tells which. A session in which
 * something runs stays.
 */
export const retain = (
  database: Database,
  writer: Writer,
  limits: Limits,
  tell: (changes: ReadonlyArray<StoreChange>) => void
): Effect.Effect<void, TraceStoreError> => {
  const { endedBefore, maxBytes, maxEvents } = limits
  const removed = (ids: ReadonlyArray<string>) =>
    Effect.map(remove(database, ids), () => tell(ids.map((id) => ({ event_id: id, session_id: id, deleted: true }))))
  const step = Effect.gen(function* () {
    const what = "looking for old sessions"
    if (endedBefore !== undefined) {
      const old = yield* database.rows(what, Session, {
        sql: `SELECT session_id, known FROM sessions FINAL WHERE running = 0 AND start_time < {before:Float64}
          AND ifNull(greatest(ifNull(session_end, last_end), last_end), start_time) < {before:Float64}
          ORDER BY start_time LIMIT ${STEP}`,
        params: { before: endedBefore }
      })
      if (old.length > 0) {
        yield* removed(old.map(({ session_id }) => session_id))
        return true
      }
    }
    if (maxEvents === undefined && maxBytes === undefined) return false
    const [size] = yield* database.rows(what, Size, {
      sql: `SELECT toUInt64((SELECT sum(known) FROM sessions FINAL)) AS events, (SELECT sum(bytes_on_disk) FROM system.parts
        WHERE database = currentDatabase() AND active) AS bytes`
    })
    const { bytes = 0, events = 0 } = size ?? {}
    const tooMany = maxEvents === undefined ? 0 : events - maxEvents
    const tooLarge = maxBytes === undefined || bytes <= maxBytes ? 0 : Math.ceil((events * (bytes - maxBytes)) / bytes)
    let surplus = Math.max(tooMany, tooLarge)
    if (surplus <= 0) return false
    const first = yield* database.rows(what, Session, {
      sql: `SELECT session_id, known FROM sessions FINAL WHERE running = 0 ORDER BY start_time LIMIT ${STEP}`
    })
    const victims: Array<string> = []
    for (const { known, session_id } of first) {
      if (surplus <= 0) break
      victims.push(session_id)
      surplus -= known
    }
    if (victims.length === 0) return false
    yield* removed(victims)
    // What deleted rows took is free when the server has merged their parts, in its own time
    return tooMany > 0 && victims.length === STEP
  })
  const again = Effect.repeat(
    writer.alone(() => step),
    { until: (more) => !more }
  )
  return Effect.asVoid(again)
}

const Call = Schema.Struct({ model: Schema.String, provider: Schema.NullOr(Schema.String) })
const State = Schema.Struct({ value: Schema.String })

/** Costs anew, when the prices are others than last time. Counts stay. */
export const reprice = (database: Database, prices: Prices.PriceTable): Effect.Effect<void, TraceStoreError> =>
  Effect.gen(function* () {
    const what = "counting costs"
    const print = createHash("sha256").update(JSON.stringify(prices)).digest("hex")
    const [known] = yield* database.rows(what, State, { sql: "SELECT value FROM state FINAL WHERE key = 'prices'" })
    if (known?.value === print) return
    const calls = yield* database.rows(what, Call, {
      sql: "SELECT DISTINCT model, provider FROM events FINAL WHERE tokens IS NOT NULL AND model IS NOT NULL"
    })
    const days = [...new Set(prices.prices.map(({ from }) => Date.parse(from)))].toSorted((a, b) => b - a)
    const { bind, params } = binding()
    const branches: Array<string> = []
    for (const { model, provider } of calls) {
      const call = `model = ${bind("String", model)} AND ${
        provider === null ? "provider IS NULL" : `provider = ${bind("String", provider)}`
      }`
      for (const day of days) {
        const price = Prices.find(prices, { model, provider: provider ?? undefined, at: day })
        if (price === undefined) continue
        const { cacheRead = price.input, cacheWrite = price.input, input, output, reasoning = price.output } = price
        const terms = Object.entries({ input, cache_read: cacheRead, cache_write: cacheWrite, reasoning, output })
        const sum = terms.map(([column, dollars]) => `${column} * ${bind("Float64", dollars)}`).join(" + ")
        branches.push(`ifNull(${call}, 0) AND start_time >= ${bind("Float64", day)}, (${sum}) / 1000000`)
      }
    }
    const cost = branches.length === 0 ? "NULL" : `multiIf(${branches.join(", ")}, NULL)`
    if (calls.length > 0) {
      yield* database.run(what, {
        sql: `ALTER TABLE events UPDATE cost = ${cost} WHERE tokens IS NOT NULL SETTINGS mutations_sync = 1`,
        params
      })
      yield* recountCosts(database, what)
    }
    yield* database.insert(what, "state", [{ key: "prices", value: print, version: Date.now() }])
  })
