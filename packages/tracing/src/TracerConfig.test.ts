import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as fc from "fast-check"
import { describe as describeSettings, table } from "./Description.ts"
import { FileExists } from "./HostProfile.ts"
import { type Options, TracerConfig } from "./TracerConfig.ts"

const settings = (options: Options, env: Record<string, string> = {}) =>
  TracerConfig.make(options).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env)),
    Effect.provideService(FileExists, () => false)
  )

const cyclic: Record<string, unknown> = {}
cyclic["self"] = cyclic
const throwing = {
  [Symbol.toPrimitive]: () => {
    throw new Error("no text")
  }
}
const hostile = fc.constantFrom<unknown>(
  cyclic,
  throwing,
  Symbol("s"),
  new Proxy({}, { ownKeys: () => ["a"] }),
  () => 1
)

const ingestion = `hh_ingst_${"a".repeat(24)}_${"b".repeat(64)}`

describe("TracerConfig", () => {
  it.effect("takes options over nested options over environment over defaults", () =>
    Effect.gen(function* () {
      const env = { HH_OTLP_PROTOCOL: "http/protobuf", HH_SOURCE: "env", HH_SERVICE_NAME: "env" }
      const otlp = { protocol: "http/json" } as const
      assert.strictEqual((yield* settings({ otlpProtocol: "http/protobuf", otlp }, {})).otlpProtocol, "http/protobuf")
      assert.strictEqual((yield* settings({ otlp }, env)).otlpProtocol, "http/json")
      assert.strictEqual((yield* settings({}, env)).otlpProtocol, "http/protobuf")
      assert.strictEqual((yield* settings({}, {})).otlpProtocol, "http/json")
      assert.strictEqual((yield* settings({ source: "option" }, env)).source, "option")
    })
  )

  it.effect("prefers newer key names, and any option over any variable", () =>
    Effect.gen(function* () {
      const key = (options: Options, env = {}) =>
        Effect.map(settings(options, env), (_) => _.apiKey && Redacted.value(_.apiKey))
      const env = { HH_API_KEY: "hh_old", HH_PROJECT_API_KEY: "hh_project" }
      assert.strictEqual(yield* key({}, env), "hh_project")
      assert.strictEqual(yield* key({}, { ...env, HH_INGESTION_API_KEY: ingestion }), ingestion)
      assert.strictEqual(yield* key({ apiKey: "hh_option" }, env), "hh_option")
      assert.strictEqual(yield* key({ apiKey: "hh_option", projectApiKey: Redacted.make("hh_newer") }, env), "hh_newer")
      assert.strictEqual(yield* key({}, { HH_API_KEY: "  " }), undefined)
    })
  )

  it.effect("reads durations, counts, flags and headers from variables", () =>
    Effect.gen(function* () {
      const read = yield* settings(
        {},
        {
          HH_FLUSH_INTERVAL: "1.5",
          HH_MAX_ATTRIBUTES: "64",
          HH_TEST_MODE: "TRUE",
          HH_OTLP_HEADERS: '{"x-tenant":"a"}',
          HH_API_URL: "http://127.0.0.1:1234/",
          HH_CACHE_MAX_SIZE: "7",
          HH_CACHE_TTL: "60",
          HH_PROCESS_DETAILS: "yes",
          HONEYHIVE_TELEMETRY: "off"
        }
      )
      assert.strictEqual(Duration.toMillis(read.batchInterval), 1500)
      assert.strictEqual(read.maxAttributes, 64)
      assert.isTrue(read.testMode)
      assert.deepStrictEqual(read.otlpHeaders, { "x-tenant": "a" })
      assert.strictEqual(read.url, "http://127.0.0.1:1234")
      assert.deepStrictEqual([read.cacheEnabled, read.cacheMaxSize, Duration.toSeconds(read.cacheTtl)], [true, 7, 60])
      assert.deepStrictEqual([read.processDetails, read.telemetry], [true, false])
    })
  )

  it.effect.each<readonly [string, Options, Record<string, string>, string]>([
    ["a key with a space", { apiKey: "hh_secret value" }, {}, "option apiKey"],
    ["a malformed ingestion key", {}, { HH_INGESTION_API_KEY: "hh_ingst_secret" }, "variable HH_INGESTION_API_KEY"],
    ["a key that cannot send traces", {}, { HH_API_KEY: "hh_fgdp_secret" }, "variable HH_API_KEY"],
    ["a URL that is none", {}, { HH_API_URL: "secret" }, "variable HH_API_URL"],
    ["a URL of another scheme", { url: "ftp://secret" }, {}, "option url"],
    ["a URL with credentials", { dataPlaneUrl: "https://me:secret@host" }, {}, "option dataPlaneUrl"],
    ["a nested endpoint", { otlp: { endpoint: "secret" } }, {}, "option otlp.endpoint"],
    ["a session id that is none", { sessionId: "secret" }, {}, "option sessionId"],
    ["a negative count", {}, { HH_MAX_ATTRIBUTES: "-1" }, "variable HH_MAX_ATTRIBUTES"],
    ["a duration that is none", {}, { HH_FLUSH_INTERVAL: "secret" }, "variable HH_FLUSH_INTERVAL"],
    ["headers that are no JSON", {}, { HH_OTLP_HEADERS: "secret" }, "variable HH_OTLP_HEADERS"],
    ["a word that is no flag", {}, { HH_TEST_MODE: "secret" }, "variable HH_TEST_MODE"],
    ["a ratio above one", {}, { HH_SAMPLE_RATIO: "25" }, "variable HH_SAMPLE_RATIO"],
    ["a proxy that is none", {}, { HH_HTTP_PROXY: "secret" }, "variable HH_HTTP_PROXY"],
    [
      "metadata that are no object",
      { experiment: { metadata: ["secret"] as never } },
      {},
      "option experiment.metadata"
    ],
    ["a list that is none", { spanNameInclude: [3 as never] }, {}, "option spanNameInclude"],
    ["a mode that is none", {}, { HH_SPOOL: "secret" }, "variable HH_SPOOL"],
    ["a host that is none", {}, { HH_HOST_PROFILE: "secret" }, "variable HH_HOST_PROFILE"],
    ["a mode that is none", {}, { HH_PROVIDER: "secret" }, "variable HH_PROVIDER"]
  ])("refuses %s and names its source, not its value", ([, options, env, source]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(settings(options, env))
      assert.strictEqual(error._tag, "TracerConfigError")
      assert.include(error.message, source)
      assert.notInclude(JSON.stringify(error) + String(error), "secret")
    })
  )

  it.effect("takes deadlines and batches from the host, unless they are said", () =>
    Effect.gen(function* () {
      const env = { KUBERNETES_SERVICE_HOST: "h" }
      const read = yield* settings({}, env)
      assert.strictEqual(read.host, "kubernetes")
      assert.deepStrictEqual(
        [read.flushTimeout, read.shutdownTimeout, read.lifecycleTimeout].map(Duration.toMillis),
        [5_000, 5_000, 2_000]
      )
      assert.deepStrictEqual([read.batchMaxSize, read.maxConnections, read.maxRetries], [512, 12, 4])
      const own = yield* settings({ flushTimeout: "7 seconds" }, { ...env, HH_MAX_EXPORT_BATCH_SIZE: "3" })
      assert.deepStrictEqual([Duration.toMillis(own.flushTimeout), own.batchMaxSize], [7_000, 3])
      assert.strictEqual((yield* settings({ host: "lambda" }, env)).batchMaxSize, 128)
      assert.strictEqual((yield* settings({}, { ...env, HH_HOST_PROFILE: "ec2" })).maxConnections, 15)
    })
  )

  it.effect("reads lists, objects, ratios and modes from variables", () =>
    Effect.gen(function* () {
      const read = yield* settings(
        {},
        {
          HH_EXPERIMENT_METADATA: '{"a":[1]}',
          HH_SPAN_NAME_INCLUDE: "agent., tool.,",
          HH_SAMPLE_RATIO: "0.25",
          HH_SPOOL: "durable",
          HH_MAX_RETRIES: "0",
          HONEYHIVE_TELEMETRY: "F"
        }
      )
      assert.deepStrictEqual(read.experimentMetadata, { a: [1] })
      assert.deepStrictEqual(read.spanNameInclude, ["agent.", "tool."])
      assert.deepStrictEqual(
        [read.sampling, read.spool, read.maxRetries, read.telemetry],
        [{ ratio: 0.25 }, "durable", 0, false]
      )
    })
  )

  it.effect("shows every value flat and in its group; an absent one is undefined", () =>
    Effect.gen(function* () {
      const read = yield* settings({ otlp: { headers: { a: "b" } }, limits: { spanBytes: 7 } })
      assert.deepStrictEqual([read.otlp.headers, read.otlpHeaders], [{ a: "b" }, { a: "b" }])
      assert.deepStrictEqual([read.limits.spanBytes, read.maxSpanBytes], [7, 7])
      assert.deepStrictEqual([read.otlp.endpoint, read.otlpEndpoint], [undefined, undefined])
      assert.deepStrictEqual(
        [read.http.httpProxy, read.experiment.id, read.service.version],
        [undefined, undefined, undefined]
      )
    })
  )

  it.effect("keeps the password of a proxy out of everything that prints it", () =>
    Effect.gen(function* () {
      const read = yield* settings({}, { HH_HTTPS_PROXY: "http://me:verysecret@proxy:3128" })
      assert.strictEqual(read.httpsProxy && Redacted.value(read.httpsProxy), "http://me:verysecret@proxy:3128")
      assert.notInclude(JSON.stringify(read), "verysecret")
    })
  )

  it.effect("decodes or refuses whatever it is given, and never throws", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(
          fc.constantFrom(
            ...table().flatMap(({ name, nested }) => (nested === undefined ? [[name]] : [[name], nested.split(".")]))
          ),
          fc.oneof(fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }), hostile),
          async ([first = "", second], value) => {
            const options = { [first]: second === undefined ? value : { [second]: value } } as Options // as JavaScript may
            const exit = await Effect.runPromiseExit(settings(options))
            if (Exit.isFailure(exit)) assert.isFalse(Cause.hasDies(exit.cause), Cause.pretty(exit.cause))
            else void JSON.stringify(describeSettings(exit.value))
          }
        ),
        { numRuns: 500 }
      )
    )
  )

  it.effect("refuses options that are no object", () =>
    Effect.gen(function* () {
      for (const wrong of [null, "hh_secret", 3]) {
        const error = yield* Effect.flip(settings(wrong as unknown as Options)) // as plain JavaScript may do
        assert.strictEqual(error.message, "options: expected an object")
      }
    })
  )

  it.effect("keeps the key out of everything that prints it", () =>
    Effect.gen(function* () {
      const read = yield* settings({ apiKey: "hh_verysecret" })
      assert.notInclude(JSON.stringify(read) + String(read.apiKey), "hh_verysecret")
    })
  )

  it.effect("reads rules of event types, and refuses what it does not understand", () =>
    Effect.gen(function* () {
      const rules = [{ match: { name: "POST /chat*" }, type: "agent" }] as const
      assert.deepStrictEqual((yield* settings({ eventTypeRules: rules })).eventTypeRules, rules)
      assert.deepStrictEqual(
        (yield* settings({}, { HH_EVENT_TYPE_RULES: JSON.stringify(rules) })).eventTypeRules,
        rules
      )
      assert.deepStrictEqual((yield* settings({})).eventTypeRules, [])
      for (const wrong of [
        "nonsense",
        '[{"match":{},"type":"tool"}]',
        '[{"match":{"name":"a","atribute":"b"},"type":"tool"}]'
      ]) {
        const error = yield* Effect.flip(settings({}, { HH_EVENT_TYPE_RULES: wrong }))
        assert.strictEqual(error.source, "environment variable HH_EVENT_TYPE_RULES")
      }
    })
  )
})
