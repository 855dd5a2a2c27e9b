/**
 * The value of every field, and where it comes from: options over the environment over the scenario over the host over
 * defaults.
 */
import type * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { detection, type HostKind, profiles } from "../HostProfile.ts"
import { defaults, type Evidence, infer, type ScenarioKind } from "../Scenario.ts"
import { read } from "./environment.ts"
import type { Field } from "./field.ts"
import { fields } from "./fields.ts"
import { type Found, fromEnvironment, fromOptions, type Given, type Refused } from "./lookup.ts"

// Every row is a `Field` of its own type; what is done here is the same for all of them
export const rows = Object.entries(fields) as unknown as ReadonlyArray<[name: string, field: Field<unknown>]>

/** What plain JavaScript passes may throw when it is looked at: then it cannot be used. */
const attempt = <A>(evaluate: () => A, refused: Refused): Effect.Effect<A, Refused> =>
  Effect.try({ try: evaluate, catch: () => refused })

/** Everything that was said, decoded. */
const said = Effect.fnUntraced(function* (given: Given, provider: ConfigProvider.ConfigProvider) {
  const found = new Map<string, Found>()
  for (const [name, field] of rows) {
    const { expected } = field
    const option = yield* attempt(() => fromOptions(given, name, field), { source: `option ${name}`, expected })
    const raw = option ?? (yield* fromEnvironment(provider, field))
    if (raw === undefined) continue
    const refused: Refused = { source: raw.source, expected }
    const decoded = yield* attempt(() => field.decode(raw.value), refused)
    if (Option.isNone(decoded)) return yield* Effect.fail(refused)
    found.set(name, { source: raw.source, value: decoded.value })
  }
  return found
})

/** The test runner that this process belongs to, by the variable that says so. */
const testRunner = Effect.fnUntraced(function* (provider: ConfigProvider.ConfigProvider) {
  const of = (name: string) => Effect.orElseSucceed(read(provider, name), () => undefined)
  for (const name of ["VITEST", "JEST_WORKER_ID"]) if ((yield* of(name)) !== undefined) return name
  return (yield* of("NODE_ENV")) === "test" ? "NODE_ENV" : undefined
})

const because = (by: string | undefined): string => (by === undefined ? "default" : `recognised by ${by}`)

export interface Resolved {
  readonly values: { readonly [name: string]: unknown }
  readonly sources: { readonly [name: string]: string }
}

export const resolve = Effect.fnUntraced(function* (
  given: Given,
  provider: ConfigProvider.ConfigProvider,
  /** The file that the instance is made in, where that is known. */
  caller?: string
): Effect.fn.Return<Resolved, Refused> {
  const found = yield* said(given, provider)
  const values: Record<string, unknown> = {}
  const sources: Record<string, string> = {}

  const detected = yield* detection
  // What was found has the type of its row
  const host = profiles[(found.get("host")?.value as HostKind | undefined) ?? detected.profile.kind]
  if (!found.has("host")) found.set("host", { value: host.kind, source: because(detected.by) })

  const evidence: Evidence = {
    sessionName: caller ?? fields.sessionName.byProgram(),
    ...Object.fromEntries(Array.from(found, ([name, { value }]) => [name, value]))
  }
  const inferred = infer(host, evidence, yield* testRunner(provider))
  const scenario = (found.get("scenario")?.value as ScenarioKind | undefined) ?? inferred.kind
  if (!found.has("scenario")) found.set("scenario", { value: scenario, source: because(inferred.by) })
  const changed: { readonly [name: string]: unknown } = defaults[scenario](host)

  for (const [name, field] of rows) {
    const { source, value } =
      found.get(name) ??
      (changed[name] !== undefined
        ? { source: `scenario ${scenario}`, value: changed[name] }
        : field.byHost !== undefined
          ? { source: `host profile ${host.kind}`, value: field.byHost(host) }
          : name === "sessionName" && caller !== undefined
            ? { source: "the caller's file", value: caller }
            : field.byProgram !== undefined
              ? { source: "this process", value: field.byProgram() }
              : { source: "default", value: field.default })
    values[name] = value
    sources[name] = source
  }
  return { values, sources }
})

/** The same values in their groups. */
export const grouped = (values: Resolved["values"]): { readonly [group: string]: unknown } => {
  const groups: Record<string, Record<string, unknown>> = {}
  for (const [name, { nested }] of rows) {
    const [group, key] = nested?.split(".") ?? []
    if (group !== undefined && key !== undefined) (groups[group] ??= {})[key] = values[name]
  }
  return groups
}
