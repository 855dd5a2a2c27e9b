/**
 * A program that was bundled into one file, as for Lambda or a serverless function.
 */
import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { build } from "esbuild"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { environment } from "./environment.ts"

const program = `
import { start, traced } from "@honeyhive/tracing"
const main = async () => {
  const hive = await start({ testMode: true })
  const double = traced({ name: "double" }, (n: number) => 2 * n)
  const result = await hive.withSession({}, async () => double(21))
  console.log(JSON.stringify([result, hive.settings.sessionName, await hive.flush()]))
  await hive.close()
}
void main()
`

let folder = ""
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "honeyhive-bundle-"))
})
afterAll(() => rm(folder, { recursive: true }))

describe("a bundled program", () => {
  it.each([
    ["cjs", "cjs"],
    ["esm", "mjs"]
  ] as const)("as %s runs, and names its session after its own file", async (format, extension) => {
    const outfile = join(folder, `handler.${extension}`)
    await build({
      stdin: { contents: program, resolveDir: import.meta.dirname, loader: "ts" },
      outfile,
      bundle: true,
      platform: "node",
      format,
      logLevel: "silent",
      // What is required dynamically inside of CommonJS dependencies
      ...(format === "esm"
        ? {
            banner: {
              js: `import { createRequire } from "node:module"\nconst require = createRequire(import.meta.url)`
            }
          }
        : {})
    })
    const ran = await new Promise((resolve) =>
      execFile(process.execPath, [outfile], { env: environment(), timeout: 30_000 }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : error.code, stdout, stderr })
      )
    )
    const receipt = { accepted: 1, spooled: 0, dropped: {}, pending: 0 }
    expect(ran).toEqual({ code: 0, stdout: `${JSON.stringify([42, "handler", receipt])}\n`, stderr: "" })
  })
})
