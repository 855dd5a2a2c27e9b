/**
 * Variables of the current `ConfigProvider`, read one by one: a `Config` for each of a hundred costs milliseconds.
 */
import type * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"

/** The text of a variable without the space around it; one that is empty counts as unset. */
export const read = (
  provider: ConfigProvider.ConfigProvider,
  name: string
): Effect.Effect<string | undefined, ConfigProvider.SourceError> =>
  Effect.map(provider.load([name]), (node) => node?.value?.trim() || undefined)

const words: ReadonlyMap<string, boolean> = new Map(
  Object.entries({
    true: true,
    t: true,
    yes: true,
    y: true,
    on: true,
    1: true,
    false: false,
    f: false,
    no: false,
    n: false,
    off: false,
    0: false
  })
)

/** A flag as people write it. */
export const flagOf = (text: string): boolean | undefined => words.get(text.toLowerCase())

export const isTrue = (text: string): boolean => flagOf(text) === true

/** Every variable whose name begins with a prefix, such as `HH_`; names come in one piece or split at their underscores. */
export const namesFrom = (
  provider: ConfigProvider.ConfigProvider,
  prefix: string
): Effect.Effect<ReadonlyArray<string>> => {
  const below = (path: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<string>> =>
    Effect.gen(function* () {
      const node = yield* Effect.orElseSucceed(provider.load(path), () => undefined)
      if (node === undefined) return []
      const own = node.value === undefined || path.length === 0 ? [] : [path.join("_")]
      if (node._tag !== "Record") return own
      const keys = [...node.keys].filter((key) => path.length > 0 || `${key}_`.startsWith(prefix))
      return [...own, ...(yield* Effect.forEach(keys, (key) => below([...path, key]))).flat()]
    })
  return below([])
}
