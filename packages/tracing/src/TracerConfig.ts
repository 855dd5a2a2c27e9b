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
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { type Description, describe, toText } from "./Description.ts"
import type { Field } from "./internal/field.ts"
import type { fields } from "./internal/fields.ts"
import { inform, warn } from "./internal/log.ts"
import { mistakes } from "./internal/mistakes.ts"
import * as rules from "./internal/redaction/rules.ts"
import { grouped, resolve } from "./internal/resolve.ts"
import * as sampling from "./internal/sampling.ts"

type Fields = typeof fields

/**
 * A field's flat name.
 *
 * @category models
 * @since 0.1.0
 */
export type FieldName = keyof Fields

type ValueOf<F> = F extends Field<infer A> ? A : never
type NestedOf<F> = F extends { readonly nested: infer P extends string } ? P : never
type GroupOf<P> = P extends `${infer G}.${string}` ? G : never
type KeyOf<G extends string, P> = P extends `${G}.${infer K}` ? K : never
type GroupName = GroupOf<NestedOf<Fields[FieldName]>>

type Flat = { readonly [K in FieldName]: ValueOf<Fields[K]> }

type Nested = {
  readonly [G in GroupName]: {
    readonly [K in FieldName as KeyOf<G, NestedOf<Fields[K]>>]: Flat[K]
  }
}

/**
 * The effective configuration of an instance, by flat names (`otlpEndpoint`) and in groups (`otlp.endpoint`). Every field,
 * its variables and its default stand in `docs/CONFIG.md`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Settings extends Flat, Nested {
  /** Where each value comes from: an option, an environment variable, the scenario, the host profile, a default. */
  readonly sources: { readonly [K in FieldName]: string }
  /** Options and variables that look mistaken, each as a sentence. */
  readonly warnings: ReadonlyArray<string>
}

/**
 * How spans leave the process: OTLP over HTTP, one line per span on the console, or not at all.
 *
 * @category models
 * @since 0.1.0
 */
export type ExporterKind = Settings["exporter"]

/**
 * OTLP's two encodings over HTTP.
 *
 * @category models
 * @since 0.1.0
 */
export type OtlpProtocol = Settings["otlpProtocol"]

/** What an option may be written as; it is decoded to the type in {@link Settings}. */
type Written<A> = A extends Duration.Duration ? Duration.Input : A extends Redacted.Redacted ? A | string : A

/**
 * Options by their flat names.
 *
 * @category models
 * @since 0.1.0
 */
export type FlatOptions = { readonly [K in FieldName]?: Written<Flat[K]> | undefined }

/**
 * Options in groups: `otlp.endpoint` is `otlpEndpoint`, and so on. A flat name wins over its grouped form.
 *
 * @category models
 * @since 0.1.0
 */
export type NestedOptions = {
  readonly [G in GroupName]?: {
    readonly [K in FieldName as KeyOf<G, NestedOf<Fields[K]>>]?: Written<Flat[K]> | undefined
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
  // Plain JavaScript callers may pass anything
  const given: unknown = options
  if (typeof given !== "object" || given === null) {
    return yield* new TracerConfigError({ source: "options", expected: "an object" })
  }
  const provider = yield* ConfigProvider.ConfigProvider
  const { sources, values } = yield* Effect.mapError(
    resolve(options, provider, caller),
    (refused) => new TracerConfigError(refused)
  )
  const warnings = yield* mistakes(options, provider)
  // Every field of the table has a decoder to its type, and every group is made from the same table
  const decoded = { ...values, ...grouped(values), sources, warnings } as unknown as Settings
  // A pattern that cannot be used is found now, not when a span starts or ends
  yield* rules.load(decoded).pipe(
    Effect.andThen(sampling.load(decoded.sampling)),
    Effect.mapError(
      ({ at }) =>
        new TracerConfigError({ source: `option ${at}`, expected: "a pattern that RE2 accepts and that finds text" })
    )
  )
  return decoded
})

const withSpool = (settings: Settings): Settings =>
  settings.sources.spool !== "default" || settings.host === "lambda" || settings.scenario === "test"
    ? settings
    : {
        ...settings,
        spool: "on",
        delivery: { ...settings.delivery, spool: "on" },
        sources: { ...settings.sources, spool: "HoneyHiveLive" }
      }

const announce = (settings: Settings): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (const warning of settings.warnings) yield* warn(`HoneyHive: ${warning}`)
    if (settings.verbose) yield* inform(`HoneyHive: configuration\n${toText(describe(settings))}`)
  })

/**
 * The configuration of this instance.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { TracerConfig } from "@honeyhive/tracing"
 *
 * // `TracerConfig.layerLive` is that of `HoneyHiveLive`: the environment alone
 * const endpoint = TracerConfig.use((settings) => Effect.succeed(settings.otlp.endpoint)).pipe(
 *   Effect.provide(TracerConfig.layer({ otlpEndpoint: "http://127.0.0.1:4318/v1/traces" }))
 * )
 *
 * await Effect.runPromise(endpoint) // => "http://127.0.0.1:4318/v1/traces"
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export class TracerConfig extends Context.Service<TracerConfig, Settings>()("@honeyhive/tracing/TracerConfig") {
  /** {@inheritDoc make} */
  static readonly make = make

  /**
   * The effective configuration as data that may be shown: keys are masked, and every value says where it comes from.
   *
   * @example
   * ```ts
   * import { Effect } from "effect"
   * import { TracerConfig } from "@honeyhive/tracing"
   *
   * const { fields } = await Effect.runPromise(TracerConfig.describe({ apiKey: "hh_0123456789", otlp: { protocol: "http/protobuf" } }))
   *
   * fields.apiKey // => { value: "hh_****6789", source: "option apiKey" }
   * fields.otlpProtocol // => { value: "http/protobuf", source: "option otlp.protocol" }
   * fields.resilience // => { value: "balanced", source: "default" }
   * ```
   */
  static readonly describe = (options?: Options): Effect.Effect<Description, TracerConfigError> =>
    Effect.map(make(options), describe)

  /**
   * The environment alone, for a program that runs on a host of its own: unless the environment says otherwise, spans that
   * cannot be sent are kept on disk, but not on a Lambda, whose disk is as short-lived as it is, and not in tests.
   */
  static readonly layerLive: Layer.Layer<TracerConfig, TracerConfigError> = Layer.effect(
    TracerConfig,
    make().pipe(Effect.map(withSpool), Effect.tap(announce))
  )

  /** Options over the environment over defaults. Names that look mistaken are warned of; the caller's file names the session when nothing else does. */
  static readonly layer = (options?: Options, caller?: string): Layer.Layer<TracerConfig, TracerConfigError> =>
    Layer.effect(TracerConfig, Effect.tap(make(options, caller), announce))
}
