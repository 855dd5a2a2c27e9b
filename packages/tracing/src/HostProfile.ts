/**
 * The kind of host a traced program runs on, and the deadlines that fit it.
 *
 * A Lambda is frozen between invocations, a pod gets a grace period, a busy server must not wait for its tracer: each
 * profile bounds how long tracing may take of the program's time, unless an option says otherwise.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/**
 * @category models
 * @since 0.1.0
 */
export type HostKind = "lambda" | "kubernetes" | "high-concurrency" | "standard"

/**
 * What one kind of host gets by default.
 *
 * @category models
 * @since 0.1.0
 */
export interface HostProfile {
  readonly kind: HostKind
  /** Longest time that `flush`, and the flush at the end of an instance, may take. */
  readonly flush: Duration.Duration
  /** Longest time that a span waits for its batch. */
  readonly batchInterval: Duration.Duration
  /** Spans in one request at most. */
  readonly batchMaxSize: number
}

/**
 * The profiles. Flush deadlines are those of HoneyHive's Python SDK; a Lambda sends sooner and less at a time, because it
 * may be frozen between two invocations.
 *
 * @category models
 * @since 0.1.0
 */
export const profiles: { readonly [K in HostKind]: HostProfile } = {
  lambda: {
    kind: "lambda",
    flush: Duration.seconds(2),
    batchInterval: Duration.millis(500),
    batchMaxSize: 128
  },
  kubernetes: {
    kind: "kubernetes",
    flush: Duration.seconds(5),
    batchInterval: Duration.seconds(5),
    batchMaxSize: 512
  },
  "high-concurrency": {
    kind: "high-concurrency",
    flush: Duration.seconds(1),
    batchInterval: Duration.seconds(1),
    batchMaxSize: 1024
  },
  standard: {
    kind: "standard",
    flush: Duration.seconds(3),
    batchInterval: Duration.seconds(5),
    batchMaxSize: 512
  }
}

const isSet = (name: string): Effect.Effect<boolean> =>
  Config.option(Config.NonEmptyString(name)).pipe(
    Effect.map(Option.isSome),
    // An unreadable variable counts as absent
    Effect.orElseSucceed(() => false)
  )

/**
 * The profile of this host, by its environment: `AWS_LAMBDA_FUNCTION_NAME`, then `KUBERNETES_SERVICE_HOST`, then
 * `HH_HIGH_CONCURRENCY`.
 *
 * @example
 * ```ts
 * import { ConfigProvider, Effect } from "effect"
 * import { HostProfile } from "@honeyhive/tracing"
 *
 * const kind = HostProfile.detect.pipe(
 *   Effect.map((profile) => profile.kind),
 *   Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ AWS_LAMBDA_FUNCTION_NAME: "agent" })))
 * )
 *
 * await Effect.runPromise(kind) // => "lambda"
 * ```
 *
 * @category detection
 * @since 0.1.0
 */
export const detect: Effect.Effect<HostProfile> = Effect.gen(function* () {
  if (yield* isSet("AWS_LAMBDA_FUNCTION_NAME")) return profiles.lambda
  if (yield* isSet("KUBERNETES_SERVICE_HOST")) return profiles.kubernetes
  const busy = yield* Config.withDefault(Config.Boolean("HH_HIGH_CONCURRENCY"), false).pipe(
    Effect.orElseSucceed(() => false)
  )
  return busy ? profiles["high-concurrency"] : profiles.standard
})
