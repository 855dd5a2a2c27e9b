/**
 * What one tracer instance is told: options over nested options over environment over defaults.
 *
 * Every value from outside is decoded here; a value that cannot be used fails the Layer with a {@link TracerConfigError}
 * that names the option or variable it came from, never the value.
 *
 * Environment names and defaults are those of HoneyHive's Python SDK 1.5 and TypeScript client 1.6.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Rule } from "@honeyhive/contract/EventKind"
import { detect, type HostKind, type HostProfile } from "./HostProfile.ts"
import type { ResilienceLevel } from "./Resilience.ts"
import { type Field, fields, groups } from "./internal/fields.ts"

/**
 * How spans leave the process: OTLP over HTTP, one line per span on the console, or not at all.
 *
 * @category models
 * @since 0.1.0
 */
export type ExporterKind = "otlp" | "console" | "none"

/**
 * OTLP's two encodings over HTTP.
 *
 * @category models
 * @since 0.1.0
 */
export type OtlpProtocol = "http/json" | "http/protobuf"

/**
 * The effective configuration of an instance.
 *
 * @category models
 * @since 0.1.0
 */
export interface Settings {
  /** What kind of host this is; it decides the defaults of deadlines and batches. */
  readonly host: HostKind
  /** Key for HoneyHive; without one (and without an OTLP endpoint) nothing is exported. */
  readonly apiKey: Redacted.Redacted | undefined
  /** HoneyHive's data plane, or a hive. Default `https://api.dp1.us.honeyhive.ai`. */
  readonly url: string
  /** Where the events come from, such as `dev` or `production`. Default `dev`. */
  readonly source: string
  /** Accepted for older programs; HoneyHive takes the project from the key. */
  readonly project: string | undefined
  /** Name of the instance's own session. Default: the calling file without its ending, else the program's, else `unknown`. */
  readonly sessionName: string
  /** Id of the instance's own session, a UUID. Default: a new one. */
  readonly sessionId: string | undefined
  /** Leaves the session to the spans' auto-create flag instead of announcing it over REST. Default false. */
  readonly skipSessionCreation: boolean
  /** Opens a session for every request: a server span without a parent. Default false. */
  readonly sessionPerServerSpan: boolean
  /** No network at all; ids stay valid. Default false. */
  readonly testMode: boolean
  /** Spans are neither made nor sent. Default false. */
  readonly disableTracing: boolean
  /** Sends every span as it ends instead of in batches. Default false. */
  readonly disableBatch: boolean
  /** Default `otlp`. */
  readonly exporter: ExporterKind
  /** The whole URL of an OTLP traces endpoint; it gets the spans instead of HoneyHive, and never its key. */
  readonly otlpEndpoint: string | undefined
  /** Further headers of OTLP requests, such as another backend's key. */
  readonly otlpHeaders: { readonly [name: string]: string }
  /** Default `http/json`. */
  readonly otlpProtocol: OtlpProtocol
  /** Spans in one request at most. Default: the host's, 512. */
  readonly batchMaxSize: number
  /** Spans waiting at most; more are dropped and counted. Default 32,768: half a minute at 1,000 a second. */
  readonly batchMaxQueue: number
  /** Bytes waiting at most, as they are in memory. Default 64 MiB. */
  readonly batchMaxQueueBytes: number
  /** Bytes in one request at most, before encoding. Default 4 MiB. */
  readonly batchMaxBytes: number
  /** Longest time a span waits for its batch. Default: the host's, 5 s. */
  readonly batchInterval: Duration.Duration
  /** What happens when the backend does not take spans. Default `balanced`. */
  readonly resilience: ResilienceLevel
  /** Longest time of one export. Default 30 s. */
  readonly exportTimeout: Duration.Duration
  /** Longest time that `flush` may take. Default: the host's, 3 s. */
  readonly flushTimeout: Duration.Duration
  /** Longest time that closing an instance may take: flush, last requests, release. Default: the host's, 3 s. */
  readonly shutdownTimeout: Duration.Duration
  /** What type of event a span is, by its name and attributes, before anything else decides; the first match counts. */
  readonly eventTypeRules: ReadonlyArray<Rule>
  /** Attributes of a span at most. Default 1,024. */
  readonly maxAttributes: number
  /** Events of a span at most. Default 1,024. */
  readonly maxEvents: number
  /** Links of a span at most. Default 128. */
  readonly maxLinks: number
  /** `service.name` of the resource. Default: `OTEL_SERVICE_NAME`, else `unknown_service`. */
  readonly serviceName: string
  readonly serviceVersion: string | undefined
}

/** What an option may be written as; it is decoded to the type in {@link Settings}. */
type Written<A> = A extends Duration.Duration ? Duration.Input : A extends Redacted.Redacted ? A | string : A

/**
 * Options by their flat names.
 *
 * @category models
 * @since 0.1.0
 */
export type FlatOptions = { readonly [K in Exclude<keyof Settings, "host">]?: Written<Settings[K]> | undefined }

/**
 * Options in groups: `otlp.endpoint` is `otlpEndpoint`, and so on. A flat name wins over its grouped form.
 *
 * @category models
 * @since 0.1.0
 */
export type NestedOptions = {
  readonly [G in keyof typeof groups]?: {
    readonly [K in keyof (typeof groups)[G]]?: FlatOptions[(typeof groups)[G][K] & keyof FlatOptions]
  }
}

/**
 * Options of `HoneyHive.layer`.
 *
 * @category models
 * @since 0.1.0
 */
export type Options = FlatOptions &
  NestedOptions & {
    /** HoneyHive's newer names of `apiKey`; the first given wins: ingestion, project, `apiKey`. */
    readonly ingestionApiKey?: string | Redacted.Redacted | undefined
    readonly projectApiKey?: string | Redacted.Redacted | undefined
    /** HoneyHive's newer name of `url`. */
    readonly dataPlaneUrl?: string | undefined
    /** HoneyHive's older name of `url`. */
    readonly serverUrl?: string | undefined
  }

/**
 * A value that cannot be used.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { TracerConfig } from "@honeyhive/tracing"
 *
 * const error = await Effect.runPromise(Effect.flip(TracerConfig.make({ url: "nowhere" })))
 *
 * error.message // => "option url: expected an http:// or https:// URL without credentials in it"
 * ```
 *
 * @category errors
 * @since 0.1.0
 */
export class TracerConfigError extends Schema.TaggedError<TracerConfigError>()("TracerConfigError", {
  /** Where the value was found: `option apiKey` or `environment variable HH_API_KEY`. */
  source: Schema.String,
  /** What it should be. */
  expected: Schema.String
}) {
  override get message(): string {
    return `${this.source}: expected ${this.expected}`
  }
}

interface Found {
  readonly source: string
  readonly value: unknown
}

const fromOptions = (options: Options, name: string, field: Field<unknown>): Found | undefined => {
  // Plain JavaScript callers may pass anything; every value is decoded below
  const given = options as { readonly [name: string]: unknown }
  for (const alias of [...(field.aliases ?? []), name]) {
    if (given[alias] !== undefined) return { source: `option ${alias}`, value: given[alias] }
  }
  for (const [group, keys] of Object.entries(groups)) {
    const nested = given[group]
    if (typeof nested !== "object" || nested === null) continue
    for (const [key, flat] of Object.entries(keys)) {
      const value: unknown = flat === name ? Reflect.get(nested, key) : undefined
      if (value !== undefined) return { source: `option ${group}.${key}`, value }
    }
  }
  return undefined
}

// An empty variable counts as unset
const fromEnvironment = Effect.fnUntraced(function* (field: Field<unknown>) {
  for (const name of field.env) {
    const value = yield* Config.option(Config.String(name)).pipe(
      Effect.mapError(() => new TracerConfigError({ source: `environment variable ${name}`, expected: "text" }))
    )
    if (Option.isSome(value) && value.value.trim() !== "") {
      return { source: `environment variable ${name}`, value: value.value.trim() }
    }
  }
  return undefined
})

const resolve = Effect.fnUntraced(function* (options: Options, host: HostProfile, name: string, field: Field<unknown>) {
  const found = fromOptions(options, name, field) ?? (yield* fromEnvironment(field))
  if (found === undefined) return field.byHost === undefined ? field.default : field.byHost(host)
  const decoded = field.decode(found.value)
  return Option.isSome(decoded)
    ? decoded.value
    : yield* new TracerConfigError({ source: found.source, expected: field.expected })
})

/**
 * Decodes options over the environment of the current `ConfigProvider`.
 *
 * @example
 * ```ts
 * import { ConfigProvider, Effect } from "effect"
 * import { TracerConfig } from "@honeyhive/tracing"
 *
 * const settings = TracerConfig.make({ source: "test" }).pipe(
 *   Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ HH_SOURCE: "env", HH_SESSION_NAME: "nightly" })))
 * )
 * const read = await Effect.runPromise(settings)
 *
 * read.source // => "test"
 * read.sessionName // => "nightly"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (options: Options = {}, caller?: string) {
  const host = yield* detect
  const settings: Record<string, unknown> = { host: host.kind }
  for (const [name, field] of Object.entries<Field<unknown>>(fields)) {
    const known = name === "sessionName" && caller !== undefined ? { ...field, byHost: () => caller } : field
    settings[name] = yield* resolve(options, host, name, known)
  }
  // `fields` has exactly the keys of `Settings` but the host, each with a decoder to its type (checked by its `satisfies`)
  return settings as unknown as Settings
})

/**
 * The configuration of this instance.
 *
 * @category services
 * @since 0.1.0
 */
export class TracerConfig extends Context.Service<TracerConfig, Settings>()("@honeyhive/tracing/TracerConfig") {
  /** {@inheritDoc make} */
  static readonly make = make

  /** Options over the environment over defaults; the caller's file names the session when nothing else does. */
  static readonly layer = (options?: Options, caller?: string): Layer.Layer<TracerConfig, TracerConfigError> =>
    Layer.effect(TracerConfig, make(options, caller))
}
