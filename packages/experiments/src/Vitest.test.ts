import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { HoneyHive } from "@honeyhive/tracing/HoneyHive"
import * as Dataset from "./Dataset.ts"
import * as Evaluators from "./Evaluators.ts"
import { item, report } from "./internal/report.fixture.ts"
import { evaluate } from "./Evaluate.ts"
import { evaluation, ExpectationError, expectReport } from "./Vitest.ts"

// A test by itself: it fails where an expectation does not hold, as `Gate.test.ts` shows of `assertReport`
evaluation("an evaluation is a test", {
  dataset: Dataset.make([
    { inputs: "Ada", ground_truth: "hello Ada", id: "ada" },
    { inputs: "Bob", ground_truth: "hello Bob", id: "bob" }
  ]),
  run: (name) => Effect.succeed(`hello ${name}`),
  evaluators: [Evaluators.exactMatch({ name: "accuracy" })],
  expect: ["accuracy >= 0.9", "success == 1"],
  failOn: "accuracy < 0",
  baseline: report("before", [item("EXT-ada", { accuracy: true }), item("EXT-bob", { accuracy: false })]),
  tracing: { testMode: true }
})

it.live("an evaluation is a test of @effect/vitest", () =>
  Effect.gen(function* () {
    const { report: after } = yield* evaluate({
      name: "after",
      dataset: Dataset.make(["ada", "bob"].map((id) => ({ inputs: id, ground_truth: "ada", id }))),
      run: (name) => Effect.succeed(name),
      evaluators: [Evaluators.exactMatch({ name: "accuracy" })]
    })
    const baseline = report("before", [item("EXT-ada", { accuracy: true }), item("EXT-bob", { accuracy: true })])
    yield* expectReport(after, { expect: "accuracy >= 0.5", failOn: "accuracy < -0.5", baseline })
    const error = yield* Effect.flip(expectReport(after, { failOn: "accuracy < -0.4", baseline }))
    assert.instanceOf(error, ExpectationError)
    assert.match(error.message, /^must not hold: accuracy < -0\.4 \(is -0\.5\)/)
    // One of two may be chance
    yield* expectReport(after, { failOn: "accuracy < -0.4", baseline, alpha: 0.05 })
  }).pipe(Effect.provide(HoneyHive.layer({ testMode: true })))
)
