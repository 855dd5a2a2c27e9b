/**
 * What a newcomer gets: every package packed, installed as tarballs into an empty project, and README's program run there.
 */
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { pack } from "../scripts/packages.ts"
import { environment } from "./environment.ts"
import { snippets, withAssertions } from "./snippets.ts"

const run = promisify(execFile)
const pnpm = process.env["npm_execpath"] ?? "pnpm"

let project: string
let env: ReturnType<typeof environment>
let names: ReadonlyArray<string>

const node = async (...args: ReadonlyArray<string>) => run(process.execPath, [...args], { cwd: project, env })

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "honeyhive-fresh-"))
  // What is compiled here goes with it, and serves nobody else
  env = environment({ NODE_COMPILE_CACHE: join(project, ".compiled") })
  const tarballs = await pack(project)
  names = [...tarballs.keys()]
  const local = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]))
  await writeFile(
    join(project, "package.json"),
    JSON.stringify({
      name: "fresh",
      private: true,
      type: "module",
      dependencies: { ...local, effect: "^4.1.0", "@opentelemetry/api": "~1.9.1" },
      devDependencies: { typescript: "^7.0.2", "@types/node": "^24.0.0" }
    })
  )
  // The packages need each other: all of them come from the tarballs, not from the registry
  await writeFile(
    join(project, "pnpm-workspace.yaml"),
    JSON.stringify({ overrides: local, allowBuilds: { protobufjs: false }, verifyDepsBeforeRun: false })
  )
  const readme = (await snippets()).find(({ at }) => at.startsWith("README.md"))
  const program = readme?.code ?? "throw new Error('README has no program')"
  await writeFile(join(project, "program.ts"), `${program}\nexport {}\n`)
  await writeFile(
    join(project, "asserting.ts"),
    `import { deepStrictEqual as __check } from "node:assert/strict"\n${withAssertions(program)}\n`
  )
  await writeFile(
    join(project, "everything.ts"),
    names.map((name, index) => `import * as p${index} from "${name}"\nexport { p${index} }\n`).join("")
  )
  await run(pnpm, ["install", "--prefer-offline", "--no-frozen-lockfile"], { cwd: project, env })
}, 120_000)

afterAll(() => rm(project, { recursive: true, force: true }))

describe("a fresh installation", () => {
  it("runs README's program", async () => {
    const { stderr, stdout } = await node("asserting.ts")
    expect(stdout).toBe("")
    expect(stderr).toContain("HH_API_KEY")
  })

  it("imports and requires every package", async () => {
    const each = (load: string) => `
      for (const name of ${JSON.stringify(names)})
        if (Object.keys(${load}(name)).length === 0) throw new Error(name + " exports nothing")`
    const silence = { stdout: "", stderr: "" }
    expect(await node("--input-type=module", "--eval", each("await import"))).toEqual(silence)
    await writeFile(join(project, "probe.cjs"), each("require"))
    expect(await node("probe.cjs")).toEqual(silence)
  })

  it("writes to a file from the writer's own thread", async () => {
    const program = `
      import { Effect } from "effect"
      import { SqliteTraceStore, TraceStore } from "@honeyhive/hive"
      const sessions = Effect.gen(function*() {
        const store = yield* TraceStore
        yield* store.startSession({ session_name: "packed" })
        return yield* store.sessions({ limit: 9, offset: 0 })
      })
      const layer = SqliteTraceStore.layer({ path: "hive.db" })
      console.log((await Effect.runPromise(sessions.pipe(Effect.provide(layer)))).map((_) => _.name).join())`
    expect((await node("--input-type=module", "--eval", program)).stdout).toBe("packed\n")
  })

  it("serves the page", async () => {
    const program = `
      import { Effect } from "effect"
      import { Hive } from "@honeyhive/hive"
      const page = Effect.gen(function*() {
        const { url } = yield* Hive
        const html = yield* Effect.promise(async () => (await fetch(url)).text())
        const [, script] = /src="([^"]+)"/.exec(html)
        return yield* Effect.promise(async () => (await fetch(url + script)).headers.get("content-type"))
      })
      console.log(await Effect.runPromise(page.pipe(Effect.provide(Hive.layer()))))`
    expect((await node("--input-type=module", "--eval", program)).stdout).toMatch(/javascript/)
  })

  it("says which package a store on ClickHouse needs", async () => {
    const program = `
      import { Effect, Layer } from "effect"
      import { Hive } from "@honeyhive/hive"
      const opened = Effect.scoped(Layer.build(Hive.layer({ store: "clickhouse://127.0.0.1:1" })))
      console.log((await Effect.runPromise(Effect.flip(opened))).message)`
    expect((await node("--input-type=module", "--eval", program)).stdout).toBe(
      "the ClickHouse store needs the package @clickhouse/client: npm install @clickhouse/client\n"
    )
  })

  it("has the hive command", async () => {
    const command = join(project, "node_modules", ".bin", "hive")
    expect((await run(command, ["--version"], { cwd: project, env })).stdout).toMatch(/^hive v\d+\.\d+\.\d+\n$/)
  })

  it("type-checks a program that uses every package", async () => {
    await writeFile(
      join(project, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          target: "ES2023",
          module: "NodeNext",
          strict: true,
          noEmit: true,
          types: ["node"],
          allowImportingTsExtensions: true,
          skipLibCheck: false
        },
        files: ["program.ts", "everything.ts"]
      })
    )
    const { stdout } = await run(pnpm, ["exec", "tsc", "-p", "."], { cwd: project, env }).catch((error) => error)
    expect(stdout.replaceAll(/^\[WARN\].*$/gm, "").trim()).toBe("")
  })
})
