/**
 * Ids of datasets and datapoints that HoneyHive does not have: made from their content, so that the same data has the same
 * ids in every run, and in Python's SDK, too.
 *
 * An id is `EXT-` and the first 16 hexadecimal digits of SHA-256 over the text that Python's
 * `json.dumps(value, sort_keys=True)` makes; a datapoint's text is followed by its index.
 *
 * @since 0.1.0
 */
import * as Digest from "effect/crypto/Digest"
import * as Effect from "effect/Effect"

/**
 * What every external id begins with.
 *
 * @category names
 * @since 0.1.0
 */
export const PREFIX = "EXT-"

/** A number as it was written: Python tells `1` from `1.0`, JavaScript does not. */
class Written {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`

const short: { readonly [unit: string]: string } = {
  '"': '\\"',
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\f": "\\f",
  "\b": "\\b"
}

// By UTF-16 unit: Python writes characters beyond them as two escapes
const quote = (text: string): string => `"${text.replaceAll(/["\\]|[^ -~]/g, (unit) => short[unit] ?? escape(unit))}"`

/** Python's `repr`: exponents from 1e16 and below 1e-4 (JavaScript: 1e21 and 1e-6), of two digits at least. */
const float = (value: number): string => {
  if (Number.isNaN(value)) return "NaN"
  if (!Number.isFinite(value)) return value < 0 ? "-Infinity" : "Infinity"
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0"
  const [digits = "", power = ""] = value.toExponential().split("e")
  const exponent = Number(power)
  if (exponent < -4 || exponent >= 16) {
    return `${digits}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`
  }
  if (Number.isInteger(value)) return `${BigInt(value)}.0`
  // Between 1e-4 and 1e-6 is the only range in which JavaScript's own text is no exponent and Python's is; it is above
  return String(value)
}

// What JSON writes without a fraction is an `int` to a Python program that reads it
const number = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e21 && !Object.is(value, -0) ? String(value) : float(value)

const written = ({ text }: Written): string => (/^-?\d+$/.test(text) ? String(BigInt(text)) : float(Number(text)))

/** Python compares code points, JavaScript UTF-16 units. */
const byCodePoint = (a: string, b: string): number => {
  const [left, right] = [Array.from(a), Array.from(b)]
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const difference = (left[index]?.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

const hasNoJson = (value: unknown): boolean =>
  value === undefined || typeof value === "function" || typeof value === "symbol"

/**
 * The text of Python's `json.dumps(value, sort_keys=True)`. Whole numbers are written as Python's `int`; what JSON has no
 * form for is left out of objects and `null` in lists, as `JSON.stringify` does it. Cycles are an error.
 *
 * @example
 * ```ts
 * import { ExternalIds } from "@honeyhive/contract"
 *
 * ExternalIds.pythonJson({ q: "café", k: [1, 1e-7, true, null] }) // => '{"k": [1, 1e-07, true, null], "q": "caf\\u00e9"}'
 * ```
 *
 * @category encoding
 * @since 0.1.0
 */
export const pythonJson = (value: unknown): string => {
  if (typeof value === "string") return quote(value)
  if (typeof value === "number") return number(value)
  if (typeof value === "boolean" || typeof value === "bigint") return String(value)
  if (value === null || typeof value !== "object") return "null"
  if (value instanceof Written) return written(value)
  if ("toJSON" in value && typeof value.toJSON === "function") return pythonJson(value.toJSON())
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`
  const entries = Object.entries(value).filter(([, content]) => !hasNoJson(content))
  const pairs = entries
    .toSorted(([a], [b]) => byCodePoint(a, b))
    .map(([k, content]) => `${quote(k)}: ${pythonJson(content)}`)
  return `{${pairs.join(", ")}}`
}

// Part of the language (ES2026) that TypeScript's library of 2024 does not know
type Reviver = (this: unknown, key: string, value: unknown, context?: { readonly source?: string }) => unknown

/**
 * Reads JSON so that the result has the ids that Python gives to the same file: `1.0` stays apart from `1`, and whole numbers
 * keep all their digits. For hashing only; numbers in it are no numbers. Throws a `SyntaxError` as `JSON.parse` does.
 *
 * @example
 * ```ts
 * import { ExternalIds } from "@honeyhive/contract"
 *
 * ExternalIds.pythonJson(ExternalIds.parseExact('{"a": 1.0, "b": 12345678901234567890}'))
 * // => '{"a": 1.0, "b": 12345678901234567890}'
 * ```
 *
 * @category decoding
 * @since 0.1.0
 */
export const parseExact = (text: string): unknown => {
  const keep: Reviver = (_, value, context) =>
    typeof value === "number" && context?.source !== undefined ? new Written(context.source) : value
  return JSON.parse(text, keep)
}

const hash = (text: string): Effect.Effect<string> =>
  Digest.Digest.use(({ digestHex }) => digestHex(Digest.sha256, new TextEncoder().encode(text))).pipe(
    Effect.map((hex) => PREFIX + hex.slice(0, 16)),
    Effect.provide(Digest.layerWebCrypto)
  )

/**
 * The id of a dataset: all its datapoints as one list.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ExternalIds } from "@honeyhive/contract"
 *
 * const data = [{ inputs: { q: true, ctx: 0.8841678195265548 }, ground_truth: -1872244685471673 }]
 *
 * await Effect.runPromise(ExternalIds.datasetId(data)) // => "EXT-98805ace7c8e1aac"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const datasetId = (datapoints: ReadonlyArray<unknown>): Effect.Effect<string> =>
  Effect.suspend(() => hash(pythonJson(datapoints)))

/**
 * The id of the datapoint at this place of its dataset, counted from 0: equal datapoints have different ids.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { ExternalIds } from "@honeyhive/contract"
 *
 * const datapoint = { inputs: { q: true, ctx: 0.8841678195265548 }, ground_truth: -1872244685471673 }
 *
 * await Effect.runPromise(ExternalIds.datapointId(datapoint, 0)) // => "EXT-80401ddd27668087"
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const datapointId = (datapoint: unknown, index: number): Effect.Effect<string> =>
  Effect.suspend(() => hash(`${pythonJson(datapoint)}${index}`))

/**
 * An id that a user gave: with `EXT-` before it where it has none.
 *
 * @example
 * ```ts
 * import { ExternalIds } from "@honeyhive/contract"
 *
 * [ExternalIds.custom("refund-1"), ExternalIds.custom("EXT-7")] // => ["EXT-refund-1", "EXT-7"]
 * ```
 *
 * @category constructors
 * @since 0.1.0
 */
export const custom = (id: string): string => (id.startsWith(PREFIX) ? id : PREFIX + id)
