/**
 * Every example runs in a process of its own and prints what its page says.
 */
import { execFile } from "node:child_process"
import { readdir, readFile } from "node:fs/promises"
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

const run = (name: string) =>
  new Promise<{ readonly code: unknown; readonly stdout: string; readonly stderr: string }>((resolve) => {
    // Nobody's key, endpoint or session name
    const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(HH|OTEL|AWS)_/.test(key)))
    execFile(
      process.execPath,
      [join(root, "src", name, "main.ts")],
      { env, timeout: 30_000 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : error.code, stdout, stderr })
    )
  })

describe("examples", () => {
  it("are all on the page", async () => {
    const entries = await readdir(join(root, "src"), { withFileTypes: true })
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    expect([...sections.keys()].toSorted()).toEqual(folders.toSorted())
  })

  const shown = [...sections].filter(([name]) => name !== "support-agent")
  it.each(shown)("%s", async (name, output) => {
    expect(await run(name)).toEqual({ code: 0, stdout: output, stderr: "" })
  })
})
