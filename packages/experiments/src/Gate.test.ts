import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import * as Gate from "./Gate.ts"
import { item, report } from "./internal/report.fixture.ts"
import * as Report from "./Report.ts"
import { assertReport } from "./Vitest.ts"

const run = (name: string, right: number, duration: number) =>
  report(
    name,
    Array.from({ length: 100 }, (_, index) =>
      item(`d${index}`, { accuracy: index < right, "looked up": 1 }, { duration })
    )
  )

const baseline = run("before", 90, 100)
const candidate = run("after", 85, 130)

describe("Gate", () => {
  it.effect.each([
    ["accuracy < -0.02", true],
    ["accuracy < -0.06", false],
    ["accuracy < -5%", true],
    ["accuracy < -6 %", false],
    ["accuracy.delta <= -0.04", true],
    ["accuracy.regressed >= 5 and accuracy.p > 0.01", true],
    ["accuracy.pass_rate < 90%", true],
    ["accuracy.candidate == 0.85", true],
    ["duration > 20%", true],
    ["duration > 29.9 && duration.p90 < 131", true],
    ['"looked up" != 0', false],
    ["success < 0 or accuracy < -0.02", true],
    ["success < 0 or accuracy < -0.02 and duration > 1e3", false],
    ["success.baseline == 1", true]
  ] as const)("with a baseline, %s: %s", ([expression, expected]) =>
    Effect.gen(function* () {
      const { holds } = yield* Gate.check(expression, candidate, { baseline })
      assert.strictEqual(holds, expected)
    })
  )

  it.effect.each([
    ["accuracy < 0.9", true],
    ["accuracy.pass_rate >= 85%", true],
    ["accuracy.mean >= .85 and accuracy.low < 0.85 and accuracy.high > 0.85", true],
    ["success == 100%", true],
    ["duration.max > 2000", false],
    ["accuracy.failed > 0", false]
  ] as const)("without one, %s: %s", ([expression, expected]) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Gate.check(expression, candidate)).holds, expected)
    })
  )

  it.effect.each([
    ["", /\^ expected a clause/],
    ["accuracy <", /^accuracy <\n\^ expected a clause/],
    ["accuracy < 0.1 0.2", /\n {15}\^ expected and, or, or the end/],
    ["accuracy < 0.1 and", /\^ expected/],
    ["accuracy = 1", /expected a clause/],
    ["unknown < 1", /there is no metric unknown, only accuracy, looked up, score, duration, success/],
    ["accuracy.delta < 1", /accuracy has no delta, only mean, median/],
    ["accuracy.constructor < 1", /accuracy has no constructor/]
  ] as const)("refuses %s", ([expression, message]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Gate.check(expression, candidate))
      assert.instanceOf(error, Gate.GateError)
      assert.match(error.message, message)
    })
  )

  it("law: what is written is read", () => {
    const name = fc.oneof(fc.stringMatching(/^[A-Za-z_][\w-]{0,8}$/), fc.stringMatching(/^[ -~]{1,8}$/))
    fc.assert(
      fc.property(
        name,
        fc.constantFrom("<", "<=", ">", ">=", "==", "!="),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        (metric, operator, value) => {
          const expression = `${JSON.stringify(metric)}.mean ${operator} ${value}`
          assert.deepStrictEqual(Effect.runSync(Gate.parse(expression)), [
            [{ metric, field: "mean", operator: operator as "<", value: Number(String(value)), percent: false }]
          ])
        }
      )
    )
  })

  it.effect("decides by exit codes", () =>
    Effect.gen(function* () {
      const decide = (...failOn: ReadonlyArray<string>) => Gate.decide(failOn, candidate, { baseline })
      assert.deepStrictEqual(yield* decide("accuracy < -0.06"), {
        exitCode: 0,
        text: "ok    accuracy < -0.06 (is -0.05)"
      })
      assert.strictEqual((yield* decide("success < 0", "accuracy < -0.02")).exitCode, 1)
      assert.strictEqual((yield* decide("accuracy < -0.02", "nothing < 0")).exitCode, 2)
      assert.strictEqual((yield* decide()).exitCode, 0)
    })
  )

  it.effect("lets differences pass that may be chance, where it is told to", () =>
    Effect.gen(function* () {
      const decide = (expression: string, alpha: number) =>
        Effect.map(Gate.decide([expression], candidate, { baseline, alpha }), ({ exitCode }) => exitCode)
      // Five of a hundred answers: p is 0.0625
      assert.strictEqual(yield* decide("accuracy < -0.02", 0.05), 0)
      assert.strictEqual(yield* decide("accuracy < -2%", 0.05), 0)
      assert.strictEqual(yield* decide("accuracy < -0.02", 0.1), 1)
      // No differences
      assert.strictEqual(yield* decide("accuracy.mean < 0.9", 0.05), 1)
      assert.strictEqual(yield* decide("duration > 20%", 0.05), 1)
      const { text } = yield* Gate.decide(["accuracy < -0.02"], candidate, { baseline, alpha: 0.05 })
      assert.strictEqual(text, "ok    accuracy < -0.02 (is -0.05, p 0.0625)")
    })
  )

  it("in vitest, says what does not hold, with the table and the comparison", async () => {
    await assertReport(candidate, {
      expect: ["accuracy >= 0.85", "success == 1"],
      failOn: "accuracy < -0.06",
      baseline
    })
    const folder = await mkdtemp(join(tmpdir(), "honeyhive-baseline-"))
    try {
      const path = join(folder, "baseline.json")
      await writeFile(path, Report.toJson(baseline))
      let message = ""
      await assertReport(candidate, { expect: "accuracy >= 0.9", failOn: "accuracy < -0.02", baseline: path }).catch(
        (error: Error) => (message = error.message)
      )
      assert.include(message, "does not hold: accuracy >= 0.9 (is 0.85)")
      assert.match(message, /must not hold: accuracy < -0\.02 \(is -0\.0[45]/)
      assert.include(message, "after: 100 of 100 completed")
      assert.include(message, "after against before: 100 common datapoints")
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
