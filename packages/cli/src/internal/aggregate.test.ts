import { assert, describe, it } from "@effect/vitest"
import { Aggregate, quantile } from "./aggregate.ts"
import { event, session } from "./event.fixture.ts"

describe("an aggregate", () => {
  it("adds up events by model, name and day; a session is no event", () => {
    const aggregate = new Aggregate()
    const model = (number: number, name: string, tokens: number, rest = {}) =>
      event(number, {
        event_type: "model",
        event_name: "generate",
        config: { model: name },
        metadata: { prompt_tokens: tokens, completion_tokens: 1, total_tokens: tokens + 1, cost: 0.5 },
        ...rest
      })
    for (const one of [
      session(1),
      model(2, "gpt", 10),
      model(3, "gpt", 20, { error: "no", duration: 30 }),
      model(4, "tiny", 5, { start_time: 86_400_000 * 2 }),
      // A chain that repeats the tokens of its models
      event(5, { event_type: "chain", metadata: { total_tokens: 1000 } })
    ])
      aggregate.add(one)
    const { all, days, models, names, sessions } = aggregate.totals()
    assert.strictEqual(sessions, 1)
    assert.deepInclude(all, { events: 4, errors: 1, input_tokens: 35, output_tokens: 3, tokens: 38, cost: 1.5 })
    assert.deepStrictEqual(
      models.map(({ errors, events, key, p50, p99 }) => [key, events, errors, p50, p99]),
      [
        ["gpt", 2, 1, 10, 30],
        ["tiny", 1, 0, 10, 10]
      ]
    )
    assert.deepStrictEqual(
      names.map(({ events, key }) => [key, events]),
      [
        ["model generate", 3],
        ["chain event 5", 1]
      ]
    )
    assert.deepStrictEqual(
      days.map(({ events }) => events),
      [3, 1]
    )
  })

  it("takes percentiles of what there is", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
    assert.deepStrictEqual(
      [0.5, 0.95, 0.99, 1].map((share) => quantile(hundred, share)),
      [50, 95, 99, 100]
    )
    assert.strictEqual(quantile([7], 0.01), 7)
    assert.isNull(quantile([], 0.5))
  })
})
