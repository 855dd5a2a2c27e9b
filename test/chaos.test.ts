/**
 * Every way in which a backend fails, in every phase of a program, for every way in which the program ends, with every
 * kind of spool: what is lost, and whether it is counted. `pnpm chaos` plays all 243 combinations; the suite plays all
 * that end a durable spool by SIGKILL, and of the others enough for every pair of values to meet.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { build } from "esbuild"
import { type Backend, backend, type Certificate, certificate, type Fault, faults } from "./chaos/backend.ts"
import { environment } from "./environment.ts"

const phases = ["start", "steady", "shutdown"] as const
const ends = ["none", "SIGTERM", "SIGKILL"] as const
const spools = ["off", "on", "durable"] as const

const next: { readonly [phase in (typeof phases)[number]]?: string } = { start: "steady", steady: "shutdown" }

interface Cell {
  readonly fault: Fault
  readonly phase: (typeof phases)[number]
  readonly end: (typeof ends)[number]
  readonly spool: (typeof spools)[number]
}

interface Result extends Cell {
  readonly finished: number
  readonly lost: number
  /** Lost spans that the program said it dropped. */
  readonly counted: number
  /** Names that came under more than one span id. */
  readonly duplicates: number
}

interface Setting {
  readonly folder: string
  readonly program: string
  readonly trusted: Certificate
  readonly stranger: Certificate
}

const matrix: ReadonlyArray<Cell> = faults.flatMap((fault) =>
  phases.flatMap((phase) => ends.flatMap((end) => spools.map((spool) => ({ fault, phase, end, spool }))))
)

/**
 * An orthogonal array: 27 cells in which any two values of different dimensions meet, and any phase, end and spool do.
 * It needs nine faults and three of everything else; a test below counts.
 */
const isInArray = (cell: Cell): boolean => {
  const fault = faults.indexOf(cell.fault)
  const phase = phases.indexOf(cell.phase)
  return (
    ends.indexOf(cell.end) === (phase + fault) % 3 && spools.indexOf(cell.spool) === (phase + Math.floor(fault / 3)) % 3
  )
}

/** What is promised without any condition is tried without exception. */
const isPromised = ({ end, spool }: Cell): boolean => end === "SIGKILL" && spool === "durable"

const wantsAll = process.env["CHAOS"] === "all"
const cells = wantsAll ? matrix : matrix.filter((cell) => isInArray(cell) || isPromised(cell))

const nameOf = ({ end, fault, phase, spool }: Cell): string => `${fault} during ${phase}, ${end}, spool ${spool}`

/** The program as one file: it starts in a fraction of the time that its sources take. */
const bundle = async (folder: string): Promise<string> => {
  const outfile = join(folder, "program.cjs")
  await build({
    entryPoints: [join(import.meta.dirname, "chaos", "program.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    logLevel: "silent"
  })
  return outfile
}

const variables = (cell: Cell, { url }: Backend, folder: string) =>
  environment({
    HH_OTLP_ENDPOINT: url,
    HH_SPOOL: cell.spool,
    HH_SPOOL_PATH: mkdtempSync(join(folder, "spool-")),
    HH_FLUSH_INTERVAL: "0.05",
    HH_EXPORT_TIMEOUT: "0.4",
    HH_SHUTDOWN_TIMEOUT: "1.5",
    NODE_EXTRA_CA_CERTS: join(folder, "ca.pem"),
    NODE_COMPILE_CACHE: join(folder, "compiled")
  })

const drain = async (program: string, env: ReturnType<typeof environment>): Promise<void> => {
  await once(spawn(process.execPath, [program, "drain"], { env, stdio: "ignore" }), "exit")
}

const play = async (cell: Cell, { folder, program, stranger, trusted }: Setting): Promise<Result> => {
  const server = await backend(trusted, stranger, cell.fault === "TLS failure")
  const env = variables(cell, server, folder)
  const child = spawn(process.execPath, [program], { env, stdio: ["pipe", "pipe", "pipe"] })
  const exited = once(child, "exit")
  const ended = new Set<string>()
  let stderr = ""
  const failed = new Promise<void>((resolve) => {
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString()
      if (/exporting \d+ spans failed/.test(stderr)) resolve()
    })
  })

  for await (const line of createInterface({ input: child.stdout })) {
    const [what, name = ""] = line.split(" ")
    if (what === "ended") ended.add(name)
    if (what !== "phase") continue
    if (name === cell.phase) await server.set(cell.fault)
    // A fault lasts until the program has met it and its phase is over; that of the shutdown lasts to the end
    if (name === next[cell.phase]) {
      await failed
      await server.set(undefined)
    }
    if (name !== "end" || cell.end === "none") child.stdin.write("go on\n")
    else child.kill(cell.end)
  }
  await exited
  await server.set(undefined)
  if (cell.spool !== "off") await drain(program, env)
  server.close()

  const names = Array.from(server.received.values())
  const arrived = new Set(names)
  const dropped = Array.from(stderr.matchAll(/spans dropped: (.*)/g), ([, reasons = ""]) =>
    Array.from(reasons.matchAll(/(\d+) \(/g), ([, spans]) => Number(spans)).reduce((sum, spans) => sum + spans, 0)
  )
  return {
    ...cell,
    finished: ended.size,
    lost: Array.from(ended).filter((name) => !arrived.has(name)).length,
    counted: dropped.reduce((sum, spans) => sum + spans, 0),
    duplicates: names.length - arrived.size
  }
}

const mayLose = ({ end, phase, spool }: Cell): boolean =>
  (spool !== "durable" && end === "SIGKILL") || (spool === "off" && phase === "shutdown")

const table = (results: ReadonlyArray<Result>): string => {
  const rows = faults.map((fault) =>
    phases.flatMap((phase) =>
      ends.map((end) =>
        spools
          .map((spool) => {
            const result = results.find(
              (one) => one.fault === fault && one.phase === phase && one.end === end && one.spool === spool
            )
            return result === undefined ? "?" : String(result.lost)
          })
          .join("/")
      )
    )
  )
  const heads = phases.flatMap((phase) => ends.map((end) => `${phase} ${end}`))
  const line = (name: string, values: ReadonlyArray<string>): string =>
    [name.padEnd(19), ...values.map((value, index) => value.padEnd(heads[index]?.length ?? 0))].join("  ").trimEnd()
  return [
    `Of 60 spans lost, with the spool off/on/durable (columns: phase of the fault, how the program ends):`,
    line("", heads),
    ...faults.map((fault, index) => line(fault, rows[index] ?? []))
  ].join("\n")
}

describe("chaos", () => {
  it("brings every value together with every other", () => {
    const dimensions = ["fault", "phase", "end", "spool"] as const
    const pairs = (of: ReadonlyArray<Cell>): ReadonlySet<string> =>
      new Set(
        of.flatMap((cell) =>
          dimensions.flatMap((one, index) =>
            dimensions.slice(index + 1).map((other) => `${cell[one]} and ${cell[other]}`)
          )
        )
      )
    assert.deepStrictEqual(
      Array.from(pairs(matrix)).filter((pair) => !pairs(matrix.filter(isInArray)).has(pair)),
      []
    )
  })

  it.live(
    "durable loses nothing, on nothing but to SIGKILL, off nothing that is not counted",
    () =>
      Effect.gen(function* () {
        const folder = yield* Effect.acquireRelease(
          Effect.sync(() => mkdtempSync(join(tmpdir(), "honeyhive-chaos-"))),
          (path) => Effect.sync(() => rmSync(path, { recursive: true }))
        )
        const [program, trusted, stranger] = yield* Effect.promise(() =>
          Promise.all([bundle(folder), certificate(), certificate()])
        )
        writeFileSync(join(folder, "ca.pem"), trusted.cert)
        const results = yield* Effect.forEach(
          cells,
          (cell) => Effect.promise(() => play(cell, { folder, program, trusted, stranger })),
          { concurrency: 4 }
        )
        if (wantsAll) process.stdout.write(`\n${table(results)}\n`)
        for (const result of results) {
          const what = nameOf(result)
          assert.strictEqual(result.finished, 60, `${what}: spans made`)
          assert.strictEqual(result.duplicates, 0, `${what}: duplicates`)
          if (!mayLose(result)) assert.strictEqual(result.lost, 0, `${what}: lost`)
          if (result.end === "SIGKILL") continue
          // What a backend took and then denied is counted, but was not lost
          if (result.fault === "half-accepted") assert.isAtLeast(result.counted, result.lost, `${what}: counted`)
          else assert.strictEqual(result.counted, result.lost, `${what}: counted`)
        }
      }),
    wantsAll ? 1_800_000 : 240_000
  )
})
