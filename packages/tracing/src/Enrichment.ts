/**
 * What a program adds to an event: the seven buckets, its type, its name, its error.
 *
 * @since 0.1.0
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type { AttributeValue } from "@honeyhive/contract/Attributes"
import { Bucket, type Content } from "@honeyhive/contract/Bucket"
import type { UpdateEvent } from "@honeyhive/contract/Event"
import { type EventWord, fromWord } from "@honeyhive/contract/EventKind"
import { type EventFields, writeFields } from "@honeyhive/contract/Projection"
import { toContent } from "./internal/content.ts"
import { type GivenSpan, writerOf } from "./internal/givenSpan.ts"
import { safely } from "./internal/safely.ts"
import { describeCause } from "./internal/failure.ts"

/**
 * Content of a bucket as programs have it: any object; values that JSON cannot hold become text.
 *
 * @category models
 * @since 0.1.0
 */
export type Values = { readonly [key: string]: unknown }

/**
 * A value, a function that gives it, or an Effect that does. Functions and Effects are evaluated only when there is an
 * event to add to; when one throws or fails, its field is left out and nothing reaches the program.
 *
 * @category models
 * @since 0.1.0
 */
export type Lazy<A, R = never> =
  | A
  | (() => A | Promise<A> | Effect.Effect<A, unknown, R>)
  | Effect.Effect<A, unknown, R>

/**
 * What is added to an event.
 *
 * A name that is not listed here goes to `metadata`, as in HoneyHive's Python SDK: `{ score: 1 }` is
 * `{ metadata: { score: 1 } }`. The names of the wire (`user_properties`, `event_name`) are understood too.
 *
 * @category models
 * @since 0.1.0
 */
export interface Enrichment<R = never> {
  /** What the step was given: a question, arguments, messages. */
  readonly inputs?: Lazy<Values, R> | undefined
  /** What came of it: an answer, a result. */
  readonly outputs?: Lazy<Values, R> | undefined
  /** How it was set up: a model's name and settings, a prompt's version. */
  readonly config?: Lazy<Values, R> | undefined
  /** Anything else. */
  readonly metadata?: Lazy<Values, R> | undefined
  /** Numbers that say how good it was: scores, counts. */
  readonly metrics?: Lazy<Values, R> | undefined
  /** What people said of it. */
  readonly feedback?: Lazy<Values, R> | undefined
  /** Whom it was done for. */
  readonly userProperties?: Lazy<Values, R> | undefined
  /** Why it failed; a span that fails says so by itself. */
  readonly error?: Lazy<string | Error, R> | undefined
  /** The event's name, instead of the span's. */
  readonly name?: Lazy<string, R> | undefined
  /** `workflow` and `agent` are chains. */
  readonly type?: Lazy<EventWord, R> | undefined
  readonly [shorthand: string]: unknown
}

const fieldNames: ReadonlyMap<string, keyof EventFields> = new Map<string, keyof EventFields>([
  ...Bucket.literals.map((bucket) => [bucket, bucket] as const),
  ["userProperties", "user_properties"],
  ["error", "error"],
  ["name", "event_name"],
  ["event_name", "event_name"],
  ["type", "event_type"],
  ["event_type", "event_type"],
  ["eventId", "event_id"],
  ["event_id", "event_id"]
])

const isBucket = (name: string): name is Bucket => (Bucket.literals as ReadonlyArray<string>).includes(name)

// A revoked proxy cannot even be asked what it is
const holds = (test: () => boolean): boolean => safely(test, false)

/**
 * Buckets are objects; a plain JavaScript caller's list or text becomes one.
 *
 * @internal
 */
export const asValues = (bucket: Bucket, value: unknown): Values =>
  typeof value === "object" && value !== null && !holds(() => Array.isArray(value))
    ? (value as Values) // any object: its keys are looked at one by one, each with care
    : { [bucket === "outputs" ? "result" : "value"]: value }

const asText = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined)

const asField = (name: keyof EventFields, value: unknown): unknown => {
  if (isBucket(name)) return asValues(name, value)
  if (name === "event_type") return fromWord(value)
  if (name === "error") return typeof value === "string" ? value : describeCause(Cause.fail(value)).message
  return asText(value)
}

/**
 * An enrichment whose values are there.
 *
 * @internal
 */
export interface Evaluated {
  readonly fields: EventFields
  /** What was said under no known name; for `metadata`. */
  readonly shorthand: Values | undefined
}

type Entry = readonly [name: string, value: unknown]

const evaluated = (entries: ReadonlyArray<Entry>): Evaluated => {
  const fields = new Map<string, unknown>()
  const shorthand = new Map<string, unknown>()
  for (const [name, value] of entries) {
    if (value === undefined) continue
    const field = fieldNames.get(name)
    if (field === undefined) shorthand.set(name, value)
    else if (value !== null) fields.set(field, asField(field, value))
  }
  return {
    // `asField` gives every field its type
    fields: Object.fromEntries(fields),
    shorthand: shorthand.size === 0 ? undefined : Object.fromEntries(shorthand)
  }
}

const isLazy = (value: unknown): boolean => typeof value === "function" || holds(() => Effect.isEffect(value))

// What it needs is in the type of the enrichment
const demand = <R>(value: unknown): Effect.Effect<unknown, unknown, R> => {
  const given: unknown = typeof value === "function" ? value() : value
  if (Effect.isEffect(given)) return given as Effect.Effect<unknown, unknown, R>
  return given instanceof Promise ? Effect.tryPromise(() => given) : Effect.succeed(given)
}

/** The entries of an enrichment as they are; nothing where it cannot be read. */
const entriesOf = (enrichment: object): ReadonlyArray<Entry> => safely(() => Object.entries(enrichment), [])

/**
 * An enrichment with nothing lazy in it; `undefined` where there is.
 *
 * @internal
 */
export const evaluateNow = (enrichment: Enrichment<never>): Evaluated | undefined => {
  const entries = entriesOf(enrichment)
  return entries.some(([, value]) => isLazy(value)) ? undefined : evaluated(entries)
}

/**
 * Evaluates what is lazy, one after the other; what fails is left out.
 *
 * @internal
 */
export const evaluate = <R>(enrichment: Enrichment<R>): Effect.Effect<Evaluated, never, R> =>
  Effect.suspend(() => {
    const entries = entriesOf(enrichment)
    if (!entries.some(([, value]) => isLazy(value))) return Effect.succeed(evaluated(entries))
    return Effect.forEach(entries, ([name, value]): Effect.Effect<Entry, never, R> =>
      isLazy(value)
        ? Effect.suspend(() => demand<R>(value)).pipe(
            Effect.catchCause(() => Effect.undefined),
            Effect.map((value) => [name, value])
          )
        : Effect.succeed([name, value])
    ).pipe(Effect.map(evaluated))
  })

/**
 * Hands the attributes to `set`.
 *
 * @internal
 */
export const write = ({ fields, shorthand }: Evaluated, set: (name: string, value: AttributeValue) => void): void => {
  if (shorthand !== undefined) writeFields({ metadata: shorthand }, set)
  writeFields(fields, set)
}

/**
 * Adds to a span while it is open; one that has ended, or is another process's, stays as it is.
 *
 * @internal
 */
export const enrichGiven = <R>(span: GivenSpan, enrichment: Enrichment<R>): Effect.Effect<void, never, R> =>
  Effect.suspend(() => {
    const set = writerOf(span)
    return set === undefined ? Effect.void : Effect.map(evaluate(enrichment), (said) => write(said, set))
  })

/** What the backend does not change any more once an event is there. */
const fixed = ["inputs", "error", "event_name", "event_type"] as const

/**
 * The request that adds to an event afterwards. What can no longer be changed (inputs, error, name, type) is kept in
 * `metadata`, under its own name.
 *
 * @internal
 */
export const toUpdate = ({ fields, shorthand }: Evaluated): UpdateEvent => {
  const { event_id: _, ...said } = fields
  const kept = Object.fromEntries(
    fixed.flatMap((name) => (said[name] === undefined ? [] : [[name, said[name]] as const]))
  )
  const metadata: Content = {
    ...toContent(kept),
    ...toContent(shorthand ?? {}),
    ...toContent(said.metadata ?? {})
  }
  const buckets = Object.entries({
    outputs: said.outputs,
    config: said.config,
    metrics: said.metrics,
    feedback: said.feedback,
    user_properties: said.user_properties
  }).flatMap(([bucket, values]) => (values === undefined ? [] : [[bucket, toContent(values)] as const]))
  return { ...Object.fromEntries(buckets), ...(Object.keys(metadata).length === 0 ? {} : { metadata }) }
}
