/**
 * The effective configuration, for people: what every field is, and where that comes from.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import type * as Schema from "effect/Schema"
import { type HostKind, type HostProfile, profiles } from "./HostProfile.ts"
import { rows } from "./internal/resolve.ts"
import type { ScenarioKind } from "./Scenario.ts"
import type { FieldName, Settings } from "./TracerConfig.ts"

/**
 * One line of the table of fields.
 *
 * @category models
 * @since 0.1.0
 */
export interface FieldInfo {
  readonly name: FieldName
  /** Its name in a group, such as `otlp.endpoint`. */
  readonly nested: string | undefined
  /** Other option names, looked at before its own. */
  readonly aliases: ReadonlyArray<string>
  /** Environment variables, the first that is set wins. */
  readonly env: ReadonlyArray<string>
  /** What a value should be. */
  readonly type: string
  /** The default as people read it; empty where there is none. */
  readonly default: string
  /** Accepted for older programs, without effect. */
  readonly deprecated: boolean
}

const textOf = (value: Schema.Json): string =>
  value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value)

const shown = (field: (typeof rows)[number][1], value: unknown): Schema.Json =>
  // What has no form of its own to be shown in is text, a number, a flag or a list of texts
  field.show === undefined ? ((value ?? null) as Schema.Json) : field.show(value)

/**
 * Every field that a configuration may have, in the order of `docs/CONFIG.md`.
 *
 * @example
 * ```ts
 * import { Description } from "@honeyhive/tracing"
 *
 * const { default: otherwise, env } = Description.table().find((field) => field.name === "source") ?? {}
 * env // => ["HH_SOURCE"]
 * otherwise // => "dev"
 * ```
 *
 * @category models
 * @since 0.1.0
 */
export const table = (): ReadonlyArray<FieldInfo> =>
  rows.map(([name, field]) => ({
    name: name as FieldName, // the table has no other names
    nested: field.nested,
    aliases: field.aliases ?? [],
    env: field.env,
    type: field.expected,
    default:
      field.otherwise ??
      (Array.isArray(field.default) ? "none" : textOf(shown(field, field.default))) +
        (field.byHost === undefined ? "" : " (by host)"),
    deprecated: field.deprecated === true
  }))

/**
 * A value that may be shown, and where it comes from.
 *
 * @category models
 * @since 0.1.0
 */
export interface Described {
  /** Keys, headers and inputs are masked; durations are text; `null` is an optional value that is absent. */
  readonly value: Schema.Json
  /** Such as `option otlp.endpoint`, `environment variable HH_API_URL`, `host profile kubernetes`, `default`. */
  readonly source: string
}

/**
 * An effective configuration that may be shown.
 *
 * @category models
 * @since 0.1.0
 */
export interface Description {
  readonly host: HostKind
  readonly scenario: ScenarioKind
  /** What this kind of host gives by default, before scenario, environment and options. */
  readonly profile: { readonly [K in Exclude<keyof HostProfile, "kind">]: string | number }
  readonly fields: { readonly [K in FieldName]: Described }
  /** Options and variables that look mistaken. */
  readonly warnings: ReadonlyArray<string>
}

const profileOf = (host: HostKind): Description["profile"] => {
  const { kind: _, ...profile } = profiles[host]
  return Object.fromEntries(
    Object.entries(profile).map(([name, value]) => [name, typeof value === "number" ? value : Duration.format(value)])
  ) as Description["profile"] // the same names
}

/**
 * Describes a configuration. Nothing in the result is secret.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Description, TracerConfig } from "@honeyhive/tracing"
 *
 * const settings = await Effect.runPromise(TracerConfig.make({ source: "docs" }))
 *
 * Description.describe(settings).fields.source // => { value: "docs", source: "option source" }
 * ```
 *
 * @category conversions
 * @since 0.1.0
 */
export const describe = (settings: Settings): Description => ({
  host: settings.host,
  scenario: settings.scenario,
  profile: profileOf(settings.host),
  fields: Object.fromEntries(
    rows.map(([name, field]) => {
      const key = name as FieldName // the table has no other names
      return [key, { value: shown(field, settings[key]), source: settings.sources[key] }]
    })
  ) as Description["fields"], // one entry for every field
  warnings: settings.warnings
})

/**
 * A description in aligned columns: name, value, source.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Description, TracerConfig } from "@honeyhive/tracing"
 *
 * const description = await Effect.runPromise(TracerConfig.describe({ source: "docs" }))
 * const line = Description.toText(description).split("\n").find((line) => line.startsWith("source"))
 *
 * line?.split(/ {2,}/) // => ["source", "docs", "option source"]
 * ```
 *
 * @category conversions
 * @since 0.1.0
 */
export const toText = ({ fields, warnings }: Description): string => {
  const cells = Object.entries(fields).map(([name, { source, value }]) => [name, textOf(value) || "-", source] as const)
  const width = (column: 0 | 1) => Math.max(...cells.map((row) => row[column].length))
  const [first, second] = [width(0), Math.min(width(1), 48)]
  return [
    ...cells.map(([name, value, source]) => `${name.padEnd(first)}  ${value.padEnd(second)}  ${source}`),
    ...warnings.map((warning) => `! ${warning}`)
  ].join("\n")
}
