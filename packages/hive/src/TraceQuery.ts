/**
 * The hive's query language: `type:model model:gpt* duration>2s error:true "refund"`.
 *
 * Terms that stand side by side must all hold; `OR` between them, parentheses around them, `-` before one that must not
 * hold. A word searches names, inputs, outputs and errors; `"several words"` a phrase; `refund*` what begins so. In
 * `field:value` a `*` outside of quotes stands for anything; numbers compare with `:`, `>`, `>=`, `<`, `<=`.
 *
 * @since 0.1.0
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as completion from "./internal/queryCompletion.ts"
import { type Mistake, parseQuery } from "./internal/queryParser.ts"
import { printQuery } from "./internal/queryPrinter.ts"

/**
 * The fields whose values are words: `name:search*`.
 *
 * @category fields
 * @since 0.1.0
 */
export const WordField = Schema.Literals([
  "type",
  "name",
  "model",
  "provider",
  "tool",
  "user",
  "source",
  "session",
  "trace",
  "id"
])

/**
 * @category fields
 * @since 0.1.0
 */
export type WordField = typeof WordField.Type

/**
 * The fields whose values are numbers; `duration` and `ttft` (time to first token) in milliseconds, `cost` in US dollars.
 *
 * @category fields
 * @since 0.1.0
 */
export const NumberField = Schema.Literals(["duration", "ttft", "tokens", "cost"])

/**
 * @category fields
 * @since 0.1.0
 */
export type NumberField = typeof NumberField.Type

/**
 * The buckets inside of which a path may look: `metadata.customer.plan:pro`, `metrics.score<0.5`.
 *
 * @category fields
 * @since 0.1.0
 */
export const PathBucket = Schema.Literals(["metadata", "config", "metrics", "feedback", "user_properties"])

/**
 * @category fields
 * @since 0.1.0
 */
export type PathBucket = typeof PathBucket.Type

/**
 * A value inside a bucket.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Path = Schema.TaggedStruct("Path", { bucket: PathBucket, key: Schema.NonEmptyString })

/**
 * @category models
 * @since 0.1.0
 */
export type Path = typeof Path.Type

/**
 * A moment, or one so many milliseconds before now.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Moment = Schema.Union([
  Schema.TaggedStruct("At", { millis: Schema.Int }),
  Schema.TaggedStruct("Ago", { millis: Schema.Finite })
])

/**
 * @category models
 * @since 0.1.0
 */
export type Moment = typeof Moment.Type

/**
 * @category schemas
 * @since 0.1.0
 */
export const Operator = Schema.Literals(["=", ">", ">=", "<", "<="])

/**
 * @category models
 * @since 0.1.0
 */
export type Operator = typeof Operator.Type

/**
 * Everything.
 *
 * @category schemas
 * @since 0.1.0
 */
export const All = Schema.TaggedStruct("All", {})

/**
 * A word or phrase in names, inputs, outputs and errors, or in one of them.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Text = Schema.TaggedStruct("Text", {
  /** Holds a letter or a digit. */
  text: Schema.String,
  /** Whether the last word may go on. */
  prefix: Schema.Boolean,
  column: Schema.optionalKey(Schema.Literals(["inputs", "outputs", "error"]))
})

/**
 * A field is this word, or this pattern: between the parts stands anything.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Is = Schema.TaggedStruct("Is", {
  field: Schema.Union([WordField, Path]),
  parts: Schema.NonEmptyArray(Schema.String)
})

/**
 * @category schemas
 * @since 0.1.0
 */
export const Compare = Schema.TaggedStruct("Compare", {
  field: Schema.Union([NumberField, Path]),
  operator: Operator,
  value: Schema.Finite
})

/**
 * Whether the event has an error.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Failed = Schema.TaggedStruct("Failed", { failed: Schema.Boolean })

/**
 * Started at the moment or later.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Since = Schema.TaggedStruct("Since", { moment: Moment })

/**
 * Started at the moment or earlier.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Until = Schema.TaggedStruct("Until", { moment: Moment })

/**
 * A condition without others in it.
 *
 * @category models
 * @since 0.1.0
 */
export type Leaf =
  | typeof All.Type
  | typeof Text.Type
  | typeof Is.Type
  | typeof Compare.Type
  | typeof Failed.Type
  | typeof Since.Type
  | typeof Until.Type

/**
 * A query.
 *
 * @category models
 * @since 0.1.0
 */
export type TraceQuery =
  | Leaf
  | { readonly _tag: "And"; readonly terms: ReadonlyArray<TraceQuery> }
  | { readonly _tag: "Or"; readonly terms: ReadonlyArray<TraceQuery> }
  | { readonly _tag: "Not"; readonly term: TraceQuery }

const nested = Schema.suspend((): Schema.Codec<TraceQuery> => TraceQuery)

/**
 * The query as data, for programs that make queries rather than texts.
 *
 * @category schemas
 * @since 0.1.0
 */
export const TraceQuery: Schema.Codec<TraceQuery> = Schema.Union([
  All,
  Text,
  Is,
  Compare,
  Failed,
  Since,
  Until,
  Schema.TaggedStruct("And", { terms: Schema.Array(nested) }),
  Schema.TaggedStruct("Or", { terms: Schema.Array(nested) }),
  Schema.TaggedStruct("Not", { term: nested })
])

/**
 * A text that is no query: where it stops being one, and what may stand there.
 *
 * @category errors
 * @since 0.1.0
 */
export class TraceQueryError extends Schema.TaggedError<TraceQueryError>()("TraceQueryError", {
  message: Schema.String,
  /** Index into the text, from 0. */
  position: Schema.Int,
  expected: Schema.Array(Schema.String)
}) {}

const asError = ({ expected, found, position }: Mistake): TraceQueryError =>
  new TraceQueryError({
    position,
    expected,
    message: `at ${position + 1}: ${found}; expected ${expected.length > 1 ? `one of ${expected.join(", ")}` : expected[0]}`
  })

/**
 * Reads a query. It is total and takes time in proportion to the text, of which 8,192 characters are read.
 *
 * @example
 * ```ts
 * import { Result } from "effect"
 * import { TraceQuery } from "@honeyhive/hive"
 *
 * Result.map(TraceQuery.parse("type:model tokens>1000"), TraceQuery.print)
 * // => Result.succeed("type:model tokens>1000")
 *
 * Result.mapError(TraceQuery.parse("duration>fast"), ({ message }) => message)
 * // => Result.fail("at 10: \"fast\" is no number; expected a length of time such as 2s, 500ms or 1h")
 * ```
 *
 * @category parsing
 * @since 0.1.0
 */
export const parse = (text: string): Result.Result<TraceQuery, TraceQueryError> =>
  Result.mapError(parseQuery(text), asError)

/**
 * Writes a query. `parse(print(query))` is the query again, where it is one that `parse`, `and`, `or` and `not` make.
 *
 * @example
 * ```ts
 * import { TraceQuery } from "@honeyhive/hive"
 *
 * TraceQuery.print({ _tag: "Since", moment: { _tag: "Ago", millis: 3_600_000 } }) // => "since:1h"
 * ```
 *
 * @category printing
 * @since 0.1.0
 */
export const print: (query: TraceQuery) => string = printQuery

const gathered = (tag: "And" | "Or", terms: ReadonlyArray<TraceQuery>): ReadonlyArray<TraceQuery> =>
  terms.flatMap((term) => (term._tag === tag ? term.terms : [term]))

/**
 * All of them hold; of none, everything.
 *
 * @example
 * ```ts
 * import { TraceQuery } from "@honeyhive/hive"
 *
 * const failed: TraceQuery.TraceQuery = { _tag: "Failed", failed: true }
 * const tools: TraceQuery.TraceQuery = { _tag: "Is", field: "type", parts: ["tool"] }
 *
 * TraceQuery.print(TraceQuery.and(tools, TraceQuery.not(failed))) // => "type:tool -error:true"
 * TraceQuery.print(TraceQuery.and(TraceQuery.or(tools, failed), tools)) // => "(type:tool OR error:true) type:tool"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const and = (...terms: ReadonlyArray<TraceQuery>): TraceQuery => {
  const some = gathered("And", terms).filter(({ _tag }) => _tag !== "All")
  return some.length > 1 ? { _tag: "And", terms: some } : (some[0] ?? { _tag: "All" })
}

/**
 * At least one of them holds.
 *
 * @example
 * ```ts
 * import { TraceQuery } from "@honeyhive/hive"
 *
 * TraceQuery.or({ _tag: "Failed", failed: true }) // => { _tag: "Failed", failed: true }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const or = (...terms: readonly [TraceQuery, ...ReadonlyArray<TraceQuery>]): TraceQuery => {
  const some = gathered("Or", terms)
  return some.length > 1 ? { _tag: "Or", terms: some } : terms[0]
}

/**
 * It does not hold.
 *
 * @example
 * ```ts
 * import { TraceQuery } from "@honeyhive/hive"
 *
 * TraceQuery.not(TraceQuery.not({ _tag: "All" })) // => { _tag: "All" }
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const not = (term: TraceQuery): TraceQuery => (term._tag === "Not" ? term.term : { _tag: "Not", term })

/**
 * What may stand at a cursor.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Completion = Schema.Struct({
  /** The part of the text that an option replaces: from, up to and without. */
  from: Schema.Int,
  to: Schema.Int,
  options: Schema.Array(
    Schema.Struct({
      text: Schema.String,
      kind: Schema.Literals(["field", "operator", "value", "keyword"]),
      detail: Schema.optionalKey(Schema.String)
    })
  )
})

/**
 * @category models
 * @since 0.1.0
 */
export type Completion = typeof Completion.Type

/**
 * A place in a text whose values somebody knows: what is there of the value so far, and the field it is of.
 *
 * @example
 * ```ts
 * import { TraceQuery } from "@honeyhive/hive"
 *
 * TraceQuery.valueAt("error:true model:gp", 19) // => { field: "model", typed: "gp" }
 * ```
 *
 * @category completion
 * @since 0.1.0
 */
export const valueAt: (text: string, cursor: number) => { readonly field: string; readonly typed: string } | undefined =
  completion.valueAt

/**
 * What may stand at a cursor (an index into the text); `known` are values of the field at {@link valueAt}.
 *
 * @example
 * ```ts
 * import { TraceQuery } from "@honeyhive/hive"
 *
 * TraceQuery.complete("error:true mod", 14).options.map(({ text }) => text) // => ["model:"]
 * TraceQuery.complete("type:mo", 7).options.map(({ text }) => text) // => ["model"]
 * ```
 *
 * @category completion
 * @since 0.1.0
 */
export const complete: (text: string, cursor: number, known?: ReadonlyArray<string>) => Completion = completion.complete
