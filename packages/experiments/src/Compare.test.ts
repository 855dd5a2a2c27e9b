import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Compare from "./Compare.ts"
import { item, report } from "./internal/report.fixture.ts"

const before = report("before", [
  item("a", { good: true, near: 0.5 }),
  item("b", { good: true, near: 0.5 }),
  item("c", { good: false, near: 0.5 }),
  item("d", { good: true, near: 0.9 }),
  item("gone", { good: true, near: 1 })
])
const after = report("after", [
  item("new", { good: true, near: 1 }),
  item("d", undefined),
  item("c", { good: true, near: 0.7 }),
  item("b", { good: false, near: 0.2 }, { duration: 300, outputs: "another answer" }),
  item("a", { good: true, near: 0.5 })
])

describe("Compare", () => {
  it("compares what both have, and lists what changed, worst first", () => {
    const { common, improved, metrics, onlyBaseline, onlyCandidate, regressed } = Compare.reports(before, after)
    assert.strictEqual(common, 4)
    assert.deepStrictEqual([onlyBaseline, onlyCandidate], [["gone"], ["new"]])
    const rows = metrics.map(({ count, delta, improved, name, regressed, test }) => [
      name,
      count,
      Number(delta.toFixed(3)),
      improved,
      regressed,
      test
    ])
    assert.deepStrictEqual(rows, [
      ["good", 3, 0, 1, 1, "mcnemar"],
      ["near", 3, -0.033, 1, 1, "bootstrap"],
      ["score", 3, -0.017, 1, 1, "bootstrap"],
      ["success", 4, -0.25, 0, 1, "mcnemar"],
      // Slower is worse
      ["duration", 3, 66.667, 0, 1, "bootstrap"]
    ])
    assert.deepStrictEqual(
      regressed.map(({ datapoint_id, delta }) => [datapoint_id, Number(delta.toFixed(3))]),
      [
        ["d", -1],
        ["b", -0.65]
      ]
    )
    assert.deepStrictEqual(
      improved.map(({ datapoint_id }) => datapoint_id),
      ["c"]
    )
    const text = Compare.toText(Compare.reports(before, after))
    assert.include(text, "after against before: 4 common datapoints, 1 only in the baseline, 1 only in the candidate")
    assert.include(text, "2 regressed, 1 improved")
    assert.match(
      text,
      /b {2}good 1 -> 0, near 0\.5 -> 0\.2.*\n.*\n {2}baseline {3}answer b\n {2}candidate {2}another answer/
    )
    assert.include(text, "candidate  failed: Error: broken")
    assert.include(Compare.toMarkdown(Compare.reports(before, after)), "### Regressed: 2")
  })

  it("averages the repetitions of a datapoint, which counts once", () => {
    const repeated = report("repeated", [
      item("a", { near: 0 }),
      item("a", { near: 1 }, { repetition: 1 }),
      item("b", { near: 1 })
    ])
    const [near] = Compare.reports(
      report("once", [item("a", { near: 0.25 }), item("b", { near: 1 })]),
      repeated
    ).metrics
    assert.deepStrictEqual([near?.count, near?.baseline, near?.candidate], [2, 0.625, 0.75])
  })

  it("finds a real difference significant and noise not", () => {
    const many = (name: string, score: (index: number) => boolean) =>
      report(
        name,
        Array.from({ length: 60 }, (_, index) => item(`d${index}`, { good: score(index) }))
      )
    const p = (score: (index: number) => boolean) =>
      Compare.reports(
        many("x", () => true),
        many("y", score)
      ).metrics.find(({ name }) => name === "good")?.p ?? 2
    assert.isBelow(
      p((index) => index % 4 !== 0),
      0.001
    )
    assert.isAbove(
      p((index) => index !== 7),
      0.5
    )
  })

  it("law: exchanged, the runs give the same p and the opposite differences and lists", () => {
    const values = fc.option(fc.record({ good: fc.boolean(), near: fc.double({ min: 0, max: 1, noNaN: true }) }), {
      nil: undefined
    })
    const run = (name: string) =>
      fc
        .uniqueArray(fc.record({ id: fc.constantFrom(..."abcdefgh"), scores: values }), { selector: ({ id }) => id })
        .map((rows) =>
          report(
            name,
            rows.map(({ id, scores }) => item(id, scores))
          )
        )
    fc.assert(
      fc.property(run("one"), run("other"), (one, other) => {
        const forward = Compare.reports(one, other)
        const backward = Compare.reports(other, one)
        assert.strictEqual(forward.common, backward.common)
        assert.deepStrictEqual(forward.onlyBaseline.toSorted(), backward.onlyCandidate.toSorted())
        const ids = (items: ReadonlyArray<Compare.ItemComparison>) =>
          items.map(({ datapoint_id }) => datapoint_id).toSorted()
        assert.deepStrictEqual(ids(forward.regressed), ids(backward.improved))
        assert.deepStrictEqual(ids(forward.improved), ids(backward.regressed))
        for (const metric of forward.metrics) {
          const same = backward.metrics.find(({ name }) => name === metric.name)
          assert.closeTo(metric.delta, -(same?.delta ?? Infinity), 1e-9)
          assert.deepStrictEqual([metric.improved, metric.count], [same?.regressed, same?.count])
        }
        const [good, back] = [forward, backward].map(({ metrics }) => metrics.find(({ name }) => name === "good"))
        assert.strictEqual(good?.p, back?.p)
        const itself = Compare.reports(one, one)
        assert.deepStrictEqual([itself.regressed, itself.improved], [[], []])
      }),
      { numRuns: 100 }
    )
  })
})
