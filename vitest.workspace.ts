import { defineConfig } from "vitest/config"
import { clearEnvironment } from "./test/environment.ts"

// A developer's own key or endpoint is not the tests' business
clearEnvironment()

export default defineConfig({
  test: {
    // Once, before tests that look at it in a browser
    globalSetup: "test/page.ts",
    projects: [
      { test: { name: "unit", include: ["packages/*/src/**/*.test.ts"] } },
      {
        test: {
          name: "cross-package",
          include: ["test/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 15_000 } }
        }
      }
    ]
  }
})
