/**
 * What kind of work a program does, where it differs from a server's: how much it sends, how soon, and whether anybody
 * waits. A scenario changes defaults only; an option or variable that is set stays as it is.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import type { HostProfile } from "./HostProfile.ts"
import type { Settings } from "./TracerConfig.ts"

/**
 * - `high-volume`: batches or a queue larger than the host's were asked for.
 * - `low-latency`: spans are to leave at once or within a second.
 * - `test`: test mode, or a test runner (Vitest, Jest, `NODE_ENV=test`).
 * - `benchmark`: the session's name says so (`benchmark`, `bench`, `load`).
 *
 * @category models
 * @since 0.1.0
 */
export type ScenarioKind = "standard" | "high-volume" | "low-latency" | "test" | "benchmark"

/**
 * The defaults that a scenario may change.
 *
 * @category models
 * @since 0.1.0
 */
export type ScenarioDefaults = Partial<
  Pick<
    Settings,
    | "batchInterval"
    | "batchMaxQueue"
    | "httpTimeout"
    | "maxConnections"
    | "maxInFlight"
    | "maxKeepaliveConnections"
    | "maxRetries"
    | "retryBackoff"
  >
>

const large = (host: HostProfile): ScenarioDefaults => ({
  maxConnections: host.maxConnections * 2,
  maxKeepaliveConnections: host.maxKeepaliveConnections * 2,
  maxInFlight: host.maxInFlight * 2,
  batchMaxQueue: 65_536
})

/**
 * What each scenario changes, over the profile of the host.
 *
 * @example
 * ```ts
 * import { HostProfile, Scenario } from "@honeyhive/tracing"
 *
 * Scenario.defaults["high-volume"](HostProfile.profiles.standard).maxInFlight // => 8
 * Scenario.defaults.standard(HostProfile.profiles.standard) // => {}
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export const defaults: { readonly [K in ScenarioKind]: (host: HostProfile) => ScenarioDefaults } = {
  standard: () => ({}),
  "high-volume": large,
  benchmark: large,
  "low-latency": (host) => ({
    batchInterval: Duration.min(host.batchInterval, Duration.millis(200)),
    httpTimeout: Duration.min(host.httpTimeout, Duration.seconds(10)),
    retryBackoff: Duration.millis(100)
  }),
  // A test that fails should do so soon, and its runner may start many of them
  test: () => ({
    maxConnections: 2,
    maxKeepaliveConnections: 2,
    maxRetries: 1,
    httpTimeout: Duration.seconds(5),
    retryBackoff: Duration.millis(50)
  })
}

/**
 * What a program said itself, by which its scenario is recognised.
 *
 * @category models
 * @since 0.1.0
 */
export type Evidence = Partial<
  Pick<Settings, "batchInterval" | "batchMaxQueue" | "batchMaxSize" | "disableBatch" | "sessionName" | "testMode">
>

const saysBenchmark = /(?:^|[^a-z])(?:benchmarks?|bench|load)(?:[^a-z]|$)/i

/**
 * Recognises a scenario, and says by what: the name of a setting or of a variable.
 *
 * @example
 * ```ts
 * import { HostProfile, Scenario } from "@honeyhive/tracing"
 *
 * Scenario.infer(HostProfile.profiles.standard, { disableBatch: true }) // => { kind: "low-latency", by: "disableBatch" }
 * Scenario.infer(HostProfile.profiles.standard, {}) // => { kind: "standard", by: undefined }
 * ```
 *
 * @category detection
 * @since 0.1.0
 */
export const infer = (
  host: HostProfile,
  said: Evidence,
  testRunner?: string | undefined
): { readonly kind: ScenarioKind; readonly by: string | undefined } => {
  const { batchInterval, batchMaxQueue = 0, batchMaxSize = 0, disableBatch, sessionName = "", testMode } = said
  if (saysBenchmark.test(sessionName)) return { kind: "benchmark", by: "sessionName" }
  if (batchMaxSize > host.batchMaxSize) return { kind: "high-volume", by: "batchMaxSize" }
  if (batchMaxQueue > 32_768) return { kind: "high-volume", by: "batchMaxQueue" }
  if (testMode === true) return { kind: "test", by: "testMode" }
  if (testRunner !== undefined) return { kind: "test", by: testRunner }
  if (disableBatch === true) return { kind: "low-latency", by: "disableBatch" }
  if (batchInterval !== undefined && Duration.toMillis(batchInterval) < 1_000) {
    return { kind: "low-latency", by: "batchInterval" }
  }
  return { kind: "standard", by: undefined }
}
