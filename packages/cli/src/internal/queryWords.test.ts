import { execFileSync } from "node:child_process"
import { assert, describe, it } from "@effect/vitest"
import * as Completions from "effect/cli/Completions"
import { command } from "../Cli.ts"
import { withFields } from "./queryWords.ts"

const script = (shell: "bash" | "zsh" | "fish" | "powershell") =>
  withFields(shell, Completions.generate("hive", shell, Completions.fromCommand(command)))

describe("a shell's completion", () => {
  it("knows the fields of queries where arguments are queries, and nowhere else (bash)", () => {
    const typed = (...words: ReadonlyArray<string>) => {
      const array = ["hive", ...words].map((word) => `'${word}'`).join(" ")
      const complete = `COMP_WORDS=(${array}); COMP_CWORD=${words.length}; COMP_LINE="hive ${words.join(" ")}"; COMP_POINT=\${#COMP_LINE}`
      const text = `${script("bash")}\n${complete}; _hive_with_fields; echo "\${COMPREPLY[@]}"`
      return execFileSync("bash", ["--norc", "-c", text], { encoding: "utf8" }).trim().split(" ")
    }
    assert.deepStrictEqual(typed("search", "t"), ["type:", "tool:", "trace:", "ttft:", "tokens:"])
    assert.deepStrictEqual(typed("stats", "mod"), ["model:"])
    assert.include(typed("search", "--l"), "--limit")
    assert.include(typed("se"), "search")
    assert.deepStrictEqual(typed("show", "t"), [""])
  })

  it("of zsh and fish, too", () => {
    const zsh = script("zsh")
    assert.match(zsh, /_hive_fields\(\) \{\n {2}compadd -S '' -- 'type:'/)
    assert.strictEqual(zsh.match(/:_hive_fields'\n/g)?.length, 3)
    assert.match(script("fish"), /__fish_seen_subcommand_from search ls stats' -f -a 'type: name:/)
    assert.notInclude(script("powershell"), "type: name:")
  })
})
