/**
 * Who answers what is asked of a store: a small one's questions are answered at once, where they are asked; those of a large one
 * in threads, so that whoever keeps the store goes on with its own work.
 */
import type { DatabaseSync } from "node:sqlite"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { PriceTable } from "@honeyhive/contract/Prices"
import { TraceStoreError } from "../TraceStore.ts"
import { type Ask, canThread, inPlace, threaded } from "./asking.ts"
import { looksIntoEvents, makeQuestions, type Question } from "./questions.ts"

export interface Options {
  /** A handle for reading; a store in memory has only the writer's. */
  readonly reader: DatabaseSync
  readonly prices: PriceTable
  /** The file, which threads open too; a store in memory has none. */
  readonly path: string | undefined
  /** Whether threads answer; by default where the store is large. */
  readonly threads?: "always" | "never" | undefined
}

export interface Answers {
  readonly ask: Ask
  /** Whether short questions are answered here, where the program can do nothing else meanwhile. */
  readonly inPlaceOnly: () => boolean
  /** How many events wait for the index; a look at one row. */
  readonly behind: () => number
}

/** Milliseconds that a question may take. */
const TIME_LIMIT = 20_000

/** A store of up to so many bytes answers a question about the index in a few milliseconds. */
const SMALL = 32 * 2 ** 20

/** The same for a question about what events say, each of which has to be read. */
const SMALL_TO_READ = 2 * 2 ** 20

export const makeAnswers = ({
  path,
  prices,
  reader,
  threads
}: Options): Effect.Effect<Answers, TraceStoreError, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Clock.Clock
    const now = () => clock.currentTimeMillisUnsafe()
    const questions = yield* Effect.try({
      try: () => makeQuestions(reader, prices, { now, alive: () => undefined }),
      catch: (cause) => new TraceStoreError({ message: `opening the index: ${String(cause)}`, cause })
    })
    const direct = inPlace(questions)
    const inThreads =
      path === undefined || !canThread()
        ? undefined
        : yield* threaded({ path, prices, timeLimit: TIME_LIMIT, now, meanwhile: direct })
    const pages = reader.prepare("SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size")
    let bytes = threads === "always" ? Infinity : 0
    const way = (question?: Question) => {
      if (inThreads === undefined || threads === "never") return undefined
      // What a small store is asked is answered before a thread had heard of it
      if (bytes <= SMALL) bytes = Number(pages.get()?.["bytes"])
      return bytes > (question !== undefined && looksIntoEvents(question) ? SMALL_TO_READ : SMALL)
        ? inThreads
        : undefined
    }
    return {
      ask: (what, question, ...args) => (way(question)?.ask ?? direct)(what, question, ...args),
      inPlaceOnly: () => way()?.isReady() !== true,
      behind: questions.behind
    }
  })
