import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { RunSummary } from "../hive/types.ts"
import { chance, distribution, items, measured, metricNames } from "./items.ts"

const summary = (datapoints: ReadonlyArray<readonly [id: string, score: number | boolean | string]>): RunSummary => ({
  status: "completed",
  success: true,
  passed: [],
  failed: [],
  metrics: { aggregation_function: "average", details: [] },
  datapoints: datapoints.map(([id, value]) => ({
    datapoint_id: id,
    session_id: `session of ${id}`,
    passed: true,
    metrics: [{ name: "accuracy", event_name: "run", event_type: "session", value, passed: true }]
  })),
  event_details: [],
  run_object: {
    id: "1",
    run_id: "1",
    name: "run",
    description: null,
    status: "completed",
    metadata: {},
    results: {},
    metrics: {},
    event_ids: [],
    session_ids: [],
    datapoint_ids: [],
    configuration: {},
    evaluators: [],
    passing_ranges: {},
    is_active: true,
    created_at: "",
    updated_at: "",
    scope_type: "",
    scope_id: "",
    dataset_id: null,
    dataset_name: null
  }
})

describe("items", () => {
  it("come with what fell most first, and what only one run has last", () => {
    const now = summary([
      ["same", 1],
      ["fell", 0.2],
      ["rose", true],
      ["new", 1]
    ])
    const was = summary([
      ["same", 1],
      ["fell", 0.9],
      ["rose", false],
      ["gone", 1]
    ])
    assert.deepStrictEqual(
      items(now, was, "accuracy").map(({ id, now, was }) => [id, now, was]),
      [
        ["fell", 0.2, 0.9],
        ["same", 1, 1],
        ["rose", 1, 0],
        ["new", 1, undefined],
        ["gone", undefined, 1]
      ]
    )
  })

  it("come with the worst first when there is nothing to compare with; texts are no scores", () => {
    const run = summary([
      ["good", 1],
      ["bad", 0],
      ["said", "fine"]
    ])
    assert.deepStrictEqual(
      items(run, undefined, "accuracy").map(({ id }) => id),
      ["bad", "good", "said"]
    )
    assert.deepStrictEqual(metricNames(run), ["accuracy"])
  })
})

describe("measured", () => {
  it("counts what rose and fell on the items of both, and means over all of each", () => {
    const now = summary([
      ["a", 1],
      ["b", 0],
      ["c", 0.5],
      ["new", 1]
    ])
    const was = summary([
      ["a", 0],
      ["b", 1],
      ["c", 0.5],
      ["gone", 1]
    ])
    const [accuracy] = measured(now, was)
    assert.deepStrictEqual(accuracy, {
      metric: "accuracy",
      mean: 0.625,
      passed: 4,
      judged: 4,
      before: { mean: 0.625, improved: 1, regressed: 1, same: 1 }
    })
    assert.strictEqual(measured(now, undefined)[0]?.before, undefined)
  })
})

describe("chance", () => {
  it("is the exact sign test", () => {
    assert.strictEqual(chance(0, 0), 1)
    assert.closeTo(chance(0, 5), 2 / 32, 1e-12)
    assert.closeTo(chance(1, 9), 22 / 1024, 1e-12)
    assert.closeTo(chance(9, 1), chance(1, 9), 1e-15)
    assert.isTrue(chance(4_000, 6_000) > 0 && chance(4_000, 6_000) < 1e-80)
    assert.closeTo(chance(5_000, 5_000), 1, 1e-9)
  })
})

describe("distribution", () => {
  it("counts every score of every list once, in stretches that touch", () => {
    const lists = fc.array(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true })), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 20 }), (scores, stretches) => {
        const found = distribution(scores, stretches)
        for (const [at, list] of scores.entries()) {
          assert.strictEqual(
            found.reduce((sum, { counts }) => sum + counts[at]!, 0),
            list.length
          )
        }
        for (let at = 1; at < found.length; at++) assert.closeTo(found[at]!.from, found[at - 1]!.to, 1e-6)
      })
    )
  })
})
