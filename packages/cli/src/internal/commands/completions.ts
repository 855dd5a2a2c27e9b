import * as Effect from "effect/Effect"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import { Output } from "../output.ts"
import { withFields } from "../queryWords.ts"

/** The script for a shell, for the whole command. */
export const completions = (whole: () => Command.Command.Any) =>
  Command.make(
    "completions",
    {
      shell: Argument.Literals("shell", ["bash", "zsh", "fish", "powershell"]).pipe(
        Argument.withDescription("The shell that reads the script")
      )
    },
    ({ shell }) =>
      Effect.gen(function* () {
        const { line } = yield* Output
        yield* line(withFields(shell, Completions.generate("hive", shell, Completions.fromCommand(whole()))))
      })
  ).pipe(
    Command.withDescription("Print a script that completes commands, flags and the fields of queries in a shell."),
    Command.withExamples([
      { command: "source <(hive completions bash)", description: "In ~/.bashrc" },
      { command: "hive completions fish > ~/.config/fish/completions/hive.fish" }
    ])
  )
