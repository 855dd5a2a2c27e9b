/**
 * Why does nothing arrive? Every reason that can be looked at from here, each with what to do about it.
 */
import * as Fs from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Settings } from "@honeyhive/tracing/TracerConfig"
import type { Environment } from "./location.ts"
import { reasonOf } from "./backend.ts"
import { bytes, milliseconds, moment, plural } from "./text.ts"

/** `fail` keeps traces from arriving; `warn` may, or will surprise; `info` is for reading. */
export type Status = "ok" | "info" | "warn" | "fail"

export interface Check {
  readonly check: string
  readonly status: Status
  readonly says: string
  readonly advice?: string
}

const OLDEST_NODE: readonly [major: number, minor: number] = [22, 19]

export const nodeCheck = (version: string): Check => {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
    ? { check: "node", status: "ok", says: `Node ${version}` }
    : {
        check: "node",
        status: "fail",
        says: `Node ${version} is older than ${OLDEST_NODE.join(".")}, which Effect 4 needs`,
        advice: "install a newer Node: https://nodejs.org"
      }
}

const masked = (key: string): string => (key.length < 12 ? "****" : `${key.slice(0, 3)}****${key.slice(-4)}`)

export const keyCheck = ({
  apiKey,
  otlpEndpoint,
  sources
}: Pick<Settings, "apiKey" | "otlpEndpoint" | "sources">): Check => {
  if (apiKey === undefined) {
    return otlpEndpoint === undefined
      ? {
          check: "key",
          status: "fail",
          says: "no key is set, so the tracer sends nothing",
          advice: "set HH_API_KEY to a key of your project; for a hive, any text will do"
        }
      : { check: "key", status: "ok", says: `none needed: spans go to ${otlpEndpoint}` }
  }
  const key = Redacted.value(apiKey)
  return /^["'\s]|["'\s]$/.test(key)
    ? {
        check: "key",
        status: "fail",
        says: `the key (${sources.apiKey}) begins or ends with a quotation mark or a blank`,
        advice: "take it out: .env files and shells differ in how they quote"
      }
    : { check: "key", status: "ok", says: `${masked(key)} (${sources.apiKey})` }
}

/** What turns traces off, or thins them. */
export const switchChecks = (settings: Settings, env: Environment): ReadonlyArray<Check> => {
  const off = (says: string, advice: string): Check => ({ check: "switch", status: "fail", says, advice })
  return [
    ...(settings.testMode
      ? [off("test mode is on: nothing is sent", `unset HH_TEST_MODE (${settings.sources.testMode})`)]
      : []),
    ...(settings.disableTracing
      ? [off("tracing is disabled", `unset HH_DISABLE_TRACING (${settings.sources.disableTracing})`)]
      : []),
    ...(settings.exporter === "none" || !settings.otlpEnabled
      ? [off("the exporter is off", "unset HH_EXPORTER and HH_OTLP_ENABLED")]
      : []),
    ...(settings.exporter === "console"
      ? [off("spans go to the console, not to a backend", "unset HH_EXPORTER, or set it to otlp")]
      : []),
    ...(env["OTEL_SDK_DISABLED"]?.toLowerCase() === "true"
      ? [
          {
            check: "switch",
            status: "warn",
            says: "OTEL_SDK_DISABLED is true: OpenTelemetry's own SDK makes no spans",
            advice: "unset it, if spans of instrumentations are missing"
          } satisfies Check
        ]
      : []),
    ...((settings.sampling.ratio ?? 1) < 1
      ? [
          {
            check: "switch",
            status: "warn",
            says: `only ${(settings.sampling.ratio ?? 1) * 100} % of traces are kept`,
            advice: "set HH_SAMPLE_RATIO to 1 to see all of them"
          } satisfies Check
        ]
      : [])
  ]
}

const isLoopback = (url: string): boolean => /^https?:\/\/(localhost|127(\.\d+){3}|\[::1\])([:/]|$)/.test(url)

/** Node's own `fetch` and most libraries look at proxies only when told to. */
export const proxyCheck = (url: string, settings: Settings, env: Environment): ReadonlyArray<Check> => {
  const proxy = env["HTTPS_PROXY"] ?? env["https_proxy"] ?? env["HTTP_PROXY"] ?? env["http_proxy"]
  if (proxy === undefined || proxy === "" || isLoopback(url)) return []
  if (settings.httpProxy !== undefined || settings.httpsProxy !== undefined || env["NODE_USE_ENV_PROXY"] === "1")
    return []
  return [
    {
      check: "proxy",
      status: "warn",
      says: "the environment names a proxy, which Node does not use by itself",
      advice: "set NODE_USE_ENV_PROXY=1, or HH_HTTPS_PROXY, if the backend is reached through it only"
    }
  ]
}

/** What a failed connection means. */
export const connectionAdvice = (code: string | undefined, url: string): string => {
  const { host, hostname } = new URL(url)
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the name ${hostname} is not known here: is HH_API_URL right, and is there a network?`
    case "ECONNREFUSED":
      return isLoopback(url)
        ? `nothing listens on ${host}: start a hive with \`hive up\`, or correct HH_API_URL`
        : `nothing listens on ${host}: is the port right?`
    case "ETIMEDOUT":
    case "UND_ERR_CONNECT_TIMEOUT":
    case "TimeoutError":
      return "a firewall, a VPN or a missing proxy may be in the way"
    default:
      return code !== undefined && /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code)
        ? "the certificate is not trusted: set NODE_EXTRA_CA_CERTS to your organisation's, rather than HH_VERIFY_SSL=false"
        : "is the address right?"
  }
}

const codeOf = (error: unknown): string | undefined => {
  for (let at = error, depth = 0; depth < 8 && at instanceof Error; at = at.cause, depth++) {
    if (at instanceof AggregateError && at.errors.length > 0) return codeOf(at.errors[0])
    if ("code" in at && typeof at.code === "string") return at.code
    if (at.name === "TimeoutError") return at.name
  }
  return undefined
}

const CLOCK_WARN = 10_000
const CLOCK_FAIL = 5 * 60_000

/** How far the clocks are apart; the backend's has whole seconds. */
export const clockCheck = (date: string | null, asked: number, answered: number): ReadonlyArray<Check> => {
  const theirs = date === null ? Number.NaN : Date.parse(date)
  if (Number.isNaN(theirs)) return []
  const between = (asked + answered) / 2
  const apart = theirs + 500 - between
  const size = Math.max(0, Math.abs(apart) - 500 - (answered - asked) / 2)
  if (size < CLOCK_WARN) return [{ check: "clock", status: "ok", says: "agrees with the backend's" }]
  return [
    {
      check: "clock",
      status: size < CLOCK_FAIL ? "warn" : "fail",
      says: `this machine's clock is ${milliseconds(Math.abs(apart))} ${apart > 0 ? "behind" : "ahead of"} the backend's`,
      advice: "set it by NTP: sessions show at the wrong time, and recent ones may not show at all"
    }
  ]
}

const TIMEOUT = 5_000

/** Asks the backend to take no spans at all, with the tracer's own address and key: it answers what it would to some. */
export const backendChecks = Effect.fnUntraced(function* (settings: Settings) {
  const url = settings.otlpEndpoint ?? `${settings.url}/opentelemetry/v1/traces`
  const key = settings.otlpEndpoint === undefined ? settings.apiKey : undefined
  const asked = yield* Clock.currentTimeMillis
  const result = yield* Effect.result(
    Effect.tryPromise({
      try: async () => {
        const response = await fetch(url, {
          method: "POST",
          redirect: "manual",
          headers: {
            "content-type": "application/json",
            ...settings.otlpHeaders,
            ...(key === undefined ? {} : { authorization: `Bearer ${Redacted.value(key)}` })
          },
          body: '{"resourceSpans":[]}',
          signal: AbortSignal.timeout(TIMEOUT)
        })
        await response.arrayBuffer()
        return { status: response.status, date: response.headers.get("date") }
      },
      catch: (error) => error
    })
  )
  const answered = yield* Clock.currentTimeMillis
  if (Result.isFailure(result)) {
    const code = codeOf(result.failure)
    const says =
      code === "TimeoutError"
        ? `${url} did not answer within ${TIMEOUT / 1000} s`
        : `${url} cannot be reached (${code ?? reasonOf(result.failure)})`
    return [{ check: "backend", status: "fail", says, advice: connectionAdvice(code, url) } satisfies Check]
  }
  const { date, status } = result.success
  const hasKey = key !== undefined || settings.otlpEndpoint !== undefined
  return [answerCheck(url, status, answered - asked, hasKey), ...clockCheck(date, asked, answered)]
})

export const answerCheck = (url: string, status: number, took: number, hasKey: boolean): Check => {
  if (status >= 200 && status < 300) {
    return { check: "backend", status: "ok", says: `${url} takes spans, in ${milliseconds(took)}` }
  }
  const fail = (says: string, advice: string): Check => ({ check: "backend", status: "fail", says, advice })
  if (status === 401 && !hasKey) return { check: "backend", status: "ok", says: `${url} answers, and asks for a key` }
  if (status === 401 || status === 403) {
    return fail(
      `${url} does not accept the key (${status})`,
      "is it a key of this data plane, and not revoked? Set HH_API_KEY to another one"
    )
  }
  if (status === 404 || status === 405)
    return fail(`${url} answers ${status}: there is no such route`, "is HH_API_URL right?")
  if (status >= 300 && status < 400) return fail(`${url} redirects (${status})`, "set HH_API_URL to where it leads")
  return {
    check: "backend",
    status: "warn",
    says: `${url} answers ${status}`,
    advice: "it may have trouble of its own: try again later"
  }
}

/** Packages that register OpenTelemetry's global provider, or trace in its place. */
const providers = [
  "@opentelemetry/sdk-node",
  "@opentelemetry/auto-instrumentations-node",
  "@sentry/node",
  "@vercel/otel",
  "@langfuse/otel",
  "@traceloop/node-server-sdk",
  "@pydantic/logfire-node",
  "dd-trace",
  "newrelic",
  "elastic-apm-node",
  "honeyhive"
]

const Manifest = Schema.fromJsonString(
  Schema.Struct({
    version: Schema.optionalKey(Schema.String),
    dependencies: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
    devDependencies: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
  })
)

const manifestAt = (path: string): typeof Manifest.Type | undefined => {
  try {
    return Schema.decodeUnknownSync(Manifest)(Fs.readFileSync(path, "utf8"))
  } catch {
    return undefined
  }
}

/** The folder of a package as the code in `from` would find it; its exports do not matter. */
const packageFolder = (name: string, from: string): string | undefined =>
  (createRequire(join(from, "package.json")).resolve.paths(name) ?? [])
    .map((folder) => join(folder, name))
    .find((folder) => Fs.existsSync(join(folder, "package.json")))

/** The packages of a project that other tracers come from, and the copies of OpenTelemetry's API. */
export const projectChecks = (
  folder: string,
  provider: Settings["provider"],
  env: Environment
): ReadonlyArray<Check> => {
  const manifest = manifestAt(join(folder, "package.json"))
  const names = Object.keys({ ...manifest?.dependencies, ...manifest?.devDependencies })
  const others = names.filter((name) => providers.includes(name))
  const preloaded = /(--require|--import|-r)[ =]\S*(opentelemetry|dd-trace|newrelic|sentry|elastic-apm)\S*/.exec(
    env["NODE_OPTIONS"] ?? ""
  )?.[0]
  const found = [...others, ...(preloaded === undefined ? [] : [`NODE_OPTIONS ${preloaded}`])]
  const copies = new Map<string, string>()
  for (const from of [folder, ...names.map((name) => packageFolder(name, folder))]) {
    const api = from === undefined ? undefined : packageFolder("@opentelemetry/api", from)
    const version = api === undefined ? undefined : manifestAt(join(api, "package.json"))?.version
    if (api !== undefined && version !== undefined) copies.set(Fs.realpathSync(api), version)
  }
  const versions = new Set(copies.values())
  return [
    ...(found.length === 0
      ? [{ check: "provider", status: "ok", says: "no other tracer in this folder's package.json" } satisfies Check]
      : [
          provider === "main"
            ? ({
                check: "provider",
                status: "warn",
                says: `HH_PROVIDER is main, but so may be ${found.join(", ")}: the first that registers is the global provider`,
                advice: "set HH_PROVIDER=attached and give theirs our span processor, or leave it independent"
              } satisfies Check)
            : ({
                check: "provider",
                status: "info",
                says: `${found.join(", ")} may register a global provider; an ${provider} instance keeps out of its way`,
                advice: "to have its spans in HoneyHive too: HH_PROVIDER=attached"
              } satisfies Check)
        ]),
    ...(versions.size > 1
      ? [
          {
            check: "provider",
            status: "warn",
            says: `@opentelemetry/api is here in several versions (${[...versions].join(", ")}): spans of one do not see those of another`,
            advice: "deduplicate them, with your package manager's overrides if need be"
          } satisfies Check
        ]
      : [])
  ]
}

export interface Spooled {
  readonly segments: number
  readonly bytes: number
  readonly oldest: number | undefined
}

/** The hive of this machine, and how a program comes to send there where it does not. */
export const hiveCheck = (hive: { readonly url: string; readonly pid: number } | undefined, address: string): Check => {
  if (hive === undefined) return { check: "hive", status: "info", says: "none runs on this machine" }
  const says = `one runs at ${hive.url} (process ${hive.pid})`
  return URL.parse(hive.url)?.origin === URL.parse(address)?.origin
    ? { check: "hive", status: "info", says }
    : {
        check: "hive",
        status: "info",
        says,
        advice: `to send there: HH_API_URL=${hive.url}, and as HH_API_KEY its HIVE_KEY or, without one, any text`
      }
}

/** Whether the folder can be written, and what waits in it. */
export const spoolChecks = (
  mode: Settings["spool"],
  folder: string,
  waiting: ReadonlyArray<Spooled>
): ReadonlyArray<Check> => {
  const segments = waiting.reduce((sum, target) => sum + target.segments, 0)
  const size = waiting.reduce((sum, target) => sum + target.bytes, 0)
  const oldest = waiting.reduce((time, target) => Math.min(time, target.oldest ?? Infinity), Infinity)
  if (segments > 0) {
    return [
      {
        check: "spool",
        status: "warn",
        says: `${plural(segments, "file")} (${bytes(size)}) of spans wait in ${folder}, the oldest since ${moment(oldest)}`,
        advice: "programs send them when they run again; `hive send` does it now"
      }
    ]
  }
  const existing = nearest(folder)
  try {
    Fs.accessSync(existing, Fs.constants.W_OK)
    return [{ check: "spool", status: "ok", says: mode === "off" ? `empty (${folder})` : `${mode}, empty (${folder})` }]
  } catch {
    return [
      {
        check: "spool",
        status: mode === "off" ? "info" : "warn",
        says: `${existing} cannot be written: spans that cannot be sent are kept in memory only`,
        advice: "set HH_SPOOL_PATH to a folder of your own"
      }
    ]
  }
}

const nearest = (folder: string): string => {
  const parent = join(folder, "..")
  return Fs.existsSync(folder) || parent === folder ? folder : nearest(parent)
}
