/**
 * `TraceQueries` on SQLite: the index beside the writer, questions on a handle of their own.
 */
import type { DatabaseSync } from "node:sqlite"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Event } from "@honeyhive/contract/Event"
import type { PriceTable } from "@honeyhive/contract/Prices"
import { TraceQueries } from "../TraceQueries.ts"
import { TraceStoreError } from "../TraceStore.ts"
import { make } from "./queries.ts"
import { open, type SearchIndex } from "./searchIndex.ts"

export interface Options {
  /** The writer's handle. */
  readonly writer: DatabaseSync
  /** Another one for reading; a store in memory has none. */
  readonly reader: DatabaseSync | undefined
  readonly prices: PriceTable
  /** Events by id, in any order; ids without an event are left out. */
  readonly read: (ids: ReadonlyArray<string>) => ReadonlyArray<Event>
}

/** Events per transaction: many sorted ones cost less each, but everybody waits for them. */
const STEP = 1000
const SMALL_STEP = 250
const IDLE = 250

/** So many notes between two looks say that somebody is writing in bulk, who is not to be held up. */
const BUSY = 2000

/** How long a question waits for the index, in milliseconds. */
const PATIENCE = 250

/** Indexes what waits, a step at a time, whenever the program has nothing else to do. */
const inBackground = (index: SearchIndex): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(
    Effect.acquireRelease(
      Effect.sync(() => {
        const state = { timer: setTimeout(() => tick(), IDLE), failures: 0 }
        const later = (millis: number) => {
          // An index that is behind must not keep a program alive: the next one goes on
          state.timer = setTimeout(() => tick(), millis).unref()
        }
        let noted = 0
        const tick = () => {
          try {
            const before = noted
            noted = index.noted()
            if (noted - before > BUSY) later(IDLE)
            else later(index.step(SMALL_STEP) > 0 ? 0 : index.tidy() ? IDLE / 10 : IDLE)
            state.failures = 0
          } catch {
            // A locked file, a full disk: whoever asks next hears of it
            state.failures++
            later(Math.min(60_000, IDLE * 2 ** state.failures))
          }
        }
        state.timer.unref()
        return state
      }),
      (state) => Effect.sync(() => clearTimeout(state.timer))
    )
  )

const attempt = <A>(what: string, work: () => A): Effect.Effect<A, TraceStoreError> =>
  Effect.try({ try: work, catch: (cause) => new TraceStoreError({ message: `${what}: ${String(cause)}`, cause }) })

export const traceQueries = (options: Options): Effect.Effect<TraceQueries["Service"], TraceStoreError, Scope.Scope> =>
  Effect.gen(function* () {
    const { prices, read, writer } = options
    const clock = yield* Clock.Clock
    const index = yield* attempt("opening the index", () => open(writer, prices, read))
    yield* inBackground(index)
    const catchUp = (): number => {
      const until = performance.now() + PATIENCE
      for (;;) {
        const left = index.step(STEP)
        if (left === 0 || performance.now() > until) return left
      }
    }
    const questions = make(options.reader ?? writer, catchUp, () => clock.currentTimeMillisUnsafe())
    return TraceQueries.of({
      search: (query, { before, limit } = {}) => attempt("searching", () => questions.search(query, limit, before)),
      facets: (query, { limit } = {}) => attempt("counting facets", () => questions.facets(query, limit)),
      aggregate: (query, { by, limit, order = "events" }) =>
        attempt("aggregating", () => questions.aggregate(query, by, order, limit)),
      complete: (text, cursor) => attempt("completing", () => questions.complete(text, cursor))
    })
  })
