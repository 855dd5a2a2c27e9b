/**
 * README's first command: the support agent, traced into a hive, in a process without a terminal.
 */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { environment } from "./environment.ts"

const main = join(import.meta.dirname, "../packages/examples/src/support-agent/main.ts")

const run = () =>
  new Promise<{ readonly code: unknown; readonly stdout: string; readonly stderr: string }>((resolve) => {
    const { OPENAI_API_KEY: _, ...env } = environment()
    execFile(process.execPath, [main, "--once"], { env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr })
    )
  })

describe("pnpm start", () => {
  it("answers, shows every session as a tree, says where the hive is, and ends when told to", async () => {
    const { code, stderr, stdout } = await run()
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout).toMatch(/The hive: http:\/\/127\.0\.0\.1:\d+/)
    expect(stdout).not.toContain("\u001b[")
    const sessions = stdout.split("\n> ").slice(1)
    expect(sessions.length).toBeGreaterThanOrEqual(4)
    for (const session of sessions) {
      expect(session).toMatch(/^session {2}support {2}[\d.]+ m?s$/m)
      expect(session).toMatch(/─ chain {2}support-agent/)
      expect(session).toMatch(
        /─ model {2}LanguageModel\.generateText {2}local-deterministic {2}[\d.]+ m?s {2}\d+ in, \d+ out/
      )
      expect(session).toMatch(/─ tool {2}(searchDocs|lookupOrder)/)
    }
    // One question fails in a tool: its typed error is on that tool's event, and only there
    expect(stdout.match(/! .*/g)).toEqual(["! OrderNotFound: There is no order KC-4711"])
    expect(stdout).toMatch(/tool {2}lookupOrder .*! OrderNotFound/)
  })
})
