/**
 * The kind of host a traced program runs on, and the deadlines, batches and connections that fit it.
 *
 * A Lambda is frozen between invocations, a pod gets a grace period, a busy server must not wait for its tracer: each
 * profile bounds how long tracing may take of the program's time, unless an option says otherwise.
 *
 * @since 0.1.0
 */
import { existsSync } from "node:fs"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { isTrue, read } from "./internal/environment.ts"

/**
 * The kinds of hosts that are told apart. What has no profile of its own (`gcp`, `azure`, `ec2`, `docker`) has the standard's.
 *
 * @category models
 * @since 0.1.0
 */
export type HostKind = "lambda" | "kubernetes" | "high-concurrency" | "gcp" | "azure" | "ec2" | "docker" | "standard"

/**
 * What one kind of host gets by default.
 *
 * @category models
 * @since 0.1.0
 */
export interface HostProfile {
  readonly kind: HostKind
  /** Longest time that acquiring or releasing one part of an instance may take. */
  readonly lifecycle: Duration.Duration
  /** Longest time that `flush`, and the flush at the end of an instance, may take. */
  readonly flush: Duration.Duration
  /** Longest time that a span waits for its batch. */
  readonly batchInterval: Duration.Duration
  /** Spans in one request at most. */
  readonly batchMaxSize: number
  /** Requests with spans under way at the same time. */
  readonly maxInFlight: number
  /** Connections to one backend at most. */
  readonly maxConnections: number
  /** Idle connections kept open at most. */
  readonly maxKeepaliveConnections: number
  /** Tries after the first of a REST call. */
  readonly maxRetries: number
  /** Longest time of one REST call. */
  readonly httpTimeout: Duration.Duration
  /** Pause before the first retry of a REST call; doubled from then on. */
  readonly retryBackoff: Duration.Duration
}

const standard: HostProfile = {
  kind: "standard",
  lifecycle: Duration.seconds(1),
  flush: Duration.seconds(3),
  batchInterval: Duration.seconds(5),
  batchMaxSize: 512,
  maxInFlight: 4,
  maxConnections: 10,
  maxKeepaliveConnections: 20,
  maxRetries: 3,
  httpTimeout: Duration.seconds(30),
  retryBackoff: Duration.millis(500)
}

/**
 * The profiles. Deadlines and connections are those of HoneyHive's Python SDK; a Lambda sends sooner and less at a time,
 * because it may be frozen between two invocations.
 *
 * @example
 * ```ts
 * import { Duration } from "effect"
 * import { HostProfile } from "@honeyhive/tracing"
 *
 * Duration.format(HostProfile.profiles.kubernetes.flush) // => "5s"
 * HostProfile.profiles.lambda.maxConnections // => 3
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export const profiles: { readonly [K in HostKind]: HostProfile } = {
  lambda: {
    kind: "lambda",
    lifecycle: Duration.millis(500),
    flush: Duration.seconds(2),
    batchInterval: Duration.millis(500),
    batchMaxSize: 128,
    maxInFlight: 2,
    maxConnections: 3,
    maxKeepaliveConnections: 8,
    maxRetries: 2,
    httpTimeout: Duration.seconds(10),
    retryBackoff: Duration.millis(100)
  },
  kubernetes: {
    ...standard,
    kind: "kubernetes",
    lifecycle: Duration.seconds(2),
    flush: Duration.seconds(5),
    maxConnections: 12,
    maxRetries: 4,
    httpTimeout: Duration.seconds(25),
    retryBackoff: Duration.millis(300)
  },
  "high-concurrency": {
    ...standard,
    kind: "high-concurrency",
    lifecycle: Duration.millis(300),
    flush: Duration.seconds(1),
    batchInterval: Duration.seconds(1),
    batchMaxSize: 1024,
    maxInFlight: 8
  },
  gcp: {
    ...standard,
    kind: "gcp",
    maxKeepaliveConnections: 18,
    httpTimeout: Duration.seconds(22),
    retryBackoff: Duration.millis(350)
  },
  azure: {
    ...standard,
    kind: "azure",
    maxKeepaliveConnections: 18,
    maxRetries: 4,
    httpTimeout: Duration.seconds(24),
    retryBackoff: Duration.millis(400)
  },
  ec2: {
    ...standard,
    kind: "ec2",
    maxConnections: 15,
    maxKeepaliveConnections: 25,
    retryBackoff: Duration.millis(300)
  },
  docker: {
    ...standard,
    kind: "docker",
    maxConnections: 8,
    maxKeepaliveConnections: 15,
    httpTimeout: Duration.seconds(20),
    retryBackoff: Duration.millis(400)
  },
  standard
}

/**
 * Whether a file exists: container runtimes leave one. Tests say it themselves.
 *
 * @example
 * ```ts
 * import { ConfigProvider, Effect } from "effect"
 * import { HostProfile } from "@honeyhive/tracing"
 *
 * const kind = HostProfile.detect.pipe(
 *   Effect.map((profile) => profile.kind),
 *   Effect.provideService(HostProfile.FileExists, (path) => path === "/.dockerenv"),
 *   Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({})))
 * )
 *
 * await Effect.runPromise(kind) // => "docker"
 * ```
 *
 * @category references
 * @since 0.1.0
 */
export const FileExists = Context.Reference<(path: string) => boolean>("@honeyhive/tracing/HostProfile/FileExists", {
  defaultValue: () => existsSync
})

/** Variables that the platform itself sets, in the order in which they decide. */
const marks: ReadonlyArray<readonly [variable: string, kind: HostKind, holds?: (value: string) => boolean]> = [
  ["AWS_LAMBDA_FUNCTION_NAME", "lambda"],
  ["KUBERNETES_SERVICE_HOST", "kubernetes"],
  ["HH_HIGH_CONCURRENCY", "high-concurrency", isTrue],
  // Cloud Run and its functions, App Engine
  ["K_SERVICE", "gcp"],
  ["GAE_APPLICATION", "gcp"],
  // App Service and its functions, Container Apps
  ["WEBSITE_SITE_NAME", "azure"],
  ["CONTAINER_APP_NAME", "azure"],
  // ECS, also on Fargate; a bare EC2 machine says nothing of itself in its environment
  ["ECS_CONTAINER_METADATA_URI_V4", "ec2"],
  ["AWS_EXECUTION_ENV", "ec2", (value) => /ECS|EC2/.test(value)],
  // Podman, systemd and many images set it
  ["container", "docker"]
]

const containerFiles = ["/.dockerenv", "/run/.containerenv"]

/**
 * What was found, and by what it was recognised.
 *
 * @category models
 * @since 0.1.0
 */
export interface Detection {
  readonly profile: HostProfile
  /** A variable's name or a file's path; `undefined` where nothing told. */
  readonly by: string | undefined
}

/**
 * The profile of this host and what told it.
 *
 * @example
 * ```ts
 * import { ConfigProvider, Effect } from "effect"
 * import { HostProfile } from "@honeyhive/tracing"
 *
 * const environment = ConfigProvider.layer(ConfigProvider.fromUnknown({ AWS_LAMBDA_FUNCTION_NAME: "answer" }))
 * const { by, profile } = await Effect.runPromise(HostProfile.detection.pipe(Effect.provide(environment)))
 *
 * by // => "AWS_LAMBDA_FUNCTION_NAME"
 * profile.kind // => "lambda"
 * ```
 *
 * @category detection
 * @since 0.1.0
 */
export const detection: Effect.Effect<Detection> = Effect.gen(function* () {
  const provider = yield* ConfigProvider.ConfigProvider
  for (const [variable, kind, holds] of marks) {
    // An unreadable variable counts as absent
    const value = yield* Effect.orElseSucceed(read(provider, variable), () => undefined)
    if (value !== undefined && holds?.(value) !== false) return { profile: profiles[kind], by: variable }
  }
  const exists = yield* FileExists
  const file = containerFiles.find((path) => exists(path))
  return file === undefined ? { profile: standard, by: undefined } : { profile: profiles.docker, by: file }
})

/**
 * The profile of this host, by what the platform says in the environment: Lambda, Kubernetes, `HH_HIGH_CONCURRENCY`,
 * Google Cloud, Azure, Amazon ECS, then the file that Docker or Podman leaves in a container.
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
export const detect: Effect.Effect<HostProfile> = Effect.map(detection, ({ profile }) => profile)
