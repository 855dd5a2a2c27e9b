/**
 * The document of the configuration is the one that its table makes.
 */
import { readFile } from "node:fs/promises"
import { describe, expect, it } from "vitest"
import { document, path } from "../scripts/config-table.ts"

describe("docs/CONFIG.md", () => {
  it("is what `pnpm config-table` writes", async () => {
    expect(await readFile(path, "utf8")).toBe(await document())
  })
})
