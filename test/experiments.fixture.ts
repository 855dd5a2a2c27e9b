/**
 * An evaluation in a process of its own, as a job would run it: the second item never ends.
 */
import { Effect } from "effect"
import { NodeRuntime } from "@effect/platform-node"
import { Dataset, evaluate } from "@honeyhive/experiments"
import { HoneyHiveLive } from "@honeyhive/tracing"

evaluate({
  name: "job",
  dataset: Dataset.make([{ inputs: 1 }, { inputs: 2 }]),
  run: (n) =>
    n === 1
      ? Effect.succeed(n)
      : Effect.andThen(
          Effect.sync(() => process.stderr.write("stuck\n")),
          Effect.never
        )
}).pipe(Effect.provide(HoneyHiveLive), NodeRuntime.runMain)
