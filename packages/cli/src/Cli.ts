/**
 * The `hive` command.
 *
 * @since 0.1.0
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import { completions } from "./internal/commands/completions.ts"
import { doctorCommand } from "./internal/commands/doctor.ts"
import { exportCommand } from "./internal/commands/export.ts"
import { importCommand } from "./internal/commands/import.ts"
import { ls } from "./internal/commands/ls.ts"
import { root } from "./internal/commands/root.ts"
import { run as runProgram } from "./internal/commands/run.ts"
import { search } from "./internal/commands/search.ts"
import { send } from "./internal/commands/send.ts"
import { show } from "./internal/commands/show.ts"
import { stats } from "./internal/commands/stats.ts"
import { tail } from "./internal/commands/tail.ts"
import { up } from "./internal/commands/up.ts"
import { hasColours } from "./internal/output.ts"
import { version } from "./internal/version.ts"

/**
 * The command with all its subcommands, for `Command.runWith` and for completions.
 *
 * @example
 * ```ts
 * import { Cli } from "@honeyhive/cli"
 *
 * Cli.command.name // => "hive"
 * ```
 *
 * @category commands
 * @since 0.1.0
 */
export const command = root.pipe(
  Command.withSubcommands([
    up,
    tail,
    ls,
    show,
    search,
    stats,
    exportCommand,
    importCommand,
    send,
    runProgram,
    doctorCommand,
    completions((): Command.Command.Any => command)
  ])
)

const colours = hasColours(process.env, process.stderr.isTTY === true)

/** Help is a result; what is wrong with a call belongs on stderr, with where to read on and without a page of help. */
const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error(
          `${CliOutput.defaultFormatter({ colors: colours }).formatErrors(event.errors).trim()}\n\nTry: ${event.commandPath.join(" ")} --help`
        )
      : CliOutput.defaultPresenter.present(event)
}

/**
 * Runs the command with the arguments behind its name. Fails with how it ended where that is not well.
 *
 * @category running
 * @since 0.1.0
 */
export const run = (args: ReadonlyArray<string>) =>
  Command.runWith(command, { version })(args).pipe(Effect.provide(CliOutput.layerPresenter(presenter)), Effect.scoped)
