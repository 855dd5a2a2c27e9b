/**
 * What the page tells a newcomer to paste does what it says: it is run against a hive, in a process of its own.
 */
import { execFile } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { Effect, ManagedRuntime } from "effect"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { Hive, TraceStore } from "@honeyhive/hive"
import { snippets } from "./snippets.ts"

const run = promisify(execFile)
// Inside the repository, where its packages are found
const folder = join(import.meta.dirname, "../../../../test/.snippets/setup")
const runtime = ManagedRuntime.make(Hive.layer())

describe("setting up", () => {
  beforeAll(() => mkdirSync(folder, { recursive: true }))
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    await runtime.dispose()
  })

  it.each(["Effect", "TypeScript"])("%s", async (title) => {
    const { url } = await runtime.runPromise(Hive)
    const before = await runtime.runPromise(TraceStore.use((store) => store.sessions({ limit: 10, offset: 0 })))
    const snippet = snippets(url).find((one) => one.title === title)
    const file = join(folder, `${title}.ts`)
    writeFileSync(file, snippet?.code ?? "")
    await run(process.execPath, [file], { timeout: 30_000 })
    const after = await runtime.runPromise(
      Effect.map(
        TraceStore.use((store) => store.sessions({ limit: 10, offset: 0 })),
        (sessions) => sessions.slice(0, sessions.length - before.length)
      )
    )
    expect(after.map(({ events, name }) => [name, events])).toEqual([["support", 1]])
  })
})
