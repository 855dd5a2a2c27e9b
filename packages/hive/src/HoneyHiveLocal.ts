/**
 * A hive in this process and a tracer that points at it: sessions on a laptop, without an account. Spans show while they
 * run.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { HoneyHive } from "@honeyhive/tracing/HoneyHive"
import type { Options, TracerConfigError } from "@honeyhive/tracing/TracerConfig"
import { Hive, type HiveError, type HiveOptions } from "./Hive.ts"
import type { RecordStore } from "./RecordStore.ts"
import type { TraceQueries } from "./TraceQueries.ts"
import type { TraceStore, TraceStoreError } from "./TraceStore.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface LocalOptions {
  readonly hive?: HiveOptions | undefined
  /** Everything but where the spans go. */
  readonly tracing?: Omit<Options, "apiKey" | "url" | "otlpEndpoint"> | undefined
}

const tracer = (options: LocalOptions["tracing"]): Layer.Layer<HoneyHive, TracerConfigError, Hive> =>
  Layer.unwrap(
    Effect.map(Hive, ({ url }) =>
      HoneyHive.layer({
        batchInterval: "200 millis",
        runningSpans: "on",
        ...options,
        apiKey: "hh_local",
        dataPlaneUrl: url
      })
    )
  )

/**
 * Both, with options. The tracer closes first, so the hive has every span when it does.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: LocalOptions = {}
): Layer.Layer<
  HoneyHive | Hive | TraceStore | TraceQueries | RecordStore,
  HiveError | TraceStoreError | TracerConfigError
> => tracer(options.tracing).pipe(Layer.provideMerge(Hive.layer(options.hive)))

/**
 * Both, in memory, on any free port.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { HoneyHiveLocal, TraceStore } from "@honeyhive/hive"
 * import { HoneyHive } from "@honeyhive/tracing"
 *
 * const program = Effect.gen(function*() {
 *   yield* Effect.void.pipe(Effect.withSpan("search"), HoneyHive.withSession({ name: "support" }))
 *   yield* HoneyHive.flush
 *   const [session] = yield* TraceStore.use((store) => store.sessions({ limit: 1, offset: 0 }))
 *   return [session?.name, session?.events]
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(HoneyHiveLocal))) // => ["support", 1]
 * ```
 *
 * @category layers
 * @since 0.1.0
 */
export const HoneyHiveLocal = layer()
