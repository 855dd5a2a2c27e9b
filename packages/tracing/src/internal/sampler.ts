/**
 * The configuration's sampling as an OpenTelemetry sampler.
 */
import { ParentBasedSampler, type Sampler, TraceIdRatioBasedSampler } from "@opentelemetry/sdk-trace-base"
import * as Effect from "effect/Effect"
import { Attributes } from "@honeyhive/contract/Attributes"
import type { Content } from "@honeyhive/contract/Bucket"
import * as EventKind from "@honeyhive/contract/EventKind"
import type { Rule, Sampling } from "../Sampling.ts"
import { glob } from "./glob.ts"
import { finder } from "./redaction/patterns.ts"
import { InvalidPattern } from "./redaction/rules.ts"
import { safely } from "./safely.ts"
import type { Starting } from "./startType.ts"

/** What is known of a span that starts a trace. */
interface Candidate {
  readonly name: string
  readonly type: () => string
  readonly userProperties: () => Content | undefined
}

/** The share of the traces that begin as this one does. */
type RatioOf = (candidate: Candidate) => number

const always = () => true

const propertyOf = (candidate: Candidate, key: string): unknown => safely(() => candidate.userProperties()?.[key])

const compileRule = Effect.fnUntraced(function* (rule: Rule, index: number) {
  const { eventType, name, namePattern, ratio, userProperties } = rule
  const found =
    namePattern === undefined ? undefined : finder(yield* Effect.promise(() => import("re2js")), namePattern)
  if (namePattern !== undefined && found === undefined) {
    return yield* new InvalidPattern({ at: `sampling.rules[${index}].namePattern` })
  }
  const named = name === undefined ? always : glob(name)
  const matched = found?.test ?? always
  const wanted = Object.entries(userProperties ?? {})
  const fits = (candidate: Candidate): boolean =>
    named(candidate.name) &&
    matched(candidate.name) &&
    (eventType === undefined || candidate.type() === eventType) &&
    wanted.every(([key, value]) => propertyOf(candidate, key) === value)
  return { fits, ratio }
})

/** Fails where a pattern cannot be used. */
export const compile = Effect.fnUntraced(function* ({ ratio = 1, rules = [] }: Sampling) {
  const compiled = yield* Effect.forEach(rules, compileRule)
  return ((candidate) => compiled.find((rule) => rule.fits(candidate))?.ratio ?? ratio) satisfies RatioOf
})

/** Decides for the first span of a trace; its children follow. */
export const make = (sampling: Sampling, starting: Starting, userProperties: () => Content | undefined) =>
  Effect.map(compile(sampling), (ratioOf): Sampler => {
    const byRatio = new Map<number, Sampler>()
    const samplerOf = (ratio: number): Sampler => {
      const known = byRatio.get(ratio) ?? new TraceIdRatioBasedSampler(ratio)
      byRatio.set(ratio, known)
      return known
    }
    const root: Sampler = {
      shouldSample: (context, traceId, name, kind, attributes, links) => {
        const type = (): string => {
          const said = attributes[Attributes.EVENT_TYPE] ?? starting.type
          return typeof said === "string" ? said : EventKind.detect(name, attributes)
        }
        const sampler = samplerOf(ratioOf({ name, type, userProperties }))
        return sampler.shouldSample(context, traceId, name, kind, attributes, links)
      },
      toString: () => "HoneyHive"
    }
    return new ParentBasedSampler({ root })
  })
