/**
 * The writer's thread. Every command that has arrived when it looks becomes part of one transaction, so that many small
 * requests cost what a large one does; nothing is answered before the transaction is in the file. Only then comes the
 * index, in a transaction of its own.
 */
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads"
import type { PriceTable } from "@honeyhive/contract/Prices"
import type { Command, Outcome } from "./commands.ts"
import { openWriter } from "./database.ts"
import type * as SearchIndex from "./searchIndex.ts"
import { isForIndex, makeWriter, spansOf } from "./writer.ts"

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
  let searchIndex: typeof SearchIndex | undefined
  let closed = false
  const write = makeWriter(database, (read) => {
    if (searchIndex === undefined) throw new Error("the index is not loaded")
    return searchIndex.makeIndex(database, prices, read)
  })
  const answer = (requests: ReadonlyArray<Request>): void => {
    if (requests.length === 0) return
    const outcomes = write(requests.map(({ command }) => command))
    const responses = requests.flatMap(({ id }, index): ReadonlyArray<Response> => {
      const outcome = outcomes[index]
      return outcome === undefined ? [] : [{ id, outcome }]
    })
    port.postMessage(responses)
  }
  const answerForIndex = async (requests: ReadonlyArray<Request>): Promise<void> => {
    // It needs packages that take longer to load than the first write may take
    if (requests.length > 0) searchIndex ??= await import("./searchIndex.ts")
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
    answer(requests.filter(({ command }) => !isForIndex(command)))
    void answerForIndex(requests.filter(({ command }) => isForIndex(command)))
    if (message === "close") {
      // Readers may still be open, so closing alone would leave the log beside the file
      closed = true
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)")
      database.close()
      port.close()
    }
  })
}
