/**
 * What the functions of `honeyhive` 1.x take.
 */

// The types that 1.x has in these places: with stricter ones, programs written for it would not compile
// oxlint-disable-next-line typescript/no-explicit-any
export type Dict = Record<string, any>

/**
 * What `enrichSpan` takes.
 *
 * @category models
 * @since 0.1.0
 */
export interface EnrichSpanParams {
  config?: Dict | undefined
  metadata?: Dict | undefined
  metrics?: Dict | undefined
  feedback?: Dict | undefined
  inputs?: Dict | undefined
  outputs?: Dict | undefined
  error?: string | null | undefined
  eventName?: string | undefined
}

/**
 * What `enrichSession` takes.
 *
 * @category models
 * @since 0.1.0
 */
export interface EnrichSessionParams {
  /** Default: the session of the calling code. */
  sessionId?: string | undefined
  metadata?: Dict | undefined
  feedback?: Dict | undefined
  metrics?: Dict | undefined
  config?: Dict | undefined
  /** Accepted and, as in 1.x, not used: a session's inputs cannot change after it has begun. */
  inputs?: Dict | undefined
  outputs?: Dict | undefined
  userProperties?: Dict | undefined
}

/**
 * How a function is traced.
 *
 * @category models
 * @since 0.1.0
 */
export interface TraceFunctionOptions {
  /** `model`, `tool` or `chain`; anything else counts as `tool`. */
  eventType?: string | undefined
  config?: Dict | undefined
  metadata?: Dict | undefined
  /** Default: the function's name. */
  eventName?: string | undefined
}

/**
 * What `HoneyHiveTracer.init` takes; what is left out comes from the environment.
 *
 * @category models
 * @since 0.1.0
 */
export interface HoneyHiveTracerProperties {
  apiKey: string | undefined
  /** Accepted; HoneyHive takes the project from the key. */
  project: string | undefined
  /** Continues this session. Default: a new one. */
  sessionId: string | undefined
  serverUrl: string
  sessionName: string
  source: string
  inputs: Dict
  metadata: Dict
  /** Accepted and not used: instrument a library with its adapter in `@honeyhive/instruments`. */
  instrumentModules?: Dict
  /** Accepted and not used: how much is said is up to the logger. */
  verbose: boolean
  /** Accepted and kept; it changes nothing. */
  isEvaluation: boolean
  disableBatch: boolean
  /** Outgoing requests are spans only with `Http` of `@honeyhive/instruments`; with this, not even then. */
  disableHttpTracing: boolean
  /** The experiment that the session is part of; the three stand on the session and on every event in it. */
  runId?: string | undefined
  datasetId?: string | undefined
  datapointId?: string | undefined
  /** New here: no network at all. */
  testMode?: boolean | undefined
}
