/**
 * The `hive` command.
 *
 * @since 0.1.0
 */
import * as Command from "effect/cli/Command"
import { completions } from "./internal/commands/completions.ts"
import { doctorCommand } from "./internal/commands/doctor.ts"
import { evalCommand } from "./internal/commands/eval.ts"
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

/**
 * The command with all its subcommands, as data: for its help, its completions, or a command above it.
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
    evalCommand,
    doctorCommand,
    completions((): Command.Command.Any => command)
  ])
)
