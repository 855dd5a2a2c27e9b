/**
 * The process around the command: its streams, its signals, its exit.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import { command } from "../Cli.ts"
import * as output from "./output.ts"
import { Output } from "./output.ts"
import { Ended, Misuse, Problem } from "./problem.ts"
import { type Handler, handled, Signals } from "./signals.ts"
import { clean } from "./text.ts"
import { version } from "./version.ts"

interface End {
  readonly code: number
  readonly signal?: string | undefined
}

const numbers: { readonly [signal: string]: number } = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 }

/** How the process ends, and what there is to say to that. */
export const endOf = (exit: Exit.Exit<void, unknown>, signal: string | undefined): End & { readonly says?: string } => {
  if (Exit.isSuccess(exit)) return { code: 0 }
  if (Cause.hasInterruptsOnly(exit.cause)) return { code: 128 + (numbers[signal ?? "SIGINT"] ?? 2) }
  const error = Cause.squash(exit.cause)
  if (error instanceof Ended) return { code: error.code, signal: error.signal }
  if (error instanceof Problem) return { code: error.code ?? 1, says: error.message }
  if (error instanceof Misuse) return { code: 2, says: error.message }
  // The presenter has said what it is
  if (CliError.isCliError(error)) return { code: error._tag === "ShowHelp" && error.errors.length === 0 ? 0 : 2 }
  return { code: 1, says: `this should not happen: ${Cause.pretty(exit.cause)}` }
}

const keepIndent = (line: string): string => " ".repeat(line.length - line.trimStart().length) + clean(line)

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code

/** Help is a result; what is wrong with a call belongs on stderr, with where to read on and without a page of help. */
const presenter = (colours: boolean): CliOutput.Presenter => ({
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Console.error(
          `${CliOutput.defaultFormatter({ colors: colours }).formatErrors(event.errors).trim()}\n\nTry: ${event.commandPath.join(" ")} --help`
        )
      : CliOutput.defaultPresenter.present(event)
})

/** Runs the command with the arguments behind its name, and ends the process with it. */
export const main = (args: ReadonlyArray<string>): void => {
  const out = output.make(process.stdout, process.stderr, process.env)
  const gone = Deferred.makeUnsafe<void>()
  let isGone = false
  let handler: Handler | undefined
  let received: NodeJS.Signals | undefined

  const signals = Signals.of({
    take: (mine) =>
      Effect.asVoid(
        Effect.acquireRelease(
          Effect.sync(() => {
            handler = mine
          }),
          () =>
            Effect.sync(() => {
              handler = undefined
            })
        )
      ),
    unheard: Deferred.await(gone)
  })

  const colours = output.hasColours(process.env, process.stderr.isTTY === true)
  const program = Command.runWith(command, { version })(args).pipe(
    Effect.provide(CliOutput.layerPresenter(presenter(colours))),
    Effect.scoped,
    Effect.provide(
      Layer.mergeAll(
        NodeServices.layer,
        Layer.succeed(Output, out),
        Layer.succeed(Signals, signals),
        // What the hive logs is no result
        Layer.succeed(Logger.LogToStderr, true),
        // The command's own work is nobody's trace
        Layer.succeed(References.TracerEnabled, false)
      )
    )
  )
  const fiber = Effect.runFork(program)

  // `head` has read enough: no reason to complain
  const unheard = (error: unknown): void => {
    if (!hasCode(error, "EPIPE")) throw error
    if (isGone) return
    isGone = true
    Deferred.doneUnsafe(gone, Effect.void)
    if (handler === undefined) fiber.interruptUnsafe()
  }
  process.stdout.on("error", unheard)
  process.stderr.on("error", unheard)
  for (const signal of handled) {
    process.on(signal, () => {
      received = signal
      if (handler !== undefined) handler(signal)
      else fiber.interruptUnsafe()
    })
  }

  fiber.addObserver((exit) => {
    const { code, says, signal } =
      isGone && Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)
        ? { code: 0, says: undefined, signal: undefined }
        : endOf(exit, received)
    if (says !== undefined)
      process.stderr.write(`${out.paintNote("red", "hive:")} ${says.split("\n").map(keepIndent).join("\n")}\n`)
    for (const name of handled) process.removeAllListeners(name)
    const leave = (): void => {
      // Ended by a signal as what it ran was, so that a shell sees the same; exits where the signal does not end it
      if (signal !== undefined) {
        process.kill(process.pid, signal)
        setTimeout(() => process.exit(code), 100)
      } else process.exit(code)
    }
    if (isGone) leave()
    else process.stdout.write("", leave)
  })
}
