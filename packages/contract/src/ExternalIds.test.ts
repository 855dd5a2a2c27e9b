import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import * as ExternalIds from "./ExternalIds.ts"

interface Vector {
  readonly datapoints: ReadonlyArray<unknown>
  readonly dataset_id: string
  readonly datapoint_ids: ReadonlyArray<string>
}

/** The reference's own answers: a dataset a line, with the ids that HoneyHive's Python SDK gives it. */
const vectors = readFileSync(`${import.meta.dirname}/ExternalIds.fixture.jsonl`, "utf8")
  .trim()
  .split("\n")

// The vectors above are the proof; this law looks for what they may have missed
const hasPython = spawnSync("python3", ["--version"]).status === 0

const python = `
import hashlib, json, sys
for line in sys.stdin:
    text = json.dumps(json.loads(line), sort_keys=True)
    print(hashlib.sha256(text.encode()).hexdigest()[:16], text)
`

describe("ExternalIds", () => {
  it("has every vector", () => assert.strictEqual(vectors.length, 60))

  it.effect.each(vectors.map((text, row) => [row, text] as const))("golden row %i", ([, text]) =>
    Effect.gen(function* () {
      const { datapoint_ids, datapoints, dataset_id }: Vector = JSON.parse(text)
      assert.strictEqual(yield* ExternalIds.datasetId(datapoints), dataset_id)
      assert.deepStrictEqual(yield* Effect.forEach(datapoints, ExternalIds.datapointId), datapoint_ids)
    })
  )

  it.each([
    [1e16, "10000000000000000"],
    [1.5e16, "15000000000000000"],
    [1e21, "1e+21"],
    [1e22, "1e+22"],
    [0.0001, "0.0001"],
    [0.00001, "1e-05"],
    [1.5e-7, "1.5e-07"],
    [5e-324, "5e-324"],
    [-0, "-0.0"],
    [Number.NaN, "NaN"],
    [-Infinity, "-Infinity"],
    [9007199254740993n, "9007199254740993"],
    ["\u{1f600}\u007f\u0000\ud800", String.raw`"\ud83d\ude00\u007f\u0000\ud800"`],
    [{ "\uffff": 1, "\u{10000}": 2 }, String.raw`{"\uffff": 1, "\ud800\udc00": 2}`],
    [{ a: undefined, b: [undefined] }, '{"b": [null]}'],
    [new Date(0), '"1970-01-01T00:00:00.000Z"']
  ])("spells %o as Python does", (value, text) => assert.strictEqual(ExternalIds.pythonJson(value), text))

  it.each([
    ["1.0", "1.0"],
    ["-0.0", "-0.0"],
    ["-0", "0"],
    ["1e16", "1e+16"],
    ["1e5", "100000.0"],
    ["123456789012345678901234567890", "123456789012345678901234567890"],
    ["1E-7", "1e-07"],
    ["0.10", "0.1"]
  ])("keeps %s what it is in Python when it is read from a file", (text, expected) => {
    assert.strictEqual(ExternalIds.pythonJson(ExternalIds.parseExact(text)), expected)
  })

  it.skipIf(!hasPython)("law: any JSON value is spelled as Python spells it", () => {
    const values = fc.sample(fc.jsonValue({ noUnicodeString: false }), { numRuns: 300, seed: 7 })
    const lines = byPython(values.map((value) => JSON.stringify(value)))
    // By way of JSON, which has no negative zero
    values.forEach((value, index) => {
      assert.strictEqual(ExternalIds.pythonJson(JSON.parse(JSON.stringify(value))), lines[index]?.slice(17))
    })
  })

  it.effect("law: the order of keys does not matter, the order of datapoints does", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(fc.dictionary(fc.string(), fc.jsonValue()), async (datapoint) => {
          const turned = Object.fromEntries(Object.entries(datapoint).toReversed())
          const ids = await Effect.runPromise(
            Effect.all([
              ExternalIds.datapointId(datapoint, 0),
              ExternalIds.datapointId(turned, 0),
              ExternalIds.datapointId(datapoint, 1)
            ])
          )
          assert.strictEqual(ids[0], ids[1])
          assert.notStrictEqual(ids[0], ids[2])
          assert.match(ids[0], /^EXT-[0-9a-f]{16}$/)
        })
      )
    )
  )

  it("gives a custom id its prefix once", () => {
    assert.strictEqual(ExternalIds.custom("mine"), "EXT-mine")
    assert.strictEqual(ExternalIds.custom("EXT-mine"), "EXT-mine")
  })
})

const byPython = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const { error, stdout } = spawnSync("python3", ["-c", python], { input: `${lines.join("\n")}\n`, encoding: "utf8" })
  assert.isUndefined(error)
  return stdout.trimEnd().split("\n")
}
