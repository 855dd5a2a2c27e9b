/**
 * Every example runs in a process of its own and prints what its page says.
 */
import { execFile } from "node:child_process"
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

const root = join(import.meta.dirname, "../packages/examples")
const page = await readFile(join(root, "README.md"), "utf8")

/** Sections by name, with the output that they show. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split("\n", 1)[0] ?? "", /```text\n([^]*?)```/.exec(section)?.[1]] as const)
)

interface Ran {
  readonly code: unknown
  readonly stdout: string
  readonly stderr: string
}

const node = (args: ReadonlyArray<string>, set: Record<string, string> = {}) =>
  new Promise<Ran>((resolve) => {
    // Nobody's key, endpoint or session name
    const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(HH|HIVE|OTEL|AWS)_/.test(key)))
    execFile(process.execPath, args, { env: { ...env, ...set }, timeout: 30_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr })
    )
  })

const main = (name: string): string => join(root, "src", name, "main.ts")

describe("examples", () => {
  it("are all on the page", async () => {
    const entries = await readdir(join(root, "src"), { withFileTypes: true })
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    expect([...sections.keys()].toSorted()).toEqual(folders.toSorted())
  })

  const elsewhere = ["support-agent", "support-evaluation"]
  const shown = [...sections].filter(([name]) => !elsewhere.includes(name))
  it.each(shown)("%s", async (name, output) => {
    expect(await node([main(name)])).toEqual({ code: 0, stdout: output, stderr: "" })
  })

  it("support-evaluation, whose runs can be compared later", async () => {
    const folder = await mkdtemp(join(tmpdir(), "honeyhive-evaluate-"))
    const hive = (...args: ReadonlyArray<string>) =>
      node([join(root, "../cli/src/bin.ts"), ...args], { HIVE_DATA: folder })
    try {
      const output = sections.get("support-evaluation") ?? ""
      const evaluated = await hive("run", "-q", "--", process.execPath, main("support-evaluation"))
      expect(evaluated).toEqual({ code: 0, stdout: output, stderr: "" })
      const gate = ["--fail-on", "facts < -0.02", "--fail-on", "total_tokens > 0"]
      const compared = await hive("eval", "compare", "four passages", "one passage", ...gate)
      const steady = compared.stdout.replace(/^duration .*\n/m, "")
      expect({ ...compared, stdout: steady }).toEqual({
        code: 1,
        // But for the widths of columns, what the run itself said
        stdout: expect.stringContaining(output.slice(output.indexOf("1 regressed"), output.indexOf("exit code"))),
        stderr: ""
      })
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })
})
