/**
 * The same program in three environments.
 */
import { ConfigProvider, Console, Effect, Layer, Option } from "effect"
import { NodeRuntime } from "@effect/platform-node"
import { TraceStore } from "@honeyhive/hive"
import { HoneyHive } from "@honeyhive/tracing"
import * as StandIn from "../standIn.ts"
import { TracingLive } from "./Tracing.ts"

const answer = Effect.fn("answer")(function* (question: string) {
  yield* HoneyHive.enrichSpan({ type: "chain", inputs: { question } })
  return "see refunds.md"
})

const request = Effect.gen(function* () {
  yield* answer("How do I get a refund?").pipe(HoneyHive.withSession({ name: "support" }))
  yield* HoneyHive.flush
  const local = yield* Effect.serviceOption(TraceStore)
  if (Option.isSome(local)) yield* Console.log(`on this machine:\n${yield* StandIn.outline(local.value)}`)
})

const program = Effect.gen(function* () {
  const honeyhive = yield* StandIn.make("hh_key")
  for (const environment of ["development", "staging", "production"]) {
    const variables = { ENVIRONMENT: environment, HH_API_KEY: honeyhive.apiKey, HH_API_URL: honeyhive.url }
    yield* Console.log(`ENVIRONMENT=${environment}`)
    yield* request.pipe(
      Effect.provide(
        Layer.fresh(TracingLive).pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(variables))))
      )
    )
  }
  yield* Console.log(`HoneyHive:\n${yield* honeyhive.outline}`)
})

program.pipe(Effect.scoped, NodeRuntime.runMain)
