/**
 * What `start` returned and nobody holds any more leaves the registry, closed, unless it is the default.
 */
import { execFile } from "node:child_process"
import { describe, expect, it } from "vitest"

const program = `
  import { createServer } from "node:http"
  import { Registry, start, traced } from "@honeyhive/tracing"

  const bodies = []
  const server = createServer((request, response) => {
    request.on("data", (chunk) => bodies.push(String(chunk)))
    request.on("end", () => response.end("{}"))
  })
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))
  const url = "http://127.0.0.1:" + server.address().port

  // In functions of their own, so that no register holds what they start
  const open = async () => (await start({ testMode: true })).id
  const openAndTrace = async () => {
    const hive = await start({ apiKey: "hh_key", url, skipSessionCreation: true })
    hive.withSpan("last words", {}, () => 1)
    return hive.id
  }
  const collected = async (id) => {
    for (let round = 0; round < 20 && Registry.byId(id) !== undefined; round++) {
      globalThis.gc()
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return Registry.byId(id) === undefined
  }

  const first = await open()
  const second = await openAndTrace()
  const held = await start({ testMode: true })
  const search = traced({ instance: held }, () => 1)

  const result = {}
  result.second = await collected(second)
  while (!bodies.join("").includes("last words")) await new Promise((resolve) => setTimeout(resolve, 20))
  result.first = await collected(first)
  result.held = await collected(held.id)
  Registry.setDefault(held)
  result.formerDefault = await collected(first)
  search()
  await held.close()
  server.close()
  console.log(JSON.stringify(result))
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

describe("the registry", () => {
  it("lets go of instances that the program has let go of, after sending what they have", async () => {
    const { stderr, stdout } = await run()
    expect(stderr).toBe("")
    expect(JSON.parse(stdout)).toEqual({ second: true, first: false, held: false, formerDefault: true })
  })
})
