import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as ExternalIds from "@honeyhive/contract/ExternalIds"
import { HoneyHive } from "@honeyhive/tracing/HoneyHive"
import * as Dataset from "./Dataset.ts"
import { honeyhive } from "./internal/backend.fixture.ts"

const file = (name: string, content: string) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const folder = await mkdtemp(join(tmpdir(), "honeyhive-dataset-"))
      await writeFile(join(folder, name), content)
      return { folder, path: join(folder, name) }
    }),
    ({ folder }) => Effect.promise(() => rm(folder, { recursive: true }))
  ).pipe(Effect.map(({ path }) => path))

const Question = Schema.Struct({ q: Schema.String, k: Schema.Int })
const schemas = { inputs: Question, groundTruth: Schema.String }

const expected = [
  [{ q: "café, or tea?", k: 1 }, "tea"],
  [{ q: "why", k: 2 }, "because"]
]

const pairs = <I, G>({ items }: Dataset.Dataset<I, G>) => items.map(({ groundTruth, inputs }) => [inputs, groundTruth])

describe("Dataset", () => {
  it.effect("in memory has Python's ids, custom ones with their prefix, and both names of the ground truth", () =>
    Effect.gen(function* () {
      const inputs = { q: true, ctx: 0.8841678195265548 }
      const golden = yield* Dataset.make([{ inputs, ground_truth: -1872244685471673 }])
      assert.strictEqual(golden.id, "EXT-98805ace7c8e1aac")
      assert.strictEqual(golden.items[0]?.id, "EXT-80401ddd27668087")
      const { id, items } = yield* Dataset.make(
        [
          { inputs: 1, ground_truth: "a", id: "one" },
          { inputs: 2, ground_truths: "b", datapoint_id: "EXT-two" }
        ],
        { id: "mine" }
      )
      assert.deepStrictEqual(
        [id, ...items.map((item) => [item.id, item.index, item.groundTruth])],
        ["EXT-mine", ["EXT-one", 0, "a"], ["EXT-two", 1, "b"]]
      )
    })
  )

  it.effect.each([
    [
      "rows.json",
      `{"datapoints": [{"inputs": {"q": "café, or tea?", "k": 1}, "ground_truth": "tea"}, {"q": "why", "k": 2, "ground_truths": "because"}]}`
    ],
    [
      "rows.jsonl",
      `{"inputs": {"q": "café, or tea?", "k": 1}, "ground_truth": "tea"}\r\n\n{"q": "why", "k": 2, "ground_truths": "because"}\n`
    ],
    ["rows.csv", `inputs.q,inputs.k,ground_truth\n"café, or tea?",1,tea\nwhy,2,because\n`],
    ["flat.csv", `\uFEFFq,k,ground_truth\r\n"café, or tea?",1,tea\r\nwhy,2,because\r\n`],
    [
      "rows.yaml",
      `- inputs:\n    q: café, or tea?\n    k: 1\n  ground_truth: tea\n- q: why\n  k: 2\n  ground_truths: because\n`
    ]
  ] as const)("reads %s", ([name, content]) =>
    Effect.gen(function* () {
      const dataset = yield* Dataset.fromFile(yield* file(name, content), schemas)
      assert.deepStrictEqual(pairs(dataset), expected)
      assert.strictEqual(dataset.name, name.split(".")[0])
    })
  )

  it.effect("gives a file the ids of its numbers as they are written there", () =>
    Effect.gen(function* () {
      const path = yield* file("n.json", `[{"inputs": {"x": 1.0}}]`)
      const { id, items } = yield* Dataset.fromFile(path, { inputs: Schema.Struct({ x: Schema.Number }) })
      assert.strictEqual(id, yield* ExternalIds.datasetId([ExternalIds.parseExact(`{"inputs": {"x": 1.0}}`)]))
      assert.notStrictEqual(id, yield* ExternalIds.datasetId([{ inputs: { x: 1 } }]))
      assert.deepStrictEqual(items[0]?.inputs, { x: 1 })
    })
  )

  it.effect.each([
    ["a.json", "{", /a\.json: JSON: /],
    ["b.json", `{"rows": []}`, /expected a list of datapoints/],
    ["c.jsonl", `{"q": "x", "k": 1, "ground_truth": ""}\n7`, /c\.jsonl: line 2: expected an object/],
    ["d.jsonl", `{"q": "x", "k": "one"}`, /d\.jsonl: line 1: .*\n?.*k/],
    ["e.csv", `q,k\nx,1,2\n`, /e\.csv: line 2/],
    ["f.yaml", `a: [`, /f\.yaml: YAML: /],
    ["g.txt", "", /its extension says no format/]
  ] as const)("says what is wrong with %s", ([name, content, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Dataset.fromFile(yield* file(name, content), schemas))
      assert.instanceOf(error, Dataset.DatasetError)
      assert.match(error.message, message)
    })
  )

  it.effect.each([
    ["h.jsonl", `{"q": "and now?", "history": [{"role": "user", "content": "hi"}]}\n{"q": "first"}`],
    ["h.csv", `q,history\nand now?,"[{""role"": ""user"", ""content"": ""hi""}]"\nfirst,\n`],
    ["h.yaml", `- q: and now?\n  history: [{ role: user, content: hi }]\n- inputs: { q: first }\n`]
  ] as const)("hands the conversation before over, and takes it for no input: %s", ([name, content]) =>
    Effect.gen(function* () {
      const { items } = yield* Dataset.fromFile(yield* file(name, content), {
        inputs: Schema.Record(Schema.String, Schema.String)
      })
      assert.deepStrictEqual(
        items.map(({ history, inputs }) => [inputs, history]),
        [
          [{ q: "and now?" }, [{ role: "user", content: "hi" }]],
          [{ q: "first" }, []]
        ]
      )
      const wrong = yield* file("w.json", `[{"q": "?", "history": ["hi"]}]`)
      const error = yield* Effect.flip(Dataset.fromFile(wrong, { inputs: Schema.Unknown }))
      assert.match(error.message, /w\.json: row 1: history: /)
    })
  )

  it.effect("says that a file is missing", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Dataset.fromFile("/nowhere/x.json", schemas))
      assert.match(error.message, /^\/nowhere\/x\.json: ENOENT/)
    })
  )

  it.live("comes from HoneyHive in its order, page by page, with the instance's key", () =>
    Effect.gen(function* () {
      const ids = Array.from({ length: 150 }, (_, index) => `dp${index}`)
      const hive = yield* honeyhive(({ path }) =>
        path.startsWith("/v1/datasets")
          ? { status: 200, body: { datasets: [{ id: "d1", name: "faq", datapoints: ids }] } }
          : path.startsWith("/v1/datapoints")
            ? {
                status: 200,
                body: {
                  datapoints: [...path.matchAll(/datapoint_ids\[\]=(\w+)/g)]
                    .map(([, id]) => ({ id, inputs: { q: id }, ground_truth: { a: id }, history: [{ content: id }] }))
                    .toReversed()
                }
              }
            : undefined
      )
      const dataset = yield* Dataset.fromHoneyHive("d1", {
        inputs: Schema.Struct({ q: Schema.String }),
        groundTruth: Schema.Struct({ a: Schema.String })
      }).pipe(Effect.provide(HoneyHive.layer({ url: hive.url, apiKey: "hh_key" })))
      assert.strictEqual(dataset.id, "d1")
      assert.strictEqual(dataset.name, "faq")
      assert.deepStrictEqual(
        dataset.items.map(({ groundTruth, history, id, inputs }) => [id, inputs.q, groundTruth.a, history]),
        ids.map((id) => [id, id, id, [{ content: id }]])
      )
      assert.isTrue(hive.requests.every(({ authorization }) => authorization === "Bearer hh_key"))
    })
  )

  it.live("says that HoneyHive has no such dataset, or that there is no key", () =>
    Effect.gen(function* () {
      const hive = yield* honeyhive(() => ({ status: 200, body: { datasets: [] } }))
      const read = Effect.flip(Dataset.fromHoneyHive("d2", { inputs: Schema.Unknown }))
      const missing = yield* read.pipe(Effect.provide(HoneyHive.layer({ url: hive.url, apiKey: "hh_key" })))
      assert.match(missing.message, /^d2: HoneyHive has no such dataset$/)
      const keyless = yield* read.pipe(Effect.provide(HoneyHive.layerMemory()))
      assert.match(keyless.message, /HH_API_KEY/)
    })
  )
})
