/**
 * The kinds of fields that a configuration has: how a value is decoded, and how it may be shown.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Content } from "@honeyhive/contract/Bucket"
import { isUuid } from "@honeyhive/contract/Uuid"
import type { HostProfile } from "../HostProfile.ts"
import { flagOf } from "./environment.ts"
import { hidden, maskKey, maskUrl } from "./mask.ts"

export interface Names<A> {
  /** Its name in a group, such as `otlp.endpoint`. */
  readonly nested?: `${string}.${string}`
  /** Other option names, looked at before the field's own. */
  readonly aliases?: ReadonlyArray<string>
  /** Environment variables, the first that is set wins. */
  readonly env: ReadonlyArray<string>
  /** Accepted for older programs, without effect. */
  readonly deprecated?: true
  /** Where the default depends on the host. */
  readonly byHost?: (profile: HostProfile) => A
  /** Where the default is found in the program itself. */
  readonly byProgram?: () => A
  /** Where the default is not one value: what it is, for people. */
  readonly otherwise?: string
}

export interface Field<A> extends Names<A> {
  readonly default: A
  /** What a value should be, for the error. */
  readonly expected: string
  /** Decodes an option or the text of a variable. */
  readonly decode: (value: unknown) => Option.Option<A>
  /** The value as people and files may see it. Default: as it is. */
  show?(value: A): Schema.Json
}

/** A field, with its names as literals: the types of options are made from them. */
type Kind<A, N> = Field<A> & N

const check =
  <A>(decode: (value: unknown) => Option.Option<A>, holds: (value: A) => boolean) =>
  (value: unknown) =>
    Option.filter(decode(value), holds)

const decodeText = Schema.decodeUnknownOption(Schema.Trimmed.check(Schema.isNonEmpty()))

export const text = <const N extends Names<string>>(names: N, otherwise: string): Kind<string, N> => ({
  ...names,
  default: otherwise,
  expected: "text",
  decode: decodeText
})

export const optionalText = <const N extends Names<string | undefined>>(names: N): Kind<string | undefined, N> => ({
  ...names,
  default: undefined,
  expected: "text",
  decode: decodeText
})

export const uuid = <const N extends Names<string | undefined>>(names: N): Kind<string | undefined, N> => ({
  ...names,
  default: undefined,
  expected: "a UUID",
  decode: (value) => Option.map(check(decodeText, isUuid)(value), (id) => id.toLowerCase())
})

export const flag = <const N extends Names<boolean>>(names: N, otherwise = false): Kind<boolean, N> => ({
  ...names,
  default: otherwise,
  expected: "true or false",
  decode: (value) => (typeof value === "boolean" ? Option.some(value) : Option.fromNullishOr(flagOf(String(value))))
})

const number = Schema.Union([Schema.Finite, Schema.FiniteFromString])
const decodeNumber = Schema.decodeUnknownOption(number)

const whole = <const N extends Names<number>>(names: N, otherwise: number, from: number): Kind<number, N> => ({
  ...names,
  default: otherwise,
  expected: `a whole number from ${from}`,
  decode: check(decodeNumber, (value) => Number.isSafeInteger(value) && value >= from)
})

export const count = <const N extends Names<number>>(names: N, otherwise: number): Kind<number, N> =>
  whole(names, otherwise, 1)

export const countFromZero = <const N extends Names<number>>(names: N, otherwise: number): Kind<number, N> =>
  whole(names, otherwise, 0)

const decodeDuration = (value: unknown): Option.Option<Duration.Duration> => {
  const seconds = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN
  // A duration option may be anything that Effect accepts; what it does not is refused by `fromInput`
  const duration = Number.isFinite(seconds)
    ? Option.some(Duration.seconds(seconds))
    : Duration.fromInput(value as Duration.Input)
  return Option.filter(duration, (duration) => Duration.toMillis(duration) >= 0)
}

const durationExpected = 'a duration, such as "5 seconds" (a variable may be a number of seconds)'

export const seconds = <const N extends Names<Duration.Duration>>(
  names: N,
  otherwise: number
): Kind<Duration.Duration, N> => ({
  ...names,
  default: Duration.seconds(otherwise),
  expected: durationExpected,
  decode: decodeDuration,
  show: Duration.format
})

export const oneOf = <const A extends string, const N extends Names<A>>(
  names: N,
  values: readonly [A, ...Array<A>]
): Kind<A, N> => ({
  ...names,
  default: values[0],
  expected: values.length < 3 ? values.join(" or ") : `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`,
  decode: Schema.decodeUnknownOption(Schema.Literals(values))
})

const isHttp = ({ protocol }: URL): boolean => protocol === "http:" || protocol === "https:"

const isHttpUrl = (text: string): boolean => {
  const url = URL.parse(text)
  return url !== null && isHttp(url) && url.username === "" && url.password === ""
}

const httpUrl = check(decodeText, isHttpUrl)
const httpUrlExpected = "an http:// or https:// URL without credentials in it"

/** Without the slash at its end, so that paths can be appended. */
export const baseUrl = <const N extends Names<string>>(names: N, otherwise: string): Kind<string, N> => ({
  ...names,
  default: otherwise,
  expected: httpUrlExpected,
  decode: (value) => Option.map(httpUrl(value), (url) => url.replace(/\/+$/, "")),
  show: maskUrl
})

export const optionalUrl = <const N extends Names<string | undefined>>(names: N): Kind<string | undefined, N> => ({
  ...names,
  default: undefined,
  expected: httpUrlExpected,
  decode: httpUrl,
  show: (value) => (value === undefined ? null : maskUrl(value))
})

const unredacted = (value: unknown): unknown => (Redacted.isRedacted(value) ? Redacted.value(value) : value)

/** A proxy's URL may hold its user's password. */
export const proxy = <const N extends Names<Redacted.Redacted | undefined>>(
  names: N
): Kind<Redacted.Redacted | undefined, N> => ({
  ...names,
  default: undefined,
  expected: "an http:// or https:// URL",
  decode: (value) =>
    Option.map(
      check(decodeText, (text) => {
        const url = URL.parse(text)
        return url !== null && isHttp(url)
      })(unredacted(value)),
      (url) => Redacted.make(url, { label: "proxy" })
    ),
  show: (value) => (value === undefined ? null : maskUrl(Redacted.value(value)))
})

const ingestionKey = /^hh_ingst_[A-Za-z0-9]{24}_[A-Za-z0-9_-]{64}$/

// Printable ASCII, so that it fits a header; typed keys must have their shape; data plane keys cannot send traces
const isKey = (key: string): boolean =>
  /^[\x21-\x7e]+$/.test(key) && !key.startsWith("hh_fgdp_") && (!key.startsWith("hh_ingst_") || ingestionKey.test(key))

export const key = <const N extends Names<Redacted.Redacted | undefined>>(
  names: N
): Kind<Redacted.Redacted | undefined, N> => ({
  ...names,
  default: undefined,
  expected: "a HoneyHive project or ingestion key, whole and without spaces",
  decode: (value) =>
    Option.map(check(decodeText, isKey)(unredacted(value)), (key) => Redacted.make(key, { label: "HoneyHive key" })),
  show: (value) => (value === undefined ? null : maskKey(Redacted.value(value)))
})

const headerRecord = Schema.Record(Schema.String.check(Schema.isPattern(/^[!#$%&'*+\-.^_`|~\w]+$/)), Schema.String)

export const headers = <const N extends Names<{ readonly [name: string]: string }>>(
  names: N
): Kind<{ readonly [name: string]: string }, N> => ({
  ...names,
  default: {},
  expected: "an object of header names and values (a variable: as JSON)",
  decode: Schema.decodeUnknownOption(Schema.Union([headerRecord, Schema.fromJsonString(headerRecord)])),
  // Names only: a header is where other backends take their keys
  show: (value) => Object.fromEntries(Object.keys(value).map((name) => [name, hidden]))
})

const decodeList = Schema.decodeUnknownOption(Schema.Array(Schema.String))

export const list = <const N extends Names<ReadonlyArray<string>>>(names: N): Kind<ReadonlyArray<string>, N> => ({
  ...names,
  default: [],
  expected: "a list of texts (a variable: with commas between)",
  decode: (value) =>
    Option.map(decodeList(typeof value === "string" ? value.split(",") : value), (texts) =>
      texts.map((text) => text.trim()).filter((text) => text !== "")
    )
})

const content = Schema.Record(Schema.String, Schema.Json)
const decodeContent = Schema.decodeUnknownOption(Schema.Union([content, Schema.fromJsonString(content)]))

/** A JSON object; `secret` shows its names only. */
export const object = <const N extends Names<Content | undefined>>(
  names: N,
  visibility?: "secret"
): Kind<Content | undefined, N> => ({
  ...names,
  default: undefined,
  expected: "a JSON object (a variable: as JSON)",
  decode: decodeContent,
  show: (value) => {
    if (value === undefined) return null
    return visibility === undefined ? value : Object.fromEntries(Object.keys(value).map((name) => [name, hidden]))
  }
})
