/**
 * A thread that answers questions, one after the other, on a handle of its own.
 */
import { parentPort, workerData } from "node:worker_threads"
import type { PriceTable } from "@honeyhive/contract/Prices"
import { SearchError } from "../TraceStore.ts"
import { openQuestions } from "./database.ts"
import { isHeavy, isOfEvents, makeQuestions, type Question } from "./questions.ts"

/** What the thread is started with. */
export interface Opening {
  readonly path: string
  readonly prices: PriceTable
  /** Milliseconds that a question may take. */
  readonly timeLimit: number
  /** Holds the number of the question that nobody waits for any more. */
  readonly abandoned: Int32Array
}

export interface Asked {
  readonly id: number
  readonly question: Question
  readonly args: ReadonlyArray<unknown>
  readonly now: number
}

export type Answered = { readonly id: number } & (
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string; readonly why: "search" | "time" | "failure" }
)

/** The first message: from now on it answers at once. */
export type Ready = "ready"

/** Answers that are kept, of some kilobytes each. */
const MAX_KNOWN = 200

class TooLong extends Error {}

const port = parentPort

if (port !== null) {
  const { abandoned, path, prices, timeLimit }: Opening = workerData
  const database = openQuestions(path)
  let asked: Asked = { id: 0, question: "behind", args: [], now: 0 }
  let until = Infinity
  const questions = makeQuestions(database, prices, {
    now: () => asked.now,
    alive: () => {
      if (Atomics.load(abandoned, 0) === asked.id) throw new Error("nobody waits for the answer any more")
      if (performance.now() > until) {
        const seconds = Math.round(timeLimit / 1000)
        throw new TooLong(`it takes longer than ${seconds} seconds: narrow the query, for example with since:1d`)
      }
    }
  })
  const version = database.prepare("PRAGMA data_version")
  const known = new Map<string, unknown>()
  let knownOf: unknown
  /** A long question is answered once as long as nobody writes; unless what it means depends on when it is asked. */
  const remembered = (question: Question, args: ReadonlyArray<unknown>, work: () => unknown): unknown => {
    const key = isHeavy(question, args) && !isOfEvents(question) ? JSON.stringify([question, args]) : undefined
    if (key === undefined || key.includes('"Ago"')) return work()
    const { data_version } = version.get() ?? {}
    if (data_version !== knownOf || known.size >= MAX_KNOWN) known.clear()
    knownOf = data_version
    if (!known.has(key)) known.set(key, work())
    return known.get(key)
  }
  const answer = ({ args, id, question }: Asked): Answered => {
    try {
      // The other side calls it with the question's own arguments
      const work = questions[question] as (...args: ReadonlyArray<unknown>) => unknown
      return { id, ok: true, value: remembered(question, args, () => work(...args)) }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      const why = error instanceof SearchError ? "search" : error instanceof TooLong ? "time" : "failure"
      return { id, ok: false, message, why }
    }
  }
  port.on("message", (message: Asked | "close") => {
    if (message === "close") {
      database.close()
      port.close()
      return
    }
    asked = message
    until = performance.now() + timeLimit
    port.postMessage(answer(message))
  })
  const ready: Ready = "ready"
  port.postMessage(ready)
}
