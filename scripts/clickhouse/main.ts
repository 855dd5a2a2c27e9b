/**
 * `pnpm test:clickhouse`: the suite of the ClickHouse store, through its official client.
 *
 * Against the server that HIVE_TEST_CLICKHOUSE names (`clickhouse://user:password@host:8123`); without one, against chDB,
 * ClickHouse's own engine as a library, behind a bridge that speaks ClickHouse's HTTP interface. chDB is fetched from npm into
 * the user's cache, where it stays: 546 MB that nobody else needs.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { existsSync, mkdirSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"

const CHDB = "3.4.0"

const root = fileURLToPath(new URL("../..", import.meta.url))

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const ended = (child: ChildProcess): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once("error", reject)
    child.once("exit", (code) => resolve(code ?? 1))
  })

/** The folder with chDB, fetched where it is missing. */
const chdb = async (): Promise<string> => {
  const cache = process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache")
  const folder = join(cache, "honeyhive", `chdb-${CHDB}`)
  if (existsSync(join(folder, "node_modules", "chdb", "package.json"))) return folder
  say(`fetching chdb@${CHDB} from npm into ${folder} (546 MB, once)`)
  mkdirSync(folder, { recursive: true })
  const fetching = ["install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", `chdb@${CHDB}`]
  const code = await ended(spawn("npm", fetching, { cwd: folder, stdio: ["ignore", 2, 2] }))
  if (code !== 0) throw new Error(`npm install chdb@${CHDB} ended with code ${code}`)
  return folder
}

interface Server {
  readonly url: string
  readonly stop: () => void
}

const bridge = async (): Promise<Server> => {
  const module = fileURLToPath(new URL("bridge.ts", import.meta.url))
  const child = spawn(process.execPath, [module, await chdb()], { stdio: ["pipe", "pipe", "inherit"] })
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`chDB ended with code ${code}`)))
    createInterface(child.stdout).once("line", resolve)
  })
  return { url, stop: () => child.stdin.end() }
}

const given = process.env["HIVE_TEST_CLICKHOUSE"]
const { stop, url } = await (given === undefined ? bridge() : Promise.resolve({ url: given, stop: () => {} })).catch(
  (error: unknown): Server => {
    const why = error instanceof Error ? error.message : String(error)
    say(
      `the ClickHouse suite did not run: ${why}. It needs npm's chdb (Linux with glibc, or macOS), or HIVE_TEST_CLICKHOUSE=clickhouse://user:password@host:8123`
    )
    process.exit(process.env["CI"] === "true" ? 1 : 0)
  }
)
const vitest = join(root, "node_modules", "vitest", "vitest.mjs")
const run = spawn(
  process.execPath,
  [vitest, "run", "--config", "vitest.workspace.ts", "--project", "clickhouse", ...process.argv.slice(2)],
  { cwd: root, stdio: "inherit", env: { ...process.env, HIVE_TEST_CLICKHOUSE: url } }
)
process.exitCode = await ended(run)
stop()
