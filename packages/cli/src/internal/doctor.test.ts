import * as Fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { TracerConfig } from "@honeyhive/tracing/TracerConfig"
import * as doctor from "./doctor.ts"

const settings = (env: Record<string, string>) =>
  TracerConfig.make().pipe(Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env })))

describe("doctor", () => {
  it("knows which Node is old enough", () => {
    const statuses = ["v22.19.0", "v24.0.1", "v22.18.9", "v20.20.2"].map((version) => doctor.nodeCheck(version).status)
    assert.deepStrictEqual(statuses, ["ok", "ok", "fail", "fail"])
  })

  it.effect("looks at the key without showing it", () =>
    Effect.gen(function* () {
      const check = doctor.keyCheck(yield* settings({ HH_API_KEY: "hh_0123456789abcdef" }))
      assert.deepStrictEqual(check, {
        check: "key",
        status: "ok",
        says: "hh_****cdef (environment variable HH_API_KEY)"
      })
      assert.strictEqual(doctor.keyCheck(yield* settings({})).status, "fail")
      assert.strictEqual(doctor.keyCheck(yield* settings({ HH_API_KEY: '"hh_0123456789"' })).status, "fail")
      assert.strictEqual(
        doctor.keyCheck(yield* settings({ HH_OTLP_ENDPOINT: "http://127.0.0.1:4318/v1/traces" })).status,
        "ok"
      )
    })
  )

  it.effect("finds what turns traces off", () =>
    Effect.gen(function* () {
      const found = (env: Record<string, string>) =>
        Effect.map(settings(env), (config) =>
          doctor.switchChecks(config, env).map(({ says, status }) => [status, says])
        )
      assert.deepStrictEqual(yield* found({}), [])
      assert.deepStrictEqual(yield* found({ HH_TEST_MODE: "true" }), [["fail", "test mode is on: nothing is sent"]])
      assert.deepStrictEqual(yield* found({ HH_EXPORTER: "none" }), [["fail", "the exporter is off"]])
      assert.deepStrictEqual(yield* found({ HH_SAMPLE_RATIO: "0.5", OTEL_SDK_DISABLED: "true" }), [
        ["warn", "OTEL_SDK_DISABLED is true: OpenTelemetry's own SDK makes no spans"],
        ["warn", "only 50 % of traces are kept"]
      ])
    })
  )

  it.effect("speaks of proxies only where one is in the way", () =>
    Effect.gen(function* () {
      const config = yield* settings({})
      const proxied = { HTTPS_PROXY: "http://proxy:8080" }
      assert.strictEqual(doctor.proxyCheck("https://api.example.com", config, proxied).length, 1)
      assert.deepStrictEqual(doctor.proxyCheck("http://127.0.0.1:1", config, proxied), [])
      assert.deepStrictEqual(
        doctor.proxyCheck("https://api.example.com", config, { ...proxied, NODE_USE_ENV_PROXY: "1" }),
        []
      )
    })
  )

  it("compares clocks, as far as seconds tell", () => {
    const now = Date.parse("2026-11-21T09:00:00Z")
    const status = (apart: number, took = 100) =>
      doctor.clockCheck(new Date(now + apart).toUTCString(), now, now + took).map((check) => check.status)
    assert.deepStrictEqual(status(0), ["ok"])
    assert.deepStrictEqual(status(-9_000), ["ok"])
    assert.deepStrictEqual(status(-20_000), ["warn"])
    assert.deepStrictEqual(status(3_600_000), ["fail"])
    assert.deepStrictEqual(doctor.clockCheck(null, now, now), [])
    const [check] = doctor.clockCheck(new Date(now + 60_000).toUTCString(), now, now)
    assert.include(check?.says, "behind the backend's")
  })

  it("reads a backend's answer", () => {
    const statuses = [200, 401, 403, 404, 302, 503].map(
      (status) => doctor.answerCheck("http://h", status, 5, true).status
    )
    assert.deepStrictEqual(statuses, ["ok", "fail", "fail", "fail", "fail", "warn"])
    assert.strictEqual(doctor.answerCheck("http://h", 401, 5, false).status, "ok")
  })

  it("advises by the reason", () => {
    assert.include(doctor.connectionAdvice("ECONNREFUSED", "http://127.0.0.1:1"), "hive up")
    assert.include(doctor.connectionAdvice("ENOTFOUND", "https://x.example"), "x.example is not known")
    assert.include(doctor.connectionAdvice("SELF_SIGNED_CERT_IN_CHAIN", "https://x"), "NODE_EXTRA_CA_CERTS")
    assert.include(doctor.connectionAdvice("TimeoutError", "https://x"), "firewall")
  })

  it("finds other tracers, and OpenTelemetry in several versions", () => {
    const folder = Fs.mkdtempSync(join(tmpdir(), "honeyhive-doctor-"))
    const install = (path: string, version: string) => {
      Fs.mkdirSync(join(folder, path), { recursive: true })
      Fs.writeFileSync(join(folder, path, "package.json"), JSON.stringify({ version }))
    }
    try {
      assert.deepStrictEqual(
        doctor.projectChecks(folder, "independent", {}).map(({ status }) => status),
        ["ok"]
      )
      Fs.writeFileSync(
        join(folder, "package.json"),
        JSON.stringify({ dependencies: { "@sentry/node": "10", other: "1" } })
      )
      install("node_modules/@sentry/node", "10.0.0")
      install("node_modules/@opentelemetry/api", "1.9.1")
      install("node_modules/other/node_modules/@opentelemetry/api", "1.4.0")
      install("node_modules/other", "1.0.0")
      const found = doctor.projectChecks(folder, "main", { NODE_OPTIONS: "--import @opentelemetry/auto/register" })
      assert.deepStrictEqual(
        found.map(({ status }) => status),
        ["warn", "warn"]
      )
      assert.include(found[0]?.says, "@sentry/node, NODE_OPTIONS --import @opentelemetry/auto/register")
      assert.include(found[1]?.says, "1.9.1, 1.4.0")
      assert.strictEqual(doctor.projectChecks(folder, "independent", {})[0]?.status, "info")
    } finally {
      Fs.rmSync(folder, { recursive: true })
    }
  })

  it("says how to send to the hive that runs, where that is not the address", () => {
    const hive = { url: "http://127.0.0.1:4318", pid: 7 }
    assert.isUndefined(doctor.hiveCheck(undefined, "https://api.honeyhive.ai").advice)
    assert.isUndefined(doctor.hiveCheck(hive, "http://127.0.0.1:4318/opentelemetry/v1/traces").advice)
    assert.include(doctor.hiveCheck(hive, "https://api.honeyhive.ai").advice, "HH_API_URL=http://127.0.0.1:4318,")
  })

  it("speaks of what waits in the spool", () => {
    const [empty] = doctor.spoolChecks("on", join(tmpdir(), "honeyhive-nothing", "here"), [])
    assert.strictEqual(empty?.status, "ok")
    const [full] = doctor.spoolChecks("off", tmpdir(), [{ segments: 2, bytes: 2048, oldest: 0 }])
    assert.strictEqual(full?.status, "warn")
    assert.include(full?.says, "2 files (2.0 KiB)")
    assert.include(full?.advice, "hive send")
  })
})
