/**
 * A handler of AWS Lambda. The instance is started once per cold start, from `HH_API_KEY` and `HH_API_URL`; each invocation
 * is a session, and its spans are out before its response is.
 */
import { Serverless, start, traced } from "@honeyhive/tracing"

/** What this function is invoked with. */
export interface Event {
  readonly question: string
}

/** The part of Lambda's context that matters here. */
export interface Invocation {
  readonly getRemainingTimeInMillis: () => number
}

const answer = traced({ name: "answer", type: "chain" }, async (question: string) => {
  if (question === "") throw new Error("nothing was asked")
  return `see ${question}.md`
})

const hive = await start({ serviceName: "answers", source: "lambda" })

export const handler = Serverless.lambda(
  (event: Event, _context: Invocation) =>
    hive.withSession({ name: "invocation", inputs: { ...event } }, () => answer(event.question)),
  { hive }
)
