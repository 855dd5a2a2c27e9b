/**
 * One tracer per workflow: ingestion and inference run in one process and call each other, and each has its sessions in
 * its own project.
 */
import { Console, Effect, Layer } from "effect"
import { NodeRuntime } from "@effect/platform-node"
import { HoneyHive } from "@honeyhive/tracing"
import * as StandIn from "../standIn.ts"

/** A tracer as something that a workflow is run in. */
const tracerOf = ({ apiKey, url }: StandIn.StandIn, source: string) =>
  Layer.build(HoneyHive.layer({ apiKey, url, source })).pipe(
    Effect.map(
      (context) =>
        (name: string) =>
        <A, E, R>(workflow: Effect.Effect<A, E, R>) =>
          HoneyHive.enrichSpan({ type: "chain" }).pipe(
            Effect.andThen(workflow),
            Effect.withSpan(name),
            HoneyHive.withSession({ name }),
            Effect.provide(context)
          )
    )
  )

const program = Effect.gen(function* () {
  const data = yield* StandIn.make("hh_data")
  const models = yield* StandIn.make("hh_models")

  yield* Effect.scoped(
    Effect.gen(function* () {
      const ingestion = yield* tracerOf(data, "etl")
      const inference = yield* tracerOf(models, "inference")

      const summarize = (text: string) =>
        Effect.succeed(`${text.slice(0, 9)}…`).pipe(
          Effect.withSpan("summarize", { attributes: { "gen_ai.operation.name": "chat" } }),
          inference("summary")
        )
      const store = (text: string) => Effect.void.pipe(Effect.withSpan("store"), Effect.as(text.length))
      const ingest = Effect.gen(function* () {
        const text = yield* Effect.succeed("Refunds take three days").pipe(Effect.withSpan("read"))
        return yield* store(yield* summarize(text))
      })

      yield* Console.log(`stored: ${yield* ingest.pipe(ingestion("ingest"))} characters`)
      // Leaving the scope closes both tracers: everything is sent
    })
  )

  yield* Console.log(`the data project:\n${yield* data.outline}`)
  yield* Console.log(`the models project:\n${yield* models.outline}`)
})

program.pipe(Effect.scoped, NodeRuntime.runMain)
