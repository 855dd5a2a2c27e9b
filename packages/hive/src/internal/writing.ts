/**
 * The way to the writer: its thread, what waits for it, and how much may wait.
 */
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { TraceStoreError } from "../TraceStore.ts"
import { type Answers, type Command, isForIndex, type Outcome, spansOf } from "./commands.ts"
import { openWriter } from "./database.ts"
import { openRequest } from "./rawEvents.ts"
import { makeIndex } from "./searchIndex.ts"
import { makeWriter, type Writer } from "./writer.ts"
import type { Close, Opening, Request, Response } from "./writerThread.ts"

export type Send = <C extends Command>(
  command: C,
  /** For the message of an error: "keeping spans". */
  what: string
) => Effect.Effect<Answers[C["op"]], TraceStoreError>

const failed = (what: string, message: string) => new TraceStoreError({ message: `${what}: ${message}` })

const answered = <C extends Command>(
  what: string,
  outcome: Outcome
): Effect.Effect<Answers[C["op"]], TraceStoreError> =>
  outcome.ok
    ? Effect.succeed(outcome.value as Answers[C["op"]]) // what the writer answers to this command
    : Effect.fail(failed(what, outcome.message))

/** Writes where it is called: for a store in memory, which no other thread can open. */
export const direct =
  (writer: Writer): Send =>
  (command, what) =>
    Effect.suspend(() => {
      const [outcome] = writer([command])
      return outcome === undefined ? Effect.fail(failed(what, "no answer")) : answered(what, outcome)
    })

/** About how much memory a command takes while it waits, in bytes. */
const bytesOf = (command: Command): number => {
  if (isForIndex(command)) return 0
  if (command.op === "ingestRaw") return command.body.length + 2 * command.texts.length + 100 * command.count
  if (command.op !== "ingest") return 4096 * spansOf(command)
  let bytes = 512 * command.count
  for (const value of command.values) if (typeof value === "string") bytes += value.length
  return bytes
}

/** What goes over to the writer rather than being copied: nobody here reads a request again. */
const movedOf = (command: Command): ReadonlyArray<ArrayBuffer> => {
  if (command.op !== "ingestRaw") return []
  const { body, lengths, numbers } = command
  return [body.buffer, lengths.buffer, numbers.buffer].filter((buffer) => buffer instanceof ArrayBuffer)
}

interface Waiting {
  readonly weight: number
  readonly resume: (outcome: Outcome) => void
}

/** The thread's module: beside this one, as TypeScript in the repository and as JavaScript in the package. */
const module = new URL(import.meta.url.endsWith(".ts") ? "./writerThread.ts" : "./writerThread.js", import.meta.url)

/**
 * Writes in a thread, started with the first command and again after a crash. A command that was with the writer when it
 * crashed fails; whether its work was kept is then not known, and sending it again is safe.
 */
export const threaded = (opening: Opening, maxWaiting: number, module: URL): Effect.Effect<Send, never, Scope.Scope> =>
  Effect.gen(function* () {
    let thread: Worker | undefined
    let next = 0
    let weightWaiting = 0
    const waiting = new Map<number, Waiting>()

    const settle = (id: number, outcome: Outcome): void => {
      const command = waiting.get(id)
      if (command === undefined) return
      waiting.delete(id)
      weightWaiting -= command.weight
      command.resume(outcome)
    }

    const start = (): Worker => {
      // A host's loaders are not for this thread. Most of what reaches it is garbage a moment later: with room for that,
      // little of it is ever copied.
      const worker = new Worker(module, {
        workerData: opening,
        execArgv: [],
        resourceLimits: { maxYoungGenerationSizeMb: 64 },
        stdin: false,
        name: "honeyhive-writer"
      })
      const gone = (message: string) => {
        if (thread !== worker) return
        thread = undefined
        for (const id of waiting.keys()) settle(id, { ok: false, message })
      }
      worker.on("message", (responses: ReadonlyArray<Response>) => {
        for (const { id, outcome } of responses) settle(id, outcome)
        if (waiting.size === 0) worker.unref()
      })
      worker.on("error", (error) =>
        gone(`the writer crashed: ${error instanceof Error ? error.message : String(error)}`)
      )
      worker.on("messageerror", (error) => gone(`the writer's answer cannot be read: ${error.message}`))
      worker.on("exit", (code) => gone(`the writer ended with code ${code}`))
      return worker
    }

    yield* Effect.addFinalizer(() =>
      Effect.callback<void>((resume) => {
        if (thread === undefined) return resume(Effect.void)
        const worker = thread
        worker.ref()
        // What was written is safe either way; a thread that hangs must not keep its program
        const patience = setTimeout(() => void worker.terminate(), 5000)
        worker.once("exit", () => {
          clearTimeout(patience)
          resume(Effect.void)
        })
        const close: Close = "close"
        worker.postMessage(close)
      })
    )

    return (command, what) => {
      const weight = bytesOf(command)
      return Effect.callback<Outcome, TraceStoreError>((resume) => {
        if (weightWaiting > 0 && weightWaiting + weight > maxWaiting) {
          const message = `${what}: the writer is behind, ${Math.round(weightWaiting / 2 ** 20)} MB wait for it`
          resume(Effect.fail(new TraceStoreError({ message, busy: true })))
          return
        }
        const id = next++
        waiting.set(id, { weight, resume: (outcome) => resume(Effect.succeed(outcome)) })
        weightWaiting += weight
        try {
          thread ??= start()
          thread.ref()
          const request: Request = { id, command }
          thread.postMessage(request, movedOf(command))
        } catch (error) {
          settle(id, { ok: false, message: error instanceof Error ? error.message : String(error) })
        }
      }).pipe(Effect.flatMap((outcome) => answered(what, outcome)))
    }
  })

/** A writer of its own thread, where that can be: a program that was bundled into one file has no module for it. */
export const writing = (opening: Opening, maxWaiting: number): Effect.Effect<Send, TraceStoreError, Scope.Scope> =>
  module.protocol === "file:" && existsSync(fileURLToPath(module))
    ? threaded(opening, maxWaiting, module)
    : Effect.map(
        Effect.acquireRelease(
          Effect.try({
            try: () => {
              const database = openWriter(opening.path)
              const write = makeWriter(database, (read) => makeIndex(database, opening.prices, read), openRequest)
              return { database, write }
            },
            catch: (cause) => failed(`opening ${opening.path}`, String(cause))
          }),
          ({ database, write }) =>
            Effect.sync(() => {
              write([{ op: "close" }])
              database.close()
            })
        ),
        ({ write }) => direct(write)
      )
