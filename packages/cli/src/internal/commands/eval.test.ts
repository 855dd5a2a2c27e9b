import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Command from "effect/cli/Command"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { command } from "../../Cli.ts"
import { endOf } from "../main.ts"
import * as output from "../output.ts"
import { Signals } from "../signals.ts"

const file = join(import.meta.dirname, "eval.fixture.ts")

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "honeyhive-eval-"))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** `hive eval` in this process, whose environment it sets. */
const evaluated = async (data: string, ...args: ReadonlyArray<string>) => {
  const environment = { ...process.env }
  const said = { stdout: "", stderr: "" }
  const stream = (name: keyof typeof said) => ({ write: (text: string) => void (said[name] += text) })
  const exit = await Effect.runPromiseExit(
    Command.runWith(command, { version: "0" })(["eval", ...args, "--data", join(folder, data)]).pipe(
      Effect.scoped,
      Effect.provide(
        Layer.mergeAll(
          NodeServices.layer,
          Layer.succeed(output.Output, output.make(stream("stdout"), stream("stderr"), {})),
          Layer.succeed(Signals, { take: () => Effect.void, unheard: Effect.never }),
          Layer.succeed(Logger.LogToStderr, true)
        )
      )
    )
  )
  process.env = environment
  const { code, says = "" } = endOf(exit, undefined)
  return { code, ...said, stderr: said.stderr + says }
}

const lines = (text: string): ReadonlyArray<Record<string, unknown>> =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))

describe("hive eval", () => {
  it("lists, shows and compares runs by id, name, last and file", { timeout: 30_000 }, async () => {
    expect(await evaluated("several", "run", file, "--name", "first", "-n", "8")).toMatchObject({ code: 0 })
    vi.stubEnv("KNOWS", "4")
    const report = join(folder, "second.json")
    const gate = ["--baseline", "first", "--fail-on", "accuracy < -0.02"]
    const markdown = join(folder, "second.md")
    const to = ["-o", report, "--markdown", markdown]
    const { code, stdout } = await evaluated("several", "run", file, "--name", "second", "--json", ...gate, ...to)
    expect(code).toBe(1)
    expect(await readFile(markdown, "utf8")).toContain("### Regressed: 4")
    const [ran] = lines(stdout)
    expect(ran).toMatchObject({ report: { name: "second", summary: { completed: 20 } }, gate: { exitCode: 1 } })
    const last = ["--name", "first", "-n", "8", "--baseline", "last", "--fail-on", "accuracy < -0.02", "--alpha", "0.2"]
    const again = await evaluated("several", "run", file, ...last)
    expect({ code: again.code, verdict: again.stdout.split("\n").at(-2) }).toEqual({
      code: 1,
      verdict: "FAIL  accuracy < -0.02 (is -0.5, p 0.125)"
    })

    const listed = await evaluated("several", "ls")
    expect(listed.stdout.split("\n").map((line) => line.replaceAll(/ {2,}/g, "|"))).toEqual([
      expect.stringMatching(/^RUN\|STARTED\|TIME\|STATUS\|ITEMS\|NAME\|MEANS$/),
      expect.stringMatching(/^[0-9a-f]{8}\|.*\|completed\|8\|first\|accuracy 0\.5\|score 0\.5$/),
      expect.stringMatching(/^[0-9a-f]{8}\|.*\|completed\|20\|second\|accuracy 0\.2\|score 0\.2$/),
      expect.stringMatching(/^[0-9a-f]{8}\|.*\|completed\|8\|first\|accuracy 1\|score 1$/),
      ""
    ])
    const [, , id = ""] = lines((await evaluated("several", "ls", "--json")).stdout).map(({ run_id }) => String(run_id))
    const text = (await evaluated("several", "compare", id, "second")).stdout
    expect(text).toMatch(/^second against first: 8 common datapoints, 12 only in the candidate\n/)
    expect(text).toContain("4 regressed, 0 improved\nEXT-n4  accuracy 1 -> 0, score 1 -> 0\n")
    expect((await evaluated("several", "compare", id.slice(0, 8), report)).stdout).toBe(text)
    const gated = await evaluated("several", "compare", "first", "last", "--fail-on", "accuracy < -0.02", "--json")
    expect(gated.code).toBe(0)
    expect(lines(gated.stdout)[0]).toMatchObject({ comparison: { common: 8 }, gate: { exitCode: 0 } })
    vi.unstubAllEnvs()
    expect((await evaluated("several", "show", "first")).stdout).toMatch(/^first: 8 of 8 completed\nmetric /)
  })

  it("says that a run of this file was stopped before, and keeps none that is not to be kept", async () => {
    const kept = join(folder, "stopped", "evaluations")
    await mkdir(kept, { recursive: true })
    const stopped = { run_id: "0123456789ab", name: "recollection", file, started_at: Date.now(), pid: 2 ** 30 }
    await writeFile(join(kept, "0123456789ab.json"), JSON.stringify(stopped))
    const again = await evaluated("stopped", "run", file, "-n", "1")
    const hint = "run 01234567 (recollection) stopped before its end: --resume 01234567 goes on with it\n"
    expect(again.stderr.startsWith(hint)).toBe(true)
    const unkept = await evaluated("stopped", "run", file, "-n", "1", "--no-journal")
    expect(unkept.stderr).toMatch(/^run \S+\n$/)
    expect(await readdir(kept)).toEqual(["0123456789ab.json"])
  })

  it.each([
    [["run", "nowhere.ts"], /nowhere\.ts: there is no such file/],
    [["run", file, "--fail-on", "accuracy is bad"], /--fail-on: accuracy is bad\n\^ expected a clause/],
    [["run", file, "--fail-on", "acuracy.mean < 1"], /^run /],
    [["run", file, "--baseline", "nobody"], /has no run "nobody"/],
    [["run", file, "--baseline", "./nobody.json"], /nobody\.json: ENOENT/],
    [["run", file, "--url", "http://127.0.0.1:9", "--baseline", "last"], /nothing answers at http:\/\/127\.0\.0\.1:9/],
    [["run", "BROKEN"], /cannot load .*BROKEN/],
    [["run", "EMPTY"], /exports no evaluation as its default/],
    [["run", "REFUSED"], /refused could not be run: .*nowhere\.json: ENOENT/]
  ])("ends with 2 where there is no verdict: %s", { timeout: 30_000 }, async (args, message) => {
    const files = new Map([
      ["BROKEN", "export default {"],
      ["EMPTY", "export default {}"],
      [
        "REFUSED",
        `import { Dataset, defineEvaluation } from ${JSON.stringify(import.meta.resolve("@honeyhive/experiments"))}
         export default defineEvaluation({
           name: "refused",
           dataset: Dataset.fromFile("/nowhere.json", { inputs: { ast: {} } }),
           run: (inputs) => inputs
         })`
      ]
    ])
    const made = await Promise.all(
      args.map(async (arg) => {
        const code = files.get(arg)
        if (code === undefined) return arg
        const path = join(folder, `${arg}.mjs`)
        await writeFile(path, code)
        return path
      })
    )
    const { code, stderr } = await evaluated("wrong", ...made)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) })
  })
})
