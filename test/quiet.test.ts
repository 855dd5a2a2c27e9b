/**
 * A library inside somebody's program: nothing on import, nothing on stdout, nothing that keeps the process alive.
 */
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { describe, expect, it } from "vitest"
import { environment } from "./environment.ts"

interface Ran {
  readonly stdout: string
  readonly stderr: string
  readonly code: number | string | null
}

/** Runs a program in a process of its own, from where the workspace's packages resolve. */
const run = (program: string, env: Record<string, string> = {}): Promise<Ran> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--input-type=module", "--eval", program],
      { cwd: import.meta.dirname, env: environment(env), timeout: 30_000 },
      (error, stdout, stderr) =>
        resolve({ stdout, stderr, code: error === null ? 0 : (error.code ?? error.signal ?? null) })
    )
  })

const traceOnce = `
import { Effect } from "effect"
import { HoneyHiveLive } from "@honeyhive/tracing"
await Effect.runPromise(Effect.void.pipe(Effect.withSpan("search"), Effect.provide(HoneyHiveLive)))
`

describe("a program that is traced", () => {
  it("sees nothing happen on import: no output, no global provider, no handle, no listener", async () => {
    const ran = await run(`
      const listeners = () => process.eventNames().map((name) => [String(name), process.listenerCount(name)])
      const before = JSON.stringify(listeners())
      const api = await import("@opentelemetry/api")
      const provider = api.trace.getTracerProvider().getDelegate().constructor.name
      for (const name of ["contract", "tracing", "instruments", "hive"]) await import("@honeyhive/" + name)
      const after = api.trace.getTracerProvider().getDelegate().constructor.name
      const handles = process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY|FSReq/.test(name))
      process.exitCode = before === JSON.stringify(listeners()) && provider === after && handles.length === 0 ? 0 : 9
      if (process.exitCode) console.error(before, listeners(), provider, after, handles)
    `)
    expect(ran).toEqual({ stdout: "", stderr: "", code: 0 })
  })

  it("runs without a key: one warning on stderr, stdout empty", async () => {
    const ran = await run(traceOnce)
    expect(ran).toMatchObject({ stdout: "", code: 0 })
    expect(ran.stderr.match(/HH_API_KEY/g)).toHaveLength(1)
  })

  it("talks to nobody but its backend", async () => {
    const server = createServer((request, response) => request.resume().on("end", () => response.end("{}")))
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as AddressInfo // a TCP server's address
    // Every connection that is asked for, whichever client asks
    const noted = `
      import dns from "node:dns"
      import net from "node:net"
      import { Effect } from "effect"
      import { HoneyHive, HoneyHiveLive } from "@honeyhive/tracing"
      const asked = new Set()
      const { connect } = net.Socket.prototype
      net.Socket.prototype.connect = function (...args) {
        const [{ host, path, port }] = Array.isArray(args[0]) ? args[0] : args
        asked.add(path ?? host + ":" + port)
        return connect.apply(this, args)
      }
      const { lookup } = dns
      dns.lookup = (name, ...rest) => (asked.add(name), lookup(name, ...rest))
      const program = HoneyHive.enrichSession({ metadata: { a: 1 } }).pipe(
        Effect.withSpan("search"),
        HoneyHive.withSession(),
        Effect.andThen(HoneyHive.flush),
        Effect.provide(HoneyHiveLive)
      )
      await Effect.runPromise(program)
      console.log(JSON.stringify([...asked]))
    `
    try {
      const backend = { HH_API_KEY: "hh_key", HH_API_URL: `http://127.0.0.1:${port}` }
      expect(await run(noted, backend)).toEqual({ stdout: `["127.0.0.1:${port}"]\n`, stderr: "", code: 0 })
      expect(await run(noted)).toMatchObject({ stdout: "[]\n", code: 0 })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it("says its configuration and a mistyped variable on stderr, with the key masked", async () => {
    const key = "hh_0123456789abcdef"
    const ran = await run(traceOnce, { HH_VERBOSE: "true", HH_TEST_MODE: "true", HH_API_KEY: key, HH_SORUCE: "x" })
    expect(ran).toMatchObject({ stdout: "", code: 0 })
    expect(ran.stderr).toMatch(/^apiKey +hh_\*\*\*\*cdef +environment variable HH_API_KEY$/m)
    expect(ran.stderr).toContain("`HH_SORUCE`: did you mean `HH_SOURCE`?")
    expect(ran.stderr).not.toContain(key)
  })

  it("has spans on stdout only when the console exporter is chosen", async () => {
    const ran = await run(traceOnce, { HH_EXPORTER: "console" })
    expect(ran.stdout).toContain("search")
    expect(ran.stderr).toBe("")
  })

  it("ends by itself, and soon, when the backend hangs", async () => {
    const server = createServer(() => {})
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as AddressInfo // a TCP server's address
    try {
      const ran = await run(traceOnce, {
        HH_API_KEY: "hh_key",
        HH_API_URL: `http://127.0.0.1:${port}`,
        HH_SHUTDOWN_TIMEOUT: "0.2"
      })
      expect(ran).toMatchObject({ stdout: "", code: 0 })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  it("ends by itself while the instance of a tenant is idle", async () => {
    const started = performance.now()
    const ran = await run(`
      import { Effect, ManagedRuntime } from "effect"
      import { HoneyHiveTenants } from "@honeyhive/tracing"
      const runtime = ManagedRuntime.make(HoneyHiveTenants.layer(() => ({ testMode: true })))
      await runtime.runPromise(Effect.void.pipe(Effect.withSpan("search"), Effect.provide(HoneyHiveTenants.get("a"))))
    `)
    expect(ran).toEqual({ stdout: "", stderr: "", code: 0 })
    // Its idle time is a minute; what is left in it is not waited for
    expect(performance.now() - started).toBeLessThan(25_000)
  })

  it("ends by itself while git hangs, with its instance closed or not", async () => {
    const folder = await mkdtemp(join(tmpdir(), "honeyhive-quiet-"))
    try {
      await writeFile(join(folder, "HEAD"), "ref: refs/heads/main")
      await writeFile(join(folder, "git"), `#!/bin/sh\ntouch "${folder}/called"\nexec sleep 60\n`, { mode: 0o755 })
      const env = {
        PATH: `${folder}${delimiter}${process.env["PATH"]}`,
        GIT_DIR: folder,
        HH_EXPORTER: "none",
        HH_RESOURCE_TIMEOUT: "600"
      }
      const open = `
        import { existsSync } from "node:fs"
        import { start } from "@honeyhive/tracing"
        await start()
        while (!existsSync(${JSON.stringify(join(folder, "called"))})) await new Promise((resolve) => setImmediate(resolve))
      `
      for (const program of [open, traceOnce])
        expect(await run(program, env)).toEqual({ stdout: "", stderr: "", code: 0 })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it("says on stderr which variable is wrong, not what is in it", async () => {
    const ran = await run(traceOnce, { HH_API_KEY: "two secrets" })
    expect(ran.code).not.toBe(0)
    expect(ran.stderr).toContain("environment variable HH_API_KEY")
    expect(ran.stderr + ran.stdout).not.toContain("two secrets")
  })
})
