/**
 * Streams that a program drops without reading them to their end do not keep their spans open.
 */
import { execFile } from "node:child_process"
import { describe, expect, it } from "vitest"

const program = `
  import { Readable } from "node:stream"
  import { Effect, ManagedRuntime } from "effect"
  import { HoneyHive, MemoryExporter, traced } from "@honeyhive/tracing"

  const sources = {
    generator: function* () { yield 1; yield 2 },
    asyncGenerator: async function* () { yield 1; yield 2 },
    webStream: () => new ReadableStream({ pull: (controller) => controller.enqueue(1) }, { highWaterMark: 0 }),
    nodeStream: () => new Readable({ read() {} }),
    iterable: () => ({
      [Symbol.asyncIterator]: () => ({ next: async () => ({ done: false, value: 1 }) })
    })
  }
  const runtime = ManagedRuntime.make(HoneyHive.layerMemory())
  const run = (evaluate) => runtime.runPromise(Effect.promise(async () => evaluate()))
  const spans = () => runtime.runPromise(
    HoneyHive.flush.pipe(Effect.andThen(MemoryExporter.use((memory) => memory.spans)))
  )

  // In a function of its own, so that no register holds what it makes
  const drop = async (name) => { await run(async () => void traced({ name }, sources[name])()) }
  for (const name of Object.keys(sources)) await drop(name)
  // Read through its iterator alone
  const held = await run(() => traced({ name: "held" }, sources.iterable)()[Symbol.asyncIterator]())

  const wanted = Object.keys(sources)
  let ended = []
  for (let round = 0; round < 50 && ended.length < wanted.length; round++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 20))
    ended = await spans()
  }
  await held.next()
  const how = (span) => [span.name, span.attributes["honeyhive_metadata.stream"]]
  console.log(JSON.stringify(ended.map(how).sort()))
  await runtime.dispose()
`

const run = () =>
  new Promise<{ readonly stdout: string; readonly stderr: string }>((resolve) => {
    execFile(
      process.execPath,
      ["--expose-gc", "--input-type=module", "--eval", program],
      { cwd: import.meta.dirname, timeout: 30_000 },
      (_error, stdout, stderr) => resolve({ stdout, stderr })
    )
  })

describe("streams", () => {
  it("a stream that nobody can read any more is closed", async () => {
    const { stderr, stdout } = await run()
    expect(stderr).toBe("")
    const names = ["asyncGenerator", "generator", "iterable", "nodeStream", "webStream"]
    expect(JSON.parse(stdout)).toEqual(names.map((name) => [name, "never read to its end"]))
  })
})
