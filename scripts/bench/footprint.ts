/**
 * What the SDK costs before it traces anything: time to set up, memory of a further instance, time to import, bytes to
 * ship.
 */
import { execFile } from "node:child_process"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { gzipSync } from "node:zlib"
import { build } from "esbuild"
import { Effect, Scope } from "effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { HoneyHive } from "@honeyhive/tracing"
import { median, type Row } from "./table.ts"

const options = { apiKey: "hh_bench", url: "http://127.0.0.1:9", skipSessionCreation: true } as const

const open = () => {
  const scope = Effect.runSync(Scope.make())
  return Effect.runPromise(Layer.buildWithScope(HoneyHive.layer(options), scope)).then(() => scope)
}

const close = (scope: Scope.Scope) => Effect.runPromise(Scope.close(scope as Scope.Closeable, Exit.void))

const setUp = async (): Promise<ReadonlyArray<Row>> => {
  const times: Array<number> = []
  for (let run = 0; run < 21; run++) {
    const start = performance.now()
    const scope = await open()
    times.push(performance.now() - start)
    await close(scope)
  }
  return [{ what: "set-up of an instance", value: `${median(times).toFixed(2)} ms (first ${times[0]?.toFixed(1)} ms)` }]
}

const heap = async (): Promise<ReadonlyArray<Row>> => {
  if (globalThis.gc === undefined) return [{ what: "heap of a further instance", value: "needs node --expose-gc" }]
  const INSTANCES = 50
  const scopes = [await open()]
  globalThis.gc()
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < INSTANCES; index++) scopes.push(await open())
  globalThis.gc()
  const bytes = (process.memoryUsage().heapUsed - before) / INSTANCES
  for (const scope of scopes) await close(scope)
  return [{ what: "heap of a further instance", value: `${(bytes / 1024).toFixed(1)} KB` }]
}

const run = promisify(execFile)

/** Median times of importing sets of modules, each in fresh processes, in milliseconds; the sets take turns. */
const importTimes = async (sets: ReadonlyArray<ReadonlyArray<string>>): Promise<ReadonlyArray<number>> => {
  const times = sets.map((): Array<number> => [])
  for (let round = 0; round < 11; round++) {
    for (const [index, modules] of sets.entries()) {
      const program = `const start = performance.now()
for (const name of ${JSON.stringify(modules)}) await import(name)
process.stdout.write(String(performance.now() - start))`
      const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", program], {
        cwd: new URL("../../packages/tracing", import.meta.url)
      })
      // The first round fills the caches of the file system
      if (round > 0) times[index]?.push(Number(stdout))
    }
  }
  return times.map(median)
}

const effect = ["effect/Effect", "effect/Layer", "effect/Schema", "effect/Config"]
const base = [
  ...effect,
  "@opentelemetry/api",
  "@opentelemetry/core",
  "@opentelemetry/resources",
  "@opentelemetry/sdk-trace-base",
  "@effect/opentelemetry/OtelTracer"
]

/** The package and the contract as a bundler would ship them; what is loaded later is in files of its own. */
const bundled = async (): Promise<{ readonly path: string; readonly gzipped: number }> => {
  const folder = new URL("../../packages/tracing/node_modules/.cache/bench", import.meta.url).pathname
  const { outputFiles } = await build({
    entryPoints: [new URL("../../packages/tracing/src/index.ts", import.meta.url).pathname],
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "node",
    external: ["effect", "effect/*", "@effect/*", "@opentelemetry/*", "re2js"]
  })
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  for (const file of outputFiles) await writeFile(file.path, file.contents)
  const gzipped = outputFiles.reduce((sum, file) => sum + gzipSync(file.contents).byteLength, 0)
  return { path: join(folder, "index.js"), gzipped }
}

const imports = async (): Promise<ReadonlyArray<Row>> => {
  const { gzipped, path } = await bundled()
  const [program = 0, alone = 0, both = 0] = await importTimes([effect, base, [...base, path]])
  return [
    {
      what: "import over effect",
      value: `${(both - program).toFixed(1)} ms`,
      ratio: both / program,
      against: `effect alone (${program.toFixed(0)} ms)`
    },
    {
      what: "import over effect and OpenTelemetry",
      value: `${(both - alone).toFixed(1)} ms`,
      ratio: both / alone,
      against: `effect and OpenTelemetry alone (${alone.toFixed(0)} ms)`
    },
    {
      what: "bundle over effect and OpenTelemetry",
      value: `${(gzipped / 1024).toFixed(1)} KB gzipped`
    }
  ]
}

/** Runs them one after the other. */
export const footprint = async (progress: (text: string) => void): Promise<ReadonlyArray<Row>> => {
  const rows: Array<Row> = []
  for (const [name, measure] of Object.entries({ setUp, heap, imports })) {
    progress(name)
    rows.push(...(await measure()))
  }
  return rows
}
