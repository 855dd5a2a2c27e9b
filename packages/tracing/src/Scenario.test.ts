import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { FileExists } from "./HostProfile.ts"
import type { ScenarioKind } from "./Scenario.ts"
import { type Options, TracerConfig } from "./TracerConfig.ts"

const settings = (options: Options, env: Record<string, string> = {}) =>
  TracerConfig.make({ sessionName: "agent", ...options }).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(env)),
    Effect.provideService(FileExists, () => false)
  )

describe("Scenario", () => {
  it.effect.each<readonly [Options, Record<string, string>, ScenarioKind, string]>([
    [{}, {}, "standard", "default"],
    [{ batchMaxSize: 2000 }, {}, "high-volume", "recognised by batchMaxSize"],
    [{}, { HH_MAX_EXPORT_BATCH_SIZE: "2000" }, "high-volume", "recognised by batchMaxSize"],
    [{ batch: { maxQueue: 100_000 } }, {}, "high-volume", "recognised by batchMaxQueue"],
    [{ disableBatch: true }, {}, "low-latency", "recognised by disableBatch"],
    [{ batchInterval: "200 millis" }, {}, "low-latency", "recognised by batchInterval"],
    [{}, { AWS_LAMBDA_FUNCTION_NAME: "f" }, "standard", "default"],
    [{ testMode: true }, {}, "test", "recognised by testMode"],
    [{}, { VITEST: "true" }, "test", "recognised by VITEST"],
    [{}, { JEST_WORKER_ID: "1" }, "test", "recognised by JEST_WORKER_ID"],
    [{}, { NODE_ENV: "test" }, "test", "recognised by NODE_ENV"],
    [{}, { NODE_ENV: "production" }, "standard", "default"],
    [{ sessionName: "Load test" }, { VITEST: "true" }, "benchmark", "recognised by sessionName"],
    [{ sessionName: "upload-agent" }, {}, "standard", "default"],
    [{ scenario: "standard", disableBatch: true }, { VITEST: "true" }, "standard", "option scenario"],
    [{}, { HH_SCENARIO: "high-volume", VITEST: "true" }, "high-volume", "environment variable HH_SCENARIO"]
  ])("of %j with %j is %s", ([options, env, kind, source]) =>
    Effect.gen(function* () {
      const read = yield* settings(options, env)
      assert.deepStrictEqual([read.scenario, read.sources.scenario], [kind, source])
    })
  )

  it.effect("changes defaults over those of the host, and nothing that was said", () =>
    Effect.gen(function* () {
      const env = { KUBERNETES_SERVICE_HOST: "h", HH_SCENARIO: "high-volume" }
      const busy = yield* settings({ maxConnections: 5 }, env)
      assert.deepStrictEqual(
        [busy.maxConnections, busy.maxKeepaliveConnections, busy.maxInFlight, busy.batchMaxQueue],
        [5, 40, 8, 65_536]
      )
      assert.strictEqual(busy.sources.maxKeepaliveConnections, "scenario high-volume")
      assert.strictEqual(busy.sources.maxConnections, "option maxConnections")
      assert.strictEqual(busy.sources.flushTimeout, "host profile kubernetes")
      const soon = yield* settings({ scenario: "low-latency" })
      assert.deepStrictEqual([soon.batchInterval, soon.httpTimeout].map(Duration.toMillis), [200, 10_000])
      const test = yield* settings({ scenario: "test" })
      assert.deepStrictEqual([test.maxConnections, test.maxRetries], [2, 1])
      assert.deepStrictEqual([test.flushTimeout, test.batchInterval].map(Duration.toMillis), [3_000, 5_000])
    })
  )
})
