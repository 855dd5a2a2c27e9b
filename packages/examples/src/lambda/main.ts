/**
 * Does what Lambda does: a cold start, two invocations, and the process is frozen after each of them.
 */
import { Effect } from "effect"
import * as StandIn from "../standIn.ts"

const invocation = (question: string) =>
  Effect.promise(async () => {
    const { handler } = await import("./handler.ts")
    const context = { getRemainingTimeInMillis: () => 3000 }
    return handler({ question }, context).catch((error: unknown) => String(error))
  })

await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const honeyhive = yield* StandIn.make("hh_key")
      process.env["AWS_LAMBDA_FUNCTION_NAME"] = "answers"
      process.env["HH_API_KEY"] = honeyhive.apiKey
      process.env["HH_API_URL"] = honeyhive.url
      for (const question of ["refunds", ""]) {
        console.log(`response: ${yield* invocation(question)}`)
        // Nothing of this process runs any more: what is there now is all there will be
        console.log(`HoneyHive:\n${yield* honeyhive.outline}`)
      }
    })
  )
)
