/**
 * `hive eval` where the process matters: its streams, its exit codes, its signals.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises"
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

  it("killed, then interrupted, goes on where it stopped, and ends as a run that nobody stopped", async () => {
    const data = join(folder, "stopped")
    const begin = async (stuckAt: number, ...args: ReadonlyArray<string>) => {
      const env = { STUCK_AT: String(stuckAt), TELLS: "yes" }
      const { child, ended, says } = start(["eval", "run", file, ...args], { data, env })
      await says(/stuck\n/)
      return { child, ended }
    }
    const asked = (stderr: string) => [...stderr.matchAll(/^asked (\d+)$/gm)].map(([, n]) => Number(n))

    const killed = await begin(3, "--name", "first try", "--limit", "12")
    killed.child.kill("SIGKILL")
    expect(asked((await killed.ended).stderr)).toEqual([0, 1, 2, 3])

    const interrupted = await begin(6, "--resume", "last")
    interrupted.child.kill("SIGINT")
    const { code, stderr, stdout } = await interrupted.ended
    expect({ code, stdout, asked: asked(stderr) }).toEqual({ code: 130, stdout: "", asked: [3, 4, 5, 6] })
    const [, id = "", short = ""] =
      /^run (\S+) stopped, 6 items done: hive eval run \S+ --resume (\S+)$/m.exec(stderr) ?? []
    const [run] = rows((await hive(["eval", "ls", "--json"], { data })).stdout)
    expect(run).toMatchObject({ run_id: id, name: "first try", status: "failed", results: { completed: 6 } })

    const [resumed, another] = await Promise.all([
      hive(["eval", "run", file, "--resume", short, "--json"], { data, env: { TELLS: "yes" } }),
      hive(["eval", "run", file, "--resume", "another"], { data })
    ])
    expect({ code: resumed.code, asked: asked(resumed.stderr).toSorted((a, b) => a - b) }).toEqual({
      code: 0,
      asked: [6, 7, 8, 9, 10, 11]
    })
    expect({ code: another.code, stderr: another.stderr }).toEqual({
      code: 2,
      stderr: `hive: --resume another: not one of ${short} (first try)\n`
    })
    const [{ report } = {}] = rows(resumed.stdout)
    expect(report).toMatchObject({ run_id: id, summary: { items: 12, completed: 12 } })
    // Nothing is left of what has come to its end
    expect(await readdir(join(data, "evaluations"))).toEqual([])
    const [stored] = rows((await hive(["eval", "show", "last", "--json"], { data })).stdout)
    expect(stored).toMatchObject({ run_id: id, summary: { items: 12, completed: 12 } })
  })
})
