/**
 * The configuration's sampling as an OpenTelemetry sampler.
 */
import { ParentBasedSampler, type Sampler, TraceIdRatioBasedSampler } from "@opentelemetry/sdk-trace-base"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import { Attributes } from "@honeyhive/contract/Attributes"
import type { Content } from "@honeyhive/contract/Bucket"
import * as EventKind from "@honeyhive/contract/EventKind"
import type { Rule, Sampling } from "../Sampling.ts"
import { glob } from "./glob.ts"
import { finder } from "./redaction/patterns.ts"
import type { Starting } from "./startType.ts"

class InvalidPattern extends Data.TaggedError("InvalidPattern")<{ readonly at: string }> {}

/** What is known of a span that starts a trace. */
interface Candidate {
  readonly name: string
  readonly type: () => string
  readonly userProperties: () => Content | undefined
}

/** The share of the traces that begin as this one does. */
type RatioOf = (candidate: Candidate) => number

const always = () => true

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
    wanted.every(([key, value]) => candidate.userProperties()?.[key] === value)
  return { fits, ratio }
})

/** Fails where a pattern cannot be used. */
export const compile = Effect.fnUntraced(function* ({ ratio = 1, rules = [] }: Sampling) {
  const compiled = yield* Effect.forEach(rules, compileRule)
  return ((candidate) => compiled.find((rule) => rule.fits(candidate))?.ratio ?? ratio) satisfies RatioOf
})

/**
 * Decides for the first span of a trace; its children follow. `undefined` where everything is recorded.
 */
export const make = (
  sampling: Sampling,
  starting: Starting,
  userProperties: () => Content | undefined
): Effect.Effect<Sampler | undefined> =>
  Effect.gen(function* () {
    if ((sampling.ratio ?? 1) === 1 && (sampling.rules ?? []).length === 0) return undefined
    const ratioOf = yield* Effect.orDie(compile(sampling)) // looked at when the configuration was decoded
    const byRatio = new Map(
      [sampling.ratio ?? 1, ...(sampling.rules ?? []).map((rule) => rule.ratio)].map((ratio) => [
        ratio,
        new TraceIdRatioBasedSampler(ratio)
      ])
    )
    const everything = new TraceIdRatioBasedSampler(1)
    const root: Sampler = {
      shouldSample: (context, traceId, name, _kind, attributes) => {
        const type = (): string => {
          const said = attributes[Attributes.EVENT_TYPE] ?? starting.type
          return typeof said === "string" ? said : EventKind.detect(name, attributes)
        }
        const sampler = byRatio.get(ratioOf({ name, type, userProperties })) ?? everything
        return sampler.shouldSample(context, traceId)
      },
      toString: () => "HoneyHive"
    }
    return new ParentBasedSampler({ root })
  })
