import { execFileSync } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { curlOf, quoted } from "./curl.ts"

const bash = (command: string, env: Record<string, string> = {}): string =>
  execFileSync("bash", ["--norc", "-s"], {
    encoding: "utf8",
    // As it is pasted: an argument would be too long
    input: command,
    env: { PATH: process.env["PATH"] ?? "", HOME: "/nowhere", ...env }
  })

/** A shell in which curl says what it was given. */
const told = (command: string, env?: Record<string, string>): ReadonlyArray<string> =>
  bash(`curl() { printf '%s\\n' "$@"; cat; }\n${command}`, env).split("\n")

describe("a command for a shell", () => {
  it("quotes any text as one word", () => {
    const words = ["", "a b", "it's", "'; rm -rf ~ #", '$(id) `id` $HOME \\ ! " \n*', "é😀"]
    assert.strictEqual(bash(`printf '<%s>' ${words.map(quoted).join(" ")}`), words.map((word) => `<${word}>`).join(""))
    const text = fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0"))
    for (const word of fc.sample(text, 3)) assert.strictEqual(bash(`printf %s ${quoted(word)}`), word)
  })

  it("gives the body as it is, whatever is in it", () => {
    const body = {
      a: "$(id) `id` ${HOME} \\n\n'\"!",
      b: "\nHONEYHIVE\nrm -rf ~\n",
      c: "\0\u202e\ud800",
      big: "x".repeat(300_000)
    }
    const lines = told(curlOf("http://127.0.0.1:1/v1/traces?a='b", JSON.stringify(body), false))
    assert.include(lines, "http://127.0.0.1:1/v1/traces?a='b")
    assert.deepStrictEqual(JSON.parse(lines.at(-2) ?? ""), body)
  })

  it("takes the key from the environment", () => {
    const command = curlOf("http://127.0.0.1:1/v1/traces", "{}", true)
    assert.include(told(command, { HH_API_KEY: "secret" }), "authorization: Bearer secret")
  })

  it("leaves out what only an import of the hive reads", () => {
    const attributes = [
      { key: "a", value: { intValue: 1 } },
      { key: "hive.event", value: { stringValue: "{}" } }
    ]
    const command = curlOf("http://127.0.0.1:1/v1/traces", JSON.stringify({ spans: [{ attributes }] }), false)
    assert.deepStrictEqual(JSON.parse(told(command).at(-2) ?? ""), { spans: [{ attributes: attributes.slice(0, 1) }] })
  })
})
