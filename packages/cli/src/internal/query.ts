/**
 * Queries as people type them on a command line, and as commands make them.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { and, or, parse, type TraceQuery, type WordField } from "@honeyhive/hive/TraceQuery"
import { Misuse } from "./problem.ts"

export { and, not } from "@honeyhive/hive/TraceQuery"

export const everything: TraceQuery = { _tag: "All" }

export const is = (field: WordField, value: string): TraceQuery => ({ _tag: "Is", field, parts: [value] })

/** One of these values; of none, none. */
export const oneOf = (field: WordField, [first = "", ...others]: ReadonlyArray<string>): TraceQuery =>
  or(is(field, first), ...others.map((value) => is(field, value)))

/** What began no earlier, in milliseconds since 1970. */
export const since = (moment: number | undefined): TraceQuery =>
  moment === undefined ? everything : { _tag: "Since", moment: { _tag: "At", millis: Math.floor(moment) } }

/** The query with a mark under the place where it stops being one. */
const underline = (text: string, position: number, message: string): string =>
  `${message}\n  ${text}\n  ${" ".repeat(position)}^`

/** An argument with blanks was one word to the shell, and is a text here, unless it holds a query of its own. */
const isText = (word: string): boolean => /\s/.test(word) && !/[:<>="()]|(^|\s)(OR|-\S)/.test(word)

/** The arguments of a command as one query, which a moment may narrow. */
export const read = (words: ReadonlyArray<string>, from: number | undefined): Effect.Effect<TraceQuery, Misuse> => {
  const text = words.map((word) => (isText(word) ? JSON.stringify(word) : word)).join(" ")
  return Effect.fromResult(
    Result.mapBoth(parse(text), {
      onFailure: ({ message, position }) => new Misuse({ message: underline(text, position, message) }),
      onSuccess: (query) => and(query, since(from))
    })
  )
}
