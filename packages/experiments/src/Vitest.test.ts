import * as Effect from "effect/Effect"
import * as Dataset from "./Dataset.ts"
import * as Evaluators from "./Evaluators.ts"
import { item, report } from "./internal/report.fixture.ts"
import { evaluation } from "./Vitest.ts"

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
