/**
 * The `hive` command in this process, for tests of what it prints: a process of its own takes twenty times as long.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as Command from "effect/cli/Command"
import { command } from "../Cli.ts"
import { endOf } from "./main.ts"
import * as output from "./output.ts"
import { Output } from "./output.ts"
import { Signals } from "./signals.ts"

const silent = Signals.of({ take: () => Effect.void, unheard: Effect.never })

/** Runs the command to its end; what it would say last is in `stderr`, too. */
export const hive = (args: ReadonlyArray<string>, env: output.Environment = {}) =>
  Effect.gen(function* () {
    let [stdout, stderr] = ["", ""]
    const out = output.make(
      { write: (text) => (stdout += text) },
      { write: (text) => (stderr += text) },
      { COLUMNS: "100", ...env }
    )
    const exit = yield* Command.runWith(command, { version: "test" })(args).pipe(
      Effect.scoped,
      Effect.provide(
        Layer.mergeAll(
          NodeServices.layer,
          Layer.succeed(Output, out),
          Layer.succeed(Signals, silent),
          Layer.succeed(References.TracerEnabled, false)
        )
      ),
      Effect.exit
    )
    const { code, says = "" } = endOf(exit, undefined)
    return { code, stdout, stderr: stderr + says }
  })

/** What `--json` printed. */
export const rows = (text: string): ReadonlyArray<Record<string, unknown>> =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line))
