import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { type Described, table, toText } from "./Description.ts"
import { FileExists } from "./HostProfile.ts"
import { maskKey } from "./internal/mask.ts"
import { type FieldName, type Options, TracerConfig } from "./TracerConfig.ts"

const describeWith = (options: Options, env: Record<string, string> = {}) =>
  TracerConfig.describe(options).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env)),
    Effect.provideService(FileExists, () => false)
  )

const fields = table()
const id = "a1".repeat(12)

describe("Description", () => {
  it.effect("says of every field what it is and where that comes from", () =>
    Effect.gen(function* () {
      const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1", HH_API_URL: "http://hive:4318", HH_BATCH_SIZE: "64" }
      const described = yield* describeWith({ otlp: { endpoint: "http://collector/v1/traces" } }, env)
      const expected: { readonly [name: string]: Described } = {
        host: { value: "kubernetes", source: "recognised by KUBERNETES_SERVICE_HOST" },
        url: { value: "http://hive:4318", source: "environment variable HH_API_URL" },
        otlpEndpoint: { value: "http://collector/v1/traces", source: "option otlp.endpoint" },
        batchMaxSize: { value: 64, source: "environment variable HH_BATCH_SIZE" },
        flushTimeout: { value: "5s", source: "host profile kubernetes" },
        exportTimeout: { value: "30s", source: "default" },
        apiKey: { value: null, source: "default" },
        spanNameExclude: { value: [], source: "default" }
      }
      for (const [name, value] of Object.entries(expected)) {
        assert.deepStrictEqual({ ...described.fields }[name], value, name)
      }
      assert.deepStrictEqual([described.host, described.scenario], ["kubernetes", "standard"])
      assert.deepInclude(described.profile, { maxConnections: 12, lifecycle: "2s" })
      assert.deepStrictEqual(JSON.parse(JSON.stringify(described)), described, "it is plain data")
      assert.deepStrictEqual(
        Object.keys(described.fields),
        fields.map(({ name }) => name)
      )
    })
  )

  it.effect("every variable and every name of every option is read", () =>
    Effect.gen(function* () {
      const samples: { readonly [type: string]: string } = {
        text: "sample",
        "a UUID": "9f5d3b0e-7c4f-4a55-9d3e-0a8f0f3c1b2a",
        "true or false": "true",
        "a number from 0 to 1": "0.5",
        "an http:// or https:// URL": "http://sample/",
        "a list of texts (a variable: with commas between)": "a,b",
        "packs (secrets, pii), rules by key, keyPattern, path or value, and a hook (a variable: JSON, or packs)": "pii",
        "a ratio from 0 to 1 and rules, each with a ratio (a variable: the ratio, or JSON)": "0.5",
        'a list of rules such as { match: { name: "POST /chat*" }, type: "agent" } (a variable: as JSON)': "[]",
        "a HoneyHive project or ingestion key, whole and without spaces": "hh_0123456789"
      }
      const sample = (type: string): string =>
        samples[type] ??
        (/whole|duration/.test(type)
          ? "7"
          : / URL /.test(type)
            ? "http://sample"
            : (/ or (\S+)$/.exec(type)?.[1] ?? "{}"))
      const sourceOf = (name: FieldName, options: object, env = {}) =>
        Effect.map(describeWith(options as Options, env), (described) => described.fields[name].source) // made from the table
      for (const { aliases, env, name, nested, type } of fields) {
        const value = sample(type)
        for (const variable of env) {
          assert.strictEqual(yield* sourceOf(name, {}, { [variable]: value }), `environment variable ${variable}`)
        }
        for (const option of [name, ...aliases]) {
          assert.strictEqual(yield* sourceOf(name, { [option]: value }), `option ${option}`)
        }
        if (nested === undefined) continue
        const [group = "", key = ""] = nested.split(".")
        assert.strictEqual(yield* sourceOf(name, { [group]: { [key]: value } }), `option ${nested}`)
      }
      const taken = fields.flatMap(({ env }) => env)
      assert.deepStrictEqual(taken, [...new Set(taken)], "a variable belongs to one field")
    })
  )

  it.each([
    [`hh_ingst_${id}_${"s".repeat(64)}`, `hh_ingst_${id}_******`],
    ["hh_0123456789abcdef", "hh_****cdef"],
    ["hh_ro_0123456789ab", "hh_****89ab"],
    ["hh_short", "********"],
    ["hh_ingst_malformed0123456789", "********"],
    ["sk-0123456789abcdef", "********"]
  ])("masks %s as %s", (key, masked) => assert.strictEqual(maskKey(key), masked))

  it.effect("shows no secret, wherever it is", () =>
    Effect.gen(function* () {
      const described = yield* describeWith(
        {
          apiKey: "hh_verysecret0123",
          otlp: { headers: { "x-api-key": "verysecret" }, endpoint: "https://host/v1?key=verysecret#verysecret" },
          inputs: { question: "verysecret" }
        },
        { HH_HTTP_PROXY: "http://me:verysecret@proxy:3128" }
      )
      assert.notInclude(JSON.stringify(described) + toText(described), "verysecret")
      assert.deepStrictEqual(described.fields.otlpHeaders.value, { "x-api-key": "********" })
      assert.deepStrictEqual(described.fields.inputs.value, { question: "********" })
      assert.strictEqual(described.fields.otlpEndpoint.value, "https://host/v1?********")
      assert.strictEqual(described.fields.httpProxy.value, "http://********@proxy:3128/")
    })
  )

  it.effect("is text in aligned columns, one line per field", () =>
    Effect.gen(function* () {
      const text = toText(yield* describeWith({ source: "docs" }))
      const lines = text.split("\n")
      assert.strictEqual(lines.length, fields.length)
      const line = lines.find((line) => line.startsWith("source")) ?? ""
      assert.deepStrictEqual(line.split(/ {2,}/), ["source", "docs", "option source"])
      const starts = new Set(lines.map((line) => /^\S+ +/.exec(line)?.[0].length))
      assert.strictEqual(starts.size, 1)
    })
  )
})
