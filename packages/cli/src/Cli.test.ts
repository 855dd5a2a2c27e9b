import { assert, describe, it } from "@effect/vitest"
import * as Completions from "effect/cli/Completions"
import { command } from "./Cli.ts"

const commands = command.subcommands.flatMap(({ commands }) => [...commands])

describe("the command", () => {
  it("says of every subcommand what it does, with examples that begin with it", () => {
    for (const { description, examples, name } of commands) {
      assert.match(description ?? "", /^[A-Z][^]*\.$/, name)
      assert.isAbove(examples.length, 0, name)
      for (const example of examples) assert.include(example.command, `hive ${name}`, name)
    }
  })

  it.each(["bash", "zsh", "fish", "powershell"] as const)("is completed in %s", (shell) => {
    const script = Completions.generate("hive", shell, Completions.fromCommand(command))
    for (const { name } of commands) assert.include(script, name)
  })
})
