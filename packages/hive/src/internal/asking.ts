/**
 * The way to the answers: in place where the store is small, in threads where a question may take long. One thread is for long
 * questions, one for short ones, so that nobody waits behind a long one.
 */
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { SearchError, TraceStoreError } from "../TraceStore.ts"
import { isHeavy, type Question, type Questions } from "./questions.ts"
import type { Answered, Asked, Opening, Ready } from "./readerThread.ts"

export type Ask = <Q extends Question>(
  /** For the message of an error: "counting facets". */
  what: string,
  question: Q,
  ...args: Parameters<Questions[Q]>
) => Effect.Effect<ReturnType<Questions[Q]>, TraceStoreError | SearchError>

/** Answers where it is asked. */
export const inPlace =
  (questions: Questions): Ask =>
  (what, question, ...args) =>
    Effect.try({
      // The question's own arguments
      try: () => (questions[question] as (...all: typeof args) => never)(...args),
      catch: (cause) =>
        cause instanceof SearchError
          ? cause
          : new TraceStoreError({
              message: `${what}: ${cause instanceof Error ? cause.message : String(cause)}`,
              cause
            })
    })

/** The thread's module: beside this one, as TypeScript in the repository and as JavaScript in the package. */
const module = new URL(import.meta.url.endsWith(".ts") ? "./readerThread.ts" : "./readerThread.js", import.meta.url)

/** A program that was bundled into one file has no module for a thread. */
export const canThread = (): boolean => module.protocol === "file:" && existsSync(fileURLToPath(module))

interface Waiting {
  readonly asked: Asked
  readonly resume: (answer: Answered) => void
}

/** Lets the program have its turn. */
export const turn = Effect.callback<void>((resume) => {
  const handle = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(handle))
})

/** A thread that does not notice that nobody waits any more is given up after this, in milliseconds. */
const GRACE = 5000

/** One thread, started with the first question and again after a crash. It has one question at a time; others wait here. */
const makeLane = (opening: Omit<Opening, "abandoned">, name: string) => {
  const abandoned = new Int32Array(new SharedArrayBuffer(4))
  const queue: Array<Waiting> = []
  let current: Waiting | undefined
  let grace: NodeJS.Timeout | undefined
  let thread: Worker | undefined
  let ready = false
  let closed = false

  const settle = (answer: Answered): void => {
    clearTimeout(grace)
    const { resume } = current ?? {}
    current = undefined
    resume?.(answer)
    next()
  }

  const start = (): Worker => {
    const worker = new Worker(module, {
      workerData: { ...opening, abandoned } satisfies Opening,
      // A host's loaders are not for this thread
      execArgv: [],
      stdin: false,
      name
    })
    worker.unref()
    const gone = (message: string) => {
      if (thread !== worker) return
      thread = undefined
      ready = false
      if (current !== undefined) settle({ id: current.asked.id, ok: false, message, why: "failure" })
    }
    worker.on("message", (message: Answered | Ready) => {
      if (message === "ready") ready = true
      else if (message.id === current?.asked.id) settle(message)
    })
    worker.on("error", (error) => gone(`the reader crashed: ${error instanceof Error ? error.message : String(error)}`))
    worker.on("exit", (code) => gone(`the reader ended with code ${code}`))
    return worker
  }

  const next = (): void => {
    if (closed || current !== undefined) return
    current = queue.shift()
    if (current === undefined) {
      thread?.unref()
      return
    }
    try {
      thread ??= start()
      thread.ref()
      thread.postMessage(current.asked)
    } catch (error) {
      settle({ id: current.asked.id, ok: false, message: String(error), why: "failure" })
    }
  }

  return {
    isReady: (): boolean => ready,
    warm: (): void => {
      if (!closed) thread ??= start()
    },
    ask: (asked: Asked): Effect.Effect<Answered> =>
      Effect.callback((resume) => {
        const waiting: Waiting = { asked, resume: (answer) => resume(Effect.succeed(answer)) }
        queue.push(waiting)
        next()
        return Effect.sync(() => {
          const place = queue.indexOf(waiting)
          if (place !== -1) queue.splice(place, 1)
          if (current !== waiting) return
          Atomics.store(abandoned, 0, asked.id)
          grace = setTimeout(() => void thread?.terminate(), GRACE)
          grace.unref()
        })
      }),
    close: Effect.suspend(() => {
      closed = true
      const worker = thread
      thread = undefined
      clearTimeout(grace)
      return worker === undefined ? Effect.void : Effect.promise(() => worker.terminate())
    })
  }
}

export interface Threads {
  readonly ask: Ask
  /** Whether the thread for short questions is there. */
  readonly isReady: () => boolean
}

export interface ThreadedOptions extends Omit<Opening, "abandoned"> {
  readonly now: () => number
  /** Answers short questions until the thread for them is there. */
  readonly meanwhile: Ask
}

/** Answers in two threads. A question that nobody waits for any more is stopped; one that takes too long fails as `busy`. */
export const threaded = ({ meanwhile, now, ...opening }: ThreadedOptions): Effect.Effect<Threads, never, Scope.Scope> =>
  Effect.gen(function* () {
    const lane = (name: string) =>
      Effect.acquireRelease(
        Effect.sync(() => makeLane(opening, name)),
        ({ close }) => close
      )
    const long = yield* lane("honeyhive-long-questions")
    const short = yield* lane("honeyhive-questions")
    let last = 0
    const ask: Ask = (what, question, ...args) => {
      const heavy = isHeavy(question, args)
      const { ask, isReady, warm } = heavy ? long : short
      return Effect.suspend(() => {
        if (!heavy && !isReady()) {
          warm()
          // A program that only asks would never hear that the thread is there
          return Effect.tap(meanwhile(what, question, ...args), turn)
        }
        last = (last + 1) % 2 ** 31
        return Effect.flatMap(ask({ id: last, question, args, now: now() }), (answer) =>
          answer.ok
            ? Effect.succeed(answer.value as never) // what the thread answers to this question
            : Effect.fail(
                answer.why === "search"
                  ? new SearchError({ message: answer.message })
                  : new TraceStoreError({
                      message: `${what}: ${answer.message}`,
                      ...(answer.why === "time" ? { busy: true } : {})
                    })
              )
        )
      })
    }
    return { ask, isReady: short.isReady }
  })
