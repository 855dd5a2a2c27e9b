import { assert, describe, it } from "@effect/vitest"
import { childEnvironment } from "./childEnvironment.ts"

const url = "http://127.0.0.1:4318"

describe("the environment of a program", () => {
  it("points every tracer at the hive, with a key that is none of the user's", () => {
    const env = childEnvironment({ PATH: "/bin", HH_API_KEY: "secret", HH_PROJECT_API_KEY: "secret" }, url, "hh_local")
    assert.strictEqual(env["PATH"], "/bin")
    assert.strictEqual(env["HH_API_KEY"], "hh_local")
    assert.notInclude(JSON.stringify(env), "secret")
    for (const name of [
      "HH_API_URL",
      "HH_DATA_PLANE_URL",
      "HH_SERVER_URL",
      "OTEL_EXPORTER_OTLP_ENDPOINT",
      "TRACELOOP_BASE_URL"
    ]) {
      assert.strictEqual(env[name], url, name)
    }
    assert.strictEqual(env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"], `${url}/v1/traces`)
  })

  it("takes away what would send traces elsewhere, and leaves metrics and logs where they are sent", () => {
    const env = childEnvironment(
      { HH_OTLP_ENDPOINT: "http://other", OTEL_SDK_DISABLED: "true", OTEL_METRICS_EXPORTER: "prometheus" },
      url,
      "k"
    )
    assert.notProperty(env, "HH_OTLP_ENDPOINT")
    assert.notProperty(env, "OTEL_SDK_DISABLED")
    assert.strictEqual(env["OTEL_METRICS_EXPORTER"], "prometheus")
    assert.strictEqual(env["OTEL_LOGS_EXPORTER"], "none")
  })

  it("shows spans while they run on this machine, unless the environment says otherwise", () => {
    assert.strictEqual(childEnvironment({}, url, "k")["HH_RUNNING_SPANS"], "local")
    assert.strictEqual(childEnvironment({ HH_RUNNING_SPANS: "off" }, url, "k")["HH_RUNNING_SPANS"], "off")
  })

  it("keeps the hive out of a proxy's way", () => {
    assert.notProperty(childEnvironment({}, url, "k"), "NO_PROXY")
    const env = childEnvironment({ HTTPS_PROXY: "http://proxy", no_proxy: "corp" }, url, "k")
    assert.strictEqual(env["NO_PROXY"], "corp,127.0.0.1,localhost,::1")
    assert.strictEqual(env["no_proxy"], env["NO_PROXY"])
  })
})
