/**
 * Spans on disk: what the backend cannot take now is kept in a folder and sent later, by this process or the next one.
 *
 * - `on`: spans are written when the backend does not answer, and what is left when the instance closes.
 * - `durable`: every span is written before it counts as ended, so that even a killed process loses none.
 *
 * A segment is a file that only grows. Processes share a folder: a segment belongs to whoever its name says, and to
 * anybody once its owner is gone. Files are readable by their user only; keys are never written; spans have been redacted
 * before they come here. A disk that fails costs a warning and the spool, nothing else.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Exporter } from "./Exporter.ts"
import { TracerConfig } from "./TracerConfig.ts"
import type { Sendable } from "./Transport.ts"

/**
 * Whether and when spans are written to disk.
 *
 * @category models
 * @since 0.1.0
 */
export type SpoolMode = "off" | "on" | "durable"

/**
 * Where a span stands on disk.
 *
 * @category models
 * @since 0.1.0
 */
export interface Ticket {
  /** Names the segment by identity. */
  readonly segment: object
  readonly number: number
}

/**
 * Spans of one segment that wait to be sent again.
 *
 * @category models
 * @since 0.1.0
 */
export interface Replay {
  readonly items: ReadonlyArray<Sendable>
  /** Notes that the items from `from` up to `to` have been delivered. */
  readonly delivered: (from: number, to: number) => void
  /** Deletes the segment when all of it is done, gives it back otherwise. */
  readonly release: (done: boolean) => void
}

/**
 * The spool of this instance.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHive, Spool } from "@honeyhive/tracing"
 *
 * // Nothing to do: `spool` is an option of the instance, and `Spool.layer` part of it
 * const instance = HoneyHive.layer({ testMode: true, spool: "on", spoolPath: "/var/lib/agent/spans" })
 *
 * const mode = Spool.use((spool) => Effect.succeed(spool.mode)).pipe(Effect.provide(Spool.off))
 * await Effect.runPromise(mode) // => "off"
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class Spool extends Context.Service<
  Spool,
  {
    readonly mode: SpoolMode
    /** Writes a span; `undefined` when that is impossible. */
    readonly append: (item: Sendable) => Ticket | undefined
    /** The spans have been delivered, or refused for good. */
    readonly settle: (tickets: ReadonlyArray<Ticket>) => void
    /** The spans have left memory: the disk alone has them now. */
    readonly leave: (tickets: ReadonlyArray<Ticket>) => void
    /** The oldest segment that can be sent, this instance's own included. */
    readonly replay: () => Replay | undefined
    readonly close: () => void
  }
>()("@honeyhive/tracing/Spool") {
  /** No spool. */
  static readonly off: Layer.Layer<Spool> = Layer.succeed(Spool, {
    mode: "off",
    append: () => undefined,
    settle: () => {},
    leave: () => {},
    replay: () => undefined,
    close: () => {}
  })

  /** The spool that the configuration asks for, where the exporter's spans can be kept. */
  static readonly layer: Layer.Layer<Spool, never, TracerConfig | Exporter> = Layer.unwrap(
    Effect.gen(function* () {
      const { spool, spoolMaxBytes, spoolPath } = yield* TracerConfig
      const { storage } = yield* Exporter
      if (spool === "off" || storage === undefined) return Spool.off
      // Most programs never write to disk
      const { make } = yield* Effect.promise(() => import("./internal/spool/store.ts"))
      return Layer.effect(Spool, make(spool, join(spoolPath, storage.target), spoolMaxBytes, storage))
    })
  )
}
