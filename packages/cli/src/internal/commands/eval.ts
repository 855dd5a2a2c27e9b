import * as Command from "effect/cli/Command"
import { compare } from "./evalCompare.ts"
import { ls } from "./evalLs.ts"
import { run } from "./evalRun.ts"
import { show } from "./evalShow.ts"

export const evalCommand = Command.make("eval").pipe(
  Command.withSubcommands([run, compare, ls, show]),
  Command.withDescription("Run evaluations, compare their runs, and gate a change on the difference."),
  Command.withExamples([
    { command: "hive eval run support.eval.ts" },
    { command: 'hive eval run support.eval.ts --baseline last --fail-on "accuracy < -0.02"', description: "For CI" },
    { command: "hive eval compare main last" },
    { command: "hive eval ls" }
  ])
)
