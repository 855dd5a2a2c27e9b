import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as CliError from "effect/cli/CliError"
import { endOf } from "./main.ts"
import { Ended, Misuse, Problem } from "./problem.ts"

describe("the end of a command", () => {
  it("is 0 well, 1 with a problem, 2 where it was called wrongly", () => {
    const help = (errors: ReadonlyArray<CliError.NonShowHelpErrors>) =>
      new CliError.ShowHelp({ commandPath: ["hive"], errors: [...errors] })
    const codes = [
      Exit.void,
      Exit.fail(new Problem({ message: "no hive" })),
      Exit.fail(new Misuse({ message: "no" })),
      Exit.fail(new Ended({ code: 7 })),
      Exit.fail(help([])),
      Exit.fail(help([new CliError.MissingOption({ option: "x" })])),
      Exit.die(new Error("bug"))
    ].map((exit) => endOf(exit, undefined).code)
    assert.deepStrictEqual(codes, [0, 1, 2, 7, 0, 2, 1])
  })

  it("by a signal is what a shell makes of it", () => {
    const interrupted = Exit.failCause(Cause.interrupt())
    assert.deepStrictEqual(
      ["SIGINT", "SIGTERM", "SIGHUP", undefined].map((signal) => endOf(interrupted, signal).code),
      [130, 143, 129, 130]
    )
  })

  it("says what the problem was, and that a bug is one", () => {
    assert.strictEqual(endOf(Exit.fail(new Problem({ message: "no hive" })), undefined).says, "no hive")
    assert.include(endOf(Exit.die(new Error("oh")), undefined).says, "this should not happen")
    assert.isUndefined(endOf(Exit.fail(new Ended({ code: 1 })), undefined).says)
  })
})
