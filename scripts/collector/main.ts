/**
 * `pnpm test:collector`: the hive's Collector configuration in a real OpenTelemetry Collector.
 *
 * With the program that HIVE_TEST_COLLECTOR names (otelcol-contrib); without one, with a Collector that is built with Go into
 * the user's cache, of exactly the parts that the configuration names.
 */
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { createHash } from "node:crypto"
import { homedir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const VERSION = "0.160.0"

const root = fileURLToPath(new URL("../..", import.meta.url))
const manifest = fileURLToPath(new URL("builder.yaml", import.meta.url))

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const run = (cwd: string, command: string, args: ReadonlyArray<string>): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { cwd, stdio: ["ignore", 2, 2], env: { ...process.env, GOBIN: cwd } })
    child.once("error", reject)
    child.once("exit", (code) => resolve(code ?? 1))
  })

const must = async (what: string, running: Promise<number>): Promise<void> => {
  const code = await running
  if (code !== 0) throw new Error(`${what} ended with code ${code}`)
}

/** The Collector's program, built where it is missing. */
const build = async (): Promise<string> => {
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache")
  const print = createHash("sha256").update(readFileSync(manifest)).digest("hex").slice(0, 12)
  const folder = join(cache, "honeyhive", `otelcol-${VERSION}-${print}`)
  const program = join(folder, "out", "otelcol-hive")
  if (existsSync(program)) return program
  say(`building an OpenTelemetry Collector ${VERSION} with Go in ${folder} (some minutes, once)`)
  mkdirSync(folder, { recursive: true })
  const builder = `go.opentelemetry.io/collector/cmd/builder@v${VERSION}`
  await must(`go install ${builder}`, run(folder, "go", ["install", builder]))
  const building = run(folder, join(folder, "builder"), ["--config", manifest, "--skip-strict-versioning"])
  await must("the Collector's builder", building)
  return program
}

const given = process.env["HIVE_TEST_COLLECTOR"]
const program = await (given === undefined ? build() : Promise.resolve(given)).catch((error: unknown) => {
  const why = error instanceof Error ? error.message : String(error)
  say(`the Collector suite did not run: ${why}. It needs Go 1.25, or HIVE_TEST_COLLECTOR=<path of otelcol-contrib>`)
  process.exit(process.env["CI"] === "true" ? 1 : 0)
})
const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
const suite = spawn(process.execPath, [vitest, "run", "--config", "vitest.workspace.ts", "--project", "collector"], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, HIVE_TEST_COLLECTOR: program }
})
suite.once("exit", (code) => (process.exitCode = code ?? 1))
