/**
 * A program written for `honeyhive` 1.x, in a process of its own: it never says that it is over.
 */
import { execFile } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Redacted } from "effect"
import { Hive, TraceStore } from "@honeyhive/hive"

const program = `
import * as api from "@opentelemetry/api"
import { HoneyHiveTracer, traceTool } from "@honeyhive/tracing/compat"
const before = api.trace.getTracerProvider().getDelegate().constructor.name
const search = traceTool(async (query) => [query], { eventName: "search" })
const tracer = await HoneyHiveTracer.init({ sessionName: "support", verbose: true })
await tracer.trace(() => search("refunds"))
if (api.trace.getTracerProvider().getDelegate().constructor.name !== before) process.exitCode = 9
`

const run = (env: Record<string, string>) =>
  Effect.callback<{ readonly code: unknown; readonly stdout: string; readonly stderr: string }>((resume) => {
    execFile(
      process.execPath,
      ["--input-type=module", "--eval", program],
      { cwd: import.meta.dirname, env: { ...process.env, ...env }, timeout: 30_000 },
      (error, stdout, stderr) => resume(Effect.succeed({ code: error === null ? 0 : error.code, stdout, stderr }))
    )
  })

describe("a program written for honeyhive 1.x", () => {
  it.live("loses nothing when it runs out of work; nothing on stdout, no global provider taken", () =>
    Effect.gen(function* () {
      const context = yield* Layer.build(Hive.layer({ keys: [Redacted.make("hh_key")] }))
      const { url } = Context.get(context, Hive)
      assert.deepStrictEqual(yield* run({ HH_API_KEY: "hh_key", HH_API_URL: url }), { code: 0, stdout: "", stderr: "" })
      const store = Context.get(context, TraceStore)
      const [session] = yield* store.sessions({ limit: 10, offset: 0 })
      assert.deepStrictEqual([session?.name, session?.events, session?.orphan], ["support", 1, false])
    })
  )
})
