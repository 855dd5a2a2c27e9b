/**
 * Rules as data become functions.
 */
import * as Effect from "effect/Effect"
import type * as RE2 from "re2js"
import type { Action, Redact, Rule } from "../../Redaction.ts"
import { content, pii, secrets } from "../../RedactionPacks.ts"
import { glob } from "../glob.ts"
import { replaceValues } from "./jsonText.ts"
import { finder, standIn } from "./patterns.ts"
import { type Compiled, type Finder, InvalidPattern, type Matcher } from "./rules.ts"

const packs = { secrets, pii }

const never = () => false

const listOf = <A>(one: A | ReadonlyArray<A>): ReadonlyArray<A> => (Array.isArray(one) ? one : [one as A]) // not a list

const normal = (key: string): string => key.toLowerCase().replaceAll(/[-_ ]/g, "")

const byKey = (key: (key: string) => boolean, action: Action): Matcher => ({
  action,
  isPath: false,
  key,
  path: (parts) => parts.some(key)
})

const byName = (names: ReadonlyArray<string>, action: Action): Matcher => {
  const globs = names.filter((name) => name.includes("*")).map((name) => glob(normal(name)))
  const exact = new Set(names.filter((name) => !name.includes("*")).map(normal))
  return byKey((key) => {
    const name = normal(key)
    return exact.has(name) || globs.some((matches) => matches(name))
  }, action)
}

const byPath = (paths: ReadonlyArray<string>, action: Action): Matcher => {
  const patterns = paths.map((path) => path.split(".").map(glob))
  return {
    action,
    isPath: true,
    key: never,
    path: (parts) =>
      patterns.some(
        (pattern) => pattern.length <= parts.length && pattern.every((matches, index) => matches(parts[index] ?? ""))
      )
  }
}

const isPattern = (rule: Rule): boolean => "value" in rule || "keyPattern" in rule

// A module of 260 KB: loaded where there is a pattern
const load: Effect.Effect<typeof RE2> = Effect.promise(() => import("re2js"))

/** All rules of an instance, in the order in which they decide. */
export const compile = Effect.fnUntraced(function* (redact: Redact, captureContent: boolean) {
  const rules: ReadonlyArray<readonly [at: string, rule: Rule]> = [
    ...(captureContent ? [] : content).map((rule, index) => [`content[${index}]`, rule] as const),
    ...(redact.rules ?? []).map((rule, index) => [`redact.rules[${index}]`, rule] as const),
    ...(redact.packs ?? []).flatMap((pack) => packs[pack].map((rule, index) => [`${pack}[${index}]`, rule] as const))
  ]
  const matchers: Array<Matcher> = []
  const finders: Array<Finder> = []
  const engine = rules.some(([, rule]) => isPattern(rule)) ? yield* load : undefined
  for (const [at, rule] of rules) {
    const pattern = "value" in rule ? rule.value : "keyPattern" in rule ? rule.keyPattern : undefined
    const compiled = pattern === undefined || engine === undefined ? undefined : finder(engine, pattern)
    if (pattern !== undefined && compiled === undefined) return yield* new InvalidPattern({ at })
    const action = rule.action ?? "mask"
    if ("key" in rule) matchers.push(byName(listOf(rule.key), action))
    else if ("path" in rule) matchers.push(byPath(listOf(rule.path), action))
    else if (compiled !== undefined) {
      if ("value" in rule) finders.push({ replace: compiled.replacer(rule.action ?? "mask", rule.luhn === true) })
      else matchers.push(byKey(compiled.test, action))
    }
  }
  const values = rules.flatMap(([, rule]) => ("value" in rule ? [`(?:${rule.value})`] : []))
  const any = engine === undefined ? undefined : finder(engine, values.join("|"))
  return { matchers, finders, suspects: any?.test ?? (() => true), replaceValues, standIn } satisfies Compiled
})
