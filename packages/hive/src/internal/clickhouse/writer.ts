/**
 * The one that writes to ClickHouse: what arrives while it works shares its next inserts. It reads what is stored of the
 * events that a batch is about, decides what becomes of them, and adds that as new versions.
 *
 * Nothing is acknowledged before the server has it. An insert that failed half way is made whole by sending the same again,
 * which is what clients do that got no answer.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import type { PriceTable } from "@honeyhive/contract/Prices"
import { TraceStoreError } from "../../TraceStore.ts"
import { inParts } from "./binding.ts"
import type { Database } from "./database.ts"
import { type Draft, makeDraft } from "./draft.ts"
import { noteRepeats } from "./repeats.ts"
import { storedOf, wholeColumns, WholeRow } from "./rows.ts"
import { recount } from "./summaries.ts"

/** Something to write. */
export interface Work<A> {
  /** For the message of an error: "keeping spans". */
  readonly what: string
  /** Events that it must know, by their ids or those of their spans. */
  readonly ids: ReadonlyArray<string>
  /** Processes that are heard of with it. */
  readonly heard: ReadonlyMap<string, number>
  /** About how much memory it takes while it waits, in bytes. */
  readonly weight: number
  readonly apply: (draft: Draft) => A
}

interface Waiting {
  readonly work: Work<unknown>
  readonly done: Deferred.Deferred<unknown, TraceStoreError>
}

/** Bytes that one insert may be made of. */
const BATCH = 32 * 2 ** 20

/** A process need not be noted as alive more often than this, in milliseconds. */
const NOTED = 1000

const Instance = Schema.Struct({ process: Schema.String, seen: Schema.Finite })

/** Running events' processes and when they were last heard of. */
const running = `SELECT process, max(seen) AS seen FROM processes
  WHERE process IN (SELECT DISTINCT process FROM events FINAL WHERE process <> '') GROUP BY process`

const failed = (what: string, cause: unknown): TraceStoreError =>
  cause instanceof TraceStoreError
    ? cause
    : new TraceStoreError({ message: `${what}: ${cause instanceof Error ? cause.message : String(cause)}`, cause })

export const makeWriter = (database: Database, prices: PriceTable, maxWaiting: number) =>
  Effect.gen(function* () {
    const lock = yield* Semaphore.make(1)
    const queue: Array<Waiting> = []
    let weightWaiting = 0
    /** Processes with running spans, and when each was last noted. */
    const noted = new Map<string, number>()

    const refresh = Effect.map(database.rows("looking at processes", Instance, { sql: running }), (found) => {
      for (const process of noted.keys()) if (!found.some((one) => one.process === process)) noted.delete(process)
      for (const { process, seen } of found) noted.set(process, Math.max(seen, noted.get(process) ?? seen))
      return found
    })
    yield* refresh

    const load = (what: string, ids: ReadonlySet<string>) =>
      Effect.map(
        Effect.forEach(inParts(ids), (part) =>
          database.rows(what, WholeRow, {
            sql: `SELECT ${wholeColumns} FROM events FINAL WHERE (day, session_id, start_time, event_id) IN
              (SELECT day, session_id, start_time, event_id FROM places FINAL WHERE id IN {ids:Array(String)})`,
            params: { ids: part }
          })
        ),
        (found) => found.flat().map(storedOf)
      )

    /** One batch, as a whole or not at all. */
    const writeAll = (works: ReadonlyArray<Work<unknown>>) =>
      Effect.gen(function* () {
        const what = works[0]?.what ?? "writing"
        const stored = yield* load(what, new Set(works.flatMap(({ ids }) => ids)))
        const draft = makeDraft(stored)
        // Microseconds, so that later is more on every hive whose clock is right; a row's next version is more in any case
        const { answers, changes } = yield* Effect.try({
          try: () => {
            const answers = works.map(({ apply }) => apply(draft))
            return { answers, changes: draft.changes(prices, Date.now() * 1000) }
          },
          catch: (cause) => failed(what, cause)
        })
        const { processes, rows, sessions } = changes
        const alive = new Map(processes)
        for (const [name, now] of works.flatMap(({ heard }) => [...heard])) {
          const last = noted.get(name)
          if (last !== undefined && now - last >= NOTED) alive.set(name, now)
        }
        const seen = [...alive].map(([process, seen]) => ({ process: process.toWellFormed(), seen }))
        yield* database.insert(what, "processes", seen)
        for (const [name, now] of alive) noted.set(name, now)
        yield* database.insert(what, "events", rows)
        yield* noteRepeats(database, what, sessions)
        yield* recount(database, what, sessions)
        return answers
      })

    const settle = ({ done }: Waiting, exit: Exit.Exit<unknown, TraceStoreError>) => Deferred.done(done, exit)

    /** Writes what waits, some of it together; when that fails, each by itself, so that one does not fail the others. */
    const drain = Effect.suspend(() => {
      const batch: Array<Waiting> = []
      for (let weight = 0; queue.length > 0 && (batch.length === 0 || weight < BATCH);) {
        const next = queue.shift()
        if (next === undefined) break
        batch.push(next)
        weight += next.work.weight
      }
      weightWaiting -= batch.reduce((sum, { work }) => sum + work.weight, 0)
      if (batch.length === 0) return Effect.void
      const alone = (one: Waiting) =>
        Effect.flatMap(Effect.exit(writeAll([one.work])), (exit) =>
          settle(
            one,
            Exit.map(exit, ([answer]) => answer)
          )
        )
      if (batch.length === 1) return Effect.forEach(batch, alone, { discard: true })
      return Effect.flatMap(Effect.exit(writeAll(batch.map(({ work }) => work))), (exit) =>
        Exit.isSuccess(exit)
          ? Effect.forEach(batch, (one, index) => settle(one, Exit.succeed(exit.value[index])), { discard: true })
          : Effect.forEach(batch, alone, { discard: true })
      )
    })

    const commit = <A>(work: Work<A>): Effect.Effect<A, TraceStoreError> =>
      Effect.gen(function* () {
        if (weightWaiting > 0 && weightWaiting + work.weight > maxWaiting) {
          const message = `${work.what}: ClickHouse is behind, ${Math.round(weightWaiting / 2 ** 20)} MB wait for it`
          return yield* Effect.fail(new TraceStoreError({ message, busy: true }))
        }
        const done = Deferred.makeUnsafe<unknown, TraceStoreError>()
        queue.push({ work, done })
        weightWaiting += work.weight
        // Whoever gets to write writes for all that wait, and must not be stopped in the middle of it
        yield* Effect.uninterruptible(
          Semaphore.withPermit(
            lock,
            Effect.whileLoop({
              while: () => queue.some((one) => one.done === done),
              body: () => drain,
              step: () => {}
            })
          )
        )
        // What `apply` of this very work has answered
        return (yield* Deferred.await(done)) as A
      })

    return {
      commit,
      refresh,
      /** Runs while nothing is written, with a way to write. */
      alone: <A, E>(
        use: (write: (work: Work<unknown>) => Effect.Effect<unknown, TraceStoreError>) => Effect.Effect<A, E>
      ) =>
        Semaphore.withPermit(
          lock,
          use((work) => writeAll([work]))
        )
    }
  })
