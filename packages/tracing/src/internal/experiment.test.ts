import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { MemoryExporter } from "../Exporter.ts"
import { HoneyHive } from "../HoneyHive.ts"
import type { Options } from "../TracerConfig.ts"

const attributesWith = (options: Options) =>
  Effect.gen(function* () {
    yield* Effect.void.pipe(Effect.withSpan("answer"))
    yield* HoneyHive.flush
    const [span] = yield* MemoryExporter.use((memory) => memory.spans)
    const { attributes } = span ?? { attributes: {} }
    return Object.fromEntries(Object.entries(attributes).filter(([name]) => /experiment|run_id|data/.test(name)))
  }).pipe(Effect.provide(HoneyHive.layerMemory(options)))

describe("an experiment", () => {
  it.effect("is on every span: its tags, and the ids of the run with their twins", () =>
    Effect.gen(function* () {
      const attributes = yield* attributesWith({
        maxAttributes: 1,
        experiment: {
          id: "e1",
          name: "prompts",
          variant: "short",
          group: "a",
          metadata: { seed: 7, by: { team: "qa" } }
        },
        evaluation: { runId: "r1", datasetId: "EXT-d1", datapointId: "p1" }
      })
      assert.deepStrictEqual(attributes, {
        "honeyhive.experiment_id": "e1",
        "honeyhive.experiment_name": "prompts",
        "honeyhive.experiment_variant": "short",
        "honeyhive.experiment_group": "a",
        "honeyhive.experiment_metadata.seed": 7,
        "honeyhive.experiment_metadata.by.team": "qa",
        "honeyhive_metadata.run_id": "r1",
        "honeyhive_metadata.dataset_id": "EXT-d1",
        "honeyhive_metadata.datapoint_id": "p1",
        "traceloop.association.properties.run_id": "r1",
        "traceloop.association.properties.dataset_id": "EXT-d1",
        "traceloop.association.properties.datapoint_id": "p1"
      })
    })
  )

  it.effect("leaves no trace where there is none", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* attributesWith({}), {})
    })
  )

  it.effect("may be a session's own: its ids are on its spans only, and who started it sees its spans end", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const session = (datapointId: string) =>
        HoneyHive.withSession({
          runId: "r1",
          datapointId,
          onSpanEnd: (span) => seen.push(`${datapointId}:${span.name}`)
        })
      yield* Effect.all(
        [
          Effect.void.pipe(Effect.withSpan("one"), session("p1")),
          Effect.void.pipe(Effect.withSpan("two"), session("p2")),
          Effect.void.pipe(Effect.withSpan("outside"))
        ],
        { concurrency: 3 }
      )
      yield* HoneyHive.flush
      const spans = yield* MemoryExporter.use((memory) => memory.spans)
      assert.deepStrictEqual(
        spans.map(({ attributes, name }) => [
          name,
          attributes["honeyhive_metadata.run_id"],
          attributes["honeyhive_metadata.dataset_id"],
          attributes["traceloop.association.properties.datapoint_id"]
        ]),
        [
          ["one", "r1", "d1", "p1"],
          ["two", "r1", "d1", "p2"],
          ["outside", undefined, "d1", undefined]
        ]
      )
      assert.deepStrictEqual(seen, ["p1:one", "p2:two"])
    }).pipe(Effect.provide(HoneyHive.layerMemory({ datasetId: "d1" })))
  )
})
