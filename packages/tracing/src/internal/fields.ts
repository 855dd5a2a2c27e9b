/**
 * Every field of the configuration: its names, its type, its default.
 */
import { basename } from "node:path"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Rule } from "@honeyhive/contract/EventKind"
import { isUuid } from "@honeyhive/contract/Uuid"
import type { HostProfile } from "../HostProfile.ts"
import type { Settings } from "../TracerConfig.ts"

export interface Field<A> {
  /** Other option names, looked at before the field's own. */
  readonly aliases?: ReadonlyArray<string>
  /** Environment variables, the first that is set wins. */
  readonly env: ReadonlyArray<string>
  readonly default: A
  /** Where the default depends on the host. */
  readonly byHost?: (profile: HostProfile) => A
  /** What a value should be, for the error. */
  readonly expected: string
  /** Decodes an option or the text of a variable. */
  readonly decode: (value: unknown) => Option.Option<A>
}

type Names = Partial<Pick<Field<unknown>, "aliases">> & { readonly env: ReadonlyArray<string> }

const check =
  <A>(decode: (value: unknown) => Option.Option<A>, holds: (value: A) => boolean) =>
  (value: unknown) =>
    Option.filter(decode(value), holds)

const text = Schema.decodeUnknownOption(Schema.Trimmed.check(Schema.isNonEmpty()))

const required = (names: Names, otherwise: string): Field<string> => ({
  ...names,
  default: otherwise,
  expected: "text",
  decode: text
})

const optional = (
  names: Names,
  expected = "text",
  decode: (value: unknown) => Option.Option<string> = text
): Field<string | undefined> => ({ ...names, default: undefined, expected, decode })

const words: { readonly [word: string]: boolean } = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false
}

const flag = (names: Names): Field<boolean> => ({
  ...names,
  default: false,
  expected: "true or false",
  decode: (value) =>
    typeof value === "boolean" ? Option.some(value) : Option.fromNullishOr(words[String(value).toLowerCase()])
})

const decodeCount = Schema.decodeUnknownOption(
  Schema.Union([Schema.Int, Schema.FiniteFromString.pipe(Schema.decodeTo(Schema.Int))]).check(
    Schema.isGreaterThanOrEqualTo(1)
  )
)

const count = (names: Names, otherwise: number): Field<number> => ({
  ...names,
  default: otherwise,
  expected: "a whole number from 1",
  decode: decodeCount
})

const seconds = (names: Names, otherwise: number): Field<Duration.Duration> => ({
  ...names,
  default: Duration.seconds(otherwise),
  expected: 'a duration, such as "5 seconds" (a variable may be a number of seconds)',
  decode: (value) => {
    const number = typeof value === "string" ? Number(value) : Number.NaN
    // A duration option may be anything that Effect accepts; what it does not is refused by `fromInput`
    const duration = Number.isFinite(number)
      ? Option.some(Duration.seconds(number))
      : Duration.fromInput(value as Duration.Input)
    return Option.filter(duration, (duration) => Duration.toMillis(duration) >= 0)
  }
})

const oneOf = <const A extends string>(names: Names, values: readonly [A, ...Array<A>]): Field<A> => ({
  ...names,
  default: values[0],
  expected: values.join(" or "),
  decode: Schema.decodeUnknownOption(Schema.Literals(values))
})

const isHttpUrl = (text: string): boolean => {
  const url = URL.parse(text)
  return (
    url !== null &&
    (url.protocol === "http:" || url.protocol === "https:") &&
    url.username === "" &&
    url.password === ""
  )
}

const httpUrl = check(text, isHttpUrl)
const httpUrlExpected = "an http:// or https:// URL without credentials in it"

const ingestionKey = /^hh_ingst_[A-Za-z0-9]{24}_[A-Za-z0-9_-]{64}$/

// Printable ASCII, so that it fits a header; typed keys must have their shape; data plane keys cannot send traces
const isKey = (key: string): boolean =>
  /^[\x21-\x7e]+$/.test(key) && !key.startsWith("hh_fgdp_") && (!key.startsWith("hh_ingst_") || ingestionKey.test(key))

const decodeKey = check((value: unknown) => text(Redacted.isRedacted(value) ? Redacted.value(value) : value), isKey)

const headers = Schema.Record(Schema.String.check(Schema.isPattern(/^[!#$%&'*+\-.^_`|~\w]+$/)), Schema.String)

const decodeHeaders = Schema.decodeUnknownOption(Schema.Union([headers, Schema.fromJsonString(headers)]))

const rules = Schema.Array(Rule)

const decodeRules = Schema.decodeUnknownOption(Schema.Union([rules, Schema.fromJsonString(rules)]), {
  // A misspelt condition would otherwise be none, and the rule would match too much
  onExcessProperty: "error"
})

// The program's own file, as HoneyHive's Python SDK does it; there is none in a REPL
const programName = (): string => basename(process.argv[1] ?? "").replace(/\.[cm]?[jt]sx?$/, "") || "unknown"

export const fields = {
  apiKey: {
    aliases: ["ingestionApiKey", "projectApiKey"],
    env: ["HH_INGESTION_API_KEY", "HH_PROJECT_API_KEY", "HH_API_KEY"],
    default: undefined,
    expected: "a HoneyHive project or ingestion key, whole and without spaces",
    decode: (value) => Option.map(decodeKey(value), (key) => Redacted.make(key, { label: "HoneyHive key" }))
  },
  url: {
    aliases: ["dataPlaneUrl", "serverUrl"],
    env: ["HH_DATA_PLANE_URL", "HH_API_URL", "HH_SERVER_URL"],
    default: "https://api.dp1.us.honeyhive.ai",
    expected: httpUrlExpected,
    decode: (value) => Option.map(httpUrl(value), (url) => url.replace(/\/+$/, ""))
  },
  source: required({ env: ["HH_SOURCE"] }, "dev"),
  project: optional({ env: ["HH_PROJECT"] }),
  sessionName: { ...required({ env: ["HH_SESSION_NAME"] }, "unknown"), byHost: programName },
  sessionId: optional({ env: ["HH_SESSION_ID"] }, "a UUID", (value) =>
    Option.map(check(text, isUuid)(value), (id) => id.toLowerCase())
  ),
  skipSessionCreation: flag({ env: ["HH_SKIP_SESSION_CREATION"] }),
  sessionPerServerSpan: flag({ env: ["HH_SESSION_PER_SERVER_SPAN"] }),
  testMode: flag({ env: ["HH_TEST_MODE"] }),
  disableTracing: flag({ env: ["HH_DISABLE_TRACING"] }),
  disableBatch: flag({ env: ["HH_DISABLE_BATCH"] }),
  exporter: oneOf({ env: ["HH_EXPORTER"] }, ["otlp", "console", "none"]),
  otlpEndpoint: optional({ env: ["HH_OTLP_ENDPOINT"] }, httpUrlExpected, httpUrl),
  otlpHeaders: {
    env: ["HH_OTLP_HEADERS"],
    default: {},
    expected: "an object of header names and values (a variable: as JSON)",
    decode: decodeHeaders
  },
  otlpProtocol: oneOf({ env: ["HH_OTLP_PROTOCOL"] }, ["http/json", "http/protobuf"]),
  batchMaxSize: {
    ...count({ env: ["HH_MAX_EXPORT_BATCH_SIZE", "HH_BATCH_SIZE"] }, 512),
    byHost: (host) => host.batchMaxSize
  },
  batchMaxQueue: count({ env: ["HH_MAX_QUEUE_SIZE"] }, 32_768),
  batchMaxQueueBytes: count({ env: ["HH_MAX_QUEUE_BYTES"] }, 64 * 1024 * 1024),
  batchMaxBytes: count({ env: ["HH_MAX_EXPORT_BATCH_BYTES"] }, 4 * 1024 * 1024),
  batchInterval: { ...seconds({ env: ["HH_FLUSH_INTERVAL"] }, 5), byHost: (host) => host.batchInterval },
  resilience: oneOf({ env: ["HH_RESILIENCE_LEVEL"] }, ["balanced", "strict", "resilient"]),
  exportTimeout: seconds({ env: ["HH_EXPORT_TIMEOUT"] }, 30),
  flushTimeout: { ...seconds({ env: ["HH_FLUSH_TIMEOUT"] }, 3), byHost: (host) => host.flush },
  shutdownTimeout: { ...seconds({ env: ["HH_SHUTDOWN_TIMEOUT"] }, 3), byHost: (host) => host.flush },
  eventTypeRules: {
    env: ["HH_EVENT_TYPE_RULES"],
    default: [],
    expected: 'a list of rules such as { match: { name: "POST /chat*" }, type: "agent" } (a variable: as JSON)',
    decode: decodeRules
  },
  maxAttributes: count({ env: ["HH_MAX_ATTRIBUTES"] }, 1024),
  maxEvents: count({ env: ["HH_MAX_EVENTS"] }, 1024),
  maxLinks: count({ env: ["HH_MAX_LINKS"] }, 128),
  serviceName: required({ env: ["HH_SERVICE_NAME", "OTEL_SERVICE_NAME"] }, "unknown_service"),
  serviceVersion: optional({ env: ["HH_SERVICE_VERSION"] })
} satisfies { readonly [K in Exclude<keyof Settings, "host">]: Field<Settings[K]> }

/** Nested groups and the flat names of their keys. */
export const groups = {
  session: {
    name: "sessionName",
    id: "sessionId",
    skipCreation: "skipSessionCreation",
    perServerSpan: "sessionPerServerSpan"
  },
  otlp: { endpoint: "otlpEndpoint", headers: "otlpHeaders", protocol: "otlpProtocol" },
  batch: {
    maxSize: "batchMaxSize",
    maxBytes: "batchMaxBytes",
    maxQueue: "batchMaxQueue",
    maxQueueBytes: "batchMaxQueueBytes",
    interval: "batchInterval",
    disabled: "disableBatch"
  },
  limits: { attributes: "maxAttributes", events: "maxEvents", links: "maxLinks" },
  service: { name: "serviceName", version: "serviceVersion" }
} as const
