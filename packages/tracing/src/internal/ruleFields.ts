/**
 * Fields whose values are rules: what must not leave the process, and what is recorded at all.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Rule } from "@honeyhive/contract/EventKind"
import { type Hook, Pack, type Redact, Rules } from "../Redaction.ts"
import { Sampling } from "../Sampling.ts"
import type { Field, Names } from "./field.ts"

type Kind<A, N> = Field<A> & N

const strictly = { onExcessProperty: "error" } as const

const isHook = (value: unknown): value is Hook | undefined => value === undefined || typeof value === "function"

const decodeRules = Schema.decodeUnknownOption(Rules)
const decodeRulesText = Schema.decodeUnknownOption(Schema.fromJsonString(Rules))
const decodePacks = Schema.decodeUnknownOption(Schema.Array(Pack))

// A variable holds JSON, or the names of packs alone: `secrets,pii`
const decodeRedact = (value: unknown): Option.Option<Redact> => {
  if (typeof value === "string") {
    return value.trimStart().startsWith("{")
      ? decodeRulesText(value, strictly)
      : Option.map(decodePacks(value.split(",").map((name) => name.trim())), (packs) => ({ packs }))
  }
  if (typeof value !== "object" || value === null) return Option.none()
  const { hook, ...rules }: { readonly hook?: unknown } = value
  return isHook(hook) ? Option.map(decodeRules(rules, strictly), (rules) => ({ ...rules, hook })) : Option.none()
}

// Rules are JSON; a hook is not
const asJson = (value: object): Schema.Json =>
  JSON.parse(
    JSON.stringify(value, (_, part: unknown) => (typeof part === "function" ? "a function" : part))
  ) as Schema.Json

export const redact = <const N extends Names<Redact>>(names: N): Kind<Redact, N> => ({
  ...names,
  default: {},
  expected: "packs (secrets, pii), rules by key, keyPattern, path or value, and a hook (a variable: JSON, or packs)",
  decode: decodeRedact,
  show: asJson
})

const decodeSampling = Schema.decodeUnknownOption(Sampling)
const decodeSamplingText = Schema.decodeUnknownOption(Schema.fromJsonString(Sampling))

export const sampling = <const N extends Names<Sampling>>(names: N): Kind<Sampling, N> => ({
  ...names,
  default: {},
  expected: "a ratio from 0 to 1 and rules, each with a ratio (a variable: the ratio, or JSON)",
  // A variable may hold the ratio alone
  decode: (value) => {
    if (typeof value !== "string") return decodeSampling(value, strictly)
    return value.startsWith("{")
      ? decodeSamplingText(value, strictly)
      : decodeSampling({ ratio: Number(value) }, strictly)
  },
  show: asJson
})

const typeRules = Schema.Array(Rule)

// A misspelt condition would otherwise be none, and the rule would match too much
const decodeTypeRules = Schema.decodeUnknownOption(
  Schema.Union([typeRules, Schema.fromJsonString(typeRules)]),
  strictly
)

export const eventTypeRules = <const N extends Names<ReadonlyArray<Rule>>>(names: N): Kind<ReadonlyArray<Rule>, N> => ({
  ...names,
  default: [],
  expected: 'a list of rules such as { match: { name: "POST /chat*" }, type: "agent" } (a variable: as JSON)',
  decode: decodeTypeRules,
  show: asJson
})
