/**
 * The end of a process: whatever ends it, its spans arrive or are kept, and it ends as it would have.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { environment } from "./environment.ts"

/** A backend that remembers the names of the spans that it takes; `undefined` never answers. */
const backend = (status: () => number | undefined = () => 200) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly names: Array<string>; readonly close: () => void }>((resume) => {
      const names: Array<string> = []
      const server = Http.createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const text = Buffer.concat(chunks).toString()
          const answer = status()
          if (answer === 200) names.push(...Array.from(text.matchAll(/"name":"(step-\d+)"/g), ([, name]) => name ?? ""))
          if (answer !== undefined) response.writeHead(answer).end("{}")
        })
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo // of a TCP server
        const close = () => {
          server.closeAllConnections()
          server.close()
        }
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}/v1/traces`, names, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "honeyhive-end-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

/** Runs a program; once it says `ready`, `then` happens to it. */
const run = (
  program: string,
  variables: Record<string, string>,
  then: (child: ChildProcess) => void = () => {},
  [command = process.execPath, ...before]: ReadonlyArray<string> = []
) =>
  Effect.promise(async () => {
    const child = spawn(command, [...before, "--input-type=module", "--eval", program], {
      cwd: import.meta.dirname,
      env: { ...environment(), ...variables },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let stderr = ""
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()))
    child.stdout.on("data", (chunk: Buffer) => {
      if (chunk.toString().includes("ready")) then(child)
    })
    const started = performance.now()
    const [code, signal] = await once(child, "exit")
    return { code, signal, stderr, millis: performance.now() - started }
  })

const plain = (rest: string) => `
import { start, traced } from "@honeyhive/tracing"
const step = traced({ name: "step-1" }, () => 1)
await start({ skipSessionCreation: true })
step()
${rest}
`

const alive = `setInterval(() => {}, 1000); console.log("ready")`

/** Runs until everything in the spool has been sent. */
const drained = (path: string) => `
import { start } from "@honeyhive/tracing"
import { readdirSync } from "node:fs"
const left = () => readdirSync(${JSON.stringify(path)}, { recursive: true }).filter((file) => /\\.(seg|own)/.test(file))
const hive = await start({ skipSessionCreation: true })
while (left().length > 0) await new Promise((next) => setTimeout(next, 10))
await hive.close()`

describe("the end of a process", () => {
  it.live("nothing left to do: what has ended is sent, and nothing keeps the process", () =>
    Effect.gen(function* () {
      const { names, url } = yield* backend()
      const { code, stderr } = yield* run(plain(""), { HH_OTLP_ENDPOINT: url })
      assert.deepStrictEqual({ code, names, stderr }, { code: 0, names: ["step-1"], stderr: "" })
    })
  )

  for (const name of ["SIGTERM", "SIGINT"] as const) {
    it.live(`${name}: everything is sent, and the process ends by it`, () =>
      Effect.gen(function* () {
        const { names, url } = yield* backend()
        const { signal } = yield* run(plain(alive), { HH_OTLP_ENDPOINT: url }, (child) => child.kill(name))
        assert.deepStrictEqual({ signal, names }, { signal: name, names: ["step-1"] })
      })
    )
  }

  it.live("a program that listens itself decides how it ends, and its spans are sent meanwhile", () =>
    Effect.gen(function* () {
      const { names, url } = yield* backend()
      const own = `process.on("SIGTERM", () => setTimeout(() => process.exit(7), 500)); ${alive}`
      const { code } = yield* run(plain(own), { HH_OTLP_ENDPOINT: url }, (child) => child.kill("SIGTERM"))
      assert.deepStrictEqual({ code, names }, { code: 7, names: ["step-1"] })
    })
  )

  it.live("a second signal ends it at once", () =>
    Effect.gen(function* () {
      const { url } = yield* backend(() => undefined)
      const { millis, signal } = yield* run(
        plain(`process.on("SIGUSR2", () => console.log("again")); ${alive}`),
        { HH_OTLP_ENDPOINT: url, HH_SHUTDOWN_TIMEOUT: "60" },
        (child) => {
          child.kill("SIGTERM")
          // The first is being handled when the program can answer this one
          child.stdout?.on("data", () => child.kill("SIGTERM"))
          child.kill("SIGUSR2")
        }
      )
      assert.strictEqual(signal, "SIGTERM")
      assert.isBelow(millis, 30_000)
    })
  )

  it.live("switched off, a signal is none of its business", () =>
    Effect.gen(function* () {
      const { names, url } = yield* backend()
      const { signal } = yield* run(plain(alive), { HH_OTLP_ENDPOINT: url, HH_HANDLE_SIGNALS: "false" }, (child) =>
        child.kill("SIGTERM")
      )
      assert.deepStrictEqual({ signal, names }, { signal: "SIGTERM", names: [] })
    })
  )

  it.live("process.exit: what is in memory is kept on disk, and the next run sends it", () =>
    Effect.gen(function* () {
      const { names, url } = yield* backend()
      const variables = { HH_OTLP_ENDPOINT: url, HH_SPOOL: "on", HH_SPOOL_PATH: yield* folder }
      const { code } = yield* run(plain("process.exit(3)"), variables)
      assert.deepStrictEqual({ code, names }, { code: 3, names: [] })
      const [target = ""] = readdirSync(variables.HH_SPOOL_PATH)
      assert.strictEqual(readdirSync(join(variables.HH_SPOOL_PATH, target)).length, 1)
      assert.strictEqual((yield* run(drained(variables.HH_SPOOL_PATH), variables)).code, 0)
      assert.deepStrictEqual(names, ["step-1"])
    })
  )

  it.live("a worker thread that exits keeps its spans on disk", () =>
    Effect.gen(function* () {
      const { names, url } = yield* backend()
      const variables = { HH_OTLP_ENDPOINT: url, HH_SPOOL: "on", HH_SPOOL_PATH: yield* folder }
      const tracing = new URL("../packages/tracing/src/index.ts", import.meta.url).href
      const inside = plain("process.exit(0)").replace("@honeyhive/tracing", tracing)
      const worker = `
import { Worker } from "node:worker_threads"
new Worker(new URL("data:text/javascript," + ${JSON.stringify(encodeURIComponent(inside))}))`
      assert.strictEqual((yield* run(worker, variables)).code, 0)
      assert.deepStrictEqual(names, [])
      const [target = ""] = readdirSync(variables.HH_SPOOL_PATH)
      assert.strictEqual(readdirSync(join(variables.HH_SPOOL_PATH, target)).length, 1)
    })
  )

  it.live("NodeRuntime.runMain with HoneyHiveLive: the signal interrupts, the scope closes, everything is sent", () =>
    Effect.gen(function* () {
      const { names, url } = yield* backend()
      const program = `
import { NodeRuntime } from "@effect/platform-node"
import { Effect } from "effect"
import { HoneyHiveLive } from "@honeyhive/tracing"
NodeRuntime.runMain(
  Effect.void.pipe(
    Effect.withSpan("step-1"),
    Effect.andThen(Effect.sync(() => console.log("ready"))),
    Effect.andThen(Effect.never),
    Effect.withSpan("step-2"),
    Effect.provide(HoneyHiveLive)
  ),
  { disableErrorReporting: true }
)`
      const variables = { HH_OTLP_ENDPOINT: url, HH_SKIP_SESSION_CREATION: "true", HH_SPOOL: "off" }
      const { code, signal } = yield* run(program, variables, (child) => child.kill("SIGTERM"))
      assert.isTrue(code === 130 || code === 143 || signal === "SIGTERM", `code ${code}, signal ${signal}`)
      assert.deepStrictEqual(names.toSorted(), ["step-1", "step-2"])
    })
  )

  it.live("shutdownAll closes every instance", () =>
    Effect.gen(function* () {
      const { names, url } = yield* backend()
      const program = `
import { Effect } from "effect"
import { Registry, start, traced } from "@honeyhive/tracing"
const step = (name) => traced({ name }, () => 1)
const [one, two] = await Promise.all([start({ skipSessionCreation: true }), start({ skipSessionCreation: true })])
one.withSession({}, step("step-1"))
two.withSession({}, step("step-2"))
await Effect.runPromise(Registry.shutdownAll)
one.withSession({}, step("step-3"))
process.kill(process.pid, "SIGKILL")`
      const { signal } = yield* run(program, { HH_OTLP_ENDPOINT: url })
      assert.strictEqual(signal, "SIGKILL")
      assert.deepStrictEqual(names.toSorted(), ["step-1", "step-2"])
    })
  )

  it.live("a full disk: one warning, the program unharmed, what fitted arrives later, the rest is counted", () =>
    Effect.gen(function* () {
      let answer = 503
      const { names, url } = yield* backend(() => answer)
      const variables = {
        HH_OTLP_ENDPOINT: url,
        HH_SPOOL: "durable",
        HH_SPOOL_PATH: yield* folder,
        HH_SHUTDOWN_TIMEOUT: "0.2",
        // Its files would be as limited as the spool's
        NODE_DISABLE_COMPILE_CACHE: "1"
      }
      const program = `
import { start, traced } from "@honeyhive/tracing"
const hive = await start({ skipSessionCreation: true })
for (let index = 0; index < 100; index++) traced({ name: "step-" + index }, () => "x".repeat(1000))()
await hive.close()
process.exitCode = 5`
      // No file may grow beyond 32 KB
      const limited = ["sh", "-c", 'ulimit -f 64; exec "$0" "$@"', process.execPath]
      const { code, stderr } = yield* run(program, variables, undefined, limited)
      assert.strictEqual(code, 5)
      assert.strictEqual(stderr.match(/writing to the spool failed, .*EFBIG/g)?.length, 1, stderr)
      const dropped = Number(/spans dropped: (\d+) \(closed\)/.exec(stderr)?.[1])
      answer = 200
      yield* run(drained(variables.HH_SPOOL_PATH), variables)
      assert.isAbove(names.length, 10)
      assert.strictEqual(new Set(names).size + dropped, 100)
    })
  )
})
