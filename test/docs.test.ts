/**
 * Every example in the documentation compiles against the workspace, runs, and shows what it says.
 */
import { execFile } from "node:child_process"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"
import { beforeAll, describe, expect, it } from "vitest"
import { environment } from "./environment.ts"
import { snippets, withAssertions } from "./snippets.ts"

const root = join(import.meta.dirname, "..")
// Inside the repository, where the workspace's packages resolve, and outside node_modules, where Node runs TypeScript
const folder = join(import.meta.dirname, ".snippets")
const all = await snippets()
const file = (index: number): string => `snippet-${index}.ts`

interface Ran {
  readonly code: unknown
  readonly output: string
}

const node = (args: ReadonlyArray<string>): Promise<Ran> =>
  new Promise((resolve) => {
    const options = { cwd: root, env: environment(), maxBuffer: 1 << 26 }
    execFile(process.execPath, [...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, output: error === null || stdout !== "" ? stdout : stderr })
    )
  })

// The project's own compiler, whatever the PATH has
const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc")

const runner = `
import { deepStrictEqual } from "node:assert/strict"
globalThis.__check = deepStrictEqual
const write = process.stdout.write.bind(process.stdout)
process.stdout.write = () => true
const failures = {}
for (const url of JSON.parse(process.argv[1])) {
  try { await import(url) } catch (error) { failures[url] = String(error?.stack ?? error) }
}
write(JSON.stringify(failures), () => process.exit())
`

const typeErrors = new Map<string, string>()
/** What the compiler said beside the errors of the examples, when it did not say that all is well. */
let complaint = ""
let failures: Record<string, string> = {}

beforeAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await mkdir(join(folder, "run"), { recursive: true })
  await Promise.all(
    all.flatMap(({ code }, index) => [
      // `export` makes it a module; names of one example do not meet those of another
      writeFile(join(folder, file(index)), `${code}\nexport {}\n`),
      writeFile(join(folder, "run", file(index)), `${withAssertions(code)}\nexport {}\n`)
    ])
  )
  await writeFile(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: "../../tsconfig.base.json",
      compilerOptions: {
        composite: false,
        declaration: false,
        declarationMap: false,
        noEmit: true,
        noUnusedLocals: false
      },
      include: ["*.ts"]
    })
  )
  const compiled = await node([tsc, "-p", folder, "--pretty", "false"])
  for (const line of compiled.output.split("\n")) {
    const name = /(snippet-\d+\.ts)\(/.exec(line)?.[1]
    if (name !== undefined) typeErrors.set(name, `${typeErrors.get(name) ?? ""}${line}\n`)
  }
  if (compiled.code !== 0 && typeErrors.size === 0) complaint = `tsc ended with ${compiled.code}: ${compiled.output}`
  const urls = all.flatMap(({ runs }, index) => (runs ? [pathToFileURL(join(folder, "run", file(index))).href] : []))
  const { output } = await node(["--input-type=module", "--eval", runner, JSON.stringify(urls)])
  failures = JSON.parse(output)
}, 120_000)

describe("documentation", () => {
  it("has examples", () => expect(all.length).toBeGreaterThan(20))

  it("was compiled", () => expect(complaint).toBe(""))

  it.each(all.map(({ at }, index) => [at, index] as const))("%s", (_at, index) => {
    expect(typeErrors.get(file(index)) ?? "").toBe("")
    expect(failures[pathToFileURL(join(folder, "run", file(index))).href] ?? "").toBe("")
  })
})
