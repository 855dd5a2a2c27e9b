import { availableParallelism } from "node:os"
import { join } from "node:path"
import { defineConfig } from "vitest/config"
import { clearEnvironment } from "./test/environment.ts"

// A developer's own key or endpoint is not the tests' business
clearEnvironment()

// The suite over ClickHouse, which `pnpm test:clickhouse` gives a server to
const clickhouse = process.env["HIVE_TEST_CLICKHOUSE"]
// The suite with a real OpenTelemetry Collector, which `pnpm test:collector` builds
const collector = process.env["HIVE_TEST_COLLECTOR"]

// Tests start hundreds of programs that load the same modules: all but the first take them as they were compiled before
process.env["NODE_COMPILE_CACHE"] ??= join(import.meta.dirname, "node_modules/.cache/compiled")

/** What changes its process: OpenTelemetry's globals, variables, the working directory, listeners; or weighs it. */
const alone = [
  "packages/cli/src/internal/commands/eval.test.ts",
  "packages/hive/src/Exposed.test.ts",
  "packages/instruments/src/*.test.ts",
  "packages/tracing/src/{HoneyHive,ProviderMode,Registry,Resource,Serverless,Traced.streams}.test.ts",
  "packages/tracing/src/internal/{git,limits,startRecords}.test.ts"
]

const shared = {
  // Long enough for a machine that has other work: how long something takes is no promise
  testTimeout: 60_000,
  hookTimeout: 60_000,
  expect: { poll: { timeout: 15_000 } }
}

export default defineConfig({
  test: {
    // Once, before tests that look at it in a browser
    globalSetup: "test/page.ts",
    // Vitest leaves one core to itself, which does next to nothing while tests wait for programs and browsers
    maxWorkers: availableParallelism(),
    projects: [
      // Others share a process per core: loading Effect takes longer than most of their tests
      {
        test: {
          ...shared,
          name: "unit",
          include: ["packages/*/src/**/*.test.ts"],
          exclude: [...alone, "**/*.server.test.ts"],
          isolate: false
        }
      },
      { test: { ...shared, name: "unit, alone", include: alone } },
      ...(clickhouse === undefined
        ? []
        : [{ test: { name: "clickhouse", include: ["packages/*/src/**/*.server.test.ts"], testTimeout: 120_000 } }]),
      {
        test: { ...shared, name: "cross-package", include: ["test/**/*.test.ts"], exclude: ["test/collector.test.ts"] }
      },
      ...(collector === undefined
        ? []
        : [{ test: { name: "collector", include: ["test/collector.test.ts"], testTimeout: 120_000 } }])
    ]
  }
})
