/**
 * The spool seen from outside: what waits in a folder, and sending it without the program that has left it there.
 *
 * @since 0.1.0
 */
import * as Fs from "node:fs"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { Exporter } from "./Exporter.ts"
import * as folders from "./internal/spool/folder.ts"
import { pauses } from "./Resilience.ts"
import type { Replay } from "./Spool.ts"
import { TracerConfig } from "./TracerConfig.ts"
import { ExportError, type Sendable, type Transport } from "./Transport.ts"

/**
 * What waits for one backend and key, which the name of its folder stands for.
 *
 * @category models
 * @since 0.1.0
 */
export interface Waiting {
  readonly target: string
  /** Files that can be sent. */
  readonly segments: number
  /** Their size. */
  readonly bytes: number
  /** Files that a running process writes or sends itself. */
  readonly busy: number
  /** When the oldest file was begun, in milliseconds since 1970. */
  readonly oldest: number | undefined
}

/**
 * How it went.
 *
 * @category models
 * @since 0.1.0
 */
export interface Sent {
  readonly sent: number
  /** Spans that the backend refused for good; they are gone. */
  readonly refused: number
}

const targetName = /^[0-9a-f]{16}$/

const targetsOf = (folder: string): ReadonlyArray<string> =>
  Fs.existsSync(folder)
    ? Fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() && targetName.test(entry.name) ? [entry.name] : []
      )
    : []

const attempt = <A>(folder: string, work: () => A): Effect.Effect<A, ExportError> =>
  Effect.try({
    try: work,
    catch: (error) => new ExportError({ message: `the spool in ${folder}: ${String(error)}` })
  })

/**
 * What waits in a spool's folder, by backend; nothing where there is no folder. Fails where it cannot be read.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { SpoolFolder } from "@honeyhive/tracing"
 *
 * await Effect.runPromise(SpoolFolder.inspect("/nowhere/spool")) // => []
 * ```
 *
 * @category inspection
 * @since 0.1.0
 */
export const inspect = Effect.fnUntraced(function* (folder: string) {
  const now = yield* Clock.currentTimeMillis
  return yield* attempt(folder, () => {
    const me = folders.self()
    return targetsOf(folder).flatMap((target): ReadonlyArray<Waiting> => {
      const all = folders.list(join(folder, target), me, now)
      const free = all.filter(({ claimable }) => claimable)
      const bytes = free.reduce((sum, segment) => sum + segment.bytes, 0)
      const [first] = free
      const oldest = first === undefined ? undefined : Number(first.name.slice(0, 13))
      return all.length === 0 ? [] : [{ target, segments: free.length, bytes, busy: all.length - free.length, oldest }]
    })
  })
})

const TRIES = 4

/** Sends a batch; halves of one that is too large, or malformed somewhere, until the span that it is about is alone. */
const deliver = (send: Transport["send"], batch: ReadonlyArray<Sendable>): Effect.Effect<Sent, ExportError> =>
  send(batch).pipe(
    Effect.retry({ schedule: pauses, times: TRIES - 1, while: (error) => !error.isFinal }),
    Effect.map(({ rejected }): Sent => ({ sent: batch.length - rejected, refused: rejected })),
    Effect.catchIf(
      (error) => error.isDivisible,
      (): Effect.Effect<Sent, ExportError> => {
        if (batch.length === 1) return Effect.succeed({ sent: 0, refused: 1 })
        const half = batch.length >> 1
        return Effect.zipWith(deliver(send, batch.slice(0, half)), deliver(send, batch.slice(half)), (a, b) => ({
          sent: a.sent + b.sent,
          refused: a.refused + b.refused
        }))
      }
    )
  )

/**
 * Sends everything that waits in a folder, whichever backend and key it was meant for, through the exporter at hand. What
 * has been sent leaves the folder at once; what a running process still has in hand stays. Fails with the first request
 * that the backend does not take, and keeps the rest.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Exporter, SpoolFolder, TracerConfig } from "@honeyhive/tracing"
 *
 * const config = TracerConfig.layer({ apiKey: "hh_key", url: "http://127.0.0.1:4318" })
 * const sending = SpoolFolder.send("/nowhere/spool").pipe(Effect.provide(Exporter.otlp), Effect.provide(config))
 *
 * await Effect.runPromise(sending) // => { sent: 0, refused: 0 }
 * ```
 *
 * @category sending
 * @since 0.1.0
 */
export const send = Effect.fnUntraced(function* (
  folder: string,
  options: { readonly onProgress?: (done: Sent) => Effect.Effect<void> } = {}
) {
  const exporter = yield* Exporter
  const { batchMaxBytes, batchMaxSize } = yield* TracerConfig
  const { storage } = exporter
  if (storage === undefined) return yield* new ExportError({ message: "this exporter reads no spool" })
  const { make } = yield* Effect.promise(() => import("./internal/spool/store.ts"))
  let total: Sent = { sent: 0, refused: 0 }

  const drain = Effect.fnUntraced(function* ({ delivered, items }: Replay) {
    for (let from = 0; from < items.length;) {
      let to = from
      for (let bytes = 0; to < items.length && to - from < batchMaxSize; to++) {
        bytes += items[to]?.bytes ?? 0
        if (bytes > batchMaxBytes && to > from) break
      }
      const done = yield* deliver(exporter.send, items.slice(from, to))
      delivered(from, to)
      from = to
      total = { sent: total.sent + done.sent, refused: total.refused + done.refused }
      if (options.onProgress !== undefined) yield* options.onProgress(total)
    }
  })

  for (const target of yield* attempt(folder, () => targetsOf(folder))) {
    yield* Effect.scoped(
      Effect.gen(function* () {
        const spool = yield* make("on", join(folder, target), Infinity, storage)
        for (let next = spool.replay(); next !== undefined; next = spool.replay()) {
          const replay = next
          yield* Effect.onExit(drain(replay), ({ _tag }) => Effect.sync(() => replay.release(_tag === "Success")))
        }
      })
    )
  }
  return total
})
