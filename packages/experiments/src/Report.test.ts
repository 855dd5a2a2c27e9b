import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import { item, report } from "./internal/report.fixture.ts"
import * as JUnit from "./JUnit.ts"
import * as Markdown from "./Markdown.ts"
import * as Pairwise from "./Pairwise.ts"
import * as Report from "./Report.ts"
import * as Summary from "./Summary.ts"
import * as Table from "./Table.ts"

const mixed = report("mixed & <more>", [
  item("a", { good: true, kind: "refund" }),
  item("b", { good: false, kind: "order" }, { inputs: "a | b\u0000\n<c>" }),
  item("c", undefined),
  item("d", { good: undefined, kind: "refund" })
])

describe("Summary", () => {
  it("law: agrees with a naive implementation", () => {
    const rows = fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }), { maxLength: 30 })
    fc.assert(
      fc.property(rows, (values) => {
        const items = values.map((value, index) => item(String(index), { near: value }))
        const { completed, metrics } = Summary.make(items, ["near"])
        const scored = values.filter((value) => value !== undefined).toSorted((a, b) => a - b)
        assert.strictEqual(completed, values.length)
        const [near] = metrics
        assert.deepStrictEqual([near?.count, near?.failed], [scored.length, values.length - scored.length])
        let sum = 0
        for (const value of scored) sum += value
        assert.closeTo(near?.mean ?? -1, scored.length === 0 ? 0 : sum / scored.length, 1e-9)
        if (scored.length % 2 === 1) assert.strictEqual(near?.median, scored[(scored.length - 1) / 2])
        assert.strictEqual(near?.max, scored.at(-1) ?? 0)
      })
    )
  })

  it("counts what passes, categories and tokens, and leaves failures out of the means", () => {
    const { completed, failed, metrics } = mixed.summary
    assert.deepStrictEqual([completed, failed], [3, 1])
    const [good, kind, score, duration] = metrics
    assert.deepStrictEqual([good?.mean, good?.pass_rate, good?.count, good?.failed], [0.5, 0.5, 2, 1])
    assert.deepStrictEqual(kind?.categories, { refund: 2, order: 1 })
    assert.deepStrictEqual([score?.name, score?.count, duration?.mean], ["score", 2, 100])
  })
})

describe("Report", () => {
  it.effect("comes back from JSON as it was", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Report.fromJson(Report.toJson(mixed)), mixed)
      assert.match((yield* Effect.flip(Report.fromJson('{"run_id": 1}'))).message, /^not a report: /)
      assert.match((yield* Effect.flip(Report.fromFile("/nowhere.json"))).message, /^\/nowhere\.json: ENOENT/)
    })
  )

  it("is a table for a terminal", () => {
    assert.strictEqual(
      Table.fromReport(mixed),
      [
        "mixed & <more>: 3 of 4 completed, 1 failed",
        "metric                 mean              95 %  median     p90  pass  n  failed",
        "good                    0.5            0 to 1     0.5     0.9  50 %  2       1",
        "kind      refund 2, order 1                                          3",
        "score                   0.5            0 to 1     0.5     0.9        2",
        "duration             100 ms  100 ms to 100 ms  100 ms  100 ms        3",
        "",
        "c failed: Error: broken"
      ].join("\n")
    )
  })

  it("is Markdown whose cells stay cells", () => {
    const text = Markdown.fromReport(mixed)
    assert.include(text, "## mixed & <more>\n")
    assert.include(text, "### Not passed: 3")
    assert.include(text, "| `b` | a \\| b\u0000 <c> | good: false |")
    assert.include(text, '| `c` | {"q":"c"} | failed: Error: broken |')
    assert.include(text, '| `d` | {"q":"d"} | good: no judge |')
  })

  it("is JUnit that an XML parser reads, whatever the inputs were", () => {
    const xml = JUnit.fromReport(mixed)
    assert.include(xml, '<testsuite name="mixed &amp; &lt;more&gt;" tests="4" failures="1" errors="2" time="1.234"')
    assert.include(xml, '<failure message="good: false">good: false</failure>')
    assert.include(xml, '<error message="failed: Error: broken">')
    assert.notInclude(xml, "\u0000")
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (inputs) => {
        const text = JUnit.fromReport(report("x", [item("a", { good: false }, { inputs })]))
        const name = /name="a ([^"]*)"/.exec(text)?.[1] ?? ""
        assert.isFalse(/[<>]|&(?!amp;|lt;|gt;|quot;|#10;)/.test(name))
        // oxlint-disable-next-line no-control-regex -- what XML has no form for
        assert.isFalse(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text))
      })
    )
  })
})

describe("Pairwise", () => {
  const one = report("one", [item("a", {}), item("b", {}), item("c", {}), item("d", undefined), item("e", {})])
  const other = report("other", [
    item("a", {}, { outputs: "a longer answer of a" }),
    item("b", {}, { outputs: "b" }),
    item("c", {}),
    item("d", {}),
    item("e", undefined)
  ])
  const longer: Pairwise.Prefer = ({ first, second }) => {
    const [left, right] = [String(first).length, String(second).length]
    return left === right ? "tie" : left > right ? "first" : "second"
  }

  it.effect("counts wins; an answer that was not given loses", () =>
    Effect.gen(function* () {
      const { items, losses, p, rate, ties, wins } = yield* Pairwise.reports(one, other, longer)
      assert.deepStrictEqual(
        items.map(({ winner }) => winner),
        ["candidate", "baseline", "tie", "candidate", "baseline"]
      )
      assert.deepStrictEqual([wins, losses, ties, rate, p], [2, 2, 1, 0.5, 1])
    })
  )

  it.effect("a judge that always likes the first answer decides nothing, and one that fails says so", () =>
    Effect.gen(function* () {
      const fond = yield* Pairwise.reports(one, other, async () => "first" as const)
      assert.deepStrictEqual([fond.wins, fond.losses, fond.ties], [1, 1, 3])
      const failing = yield* Pairwise.reports(one, other, () => Effect.fail("no judge"))
      assert.deepStrictEqual(failing.items[0], { datapoint_id: "a", winner: "tie", error: "no judge" })
    })
  )
})
