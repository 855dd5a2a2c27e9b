/**
 * The `hive` command as people use it: the real program in a process of its own, over real hives and real programs.
 */
import { execFileSync, spawn } from "node:child_process"
import { chmod, cp, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { bin, hasScript, hive, inTerminal, listen, nobody, program, root, rows, serving, start } from "./cli.ts"
import { environment } from "./environment.ts"

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "honeyhive-cli-"))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let count = 0
/** A data folder that no other test has. */
const fresh = (): string => join(folder, `data-${count++}`)

const quiet = { code: 0, signal: null, stderr: "" }

let left: Promise<string> | undefined
/** A copy of a folder in which the program has run once. */
const ran = async (): Promise<string> => {
  left ??= (async () => {
    const data = fresh()
    const { code, stderr } = await hive(["run", "-q", "--", process.execPath, program, "support"], { data })
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    return data
  })()
  const copy = fresh()
  await cp(await left, copy, { recursive: true })
  return copy
}

describe("hive run", () => {
  it("passes the program's output and exit code, and shows its session on stderr", async () => {
    const data = fresh()
    const { code, stderr, stdout } = await hive(["run", "--", process.execPath, program, "nightly", "3"], { data })
    expect({ code, stdout }).toEqual({ code: 3, stdout: "refund for order 42?: sent\n" })
    expect(stderr).toContain("hive: 1 session")
    expect(stderr).toMatch(/^nightly {2}[0-9a-f-]{36} .* · 3 events {2}1 error$/m)
    expect(stderr).toMatch(/^└─ chain {2}agent /m)
    expect(stderr).toContain("! Error: OrderNotFound: no order 7")
    expect(stderr).not.toContain("\u001b")
  })

  it("serves programs that know OpenTelemetry only", async () => {
    const script = `
      import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base"
      import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto"
      const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())] })
      provider.getTracer("plain").startSpan("plain step").end()
      await provider.shutdown()`
    const data = fresh()
    const ended = await hive(["run", "--", process.execPath, "--input-type=module", "--eval", script], { data })
    expect(ended.stderr).toContain("plain step")
    expect(ended.code).toBe(0)
  })

  it("uses the hive that runs", async () => {
    const data = fresh()
    await serving({ data }, async (url) => {
      const script = "console.log(process.env.HH_API_URL, process.env.HH_API_KEY)"
      const { stdout } = await hive(["run", "-q", "--", process.execPath, "--eval", script], {
        data,
        env: { HH_API_KEY: "hh_users_own" }
      })
      expect(stdout).toBe(`${url} hh_local\n`)
    })
  })

  it("shares its hive with those who look, not with other programs, which may live longer", async () => {
    const data = fresh()
    const printing = 'console.log("at", process.env.HH_API_URL)'
    const waiting = `${printing}; process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000)`
    const first = start(["run", "-q", "--", process.execPath, "--eval", waiting], { data })
    const url = await first.says(/at (http:.*)/)
    const tail = start(["tail", "--json"], { data })
    const second = await hive(["run", "--json", "--", process.execPath, "--eval", printing], { data })
    expect(second.stdout).toMatch(/^at http:/)
    expect(second.stdout).not.toContain(url)
    first.child.kill("SIGTERM")
    tail.child.kill("SIGTERM")
    expect(await tail.ended).toMatchObject({ stdout: "" })
    expect(await first.ended).toMatchObject({ code: 0 })
  })

  it("hands signals over, and ends as the program did", async () => {
    const data = fresh()
    const handling = `process.on("SIGTERM", () => process.exit(5)); console.log("ready"); setInterval(() => {}, 1000)`
    const first = start(["run", "-q", "--", process.execPath, "--eval", handling], { data })
    await first.says(/ready/)
    first.child.kill("SIGTERM")
    expect(await first.ended).toMatchObject({ code: 5, signal: null })
    const dying = await hive(["run", "-q", "--", process.execPath, "--eval", 'process.kill(process.pid, "SIGTERM")'], {
      data
    })
    expect(dying).toMatchObject({ code: null, signal: "SIGTERM" })
  })

  it("says what it could not run, as a shell does", async () => {
    const data = fresh()
    expect(await hive(["run", "--", "no-such-command"], { data })).toMatchObject({
      code: 127,
      stderr: "hive: cannot run no-such-command: there is no such command\n"
    })
    expect(await hive(["run"], { data })).toMatchObject({
      code: 2,
      stderr: "hive: there is nothing to run: hive run -- node agent.js\n"
    })
  })

  it("says when a program has left nothing", async () => {
    const { code, stderr } = await hive(["run", "--", process.execPath, "--eval", "0"], { data: fresh() })
    expect(code).toBe(0)
    expect(stderr).toContain("no sessions came to http://127.0.0.1:")
    expect(stderr).toContain("hive doctor")
  })
})

describe("hive up", () => {
  it("says where it is, refuses a second one over the same folder, and ends well on a signal", async () => {
    const data = fresh()
    const { child, ended, says } = start(["up"], { data })
    const url = await says(/hive at (http:\/\/127\.0\.0\.1:\d+)/)
    expect((await fetch(`${url}/openapi.json`)).status).toBe(200)
    const second = await hive(["up"], { data })
    expect(second.code).toBe(1)
    expect(second.stderr).toContain(`a hive runs over ${data} already, at ${url}`)
    child.kill("SIGINT")
    expect(await ended).toMatchObject(quiet)
    // It has taken its address away with it
    expect(await hive(["tail"], { data })).toMatchObject({ code: 1, stderr: expect.stringContaining("no hive runs") })
  })

  it("does not take a dead process's word for it", async () => {
    const data = await ran()
    await writeFile(join(data, "hive.json"), JSON.stringify({ url: "http://127.0.0.1:9", pid: 2 ** 22 + 1 }))
    expect((await hive(["ls", "--json"], { data })).code).toBe(0)
    await serving({ data }, async (url) => expect(url).toContain("http://127.0.0.1:"))
  })

  it("listens elsewhere only with a key, and asks for it", async () => {
    const data = fresh()
    const without = await hive(["up", "--host", "0.0.0.0"], { data })
    expect(without).toMatchObject({ code: 1, stderr: expect.stringContaining("needs keys") })
    const key = { HIVE_KEY: "s3cret" }
    await serving(
      { data, env: key },
      async (url) => {
        const local = url.replace("0.0.0.0", "127.0.0.1")
        const refused = await hive(["ls", "--url", local], { data })
        expect(refused).toMatchObject({
          code: 1,
          stderr: expect.stringContaining("does not accept the key: set HIVE_KEY")
        })
        expect(await hive(["ls", "--url", local], { data, env: key })).toMatchObject({ code: 0 })
      },
      ["--host", "0.0.0.0"]
    )
  })

  it("says what is wrong with a store elsewhere, and never shows its password", async () => {
    const url = "clickhouse://me:s3cret@127.0.0.1:1/traces"
    const refused = await hive(["up"], { data: fresh(), env: { HIVE_STORE: url } })
    expect(refused).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("opening ClickHouse at") })
    expect(refused.stderr).not.toContain("s3cret")
    const both = await hive(["up", "--memory", "--store", url], { data: fresh() })
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining("use one of them") })
  })

  it("says what to do about a port that is taken", async () => {
    const { close, port } = await listen()
    const { code, stderr } = await hive(["up", "--port", String(port)], { data: fresh() })
    await close()
    expect(code).toBe(1)
    expect(stderr).toContain(`port ${port} on 127.0.0.1 is in use: stop what listens there, or choose another port`)
  })

  it("opens the page in BROWSER", async () => {
    const asked = Promise.withResolvers<string>()
    const { close, port } = await listen(asked.resolve)
    const browser = join(folder, "browser.mjs")
    const script = `#!${process.execPath}\nfetch("http://127.0.0.1:${port}/?" + process.argv[2])\n`
    await writeFile(browser, script)
    await chmod(browser, 0o755)
    await serving(
      { data: fresh(), env: { BROWSER: browser } },
      async (url) => expect(await asked.promise).toBe(`/?${url}`),
      ["--open"]
    )
    await close()
  })
})

// What they print is tested beside them, in one process
describe("hive ls, show, search and stats", () => {
  it("look into the store that a hive left", async () => {
    const data = await ran()
    const [session] = rows((await hive(["ls", "error:true", "--json"], { data })).stdout)
    expect(session).toMatchObject({ name: "support", events: 3, errors: 1, orphan: false })
    const { stdout } = await hive(["show", "last"], { data, env: { FORCE_COLOR: "1" } })
    expect(stdout).toContain("\u001b[31m! Error: OrderNotFound: no order 7\u001b[0m")
    expect((await hive(["stats"], { data })).stdout).toMatch(/^1 session · 3 events {2}1 error \(33\.3 %\)$/m)
    expect(await hive(["search", "typ:tool"], { data })).toEqual({
      code: 2,
      signal: null,
      stdout: "",
      stderr: 'hive: at 1: there is no field "typ"; expected type\n  typ:tool\n  ^\n'
    })
  })

  it("say what to do where there is nothing", async () => {
    const empty = fresh()
    const { code, stderr, stdout } = await hive(["ls"], { data: empty })
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
    expect(stderr).toBe(
      `hive: no hive runs, and there is no store in ${empty}: start one with \`hive up\`, or name one with --url\n`
    )
    const address = await nobody()
    const away = await hive(["ls", "--url", address], { data: empty })
    expect(away.code).toBe(1)
    expect(away.stderr).toContain(
      `nothing answers at http://${address} (connect ECONNREFUSED ${address}): start a hive`
    )
    expect(await hive(["ls", "--url", "ftp://x"], { data: empty })).toMatchObject({ code: 2 })
  })
})

describe("hive tail", () => {
  it("prints events as they arrive, and ends well", async () => {
    const data = fresh()
    await serving({ data }, async () => {
      const lines = start(["tail"], { data })
      await lines.says(/watching http/)
      const json = start(["tail", "--json", "--since", "1h"], { data })
      await hive(["run", "-q", "--", process.execPath, program, "live"], { data })
      await hive(["run", "-q", "--", process.execPath, program, "live again"], { data })
      await lines.says(/tool {5}lookUp .*in live again {2}! Error: OrderNotFound/)
      await json.says(/"live again"[^]*OrderNotFound/)
      for (const { child } of [lines, json]) child.kill("SIGINT")
      const [text, objects] = await Promise.all([lines.ended, json.ended])
      expect(text).toMatchObject({ code: 0, stderr: expect.stringMatching(/^watching http:\S+, Ctrl-C ends it\n$/) })
      expect(objects).toMatchObject(quiet)
      expect(text.stdout).not.toContain("\u001b")
      expect(rows(objects.stdout).length).toBeGreaterThanOrEqual(8)
    })
  })

  it("waits for a hive that is away, wherever it comes back", async () => {
    const data = fresh()
    const run = (name: string) => hive(["run", "-q", "--", process.execPath, program, name], { data })
    const tail = await serving({ data }, async () => {
      const tail = start(["tail"], { data })
      await tail.says(/watching/)
      await run("before")
      await tail.says(/lookUp .*in before/)
      return tail
    })
    await serving({ data }, async () => {
      await run("after")
      await tail.says(/lookUp .*in after/)
    })
    tail.child.kill("SIGTERM")
    const { code, stderr, stdout } = await tail.ended
    expect({ code, told: stdout.match(/ in before/g)?.length }).toEqual({ code: 0, told: 3 })
    expect(stderr).toMatch(/^waiting: nothing answers at [^]*the hive is back, at http:/m)
  })

  it.runIf(hasScript)("draws live trees in a terminal", async () => {
    const data = fresh()
    await serving({ data }, async () => {
      const { ended, says, type } = inTerminal(["tail"], data)
      await says(/watching/)
      const run = start(["run", "-q", "--", process.execPath, program, "live", "0", "wait"], { data })
      await says(/agent.*[●○] \d/)
      run.child.stdin.end()
      await says(/└─ .*lookUp[^]*OrderNotFound/)
      await run.ended
      // Ctrl-C, as a terminal sends it
      type("\u0003")
      const text = await ended
      expect(text).toContain("\u001b[J")
      expect(text).toContain("\u001b[34mchain\u001b[0m")
      expect(text).toContain("█")
    })
  })
})

describe("hive export and import", () => {
  it("bring sessions over, through a pipe too", async () => {
    const data = await ran()
    const { stdout: input } = await hive(["export", "last"], { data })
    const copy = fresh()
    const result = await hive(["import", "-", "--json"], { data: copy, input })
    expect(result).toMatchObject({ code: 0, stdout: '{"spans":4,"rejected":0}\n' })
    expect((await hive(["export"], { data: copy })).stdout).toBe(input)
  })

  it("refuse files that are something else, and report spans that a hive refuses", async () => {
    const data = fresh()
    const other = await hive(["import", "-"], { data, input: '{"a":1}\n' })
    expect(other).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("line 1 is neither OTLP JSON nor an event")
    })
    const bad = JSON.stringify({
      resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: "0", spanId: "0", name: "x" }] }] }]
    })
    const refused = await hive(["import", "-"], { data, input: bad })
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('1 span refused: span "x": trace id must be')
    })
  })
})

describe("hive send", () => {
  it("sends what a program could not", async () => {
    const data = fresh()
    const unreachable = {
      HH_SPOOL: "on",
      HH_API_KEY: "k",
      HH_API_URL: "http://127.0.0.1:9",
      HH_SPOOL_PATH: join(data, "spool")
    }
    const child = spawn(process.execPath, [program, "spooled"], {
      cwd: root,
      env: { ...environment(), ...unreachable }
    })
    await new Promise((resolve) => child.once("close", resolve))
    const waiting = await hive(["send", "--dry-run", "--json"], { data })
    expect(rows(waiting.stdout)).toMatchObject([{ segments: 1, busy: 0 }])
    expect(await hive(["send"], { data })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("there is no key")
    })
    await serving({ data }, async (url) => {
      expect(await hive(["send", "--url", url], { data })).toMatchObject({
        code: 0,
        stderr: `3 spans sent to ${url}\n`
      })
      expect((await hive(["send"], { data })).stderr).toContain("nothing waits in")
      expect((await hive(["show", "spooled"], { data })).stdout).toContain("lookUp")
    })
  })
})

describe("hive doctor", () => {
  const statuses = (text: string) => Object.fromEntries(rows(text).map(({ check, status }) => [check, status]))

  it("finds nothing wrong with a program under `hive run`", async () => {
    const data = fresh()
    const args = ["run", "-q", "--", process.execPath, bin, "doctor", "--json"]
    const { code, stdout } = await hive(args, { data })
    expect(statuses(stdout)).toMatchObject({
      node: "ok",
      address: "ok",
      key: "ok",
      backend: "ok",
      clock: "ok",
      spool: "ok"
    })
    expect(code).toBe(0)
  })

  it("says what is wrong, what to do, and exits with 1", async () => {
    const data = fresh()
    const address = await nobody()
    const nothing = await hive(["doctor"], { data, env: { HH_API_URL: `http://${address}` } })
    expect(nothing.code).toBe(1)
    expect(nothing.stdout).toContain("✗ key           no key is set, so the tracer sends nothing\n")
    expect(nothing.stdout).toContain(`→ nothing listens on ${address}: start a hive with \`hive up\``)
    const strict = { HIVE_KEY: "s3cret" }
    await serving({ data, env: strict }, async (url) => {
      const { stdout } = await hive(["doctor", "--json"], { data, env: { HH_API_URL: url, HH_API_KEY: "wrong" } })
      expect(statuses(stdout)).toMatchObject({ key: "ok", backend: "fail" })
      expect(stdout).not.toContain("wrong")
    })
    const bad = await hive(["doctor", "--json", "--offline"], { data, env: { HH_API_URL: "nowhere" } })
    expect(bad.code).toBe(1)
    expect(statuses(bad.stdout)).toMatchObject({ configuration: "fail" })
  })
})

describe("hive", () => {
  const commands = "up tail ls show search stats export import send run doctor completions".split(" ")

  it("has help, with examples", async () => {
    const whole = await hive(["--help"], { data: fresh() })
    expect(whole).toMatchObject(quiet)
    for (const command of commands) expect(whole.stdout).toMatch(new RegExp(`^ {2}${command} {2}`, "m"))
    const one = await hive(["search", "--help"], { data: fresh() })
    expect(one).toMatchObject(quiet)
    expect(one.stdout).toContain("# What failed, but for one tool\n  hive search 'error:true -name:lookUp'")
  })

  it("exits with 2 when it is called wrongly, and says how it goes on stderr", async () => {
    for (const args of [["lss"], ["show"], ["ls", "--since", "soon"]]) {
      const { code, stderr, stdout } = await hive(args, { data: fresh() })
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: "" })
      expect(stderr).toMatch(/Try: hive/)
    }
  })

  it("is quiet when nobody reads on", async () => {
    const data = fresh()
    const spans = Array.from({ length: 500 }, (_, index) => ({
      traceId: "5b8efff798038103d269b633813fc60c",
      spanId: (index + 1).toString(16).padStart(16, "0"),
      name: "step",
      startTimeUnixNano: "1790000000000000000",
      endTimeUnixNano: "1790000000012000000",
      attributes: [{ key: "honeyhive_inputs.text", value: { stringValue: "x".repeat(2000) } }]
    }))
    const input = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
    expect((await hive(["import", "-"], { data, input })).stderr).toBe("500 spans imported\n")
    const { child, ended } = start(["show", "5b8efff798038103d269b633813fc60c", "--json"], { data })
    child.stdout.once("data", () => child.stdout.destroy())
    expect(await ended).toMatchObject(quiet)
  })

  it("completes commands and flags in a shell", async () => {
    const { code, stdout } = await hive(["completions", "bash"], { data: fresh() })
    expect(code).toBe(0)
    for (const command of commands) expect(stdout).toContain(command)
    expect(stdout).toContain("--since")
    const script = join(folder, "completions.bash")
    await writeFile(script, stdout)
    execFileSync("bash", ["-n", script])
  })
})
