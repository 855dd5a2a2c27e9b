/**
 * Where a field's value is said: in the options, flat or in a group, or in the environment.
 */
import type * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { read } from "./environment.ts"
import type { Names } from "./field.ts"

export interface Found {
  readonly source: string
  readonly value: unknown
}

/** A value that cannot be used: where it stands, and what it should be. */
export interface Refused {
  readonly source: string
  readonly expected: string
}

/** What plain JavaScript may pass for options: nothing is known of their values. */
export type Given = { readonly [name: string]: unknown }

export const fromOptions = (
  given: Given,
  name: string,
  { aliases = [], nested }: Names<unknown>
): Found | undefined => {
  for (const alias of [...aliases, name]) {
    if (given[alias] !== undefined) return { source: `option ${alias}`, value: given[alias] }
  }
  if (nested === undefined) return undefined
  const [group = "", key = ""] = nested.split(".")
  const options = given[group]
  if (typeof options !== "object" || options === null) return undefined
  const value: unknown = Reflect.get(options, key)
  return value === undefined ? undefined : { source: `option ${nested}`, value }
}

export const fromEnvironment = (
  provider: ConfigProvider.ConfigProvider,
  { env }: Names<unknown>
): Effect.Effect<Found | undefined, Refused> =>
  Effect.gen(function* () {
    for (const name of env) {
      const source = `environment variable ${name}`
      const value = yield* Effect.mapError(read(provider, name), (): Refused => ({ source, expected: "text" }))
      if (value !== undefined) return { source, value }
    }
    return undefined
  })
