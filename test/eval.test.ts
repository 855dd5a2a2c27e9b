/**
 * `hive eval` where the process matters: its streams, its exit codes, its signals.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { hive, root, rows, start } from "./cli.ts"

const file = join(root, "packages/cli/src/internal/commands/eval.fixture.ts")

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "honeyhive-eval-"))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe("hive eval", () => {
  it("in CI: writes what CI reads, and ends with 1 where the gate fails", async () => {
    const to = (name: string) => join(folder, name)
    const gate = ["--baseline", "last", "--fail-on", "accuracy < -0.02", "--fail-on", "accuracy.mean < 0.9"]
    const files = ["--junit", to("j.xml"), "--markdown", to("m.md"), "-o", to("r.json")]
    const { code, stderr, stdout } = await hive(["eval", "run", file, ...gate, ...files], {
      data: join(folder, "ci"),
      env: { KNOWS: "10", CI: "true" }
    })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^run [0-9a-f-]{36}\nno earlier run of recollection: there is no difference yet\n$/)
    expect(stdout).toMatch(/^recollection: 20 of 20 completed\n/)
    expect(stdout).toMatch(/\nok {4}accuracy < -0\.02 \(is 0\)\nFAIL {2}accuracy\.mean < 0\.9 \(is 0\.5\)\n$/)
    expect(await readFile(to("j.xml"), "utf8")).toContain('tests="20" failures="10" errors="0"')
    expect(await readFile(to("m.md"), "utf8")).toContain("### Not passed: 10")
    expect(JSON.parse(await readFile(to("r.json"), "utf8")).items.length).toBe(20)
  })

  it("interrupted, closes the run as failed with what was done, and ends with 130", async () => {
    const data = join(folder, "interrupted")
    const { child, ended, says } = start(["eval", "run", file], { data, env: { STUCK: "yes" } })
    await says(/stuck\n/)
    child.kill("SIGINT")
    const { code, stdout } = await ended
    expect({ code, stdout }).toEqual({ code: 130, stdout: "" })
    const [run] = rows((await hive(["eval", "ls", "--json"], { data })).stdout)
    expect(run).toMatchObject({ name: "recollection", status: "failed", results: { completed: 3 } })
  })
})
