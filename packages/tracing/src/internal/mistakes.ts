/**
 * Names that nobody reads: an option, or a variable one slip away from one of ours.
 */
import type * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { closest, distance } from "./distance.ts"
import { namesFrom } from "./environment.ts"
import type { Given } from "./lookup.ts"
import { rows } from "./resolve.ts"

const options = new Set(rows.flatMap(([name, { aliases = [] }]) => [name, ...aliases]))
const nested: ReadonlySet<string> = new Set(rows.flatMap(([, { nested }]) => (nested === undefined ? [] : [nested])))
const groups = new Set([...nested].map((name) => name.slice(0, name.indexOf("."))))
const variables = new Set([...rows.flatMap(([, { env }]) => env), "HH_HIGH_CONCURRENCY", "HH_DATA_PLANE_API_KEY"])

const sentence = (what: string, name: string, meant: string | undefined): string =>
  `unknown ${what} \`${name}\`${meant === undefined ? "" : `: did you mean \`${meant}\`?`}`

// A third of a name may be wrong
const slips = (name: string): number => Math.max(1, Math.floor(name.length / 3))

const unknownOptions = (given: Given): ReadonlyArray<string> =>
  Object.entries(given).flatMap(([name, value]) => {
    if (value === undefined || options.has(name)) return []
    if (!groups.has(name)) {
      // A nested name without its group is meant more often than a flat name that is far away
      const group = [...nested].find((candidate) => candidate.endsWith(`.${name}`))
      return [sentence("option", name, closest(name, [...options, ...groups], Math.min(slips(name), 2)) ?? group)]
    }
    if (typeof value !== "object" || value === null) return [`option \`${name}\` is a group: expected an object`]
    return Object.entries(value).flatMap(([key, inner]) => {
      const path = `${name}.${key}`
      if (inner === undefined || nested.has(path)) return []
      const keys = [...nested].filter((candidate) => candidate.startsWith(`${name}.`))
      const meant = closest(path, keys, slips(key)) ?? (options.has(key) ? key : undefined)
      return [sentence("option", path, meant ?? closest(key, options, slips(key)))]
    })
  })

const unknownVariables = (names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.flatMap((name) => {
    if (variables.has(name)) return []
    const meant = [...variables].find((known) => distance(name, known) === 1)
    return meant === undefined ? [] : [sentence("environment variable", name, meant)]
  })

/**
 * What looks mistaken, each as a sentence. A variable of another program may well begin with `HH_`: only one that is a
 * single slip away from a known one is spoken of.
 */
export const mistakes = (given: Given, provider: ConfigProvider.ConfigProvider): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function* () {
    // Options that cannot be looked at are no reason to fail
    const unknown = yield* Effect.orElseSucceed(
      Effect.try(() => unknownOptions(given)),
      () => []
    )
    return [...unknown, ...unknownVariables(yield* namesFrom(provider, "HH_"))]
  })
