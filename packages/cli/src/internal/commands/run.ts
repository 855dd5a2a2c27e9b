import { spawn } from "node:child_process"
import { constants } from "node:os"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as backend from "../backend.ts"
import { Backend } from "../backend.ts"
import { childEnvironment } from "../childEnvironment.ts"
import {
  announce,
  chosenStore,
  cleanUrl,
  dataFolder,
  type Environment,
  givenUrl,
  keyFor,
  makeFolder,
  type Place,
  runningToStay,
  serve
} from "../location.ts"
import * as output from "../output.ts"
import { Output } from "../output.ts"
import { Ended, Misuse, type Problem } from "../problem.ts"
import * as sessions from "../sessions.ts"
import { Signals } from "../signals.ts"
import { plural } from "../text.ts"
import * as ls from "./ls.ts"
import { isJson, place } from "./root.ts"
import * as show from "./show.ts"

/** The hive that is meant, or one of our own for as long as the program runs. */
export const hiveFor = Effect.fnUntraced(function* (here: Place) {
  const given = givenUrl(here)
  if (given !== undefined) return { url: yield* cleanUrl(given), key: keyFor(here, true) }
  const folder = dataFolder(here)
  yield* makeFolder(folder)
  const other = yield* runningToStay(folder)
  if (Option.isSome(other)) return { url: other.value.url, key: keyFor(here, false) }
  const { url } = yield* serve(folder, { store: chosenStore(here) })
  yield* announce(folder, url, true)
  return { url, key: keyFor(here, false) }
})

interface Exited {
  readonly code: number
  readonly signal: NodeJS.Signals | undefined
}

/** Runs the program on our own streams. Signals are its business: ours to hand over, not to die of. */
const runProgram = (
  [command = "", ...args]: ReadonlyArray<string>,
  env: Environment
): Effect.Effect<Exited, Problem | Ended, Signals | Output> =>
  Effect.gen(function* () {
    const signals = yield* Signals
    const child = spawn(command, args, { stdio: "inherit", env: { ...env } })
    yield* signals.take((signal) => {
      // A terminal sends Ctrl-C to both of us
      if (signal === "SIGINT" && process.stdin.isTTY) return
      child.kill(signal)
    })
    return yield* Effect.callback<Exited, Problem | Ended>((resume) => {
      child.once("error", (error) => {
        const code = "code" in error && error.code === "ENOENT" ? 127 : 126
        process.stderr.write(
          `hive: cannot run ${command}: ${code === 127 ? "there is no such command" : error.message}\n`
        )
        resume(Effect.fail(new Ended({ code })))
      })
      child.once("exit", (code, signal) =>
        resume(
          Effect.succeed({ code: code ?? 128 + constants.signals[signal ?? "SIGTERM"], signal: signal ?? undefined })
        )
      )
      return Effect.sync(() => void child.kill())
    })
  }).pipe(Effect.scoped)

const MOST_TREES = 3

/** What the program did, on stderr: its stdout is its own. */
const report = Effect.fnUntraced(function* (started: number) {
  const { json, line, paint } = yield* Output
  const { url } = yield* Backend
  const found = yield* sessions.list({ limit: 1000, since: started })
  if (yield* isJson) return yield* Effect.forEach(found, json, { discard: true })
  if (found.length === 0) {
    return yield* line(
      paint(
        "dim",
        `hive: no sessions came to ${url}: does the program trace, and wait for its spans at the end? See \`hive doctor\``
      )
    )
  }
  yield* line(paint("dim", `hive: ${plural(found.length, "session")}`))
  if (found.length > MOST_TREES) return yield* ls.print(found)
  for (const { session_id } of found.toReversed()) yield* show.print(yield* backend.sessionEvents(session_id))
})

export const run = Command.make(
  "run",
  {
    quiet: Flag.Boolean("quiet").pipe(
      Flag.withAlias("q"),
      Flag.withDescription("Say nothing at the end"),
      Flag.withDefault(false)
    ),
    command: Argument.String("command").pipe(
      Argument.withDescription("The program and its arguments, behind --"),
      Argument.variadic()
    )
  },
  ({ command, quiet }) =>
    Effect.gen(function* () {
      if (command.length === 0) {
        return yield* new Misuse({ message: "there is nothing to run: hive run -- node agent.js" })
      }
      const { key, url } = yield* hiveFor(yield* place)
      const started = yield* Clock.currentTimeMillis
      const { code, signal } = yield* runProgram(command, childEnvironment(process.env, url, Redacted.value(key)))
      if (!quiet) {
        const aside = output.make(process.stderr, process.stderr, process.env)
        const { note } = yield* Output
        yield* report(started).pipe(
          Effect.provideService(Output, aside),
          Effect.provide(backend.layer(url, key)),
          // The program's own end is what counts
          Effect.catchTag("Problem", ({ message }) => note(`hive: ${message}`))
        )
      }
      if (code !== 0 || signal !== undefined)
        return yield* new Ended({ code, ...(signal === undefined ? {} : { signal }) })
    })
).pipe(
  Command.withDescription(
    "Run a program with its traces sent to a hive, one that runs or one of its own, and show its sessions on stderr. Its exit code, signals and streams stay its own."
  ),
  Command.withExamples([
    { command: "hive run -- node agent.js" },
    { command: "hive run -- uv run agent.py", description: "HoneyHive's Python SDK, and any OpenTelemetry exporter" },
    { command: "hive run -q -- npm test" }
  ])
)
