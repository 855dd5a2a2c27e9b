import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { type Options, TracerConfig } from "./TracerConfig.ts"

const settings = (options: Options, env: Record<string, string> = {}) =>
  TracerConfig.make(options).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env))
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
          HH_API_URL: "http://127.0.0.1:1234/"
        }
      )
      assert.strictEqual(Duration.toMillis(read.batchInterval), 1500)
      assert.strictEqual(read.maxAttributes, 64)
      assert.isTrue(read.testMode)
      assert.deepStrictEqual(read.otlpHeaders, { "x-tenant": "a" })
      assert.strictEqual(read.url, "http://127.0.0.1:1234")
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
    ["a word that is no flag", {}, { HH_TEST_MODE: "secret" }, "variable HH_TEST_MODE"]
  ])("refuses %s and names its source, not its value", ([, options, env, source]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(settings(options, env))
      assert.strictEqual(error._tag, "TracerConfigError")
      assert.include(error.message, source)
      assert.notInclude(JSON.stringify(error) + String(error), "secret")
    })
  )

  it.effect.each<readonly [Record<string, string>, string, number, number]>([
    [{ AWS_LAMBDA_FUNCTION_NAME: "f", KUBERNETES_SERVICE_HOST: "h" }, "lambda", 2_000, 128],
    [{ KUBERNETES_SERVICE_HOST: "h" }, "kubernetes", 5_000, 512],
    [{ HH_HIGH_CONCURRENCY: "true" }, "high-concurrency", 1_000, 1024],
    [{ HH_HIGH_CONCURRENCY: "perhaps" }, "standard", 3_000, 512],
    [{}, "standard", 3_000, 512]
  ])("takes deadlines and batches from the host: %j", ([env, host, flush, batch]) =>
    Effect.gen(function* () {
      const read = yield* settings({}, env)
      assert.strictEqual(read.host, host)
      assert.strictEqual(Duration.toMillis(read.flushTimeout), flush)
      assert.strictEqual(Duration.toMillis(read.shutdownTimeout), flush)
      assert.strictEqual(read.batchMaxSize, batch)
      const own = yield* settings({ flushTimeout: "7 seconds" }, { ...env, HH_MAX_EXPORT_BATCH_SIZE: "3" })
      assert.deepStrictEqual([Duration.toMillis(own.flushTimeout), own.batchMaxSize], [7_000, 3])
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
