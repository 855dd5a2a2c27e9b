import { defineConfig } from "vitest/config"
import { clearEnvironment } from "./test/environment.ts"

// A developer's own key or endpoint is not the tests' business
clearEnvironment()

// The suite over ClickHouse, which `pnpm test:clickhouse` gives a server to
const clickhouse = process.env["HIVE_TEST_CLICKHOUSE"]
// The suite with a real OpenTelemetry Collector, which `pnpm test:collector` builds
const collector = process.env["HIVE_TEST_COLLECTOR"]

export default defineConfig({
  test: {
    // Once, before tests that look at it in a browser
    globalSetup: "test/page.ts",
    projects: [
      { test: { name: "unit", include: ["packages/*/src/**/*.test.ts"], exclude: ["**/*.server.test.ts"] } },
      ...(clickhouse === undefined
        ? []
        : [{ test: { name: "clickhouse", include: ["packages/*/src/**/*.server.test.ts"], testTimeout: 120_000 } }]),
      {
        test: {
          name: "cross-package",
          include: ["test/**/*.test.ts"],
          exclude: ["test/collector.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 15_000 } }
        }
      },
      ...(collector === undefined
        ? []
        : [{ test: { name: "collector", include: ["test/collector.test.ts"], testTimeout: 120_000 } }])
    ]
  }
})
