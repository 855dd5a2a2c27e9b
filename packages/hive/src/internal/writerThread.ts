/**
 * The writer's thread. Every command that has arrived when it looks becomes part of one transaction, so that many small
 * requests cost what a large one does; nothing is answered before the transaction is in the file. Only then comes the
 * index, in a transaction of its own.
 */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads"
import type { PriceTable } from "@honeyhive/contract/Prices"
import { type Command, isForIndex, type Outcome, spansOf } from "./commands.ts"
import { openWriter } from "./database.ts"
import { notLoaded } from "./raw.ts"
import type * as RawEvents from "./rawEvents.ts"
import type * as SearchIndex from "./searchIndex.ts"
import { makeWriter } from "./writer.ts"

export interface Request {
  readonly id: number
  readonly command: Command
}

export interface Response {
  readonly id: number
  readonly outcome: Outcome
}

/** What the thread is started with. */
export interface Opening {
  readonly path: string
  readonly prices: PriceTable
}

/** Spans in one transaction at most: some 100 ms of work, which is what a request may have to wait for others. */
const MAX_SPANS = 10_000

/** After this the thread has nothing left to wait for, and ends. */
export type Close = "close"

const port = parentPort

if (port !== null) {
  const { path, prices }: Opening = workerData
  const database = openWriter(path)
  // Both need packages that take longer to load than the first write may take
  let searchIndex: typeof SearchIndex | undefined
  let rawEvents: typeof RawEvents | undefined
  let closed = false
  const write = makeWriter(
    database,
    (read) => {
      if (searchIndex === undefined) throw new Error("the index is not loaded")
      return searchIndex.makeIndex(database, prices, read)
    },
    (body) => (rawEvents?.openRequest ?? notLoaded)(body)
  )
  /** Answers all but those that came too early. */
  const answer = (requests: ReadonlyArray<Request>): ReadonlyArray<Request> => {
    if (requests.length === 0) return []
    const outcomes = write(requests.map(({ command }) => command))
    const early: Array<Request> = []
    const responses = requests.flatMap((request, index): ReadonlyArray<Response> => {
      const outcome = outcomes[index]
      if (outcome?.ok === false && outcome.early === true) early.push(request)
      return outcome === undefined || early.includes(request) ? [] : [{ id: request.id, outcome }]
    })
    port.postMessage(responses)
    return early
  }
  /** Those that wait for what is being loaded. */
  let early: Promise<void> = Promise.resolve()
  const answerEarly = async (requests: ReadonlyArray<Request>): Promise<void> => {
    rawEvents ??= await import("./rawEvents.ts")
    answer(requests)
  }
  const close = (): void => {
    // Readers may still be open, so closing alone would leave the log beside the file
    closed = true
    write([{ op: "close" }])
    database.exec("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    port.close()
  }
  const answerForIndex = async (requests: ReadonlyArray<Request>): Promise<void> => {
    if (requests.length === 0) return
    rawEvents ??= await import("./rawEvents.ts")
    searchIndex ??= await import("./searchIndex.ts")
    if (!closed) answer(requests)
  }
  port.on("message", (first: Request | Close) => {
    const requests: Array<Request> = []
    let message: Request | Close | undefined = first
    let spans = 0
    while (message !== undefined && message !== "close") {
      requests.push(message)
      spans += spansOf(message.command)
      message = spans < MAX_SPANS ? receiveMessageOnPort(port)?.message : undefined
    }
    const tooEarly = answer(requests.filter(({ command }) => !isForIndex(command)))
    if (tooEarly.length > 0) early = early.then(() => answerEarly(tooEarly))
    void answerForIndex(requests.filter(({ command }) => isForIndex(command)))
    if (message === "close") void early.then(close)
  })
}
