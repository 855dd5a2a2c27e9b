import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["packages/*/src/**/*.test.ts"] } },
      { test: { name: "cross-package", include: ["test/**/*.test.ts"], testTimeout: 60_000 } }
    ]
  }
})
