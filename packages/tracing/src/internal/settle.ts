import * as Exit from "effect/Exit"
import { safely } from "./safely.ts"

const isPromise = (value: unknown): value is Promise<unknown> => safely(() => value instanceof Promise, false)

/** Runs a function and says how it, or the promise it returns, ended; its result and its error stay what they are. */
export const settle = <A>(evaluate: () => A, onExit: (exit: Exit.Exit<unknown, unknown>) => void): A => {
  let result: A
  try {
    result = evaluate()
  } catch (error) {
    onExit(Exit.fail(error))
    throw error
  }
  if (!isPromise(result)) {
    onExit(Exit.succeed(result))
    return result
  }
  // A promise made from it, so that a rejection that nobody handles is still reported
  return result.then(
    (value: unknown) => {
      onExit(Exit.succeed(value))
      return value
    },
    (error: unknown) => {
      onExit(Exit.fail(error))
      throw error
    }
  ) as A // what `evaluate` promised, by way of another promise
}
