/**
 * The `hive` command in processes of its own, for tests.
 */
import { execFileSync, spawn } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { environment } from "./environment.ts"

export const root = join(import.meta.dirname, "..")
export const bin = join(root, "packages/cli/src/bin.ts")
/** A program that makes one session. */
export const program = join(import.meta.dirname, "cli.fixture.ts")

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

interface Options {
  readonly data: string
  readonly env?: Record<string, string>
  readonly input?: string
}

/** Starts the command. */
export const start = (args: ReadonlyArray<string>, { data, env = {} }: Options) => {
  // What makes colours and keys elsewhere is not the tests' business
  const { FORCE_COLOR: _, NO_COLOR: __, HIVE_URL: ___, HIVE_KEY: ____, HIVE_STORE: _____, ...rest } = environment()
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: root,
    env: { ...rest, HIVE_DATA: data, HH_SPOOL_PATH: join(data, "spool"), ...env }
  })
  let [stdout, stderr] = ["", ""]
  const listeners = new Set<() => void>()
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text
    for (const listener of listeners) listener()
  })
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text
    for (const listener of listeners) listener()
  })
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }))
  )
  /** Waits until stdout or stderr has this; fails when the process ends without. */
  const says = (pattern: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(stdout) ?? pattern.exec(stderr)
        if (found === null) return
        listeners.delete(look)
        resolve(found[1] ?? found[0])
      }
      listeners.add(look)
      void ended.then(({ stderr }) => reject(new Error(`ended without ${pattern}: ${stdout}${stderr}`)))
      look()
    })
  return { child, ended, says }
}

/** Runs the command to its end. */
export const hive = (args: ReadonlyArray<string>, options: Options): Promise<Ended> => {
  const { child, ended } = start(args, options)
  child.stdin.end(options.input ?? "")
  return ended
}

/** A hive for as long as the work takes. */
export const serving = async <A>(
  options: Options,
  work: (url: string) => Promise<A>,
  args: ReadonlyArray<string> = []
): Promise<A> => {
  const { child, ended, says } = start(["up", "--json", ...args], options)
  try {
    return await work(await says(/"url":"([^"]+)"/))
  } finally {
    child.kill("SIGTERM")
    await ended
  }
}

/** A server on some port of this machine. */
export const listen = async (onRequest: (path: string) => void = () => {}) => {
  const server = createServer((request, response) => {
    onRequest(request.url ?? "")
    response.end()
  }).listen(0, "127.0.0.1")
  await new Promise((resolve) => server.once("listening", resolve))
  const { port } = server.address() as AddressInfo // it listens on a port
  return { port, close: () => new Promise((resolve) => server.close(resolve)) }
}

/** An address where nobody listens; `fetch` asks at some ports never. */
export const nobody = async (): Promise<string> => {
  const { close, port } = await listen()
  await close()
  return `127.0.0.1:${port}`
}

/** What `--json` printed. */
export const rows = (text: string): ReadonlyArray<Record<string, unknown>> =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))

/** Whether there is util-linux's `script`, which makes terminals. */
export const hasScript = ((): boolean => {
  try {
    return execFileSync("script", ["--version"], { encoding: "utf8" }).includes("util-linux")
  } catch {
    return false
  }
})()

/** Starts the command in a terminal of 90 columns. */
export const inTerminal = (args: ReadonlyArray<string>, data: string) => {
  const { FORCE_COLOR: _, NO_COLOR: __, ...env } = environment()
  const command = `stty cols 90 rows 30; exec '${process.execPath}' '${bin}' ${args.join(" ")}`
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    env: { ...env, TERM: "xterm", HIVE_DATA: data },
    stdio: ["pipe", "pipe", "inherit"]
  })
  let text = ""
  child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part))
  return {
    says: (pattern: RegExp) =>
      new Promise<void>((resolve) => {
        const look = (): void => void (pattern.test(text) && resolve())
        child.stdout.on("data", look)
        look()
      }),
    type: (keys: string) => void child.stdin.write(keys),
    /** All that it has shown. */
    ended: new Promise<string>((resolve) => child.once("close", () => resolve(text)))
  }
}
